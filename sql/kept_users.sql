-- DAT-09: these users and their statistics as they are, to be put back after a run without them.
SELECT (SELECT coalesce(jsonb_agg(users), '[]') FROM users WHERE user_id = ANY(%(users)s)) AS users,
       (SELECT coalesce(jsonb_agg(total), '[]') FROM user_statistics AS total WHERE user_id = ANY(%(users)s)) AS statistics;
