-- AUR-01: the first ten test users' statistics, whether they were updated within the last hour, and by which execution.
SELECT user_id, login_count, post_count,
       CASE WHEN updated_at > now() + interval '1 minute' THEN 'IN THE FUTURE'
            WHEN updated_at > now() - interval '1 hour' THEN 'RECENTLY_UPDATED' ELSE 'OLD' END AS status,
       last_execution_id
FROM user_statistics
WHERE user_id IN (
    SELECT 'U' || to_char(n, 'FM00000')
    FROM generate_series(1, coalesce(current_setting('acceptance.users', true), '100')::int) AS n
)
ORDER BY user_id
LIMIT 10;
