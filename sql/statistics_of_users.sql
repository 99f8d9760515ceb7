-- AUR-03, PRF-03: the statistics, as statistics.sql selects them, of these users and of whoever this execution has added to.
SELECT *
FROM ({statistics}) AS total
WHERE user_id = ANY(%(users)s) OR last_execution_id = %(execution)s;
