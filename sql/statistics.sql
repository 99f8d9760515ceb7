-- AUR-03, PRF-03: every user's statistics; read before and after a run, the difference is what the run did.
SELECT user_id, login_count, post_count, updated_at, last_execution_id
FROM user_statistics;
