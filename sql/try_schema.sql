-- DAT-01, in a transaction that is undone: writes into users and user_statistics what the pipeline and the suite write,
-- with the longest values, and keeps each deviation for schema_deviations.sql. Whether a type, a check or a trigger does
-- harm is seen by this and by nothing else: columns, indexes, checks and triggers that let these rows pass do none.
-- acceptance.execution_id is the longest ARN that an execution can have, acceptance.test_users who the test users are.
SET CONSTRAINTS ALL IMMEDIATE;
SET LOCAL lock_timeout = '5s';
DO $$
DECLARE
    tested CONSTANT text := current_setting('acceptance.test_users')::jsonb -> 0 ->> 'user_id';
    address CONSTANT text := current_setting('acceptance.test_users')::jsonb -> 0 ->> 'email';
    arn CONSTANT text := current_setting('acceptance.execution_id');
    amount CONSTANT bigint := 4000000000000000000;
    stranger text;
    total record;
    attempt text;
    part text;
    deviations text[] := '{}';
BEGIN
    BEGIN
        attempt := 'the test users cannot be registered';
        INSERT INTO users (user_id, username, email, is_active, metadata)
        SELECT user_id, username, email, true, '{}'
        FROM jsonb_to_recordset(current_setting('acceptance.test_users')::jsonb)
            AS due (user_id text, username text, email text)
        ON CONFLICT (user_id) DO NOTHING;

        attempt := format('the statistics of %s cannot be cleared', tested);
        DELETE FROM user_statistics WHERE user_id = tested;
    EXCEPTION
        WHEN lock_not_available THEN RAISE;
        WHEN OTHERS THEN deviations := deviations || format('%s: %s (%s)', attempt, SQLERRM, SQLSTATE);
    END;

    -- One error hides the next ones, so each part of an upload is tried by itself before two whole uploads.
    FOREACH part IN ARRAY CASE WHEN deviations = '{}' THEN ARRAY['an execution', 'an update', 'two uploads'] ELSE '{}' END LOOP
        BEGIN
            attempt := format('%s of %s cannot be written to user_statistics', part, tested);
            IF part = 'an execution' THEN
                INSERT INTO user_statistics (user_id, last_execution_id) VALUES (tested, arn);
                DELETE FROM user_statistics WHERE user_id = tested;
            ELSIF part = 'an update' THEN
                INSERT INTO user_statistics (user_id) VALUES (tested);
                UPDATE user_statistics SET login_count = 1 WHERE user_id = tested;
                DELETE FROM user_statistics WHERE user_id = tested;
            ELSE
                FOR time IN 1..2 LOOP
                    INSERT INTO user_statistics AS earlier (user_id, login_count, post_count, last_execution_id)
                    VALUES (tested, amount, amount, arn)
                    ON CONFLICT (user_id) DO UPDATE
                    SET login_count = earlier.login_count + excluded.login_count,
                        post_count = earlier.post_count + excluded.post_count,
                        updated_at = now(), last_execution_id = excluded.last_execution_id;
                END LOOP;
                SELECT * INTO total FROM user_statistics WHERE user_id = tested;
                IF (total.login_count, total.post_count, total.last_execution_id)
                       IS DISTINCT FROM (2 * amount, 2 * amount, arn)
                   OR (total.updated_at BETWEEN now() AND clock_timestamp()) IS NOT TRUE THEN
                    deviations := deviations || format('two uploads of %s are written otherwise: %s logins, %s posts of'
                        ' twice %s, at %s, by %s', tested, total.login_count, total.post_count, amount,
                        total.updated_at, total.last_execution_id);
                END IF;
            END IF;
        EXCEPTION
            WHEN lock_not_available THEN RAISE;
            WHEN OTHERS THEN
                IF NOT EXISTS (SELECT FROM unnest(deviations) AS known WHERE strpos(known, SQLERRM) > 0) THEN
                    deviations := deviations || format('%s: %s (%s)', attempt, SQLERRM, SQLSTATE);
                END IF;
        END;
    END LOOP;

    -- A total that is NULL stays NULL, whatever is added to it.
    FOREACH part IN ARRAY CASE WHEN deviations = '{}' THEN ARRAY['login_count', 'post_count'] ELSE '{}' END LOOP
        BEGIN
            DELETE FROM user_statistics WHERE user_id = tested;
            EXECUTE format('INSERT INTO user_statistics (user_id, %I, last_execution_id) VALUES ($1, NULL, $2)', part)
                USING tested, arn;
            deviations := deviations || format('user_statistics takes NULL as %s: NOT NULL is missing', part);
        EXCEPTION
            WHEN lock_not_available THEN RAISE;
            WHEN not_null_violation THEN NULL;
            WHEN OTHERS THEN deviations := deviations || format('%s as NULL: %s (%s)', part, SQLERRM, SQLSTATE);
        END;
    END LOOP;

    BEGIN
        SELECT 'U' || n INTO stranger FROM generate_series(99999, 10000, -1) AS n
        WHERE NOT EXISTS (SELECT FROM users WHERE user_id = 'U' || n) LIMIT 1;
        attempt := 'a user that is not registered is not refused by a foreign key';
        INSERT INTO user_statistics (user_id, login_count, post_count, last_execution_id) VALUES (stranger, 1, 1, 'trial');
        deviations := array_append(
            deviations, 'user_statistics takes a user that is not registered: a foreign key to users is missing');
    EXCEPTION
        WHEN lock_not_available THEN RAISE;
        WHEN foreign_key_violation THEN NULL;
        WHEN OTHERS THEN deviations := deviations || format('%s: %s (%s)', attempt, SQLERRM, SQLSTATE);
    END;

    BEGIN
        INSERT INTO users (user_id, username, email, is_active, metadata) VALUES (stranger, 'trial', address, true, '{}');
        IF (SELECT count(*) FROM users WHERE email = address) > 1 THEN
            deviations := array_append(
                deviations, 'two users may have the same email: a unique index on users (email) is missing');
        END IF;
    EXCEPTION
        WHEN lock_not_available THEN RAISE;
        WHEN OTHERS THEN NULL;
    END;
    PERFORM set_config('acceptance.deviations', array_to_json(deviations)::text, true);
END $$;
