"""Steps about the functions' permissions, and about data that they must not disclose."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import ExitStack

from pytest_bdd import given, parsers, then

from steps.drivers.iam import Permissions
from steps.drivers.step_functions import message
from steps.run.custom_file import OwnFile
from steps.run.delivery import Delivery, Drivers
from steps.suite.finding import Finding
from steps.targets.environment import Environment
from steps.verdict.words import enumerate_items

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.\w+")


@given(parsers.parse('the functions\' role is not allowed "{action}" on {what} any more'))
def not_allowed_on(action: str, what: str, environment: Environment, cleaning_up: ExitStack) -> None:
    permissions = Permissions(environment.client("iam"))
    cleaning_up.enter_context(permissions.withdrawn(environment.names.lambda_role, action, on=what))


@then(parsers.parse('the execution fails for want of "{action}"'))
def fails_for_want(action: str, delivery: Delivery, finding: Finding) -> None:
    run = delivery.run
    finding.holds(
        run.status == "FAILED" and f"not authorized to perform: {action}" in message(run.cause),
        "fails-for-want",
        action=action,
        status=run.status,
        error=run.error,
        evidence=str(run),
    )


@then("no store tells a password, a user's name or an e-mail address")
def nothing_told(
    delivery: Delivery, drivers: Drivers, own_file: OwnFile, environment: Environment, finding: Finding
) -> None:
    delivery.wait_until_logged()
    kept = drivers.database.row("kept_users", users=own_file.registered)
    names = [user["username"] for user in kept["users"]]
    secrets = {"the password": [environment.secret()["password"]], "a user's name": names}
    told = _read_all_stores(delivery, drivers)
    found = find_leaks(told, secrets)
    finding.holds(not found, "nothing-personal", stores=len(told), where=enumerate_items(found))
    for store, text in told.items():
        for what, planted in {
            **{name: each[-1] for name, each in secrets.items()},
            "an address": "a@b.example",
        }.items():
            finding.control(f"{what} in {store}", bool(find_leaks({store: f"{text} {planted}"}, secrets)))


def find_leaks(told: Mapping[str, str], secrets: Mapping[str, Sequence[str]]) -> list[str]:
    """List the kinds of secrets and the e-mail addresses that each store discloses, without their values."""
    named = [
        f"{kind} in {store}"
        for store, text in told.items()
        for kind, values in secrets.items()
        if any(value in text for value in values)
    ]
    return named + [f"an e-mail address in {store}" for store, text in told.items() if _EMAIL.search(text)]


def _read_all_stores(delivery: Delivery, drivers: Drivers) -> dict[str, str]:
    """Return everything that a run leaves behind, as text by store."""
    written = {
        "the audit trail": delivery.audit,
        "the batch job": delivery.jobs,
        "the metadata": drivers.audit_trail.metadata(delivery.upload),
        "the history": delivery.run.history,
        "the rejected records": delivery.rejected,
    }
    return {
        "the logs": "\n".join(line.text for line in delivery.lines),
        **{store: json.dumps(found, default=str, ensure_ascii=False) for store, found in written.items()},
        **{name: content.decode() for name, content in drivers.inbox.results(delivery.upload).items()},
    }
