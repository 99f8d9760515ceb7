-- AUR-02: how many of the test users' statistics were updated within the last hour.
SELECT count(*) AS updated
FROM user_statistics
WHERE user_id IN (
    SELECT 'U' || to_char(n, 'FM00000')
    FROM generate_series(1, coalesce(current_setting('acceptance.users', true), '100')::int) AS n
)
  AND updated_at BETWEEN now() - interval '1 hour' AND now() + interval '1 minute';
