-- DAT-03: how many of the 100 test users are registered. Their ids are named one by one: U00% would count others too.
SELECT count(*) AS test_users
FROM users
WHERE user_id IN (SELECT 'U' || to_char(n, 'FM00000') FROM generate_series(1, 100) AS n);
