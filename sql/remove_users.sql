-- Removes these users with their statistics.
WITH cleared AS (DELETE FROM user_statistics WHERE user_id = ANY(%(users)s))
DELETE FROM users WHERE user_id = ANY(%(users)s);
