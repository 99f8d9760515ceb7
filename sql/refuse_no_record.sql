-- Undoes refuse_record.sql.
DROP FUNCTION IF EXISTS acceptance_refuses() CASCADE;
