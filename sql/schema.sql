-- Creates or migrates the pipeline's tables in Aurora PostgreSQL: in an empty database, in an older one, and in one that
-- somebody else designed. It loses no row, prints each change as an INFO line, and can be run again after it was stopped.
-- In psql each statement is a transaction of its own, so that no lock outlives its statement; a statement that has to wait
-- for a lock fails after 5 s, since all later statements of others would wait behind it.
SET lock_timeout = '5s';
SET client_min_messages = warning;

-- Every table, column, constraint and index of this schema, a line of text each.
CREATE OR REPLACE FUNCTION pg_temp.schema_parts() RETURNS SETOF text LANGUAGE sql AS $$
    SELECT 'table ' || relname FROM pg_class WHERE relnamespace = current_schema::regnamespace AND relkind = 'r'
    UNION ALL
    SELECT concat_ws(' ', 'column', relname || '.' || attname, format_type(atttypid, atttypmod),
                     CASE WHEN attnotnull THEN 'NOT NULL' END, 'DEFAULT ' || pg_get_expr(adbin, adrelid))
    FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
    LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE relnamespace = current_schema::regnamespace AND relkind = 'r' AND attnum > 0 AND NOT attisdropped
    UNION ALL
    SELECT concat_ws(' ', 'constraint', conrelid::regclass, conname, pg_get_constraintdef(oid))
    FROM pg_constraint WHERE connamespace = current_schema::regnamespace AND contype IN ('p', 'u', 'f', 'c')
    UNION ALL
    SELECT 'index ' || indexname || ' ON ' || tablename FROM pg_indexes WHERE schemaname = current_schema
$$;
DROP TABLE IF EXISTS pg_temp.earlier_parts;
CREATE TEMP TABLE earlier_parts AS SELECT part FROM pg_temp.schema_parts() AS part;

CREATE OR REPLACE PROCEDURE pg_temp.print_changes() LANGUAGE plpgsql AS $$
DECLARE
    change text;
BEGIN
    FOR change IN
        SELECT 'added ' || part FROM (SELECT pg_temp.schema_parts() EXCEPT TABLE earlier_parts) AS added (part)
        UNION ALL
        SELECT 'removed ' || part FROM (TABLE earlier_parts EXCEPT SELECT pg_temp.schema_parts()) AS removed (part)
        ORDER BY 1
    LOOP
        RAISE INFO '%', change;
    END LOOP;
    DELETE FROM earlier_parts;
    INSERT INTO earlier_parts SELECT pg_temp.schema_parts();
END $$;

CREATE TABLE IF NOT EXISTS users (
    user_id    text        PRIMARY KEY CHECK (user_id ~ '^U[0-9]{5,9}$'),
    username   text        NOT NULL,
    email      text        NOT NULL UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    is_active  boolean     NOT NULL DEFAULT true,
    metadata   jsonb       NOT NULL DEFAULT '{}'
);

CREATE TABLE IF NOT EXISTS user_statistics (
    user_id           text        PRIMARY KEY REFERENCES users,
    login_count       bigint      NOT NULL DEFAULT 0 CHECK (login_count >= 0),
    post_count        bigint      NOT NULL DEFAULT 0 CHECK (post_count >= 0),
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now(),
    last_execution_id text
);

-- The plan: which bytes of an object version make up which chunk, and what became of its records. That each record
-- counts exactly once rests on these rows, so they outlive executions, locks and changes of the chunk size.
CREATE TABLE IF NOT EXISTS chunk_plan (
    bucket           text        NOT NULL,
    object_key       text        NOT NULL,
    version_id       text        NOT NULL,
    chunk            integer     NOT NULL CHECK (chunk > 0),
    first_byte       bigint      NOT NULL CHECK (first_byte >= 0),
    end_byte         bigint      NOT NULL,
    first_line       bigint      NOT NULL CHECK (first_line > 0),
    record_count     bigint      NOT NULL CHECK (record_count > 0),
    state            text        NOT NULL DEFAULT 'planned' CHECK (state IN ('planned', 'done')),
    records_applied  bigint      NOT NULL DEFAULT 0 CHECK (records_applied >= 0),
    records_rejected bigint      NOT NULL DEFAULT 0 CHECK (records_rejected >= 0),
    execution_id     text        NOT NULL,
    updated_at       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (bucket, object_key, version_id, chunk),
    CHECK (end_byte > first_byte),
    CHECK (state = 'planned' OR records_applied + records_rejected = record_count)
);

-- A record's text is what stands in the file, without its line break; the line is the physical one.
CREATE TABLE IF NOT EXISTS rejected_records (
    bucket      text   NOT NULL,
    object_key  text   NOT NULL,
    version_id  text   NOT NULL,
    line_number bigint NOT NULL,
    chunk       integer NOT NULL,
    user_id     text,
    reason      text   NOT NULL CHECK (reason IN ('ValidationError', 'UserNotFoundError', 'UserInactiveError')),
    record      text   NOT NULL,
    PRIMARY KEY (bucket, object_key, version_id, line_number)
);

-- ---- What older tables lack -----------------------------------------------------------------------------------------
ALTER TABLE users
    ADD COLUMN IF NOT EXISTS created_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN IF NOT EXISTS updated_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN IF NOT EXISTS is_active  boolean     NOT NULL DEFAULT true,
    ADD COLUMN IF NOT EXISTS metadata   jsonb       NOT NULL DEFAULT '{}';

-- A sum with a missing count would be missing too, and the records with it.
ALTER TABLE user_statistics
    ADD COLUMN IF NOT EXISTS created_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN IF NOT EXISTS updated_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN IF NOT EXISTS last_execution_id text,
    ALTER COLUMN login_count SET DEFAULT 0,
    ALTER COLUMN post_count  SET DEFAULT 0,
    ALTER COLUMN login_count SET NOT NULL,
    ALTER COLUMN post_count  SET NOT NULL;

-- Only where it is needed: PostgreSQL writes the whole table anew.
DO $$
BEGIN
    IF EXISTS (
        SELECT FROM pg_attribute
        WHERE attrelid = 'user_statistics'::regclass
          AND attname IN ('login_count', 'post_count')
          AND atttypid IN ('smallint'::regtype, 'integer'::regtype)
    ) THEN
        ALTER TABLE user_statistics ALTER COLUMN login_count TYPE bigint, ALTER COLUMN post_count TYPE bigint;
    END IF;
END $$;

-- An execution's ARN can have 256 characters: two names of 80 and the parts of an ARN. A check of its length goes.
DO $$
DECLARE
    arn CONSTANT text := 'arn:aws:states:ap-northeast-1:123456789012:execution:' || repeat('x', 203);
    held record;
    holds boolean;
BEGIN
    IF EXISTS (
        SELECT FROM pg_attribute
        WHERE attrelid = 'user_statistics'::regclass AND attname = 'last_execution_id'
          AND (atttypid = 'character'::regtype OR atttypmod BETWEEN 0 AND length(arn) + 3)
    ) THEN
        ALTER TABLE user_statistics ALTER COLUMN last_execution_id TYPE text;
    END IF;
    FOR held IN
        SELECT conname, pg_get_expr(conbin, conrelid) AS expression
        FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND conkey = ARRAY[attnum]
        WHERE conrelid = 'user_statistics'::regclass AND contype = 'c' AND attname = 'last_execution_id'
    LOOP
        EXECUTE format('SELECT %s FROM (SELECT %L::text) AS sample (last_execution_id)', held.expression, arn) INTO holds;
        IF NOT holds THEN
            EXECUTE format('ALTER TABLE user_statistics DROP CONSTRAINT %I', held.conname);
        END IF;
    END LOOP;
END $$;

-- Readers and the pipeline, which writes no users, go on while the index is built.
CREATE UNIQUE INDEX IF NOT EXISTS users_email_key ON users (email);

-- Each chunk asks who of its users is inactive: few are, and they are found without a look at all the others.
CREATE INDEX IF NOT EXISTS users_inactive ON users (user_id) WHERE NOT is_active;

-- NOT VALID holds for new rows at once and reads none of the old ones, so that its lock is a matter of milliseconds.
DO $$
DECLARE
    lacking record;
BEGIN
    FOR lacking IN
        SELECT *
        FROM (VALUES
            ('users', 'users_email_key', 'UNIQUE USING INDEX users_email_key'),
            ('users', 'users_user_id_check', $c$CHECK (user_id ~ '^U[0-9]{5,9}$') NOT VALID$c$),
            ('user_statistics', 'user_statistics_login_count_check', 'CHECK (login_count >= 0) NOT VALID'),
            ('user_statistics', 'user_statistics_post_count_check', 'CHECK (post_count >= 0) NOT VALID'),
            ('user_statistics', 'user_statistics_user_id_fkey', 'FOREIGN KEY (user_id) REFERENCES users NOT VALID')
        ) AS wanted (owner, name, definition)
        WHERE NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = owner::regclass AND conname = name)
    LOOP
        EXECUTE format('ALTER TABLE %I ADD CONSTRAINT %I %s', lacking.owner, lacking.name, lacking.definition);
    END LOOP;
END $$;

-- A row that breaks a rule stops the migration below.
CALL pg_temp.print_changes();

-- Reads the old rows, beside whoever reads and writes.
ALTER TABLE users VALIDATE CONSTRAINT users_user_id_check;
ALTER TABLE user_statistics VALIDATE CONSTRAINT user_statistics_login_count_check;
ALTER TABLE user_statistics VALIDATE CONSTRAINT user_statistics_post_count_check;
ALTER TABLE user_statistics VALIDATE CONSTRAINT user_statistics_user_id_fkey;

-- ---- Which of these it is: raised with each change, recorded once all of it is there --------------------------------
CREATE TABLE IF NOT EXISTS schema_version (
    version    integer     PRIMARY KEY,
    applied_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO schema_version (version) VALUES (3) ON CONFLICT DO NOTHING;

CALL pg_temp.print_changes();
DROP TABLE earlier_parts;

RESET client_min_messages;
RESET lock_timeout;
