-- DAT-07, in a transaction that is undone: a row that the count of the test users' statistics has to find.
INSERT INTO user_statistics (user_id, login_count, post_count) VALUES ('U00001', 1, 1);
