-- Gives users statistics of yesterday, by another execution, so that there is something to add to.
INSERT INTO user_statistics (user_id, login_count, post_count, updated_at, last_execution_id)
SELECT user_id, 1000, 2000, now() - interval '1 day', 'yesterday' FROM unnest(%(users)s::text[]) AS user_id;
