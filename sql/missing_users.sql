-- --file: those of these users who are not registered and can be.
SELECT DISTINCT of_file.user_id
FROM unnest(%(users)s::text[]) AS of_file (user_id)
WHERE of_file.user_id ~ '^U[0-9]{5,}$' AND NOT EXISTS (SELECT FROM users WHERE users.user_id = of_file.user_id)
ORDER BY of_file.user_id;
