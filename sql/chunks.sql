-- PRF-03: the plan of one object version: which chunk holds how many records.
SELECT chunk, record_count, updated_at
FROM chunk_plan
WHERE bucket = %(bucket)s AND object_key = %(key)s AND version_id = %(version_id)s
ORDER BY chunk;
