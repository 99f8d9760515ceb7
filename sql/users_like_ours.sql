-- DAT-02, DAT-09: every user with an id like a test user's or with the address of one, to be told from the test users.
-- By hand: python -m commands sql users_like_ours | psql "$DATABASE_URL"
WITH due AS (
    SELECT user_id, email
    FROM jsonb_to_recordset(current_setting('acceptance.test_users')::jsonb) AS due (user_id text, email text)
)
SELECT user_id, username, email, is_active
FROM users
WHERE user_id LIKE 'U00%'
   OR user_id IN (SELECT user_id FROM due)
   OR email IN (SELECT email FROM due)
ORDER BY user_id;
