-- Removes what own_role.sql has made.
DROP EVENT TRIGGER acceptance_shortened;
DROP FUNCTION acceptance_shortened;
DROP OWNED BY acceptance_functions;
DROP ROLE acceptance_functions;
