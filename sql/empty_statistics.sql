-- Gives users statistics that count nothing, so that there are rows to lock.
INSERT INTO user_statistics (user_id, login_count, post_count) SELECT user_id, 0, 0 FROM unnest(%(users)s::text[]) AS user_id;
