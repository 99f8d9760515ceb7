-- PRF-03: the rejected records of one object version, with the reason of each.
SELECT line_number, user_id, reason
FROM rejected_records
WHERE bucket = %(bucket)s AND object_key = %(key)s AND version_id = %(version_id)s
ORDER BY line_number;
