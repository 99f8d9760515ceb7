-- DAT-02: registers the test users U00001 to U00100 in bulk; those that are there already stay as they are.
INSERT INTO users (user_id, username, email, is_active)
SELECT 'U' || to_char(n, 'FM00000'),
       'testuser' || to_char(n, 'FM00000'),
       'testuser' || to_char(n, 'FM00000') || '@example.com',
       true
FROM generate_series(1, 100) AS n
ON CONFLICT (user_id) DO NOTHING;
