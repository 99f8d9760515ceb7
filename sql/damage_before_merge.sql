-- ROB-06: undoes what a merge has to prove, in the way that %(damage)s names, for one object version.
WITH taken_back AS (
    UPDATE chunk_plan SET state = 'planned'
    WHERE %(damage)s = 'a chunk is not done' AND chunk = 2
      AND bucket = %(bucket)s AND object_key = %(key)s AND version_id = %(version_id)s
), forgotten AS (
    DELETE FROM chunk_plan
    WHERE %(damage)s = 'a chunk is not in the plan' AND chunk = 2
      AND bucket = %(bucket)s AND object_key = %(key)s AND version_id = %(version_id)s
)
DELETE FROM rejected_records
WHERE %(damage)s = 'a rejected record is not kept'
  AND bucket = %(bucket)s AND object_key = %(key)s AND version_id = %(version_id)s;
