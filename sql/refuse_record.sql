-- For a database of its own only: refuses statistics with this number of logins, as a constraint that somebody added would.
CREATE OR REPLACE FUNCTION acceptance_refuses() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the acceptance refuses the statistics of %, on purpose', NEW.user_id;
END $$;
CREATE OR REPLACE TRIGGER acceptance_refuses BEFORE INSERT OR UPDATE ON user_statistics
    FOR EACH ROW WHEN (NEW.login_count = 987654321) EXECUTE FUNCTION acceptance_refuses();
