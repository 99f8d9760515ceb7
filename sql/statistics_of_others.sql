-- AUR-03, PRF-03: all other statistics in one row, which differs as soon as one of them does: how many there are, their
-- sums, and a checksum of their rows as statistics.sql selects them, whatever their order.
SELECT count(*) AS users,
       coalesce(sum(login_count), 0)::bigint AS login_count,
       coalesce(sum(post_count), 0)::bigint AS post_count,
       coalesce(sum(hashtextextended(total::text, 0)), 0)::text AS checksum
FROM ({statistics}) AS total
WHERE user_id <> ALL(%(users)s);
