-- DAT-01: what the tables of users and statistics lack of sql/schema.sql, and what they have beside it that changes what
-- is written.
WITH wanted_columns (owner, name, type) AS (VALUES
    ('users', 'user_id', 'text'), ('users', 'username', 'text'), ('users', 'email', 'text'),
    ('users', 'is_active', 'boolean'), ('users', 'created_at', 'timestamp with time zone'),
    ('users', 'updated_at', 'timestamp with time zone'), ('users', 'metadata', 'jsonb'),
    ('user_statistics', 'user_id', 'text'), ('user_statistics', 'login_count', 'bigint'),
    ('user_statistics', 'post_count', 'bigint'), ('user_statistics', 'created_at', 'timestamp with time zone'),
    ('user_statistics', 'updated_at', 'timestamp with time zone'), ('user_statistics', 'last_execution_id', 'text')
), columns AS (
    SELECT attrelid::regclass::text AS owner, attname::text AS name, format_type(atttypid, NULL) AS type
    FROM pg_attribute
    WHERE attrelid IN (to_regclass('users'), to_regclass('user_statistics')) AND attnum > 0 AND NOT attisdropped
), wanted_constraints (owner, definition) AS (VALUES
    ('users', 'PRIMARY KEY (user_id)'), ('users', 'UNIQUE (email)'),
    ('users', 'CHECK ((user_id ~ ''^U[0-9]{5,9}$''::text))'),
    ('user_statistics', 'PRIMARY KEY (user_id)'),
    ('user_statistics', 'FOREIGN KEY (user_id) REFERENCES users(user_id)'),
    ('user_statistics', 'CHECK ((login_count >= 0))'), ('user_statistics', 'CHECK ((post_count >= 0))')
), constraints AS (
    SELECT conrelid::regclass::text AS owner, pg_get_constraintdef(oid) AS definition
    FROM pg_constraint
    WHERE conrelid IN (to_regclass('users'), to_regclass('user_statistics')) AND contype IN ('p', 'u', 'f', 'c')
)
SELECT owner || ' has no column ' || name || ' of type ' || type AS what
FROM (TABLE wanted_columns EXCEPT TABLE columns) AS lacking
UNION ALL
SELECT owner || ' has no ' || definition FROM (TABLE wanted_constraints EXCEPT TABLE constraints) AS lacking
UNION ALL
SELECT owner || ' has a constraint beside those of the schema: ' || definition
FROM (TABLE constraints EXCEPT TABLE wanted_constraints) AS surplus
UNION ALL
SELECT tgrelid::regclass || ' has a trigger: ' || tgname
FROM pg_trigger
WHERE tgrelid IN (to_regclass('users'), to_regclass('user_statistics')) AND NOT tgisinternal
ORDER BY what;
