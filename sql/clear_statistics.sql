-- DAT-06: removes earlier statistics of the test users, and of nobody else.
DELETE FROM user_statistics
WHERE user_id IN (
    SELECT 'U' || to_char(n, 'FM00000')
    FROM generate_series(1, coalesce(current_setting('acceptance.users', true), '100')::int) AS n
);
