"""Preconditions of the state machine's retries and error handling, of the test users, and of inputs made by hand."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pytest_bdd import then, when

from steps.diagnoses.ids import Diagnosis
from steps.drivers.activity_file import ActivityFile
from steps.drivers.jsonpath import at, placed
from steps.drivers.postgres import Database
from steps.drivers.step_functions import Machine, inner_machines
from steps.drivers.users import User
from steps.run.delivery import Delivery, Drivers
from steps.suite.deviation import Deviation
from steps.suite.finding import Finding
from steps.targets.environment import Environment
from steps.targets.settings import Settings
from steps.verdict.record import Record
from steps.verdict.words import enumerate_items

PLATFORM = {
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
}
"""The errors that AWS recommends to retry.

https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html#bp-lambda-serviceexception
"""
_DEATHS = {"Lambda.Unknown", "Sandbox.Timedout", "Runtime.ExitError"}
"""The errors of a function that died or hung, whose step does its work in a transaction and may run twice.

Lambda.Unknown: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
"""
_EVERYTHING = {"States.ALL", "States.TaskFailed"}
_AGREED_SECONDS = 900
"""The longest that an execution may take."""
_FAR_BELOW = 10
"""A function's Timeout of less than a tenth of what its state waits is a mistake, such as Lambda's default of 3 s."""
_TOLERANCE = ("ToleratedFailurePercentage", "ToleratedFailureCount")


def recovery(machine: Mapping[str, Any]) -> list[Deviation]:
    """Return where a state machine retries wrongly, leaves an error uncaught, lets it end well, loses data or items."""
    return [
        *(Deviation(Diagnosis.ERROR_SWALLOWED, text) for text in _swallowed(machine)),
        *(Deviation(Diagnosis.RECOVERY_WRONG, text) for text in _faults(machine, caught=False)),
        *(Deviation(Diagnosis.STATE_DATA_LOST, text) for text in _lost(machine)),
        *(Deviation(Diagnosis.CHUNK_LOST, text) for text in _cut(machine)),
        *(Deviation(Diagnosis.STATE_DATA_LOST, text) for text in _literals(machine)),
    ]


def lasting(machine: Mapping[str, Any]) -> list[Deviation]:
    """Return where a state machine lets an execution that hangs go on for longer than agreed."""
    limit, longest = machine.get("TimeoutSeconds"), "an execution that hangs goes on for up to a year"
    if limit is None:
        return [Deviation(Diagnosis.RECOVERY_WRONG, f"the state machine has no TimeoutSeconds: {longest}")]
    if limit > _AGREED_SECONDS:
        text = f"the state machine's TimeoutSeconds are {limit}; an execution may take {_AGREED_SECONDS} s"
        return [Deviation(Diagnosis.RECOVERY_WRONG, text)]
    return [
        Deviation(
            Diagnosis.RECOVERY_WRONG,
            f"{name} may take {seconds} s, and the whole execution {limit} s: it ends before the state's Catch",
        )
        for states in _machines(machine)
        for name, state in states.items()
        if (seconds := state.get("TimeoutSeconds", 0)) >= limit
    ]


def contradicting(machine: Mapping[str, Any], timeouts: Mapping[str, int]) -> list[Deviation]:
    """Return where a state's time limit and that of its function contradict each other.

    `timeouts`: the functions' Timeout in seconds, by their names. A state that ends first tries again beside a function
    that is still at work; a function that ends long before is given less time than the state's author had in mind.
    """
    deviations = []
    for states in _machines(machine):
        for name, state in states.items():
            function = _function_of(state)
            limit, own = state.get("TimeoutSeconds"), timeouts.get(function)
            if limit is None or own is None:
                continue
            text = ""
            if own > limit:
                text = f"{name} waits {limit} s for {function}, whose Timeout is {own} s: a retry begins beside it"
            elif own * _FAR_BELOW < limit:
                text = f"{name} waits {limit} s for {function}, whose Timeout is {own} s: it is ended long before"
            deviations += [Deviation(Diagnosis.FUNCTION_TIMEOUT, text)] if text else []
    return deviations


def _function_of(state: Mapping[str, Any]) -> str:
    """Return the name of the function that a state invokes; empty if it invokes none."""
    named = state.get("Parameters", state.get("Arguments", {}))
    function = named.get("FunctionName", "") if isinstance(named, dict) else ""
    found = re.search(r":function:([\w-]+)", str(function) or str(state.get("Resource", "")))
    return found[1] if found else str(function)


def _literals(machine: Mapping[str, Any]) -> Iterator[str]:
    """Say which states hand on the text of a path in place of its value, for want of `.$` after the key."""
    for states in _machines(machine):
        for name, state in states.items():
            for block in ("Parameters", "ItemSelector", "ResultSelector"):
                for path, value in _texts(state.get(block, {}), block):
                    if re.match(r"\$\$?[.\[]", value) and not path.endswith(".$"):
                        yield f"{name} hands on the text {value} by {path}, and not what stands there"


def _cut(machine: Mapping[str, Any]) -> Iterator[str]:
    """Say which Maps take a part of their list: an ItemsPath that selects by index, slice or filter."""
    for states in _machines(machine):
        for name, state in states.items():
            path = str(state.get("ItemsPath", ""))
            if re.search(r"\[(?!['\"*])", path):
                yield f"{name} leaves out items of its list, by the ItemsPath {path}"


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Yield each text within a value with its path."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _texts(each, f"{path}.{key}")
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from _texts(each, f"{path}[{number}]")
    elif isinstance(value, str):
        yield path, value


def _machines(machine: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the states of a machine by name, then those of each machine within it."""
    yield machine["States"]
    for state in machine["States"].values():
        for inner in inner_machines(state):
            yield from _machines(inner)


def _faults(machine: Mapping[str, Any], *, caught: bool) -> Iterator[str]:
    """`caught`: an enclosing state catches the errors of all these states."""
    for name, state in machine["States"].items():
        catches = caught or any("States.ALL" in each["ErrorEquals"] for each in state.get("Catch", ()))
        if state["Type"] == "Task":
            if missing := _not_retried(state, PLATFORM | _DEATHS):
                yield f"{name} is not tried again after {', '.join(sorted(missing))}"
            if surplus := _EVERYTHING & _retries(state).keys():
                yield f"{name} is tried again after {', '.join(sorted(surplus))}, the pipeline's own errors among them"
            if not catches:
                yield f"{name} has nothing to catch its errors"
        for inner in inner_machines(state):
            yield from _faults(inner, caught=catches)


def _retries(state: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return the first Retry of a state for each error that one names."""
    return {error: each for each in reversed(state.get("Retry", ())) for error in each["ErrorEquals"]}


def _not_retried(state: Mapping[str, Any], errors: Iterable[str]) -> set[str]:
    """Return those of Lambda's errors after which a state is not tried again; none if it invokes no function."""
    if state["Type"] != "Task" or ":lambda:" not in state["Resource"]:
        return set()
    retries = _retries(state)
    return {error for error in errors if retries.get(error, {"MaxAttempts": 0}).get("MaxAttempts") == 0}


def _swallowed(machine: Mapping[str, Any]) -> Iterator[str]:
    """Say which states end well after any error."""
    for states in _machines(machine):
        for name, state in states.items():
            for key in _TOLERANCE:
                if state.get(key) or f"{key}Path" in state:
                    yield f"{name} goes on without the chunks that failed, by its {key}"
            for catch in state.get("Catch", ()):
                if _EVERYTHING & set(catch["ErrorEquals"]) and (end := _good_end(states, catch["Next"])):
                    yield f"{name} ends well after an error: its Catch leads to {catch['Next']}, and on to {end}"


def _good_end(states: Mapping[str, Any], start: str) -> str | None:
    """The first state on the ways from `start` that ends its machine without failing."""
    seen, left = set[str](), [start]
    while left:
        name = left.pop(0)
        if name in seen or name not in states:
            continue
        seen.add(name)
        state = states[name]
        if state["Type"] == "Succeed" or state.get("End"):
            return name
        left += [
            way for each in (state, *state.get("Choices", ())) for key in ("Next", "Default") if (way := each.get(key))
        ]
    return None


def _lost(machine: Mapping[str, Any]) -> Iterator[str]:
    """Say which states replace their input by the error that they catch, although the next state reads the input."""
    for states in _machines(machine):
        for name, state in states.items():
            for catch in state.get("Catch", ()):
                if catch.get("ResultPath", "$") == "$":
                    read = re.findall(r"\"(\$\.(?!Error|Cause)[^\"]+)\"", json.dumps(states.get(catch["Next"], {})))
                    if read:
                        yield f"the Catch of {name} has no ResultPath, and {catch['Next']} reads {read[0]}"


@then("every step is tried again after:")
def tried_again(
    machine: Machine | None, datatable: list[list[str]], environment: Environment, finding: Finding
) -> None:
    name, errors = environment.names.state_machine, [error for (error,) in datatable[1:]]
    missing = Deviation(Diagnosis.STATE_MACHINE_MISSING, f"{name} is missing")
    definition = finding.there(machine, "machine-there", machine=name, missing=missing).definition
    deviations = [
        Deviation(Diagnosis.RECOVERY_WRONG, f"{each} is not tried again after {', '.join(sorted(lacking))}")
        for states in _machines(definition)
        for each, state in states.items()
        if (lacking := _not_retried(state, errors))
    ]
    finding.none(deviations, "errors-handled")
    bare = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke"}
    finding.control("a step without Retry", _not_retried(bare, errors) == set(errors))


Users = list[dict[str, Any]]


@when("the test users are looked for", target_fixture="users")
def looked_for(database: Database) -> Users:
    return database.ask("users_like_ours")


@then("none of their ids and addresses belongs to somebody else")
def nobody_elses(users: Users, settings: Settings, record: Record, finding: Finding) -> None:
    due = settings.users
    ids = {user.user_id for user in due}
    deviations = _taken(users, due)
    others = [user["user_id"] for user in users if user["user_id"] not in ids]
    if others:
        more = f" and {len(others) - 20} more" if len(others) > 20 else ""
        record.notes.append(f"users with ids or addresses like the test users': {', '.join(others[:20])}{more}")
    finding.none(deviations, "ids-free", users=len(due))
    stranger = {"user_id": due[0].user_id, "username": "somebody", "email": "somebody@example.com"}
    thief = {"user_id": "no test user's", "username": "thief", "email": due[0].email}
    finding.control("an id and an address of somebody else", len(_taken([stranger, thief], due)) == 2)


def _taken(users: Users, test_users: Sequence[User]) -> list[Deviation]:
    """The users who have a test user's id or address but are somebody else."""
    due = {user.user_id: (user.username, user.email) for user in test_users}
    owners = {user.email: user.user_id for user in test_users}
    return [
        Deviation(Diagnosis.USER_ID_TAKEN, f"{user['user_id']} is {user['username']} <{user['email']}>")
        for user in users
        if (user["username"], user["email"]) != due.get(user["user_id"], (user["username"], user["email"]))
        or owners.get(user["email"], user["user_id"]) != user["user_id"]
    ]


@then("each of them is registered")
def each_registered(users: Users, activity_file: ActivityFile, finding: Finding) -> None:
    ids = activity_file.sums().keys()
    missing = _missing(users, ids)
    finding.none(missing, "each-registered", users=len(ids))


@then("each one that was not would be named")
def each_missed(users: Users, activity_file: ActivityFile, finding: Finding) -> None:
    ids = activity_file.sums().keys()
    finding.control("a copy without any of them", len(_missing([], ids)) == len(ids))
    without = [user for user in users if user["user_id"] != min(ids)]
    finding.control("a copy without one of them", len(_missing(without, ids)) == 1)


def _missing(users: Users, ids: Any) -> list[Deviation]:
    there = {user["user_id"] for user in users if user["is_active"]}
    return [Deviation(Diagnosis.USERS_MISSING, f"{id} is not registered, or not active") for id in sorted(ids - there)]


@then("the event made by hand tells it the same as the event of the upload")
def same_event(delivery: Delivery, drivers: Drivers, settings: Settings, finding: Finding) -> None:
    paths = [*settings.input.model_dump().values(), "$.detail.object.size", "$.detail.object.etag"]
    by_hand = drivers.workflow.input_for(delivery.upload)
    given = drivers.workflow.input_of(delivery.run.arn)
    wrong = _differing(paths, by_hand, given)
    finding.holds(not wrong, "same-event", where=enumerate_items(wrong))
    other = placed(given, settings.input.key, "incoming/other")
    finding.control("the input for another upload", bool(_differing(paths, by_hand, other)))


def _differing(paths: list[str], by_hand: dict[str, Any], given: dict[str, Any]) -> list[str]:
    """The paths at which the two inputs differ."""
    return [path for path in paths if at(by_hand, path) != at(given, path)]
