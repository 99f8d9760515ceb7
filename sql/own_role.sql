-- For a database of its own only: a role that the functions log in as for a while, so that its password, its limits and
-- its settings are nobody else's. The functions say their timeouts as they connect, which only something inside the
-- session can overrule: the event trigger, by the role's own acceptance.lock_timeout and acceptance.statement_timeout.
DO $$ BEGIN
    EXECUTE format('CREATE ROLE acceptance_functions LOGIN PASSWORD %L', current_setting('acceptance.password'));
END $$;
GRANT pg_read_all_data, pg_write_all_data TO acceptance_functions;

CREATE FUNCTION acceptance_shortened() RETURNS event_trigger LANGUAGE plpgsql AS $$
DECLARE
    setting text;
BEGIN
    FOREACH setting IN ARRAY ARRAY['lock_timeout', 'statement_timeout'] LOOP
        IF session_user = 'acceptance_functions' AND current_setting('acceptance.' || setting, true) <> '' THEN
            PERFORM set_config(setting, current_setting('acceptance.' || setting), false);
        END IF;
    END LOOP;
END $$;
CREATE EVENT TRIGGER acceptance_shortened ON ddl_command_end WHEN TAG IN ('CREATE TABLE')
    EXECUTE FUNCTION acceptance_shortened();
