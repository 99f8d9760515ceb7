"""A table is judged by what the pipeline needs of it: all else that it has does no harm."""

import pytest

from steps.drivers.tables import Table
from steps.preconditions.infrastructure import table_faults

LOCKS = Table("job-locks-dev", "ACTIVE", ("lock_key",), "expires_at")
JOBS = Table("batch-jobs-dev", "ACTIVE", ("job_id", "created_at"), None)


@pytest.mark.parametrize(
    ("wanted", "changes", "faults"),
    [
        (JOBS, {"expires_by": "ttl", "further": ("the index by_status",)}, []),
        (JOBS, {"expires_by": "created_at"}, ["the TTL attribute created_at, which the pipeline writes"]),
        (JOBS, {"keys": ("job_id",)}, ["the key job_id, and has to have job_id, created_at"]),
        (JOBS, {"status": "DELETING"}, ["is DELETING, not ACTIVE"]),
        (JOBS, {"write_units": 5}, []),
        (JOBS, {"write_units": 1}, ["has 1 write capacity units, and 5 chunks write at once"]),
        (LOCKS, {"expires_by": "ttl"}, ["the TTL attribute ttl, and has to have expires_at"]),
        (LOCKS, {"expires_by": None}, ["no TTL, and has to have expires_at"]),
        (LOCKS, {"expires_by": "owner"}, ["the TTL attribute owner, which the pipeline writes"]),
    ],
)
def test_only_what_the_pipeline_needs_is_compared(wanted: Table, changes: dict[str, object], faults: list[str]):
    got = Table(**{**vars(wanted), **changes})
    found = table_faults(wanted, got, {"job_id", "created_at", "lock_key", "owner", "expires_at"})
    assert len(found) == len(faults)
    assert all(fault in each for fault, each in zip(faults, found, strict=True)), found
