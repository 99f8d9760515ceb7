-- Lets the functions' own role open as many sessions as it likes.
ALTER ROLE acceptance_functions CONNECTION LIMIT -1;
