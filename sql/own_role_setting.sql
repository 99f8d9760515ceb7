-- Gives the functions' own role a setting, for its sessions to come.
DO $$ BEGIN
    EXECUTE format(
        'ALTER ROLE acceptance_functions SET %s = %L',
        current_setting('acceptance.setting'), current_setting('acceptance.value')
    );
END $$;
