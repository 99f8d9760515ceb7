-- Locks users' statistics until the transaction ends.
SELECT FROM user_statistics WHERE user_id = ANY(%(users)s) FOR UPDATE;
