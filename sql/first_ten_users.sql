-- DAT-05: the first ten of the 100 test users, in order.
SELECT user_id, username, email, is_active
FROM users
WHERE user_id IN (SELECT 'U' || to_char(n, 'FM00000') FROM generate_series(1, 100) AS n)
ORDER BY user_id
LIMIT 10;
