-- DAT-06: removes earlier statistics of the 100 test users, and of nobody else.
DELETE FROM user_statistics
WHERE user_id IN (SELECT 'U' || to_char(n, 'FM00000') FROM generate_series(1, 100) AS n);
