-- For a database of its own only: what earlier days left behind. Users 1 to 3 have statistics that must be cleared
-- (DAT-06), users 101 to 110 have some that nobody may touch (AUR-03).
INSERT INTO users (user_id, username, email, is_active)
SELECT 'U' || to_char(n, 'FM00000'),
       'testuser' || to_char(n, 'FM00000'),
       'testuser' || to_char(n, 'FM00000') || '@example.com',
       true
FROM generate_series(1, 110) AS n
WHERE n <= 3 OR n > 100
ON CONFLICT (user_id) DO NOTHING;

INSERT INTO user_statistics (user_id, login_count, post_count)
SELECT 'U' || to_char(n, 'FM00000'), 1000 + n, 2000 + n
FROM generate_series(1, 110) AS n
WHERE n <= 3 OR n > 100
ON CONFLICT (user_id) DO NOTHING;
