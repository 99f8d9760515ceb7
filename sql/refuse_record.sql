-- For a database of its own only: refuses statistics with these numbers of logins, the first as a constraint that somebody
-- added would, the second as a transaction that conflicts with another one.
CREATE OR REPLACE FUNCTION acceptance_refuses() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the acceptance refuses the statistics of %, on purpose', NEW.user_id
        USING ERRCODE = CASE NEW.login_count WHEN 987654322 THEN 'serialization_failure' ELSE 'raise_exception' END;
END $$;
CREATE OR REPLACE TRIGGER acceptance_refuses BEFORE INSERT OR UPDATE ON user_statistics
    FOR EACH ROW WHEN (NEW.login_count IN (987654321, 987654322)) EXECUTE FUNCTION acceptance_refuses();
