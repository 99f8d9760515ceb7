-- Gives a user as many logins as a bigint holds, so that one more would overflow.
INSERT INTO user_statistics (user_id, login_count, post_count) VALUES (%(user)s, 9223372036854775807, 0);
