-- Registers users that nobody else has, for a scenario of its own; one that is there already is an error.
INSERT INTO users (user_id, username, email, is_active, metadata)
SELECT user_id, 'scenario-' || user_id, 'scenario-' || user_id || '@example.com', true, '{}'
FROM unnest(%(users)s::text[]) AS user_id;
