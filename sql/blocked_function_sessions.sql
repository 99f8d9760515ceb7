-- The sessions of functions that wait for what another session has locked.
SELECT application_name
FROM pg_stat_activity
WHERE datname = current_database() AND application_name LIKE ANY(%(names)s) AND wait_event_type = 'Lock';
