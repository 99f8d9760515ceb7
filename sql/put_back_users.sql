-- DAT-09: puts back what kept_users.sql kept.
WITH back AS (INSERT INTO users SELECT * FROM jsonb_populate_recordset(NULL::users, %(users)s::jsonb))
INSERT INTO user_statistics SELECT * FROM jsonb_populate_recordset(NULL::user_statistics, %(statistics)s::jsonb);
