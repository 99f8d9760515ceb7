-- Makes a user inactive.
UPDATE users SET is_active = false WHERE user_id = %(user)s;
