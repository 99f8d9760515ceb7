-- DAT-01: the deviation of a schema that is older than the pipeline needs; a database without the table has none.
DO $$
DECLARE
    version integer;
BEGIN
    IF to_regclass('schema_version') IS NOT NULL THEN
        EXECUTE 'SELECT max(version) FROM schema_version' INTO version;
    END IF;
    PERFORM set_config('acceptance.schema_version', coalesce(version::text, 'none'), false);
END $$;
SELECT 'the schema is version ' || version || ', and has to be 3 at least' AS what
FROM current_setting('acceptance.schema_version') AS version
WHERE coalesce(nullif(version, 'none')::integer, 0) < 3;
