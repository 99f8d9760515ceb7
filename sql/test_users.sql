-- DAT-02: registers the test users in bulk, as acceptance.toml names them; those that are there already stay as they are.
-- By hand: python -m commands sql test_users | psql "$DATABASE_URL"
INSERT INTO users (user_id, username, email, is_active, metadata)
SELECT user_id, username, email, true, '{}'
FROM jsonb_to_recordset(current_setting('acceptance.test_users')::jsonb) AS due (user_id text, username text, email text)
ON CONFLICT (user_id) DO NOTHING;
