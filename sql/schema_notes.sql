-- DAT-01: what users and user_statistics have beside what sql/schema.sql makes, and what does no harm by itself.
WITH tables AS (
    SELECT oid, relname FROM pg_class WHERE oid IN (to_regclass('users'), to_regclass('user_statistics'))
), ours (part) AS (VALUES
    ('PRIMARY KEY (user_id)'), ('UNIQUE (email)'), ('FOREIGN KEY (user_id) REFERENCES users(user_id)'),
    ('CHECK ((user_id ~ ''^U[0-9]{5,9}$''::text))'), ('CHECK ((login_count >= 0))'), ('CHECK ((post_count >= 0))')
)
SELECT relname || ' has ' || pg_get_constraintdef(pg_constraint.oid) AS what
FROM pg_constraint JOIN tables ON tables.oid = conrelid
WHERE contype IN ('u', 'f', 'c') AND pg_get_constraintdef(pg_constraint.oid) NOT IN (TABLE ours)
UNION ALL
SELECT relname || ' has a trigger, ' || tgname FROM pg_trigger JOIN tables ON tables.oid = tgrelid WHERE NOT tgisinternal
UNION ALL
SELECT relname || ' has an index, ' || indexrelid::regclass
FROM pg_index JOIN tables ON tables.oid = indrelid
WHERE NOT indisprimary AND indexrelid::regclass::text NOT IN ('users_email_key', 'users_inactive')
UNION ALL
SELECT relname || ' has a column, ' || attname
FROM pg_attribute JOIN tables ON tables.oid = attrelid
WHERE attnum > 0 AND NOT attisdropped AND attname NOT IN (
    'user_id', 'username', 'email', 'created_at', 'updated_at', 'is_active', 'metadata',
    'login_count', 'post_count', 'last_execution_id'
)
ORDER BY what;
