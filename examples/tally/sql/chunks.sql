-- PRF-03: the plan of one object version: which chunk holds how many records.
SELECT part AS chunk, cardinality(lines) AS record_count
FROM file_parts
WHERE file_id = %(bucket)s || '/' || %(key)s || '#' || %(version_id)s
ORDER BY part;
