-- DAT-04: the three sample users as they are registered.
SELECT user_id, username, email, is_active
FROM users
WHERE user_id IN ('U00001', 'U00050', 'U00100')
ORDER BY user_id;
