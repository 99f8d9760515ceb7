-- Gives the functions' own role another password.
DO $$ BEGIN
    EXECUTE format('ALTER ROLE acceptance_functions PASSWORD %L', current_setting('acceptance.password'));
END $$;
