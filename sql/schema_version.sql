-- DAT-01: what says that the schema is older than the pipeline wants it.
SELECT 'the schema is version ' || coalesce(max(version)::text, 'none') || ', and has to be 3 at least' AS what
FROM schema_version
HAVING coalesce(max(version), 0) < 3;
