-- Lets the functions' own role open no session.
ALTER ROLE acceptance_functions CONNECTION LIMIT 0;
