-- The tables of the pipeline in Aurora: users and their totals, and the parts of each file.
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

-- A file is one version of one object: bucket/key#version. A part has no counts until it is done.
CREATE TABLE IF NOT EXISTS file_parts (
    file_id  text     NOT NULL,
    part     integer  NOT NULL,
    lines    bigint[] NOT NULL,
    texts    text[]   NOT NULL,
    users    text[]   NOT NULL,
    logins   bigint[] NOT NULL,
    posts    bigint[] NOT NULL,
    applied  bigint,
    rejected bigint,
    PRIMARY KEY (file_id, part)
);

CREATE TABLE IF NOT EXISTS rejections (
    file_id text   NOT NULL,
    line    bigint NOT NULL,
    user_id text,
    reason  text   NOT NULL,
    text    text   NOT NULL,
    PRIMARY KEY (file_id, line)
);
