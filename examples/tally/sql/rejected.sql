-- PRF-03: the rejected records of one object version, with the reason of each.
SELECT line AS line_number, user_id, reason
FROM rejections
WHERE file_id = %(bucket)s || '/' || %(key)s || '#' || %(version_id)s
ORDER BY line;
