-- The tables of the pipeline in Aurora PostgreSQL. Every statement may run again on a database that has it already.

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

-- Databases older than the audit trail do not say which execution changed a row last.
ALTER TABLE user_statistics ADD COLUMN IF NOT EXISTS last_execution_id text;

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
