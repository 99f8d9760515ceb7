-- DAT-02: registers the test users in bulk, U00001 and so on; those that are there already stay as they are.
INSERT INTO users (user_id, username, email, is_active)
SELECT 'U' || to_char(n, 'FM00000'),
       'testuser' || to_char(n, 'FM00000'),
       'testuser' || to_char(n, 'FM00000') || '@example.com',
       true
FROM generate_series(1, coalesce(current_setting('acceptance.users', true), '100')::int) AS n
ON CONFLICT (user_id) DO NOTHING;
