-- The dev account's database as its operators made it in August 2025: tables, checks, indexes, triggers and views, the
-- checklist's users, and statistics of other users.
CREATE FUNCTION set_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at = CURRENT_TIMESTAMP;
    RETURN NEW;
END $$;

CREATE TABLE users (
    user_id    varchar(10)  PRIMARY KEY,
    username   varchar(100) NOT NULL,
    email      varchar(255) NOT NULL,
    created_at timestamptz  NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamptz  NOT NULL DEFAULT CURRENT_TIMESTAMP,
    is_active  boolean      NOT NULL DEFAULT true,
    metadata   jsonb        DEFAULT '{}',
    CONSTRAINT chk_user_id_format CHECK (user_id ~ '^U[0-9]{5}$'),
    CONSTRAINT chk_username_length CHECK (length(username) >= 2),
    CONSTRAINT chk_email_format CHECK (email ~* '^[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}$')
);
CREATE UNIQUE INDEX idx_users_email ON users (email);
CREATE INDEX idx_users_username ON users (username);
CREATE INDEX idx_users_active ON users (is_active);
CREATE INDEX idx_users_created_at ON users (created_at);
CREATE TRIGGER trg_users_updated_at BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION set_updated_at();

-- The trigger sets a column that the table does not have: the first upload of a user passes, the second one fails.
CREATE TABLE user_statistics (
    user_id           varchar(10) PRIMARY KEY REFERENCES users (user_id) ON DELETE CASCADE,
    login_count       bigint      NOT NULL DEFAULT 0,
    post_count        bigint      NOT NULL DEFAULT 0,
    last_login_date   timestamptz,
    last_post_date    timestamptz,
    last_updated      timestamptz DEFAULT CURRENT_TIMESTAMP,
    last_execution_id varchar(100),
    CONSTRAINT chk_login_count CHECK (login_count >= 0),
    CONSTRAINT chk_post_count CHECK (post_count >= 0),
    CONSTRAINT chk_execution_id_length CHECK (length(last_execution_id) <= 100),
    CONSTRAINT chk_last_login_date CHECK (last_login_date <= CURRENT_TIMESTAMP)
);
CREATE INDEX idx_stats_login_count ON user_statistics (login_count DESC);
CREATE INDEX idx_stats_post_count ON user_statistics (post_count DESC);
CREATE INDEX idx_stats_last_updated ON user_statistics (last_updated);
CREATE INDEX idx_stats_execution_id ON user_statistics (last_execution_id);
CREATE INDEX idx_stats_last_login ON user_statistics (last_login_date);
CREATE TRIGGER trg_statistics_updated_at BEFORE UPDATE ON user_statistics
    FOR EACH ROW EXECUTE FUNCTION set_updated_at();

-- Tables and views that the pipeline does not use.
CREATE TABLE processing_executions (execution_id varchar(100) PRIMARY KEY, status varchar(20), started_at timestamptz);
CREATE TABLE file_processing_results (id bigserial PRIMARY KEY, file_name varchar(255), records integer);
CREATE TABLE batch_processing_logs (id bigserial PRIMARY KEY, level varchar(10), message text);
CREATE TABLE system_configurations (key varchar(100) PRIMARY KEY, value jsonb);
CREATE VIEW active_users AS SELECT user_id, username, email FROM users WHERE is_active;

INSERT INTO users (user_id, username, email)
SELECT 'U' || lpad(n::text, 5, '0'), 'testuser' || lpad(n::text, 3, '0'), 'test' || lpad(n::text, 3, '0') || '@example.com'
FROM generate_series(1, 100) AS n;
INSERT INTO users (user_id, username, email)
SELECT 'U' || n, 'user' || n, 'user' || n || '@company.example' FROM generate_series(50001, 50020) AS n;
INSERT INTO user_statistics (user_id, login_count, post_count, last_login_date, last_execution_id)
SELECT 'U' || n, n % 7, n % 5, CURRENT_TIMESTAMP - interval '1 day', 'manual-import'
FROM generate_series(50001, 50020) AS n;
