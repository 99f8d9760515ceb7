-- DAT-03: how many of the test users are registered. Their ids are named one by one: U00% would count others too.
SELECT count(*) AS test_users
FROM users
WHERE user_id IN (
    SELECT 'U' || to_char(n, 'FM00000')
    FROM generate_series(1, coalesce(current_setting('acceptance.users', true), '100')::int) AS n
);
