-- DAT-08: the whole table at a glance: all rows, and those of anybody but the test users.
SELECT count(*) AS all_rows,
       count(*) FILTER (WHERE user_id NOT IN (
           SELECT 'U' || to_char(n, 'FM00000')
           FROM generate_series(1, coalesce(current_setting('acceptance.users', true), '100')::int) AS n
       )) AS of_others
FROM user_statistics;
