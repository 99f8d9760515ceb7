-- PRF-01: which transaction wrote each user's statistics last, and by which of its statements (counted from 0).
SELECT user_id, xmin::text AS transaction, cmin::text AS statement
FROM user_statistics
WHERE user_id = ANY(%(users)s)
ORDER BY user_id;
