-- MON-03: the sessions that the functions have open now. Each goes by its function's name and its request id.
SELECT application_name
FROM pg_stat_activity
WHERE datname = current_database() AND application_name LIKE ANY(%(names)s);
