-- DAT-07: how many of the test users have statistics.
SELECT count(*) AS statistics
FROM user_statistics
WHERE user_id IN (
    SELECT 'U' || to_char(n, 'FM00000')
    FROM generate_series(1, coalesce(current_setting('acceptance.users', true), '100')::int) AS n
);
