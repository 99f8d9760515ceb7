-- DAT-05: the first ten of the test users, in order.
SELECT user_id, username, email, is_active
FROM users
WHERE user_id IN (
    SELECT 'U' || to_char(n, 'FM00000')
    FROM generate_series(1, coalesce(current_setting('acceptance.users', true), '100')::int) AS n
)
ORDER BY user_id
LIMIT 10;
