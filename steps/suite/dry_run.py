"""The plan of what a session would write into a shared account, for --plan."""

from __future__ import annotations

from steps.drivers.activity_file import ActivityFile
from steps.drivers.functions import Functions
from steps.drivers.suite_lock import KEY
from steps.run.delivery import Drivers


def plan(drivers: Drivers, file: ActivityFile) -> list[str]:
    """Return one sentence per write, in order, without writing anything."""
    names, database = drivers.environment.names, drivers.database
    users, statistics = database.number("count_test_users"), database.number("count_test_statistics")
    ids = sorted(file.sums())
    patience = drivers.environment.patience.start
    functions = Functions(drivers.environment.client("lambda"), names.functions).found()
    return [
        *(f"invoke {name}, to wake it: it is Inactive" for name, f in functions.items() if f and f.state == "Inactive"),
        f"put the item {KEY} into {names.job_locks}, and delete it at the end",
        f"insert {len(ids) - users} of the {len(ids)} users {ids[0]} to {ids[-1]} into users",
        f"delete {statistics} rows of these users from user_statistics, after saving them beside the verdict",
        f"put s3://{names.bucket}/incoming/{file.name}, and delete this version at the end",
        f"start an execution of {names.state_machine}, only where the upload starts none within {patience:g} s",
    ]
