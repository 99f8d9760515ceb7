-- Writes users' statistics anew, as they are.
UPDATE user_statistics SET updated_at = updated_at WHERE user_id = ANY(%(users)s);
