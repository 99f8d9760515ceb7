-- DAT-02, DAT-09: every user with an id like a test user's or with the address of one, to be told from the 100 themselves.
SELECT user_id, username, email, is_active
FROM users
WHERE user_id LIKE 'U00%%' OR email LIKE 'testuser%%@example.com'
ORDER BY user_id;
