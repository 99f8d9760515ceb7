-- For a database of its own only: what earlier days left behind. The first three test users have statistics that must be
-- cleared (DAT-06), ten other users, whose ids follow those of the test users, have some that nobody may touch (AUR-03).
WITH test_users AS (
    SELECT user_id, username, email
    FROM jsonb_to_recordset(current_setting('acceptance.test_users')::jsonb)
        AS due (user_id text, username text, email text)
), earlier AS (
    (SELECT * FROM test_users ORDER BY user_id LIMIT 3)
    UNION ALL
    SELECT 'U' || lpad(n::text, greatest(5, length(n::text)), '0'), 'other-' || n, 'other-' || n || '@example.com'
    FROM (SELECT count(*) FROM test_users) AS last, generate_series(last.count + 1, last.count + 10) AS n
), registered AS (
    INSERT INTO users (user_id, username, email) TABLE earlier ON CONFLICT (user_id) DO NOTHING
)
INSERT INTO user_statistics (user_id, login_count, post_count)
SELECT user_id, 1000 + right(user_id, 5)::int, 2000 + right(user_id, 5)::int
FROM earlier
ON CONFLICT (user_id) DO NOTHING;
