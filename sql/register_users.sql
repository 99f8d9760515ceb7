-- Registers users that nobody else has, for a scenario of its own; one that is there already is an error.
INSERT INTO users (user_id, username, email, is_active)
SELECT user_id, 'testuser' || user_id, 'testuser' || user_id || '@example.com', true
FROM unnest(%(users)s::text[]) AS user_id;
