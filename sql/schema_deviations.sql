-- DAT-01: what try_schema.sql has found wrong in this transaction.
SELECT what FROM jsonb_array_elements_text(current_setting('acceptance.deviations')::jsonb) AS what ORDER BY what;
