-- DAT-02, DAT-09: every user with an id like a test user's or with the address of one, to be told from the test users.
SELECT user_id, username, email, is_active
FROM users
WHERE user_id LIKE 'U00%'
   OR email LIKE 'testuser%@example.com'
   OR user_id IN (
       SELECT 'U' || to_char(n, 'FM00000')
       FROM generate_series(1, coalesce(current_setting('acceptance.users', true), '100')::int) AS n
   )
ORDER BY user_id;
