-- DAT-04: three sample users as they are registered: the first, the one in the middle, the last.
SELECT user_id, username, email, is_active
FROM users, (SELECT coalesce(current_setting('acceptance.users', true), '100')::int AS users) AS test
WHERE user_id IN (SELECT 'U' || to_char(n, 'FM00000') FROM unnest(ARRAY[1, test.users / 2, test.users]) AS n)
ORDER BY user_id;
