"""Definitions of state machines that AWS refuses, with its code, message and place for each fault."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from local_aws.step_functions.values import moment_of

SCHEMA, TARGET, NO_JSON = "SCHEMA_VALIDATION_FAILED", "MISSING_TRANSITION_TARGET", "INVALID_JSON_DESCRIPTION"
STATE_NAME = "StateName"
"""The name that TestState gives its state."""
_TYPES = ("Task", "Wait", "Pass", "Succeed", "Fail", "Choice", "Parallel", "Map")
_REQUIRED = {"Task": ["Resource"], "Choice": ["Choices"], "Parallel": ["Branches"]}
_WITHOUT_NEXT = ("Choice", "Succeed", "Fail")
_TEMPLATES = ("Parameters", "ResultSelector", "ItemSelector", "Assign")
_ACTIONS = {
    "lambda": {"invoke"},
    "dynamodb": {"getItem", "putItem", "updateItem", "deleteItem"},
    "sqs": {"sendMessage"},
    "sns": {"publish"},
    "events": {"putEvents"},
    "states": {"startExecution"},
    "batch": {"submitJob"},
    "ecs": {"runTask"},
    "glue": {"startJobRun"},
    "apigateway": {"invoke"},
    "http": {"invoke"},
}
"""Actions of the optimized integrations; those of other services are not checked."""
_INTRINSICS = {
    *("Array", "ArrayContains", "ArrayGetItem", "ArrayLength", "ArrayPartition", "ArrayRange", "ArrayUnique"),
    *("Base64Decode", "Base64Encode", "Format", "Hash", "JsonMerge", "JsonToString", "MathAdd", "MathRandom"),
    *("StringSplit", "StringToJson", "UUID"),
}
_RESOURCE = re.compile(r"arn:[\w-]+:states:::([\w-]+):(.+?)(\.sync|\.sync:2|\.waitForTaskToken)?")


@dataclass(frozen=True)
class Diagnostic:
    """A fault of a definition; `location` is a path such as `/States/Split/Next`, or empty."""

    code: str
    message: str
    location: str = ""

    def __str__(self) -> str:
        return f"{self.code}: {self.message} at {self.location}" if self.location else f"{self.code}: {self.message}"


def diagnose(definition: str, *, is_express: bool = False) -> list[Diagnostic]:
    """Return the faults for which CreateStateMachine refuses a definition."""
    if not definition.strip():
        return [Diagnostic(SCHEMA, "Definition must be a valid JSON object")]
    try:
        machine = json.loads(definition)
    except ValueError as error:
        return [Diagnostic(NO_JSON, str(error))]
    if not isinstance(machine, dict):
        return [Diagnostic(SCHEMA, "Definition must be a valid JSON object")]
    whole = machine.get("QueryLanguage", "JSONPath")
    return list(_check_machine(machine, "/", _Scope(whole, is_express, whole)))


def diagnose_state(definition: str) -> list[Diagnostic]:
    """Return the faults for which TestState refuses the definition of one state."""
    try:
        state = json.loads(definition)
    except ValueError as error:
        return [Diagnostic(NO_JSON, str(error))]
    return list(_check_state(state, f"/States/{STATE_NAME}", _Scope("JSONPath", is_express=False)))


@dataclass(frozen=True)
class _Scope:
    language: str
    is_express: bool
    whole: str = "JSONPath"
    """The query language of the whole state machine."""


def _check_machine(machine: Mapping[str, Any], place: str, scope: _Scope) -> Iterator[Diagnostic]:
    if missing := [field for field in ("States", "StartAt") if field not in machine]:
        yield Diagnostic(SCHEMA, f"These fields are required: [{', '.join(missing)}]", place)
        return
    base, states = place.rstrip("/"), machine["States"]
    if not isinstance(states, dict) or not states:
        yield Diagnostic(
            SCHEMA, "Value cannot be empty" if states == {} else "Expected value of type Object", f"{base}/States"
        )
        return
    yield from _check_fields(machine, base, scope)
    for name, state in states.items():
        yield from _check_state(state, f"{base}/States/{name}", scope)
    if isinstance(machine["StartAt"], str):
        yield from _check_transitions(machine, base)


def _check_transitions(machine: Mapping[str, Any], base: str) -> Iterator[Diagnostic]:
    states = {name: state for name, state in machine["States"].items() if isinstance(state, dict)}
    targets = {name: dict(targets_of(state)) for name, state in states.items()}
    if machine["StartAt"] not in states:
        yield Diagnostic(TARGET, f"Missing 'StartAt' target: {machine['StartAt']}", f"{base}/StartAt")
        return
    for name, ways in targets.items():
        for way, target in ways.items():
            if target not in states:
                field = way.rpartition("/")[2]
                yield Diagnostic(TARGET, f"Missing '{field}' target: {target}", f"{base}/States/{name}/{way}")
    reached, waiting = {machine["StartAt"]}, [machine["StartAt"]]
    while waiting:
        found = {target for target in targets.get(waiting.pop(), {}).values() if target not in reached}
        reached |= found
        waiting += found
    for name in states:
        if name not in reached:
            yield Diagnostic(TARGET, f'State "{name}" is not reachable.', f"{base}/States/{name}")


def targets_of(state: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each place in a state that names the next one, with the name."""
    for field in ("Next", "Default"):
        if isinstance(state.get(field), str):
            yield field, state[field]
    for field in ("Choices", "Catch"):
        for index, each in enumerate(_objects(state.get(field))):
            if isinstance(each.get("Next"), str):
                yield f"{field}[{index}]/Next", each["Next"]


def _check_state(state: Any, place: str, scope: _Scope) -> Iterator[Diagnostic]:
    if not isinstance(state, dict):
        yield Diagnostic(SCHEMA, "Expected value of type Object", place)
        return
    kind, base = state.get("Type"), place.rstrip("/")
    if "Type" not in state:
        yield Diagnostic(SCHEMA, "These fields are required: [Type]", place)
        return
    if kind not in _TYPES:
        message = f"The field 'Type' should have one of these values: [{', '.join(_TYPES)}]"
        yield Diagnostic(SCHEMA, message, f"{base}/Type")
        return
    language = state.get("QueryLanguage", scope.language)
    if (scope.whole, language) == ("JSONata", "JSONPath"):
        message = "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine"
        yield Diagnostic(SCHEMA, message, place)
    scope = replace(scope, language=language)
    if missing := [field for field in _REQUIRED.get(kind, []) if field not in state]:
        yield Diagnostic(SCHEMA, f"These fields are required: [{', '.join(missing)}]", place)
    if kind not in _WITHOUT_NEXT and ("Next" in state) == (state.get("End") is True):
        yield Diagnostic(SCHEMA, "Exactly one of these fields is required: [Next, End]", place)
    if kind == "Choice" and ("Next" in state or "End" in state):
        yield Diagnostic(SCHEMA, "These fields are not supported: [Next, End]", place)
    yield from _check_fields(state, base, scope)
    yield from _CHECKS_BY_TYPE.get(kind, _check_nothing)(state, base, scope)
    yield from _check_handlers(state, base)
    if scope.language == "JSONPath":
        for field in _TEMPLATES:
            yield from _check_template(state.get(field), f"{base}/{field}")


def _check_nothing(state: Mapping[str, Any], base: str, scope: _Scope) -> Iterator[Diagnostic]:
    yield from ()


def _check_task(state: Mapping[str, Any], base: str, scope: _Scope) -> Iterator[Diagnostic]:
    resource, place = state.get("Resource"), f"{base}/Resource"
    if isinstance(resource, str):
        parts = _RESOURCE.fullmatch(resource)
        pattern = parts[3] if parts else None
        if not resource.startswith("arn:") or (parts and parts[2] not in _ACTIONS.get(parts[1], {parts[2]})):
            yield Diagnostic(
                SCHEMA,
                f"The resource provided {resource} is not recognized. The value is not a valid resource ARN,"
                " or the resource is not available in this region.",
                place,
            )
        elif scope.is_express and pattern == ".waitForTaskToken":
            message = "Express state machine does not support '.waitForTaskToken' service integration "
            yield Diagnostic(SCHEMA, message, place)
        elif scope.is_express and pattern:
            yield Diagnostic(SCHEMA, "Express state machine does not support '.sync' service integration", place)
        elif scope.is_express and ":activity:" in resource:
            yield Diagnostic(SCHEMA, "Express state machine does not support Activity ARN", place)
    credentials = state.get("Credentials")
    if isinstance(credentials, dict) and not {"RoleArn", "RoleArn.$"} & set(credentials):
        yield Diagnostic(SCHEMA, "The field 'RoleArn' is required but was missing", f"{base}/Credentials")


def _check_wait(state: Mapping[str, Any], base: str, scope: _Scope) -> Iterator[Diagnostic]:
    ways = ("Seconds", "SecondsPath", "Timestamp", "TimestampPath")
    if sum(field in state for field in ways) != 1:
        yield Diagnostic(SCHEMA, f"Exactly one of these fields is required: [{', '.join(ways)}]", base or "/")


def _check_map(state: Mapping[str, Any], base: str, scope: _Scope) -> Iterator[Diagnostic]:
    processors = [field for field in ("ItemProcessor", "Iterator") if isinstance(state.get(field), dict)]
    if len(processors) != 1:
        yield Diagnostic(SCHEMA, "Exactly one of these fields is required: [ItemProcessor, Iterator]", base or "/")
    for field in processors:
        yield from _check_machine(state[field], f"{base}/{field}", scope)


def _check_parallel(state: Mapping[str, Any], base: str, scope: _Scope) -> Iterator[Diagnostic]:
    if state.get("Branches") == []:
        yield Diagnostic(SCHEMA, "Value cannot be empty", f"{base}/Branches")
    for index, branch in enumerate(_objects(state.get("Branches"))):
        yield from _check_machine(branch, f"{base}/Branches[{index}]", scope)


def _check_choice(state: Mapping[str, Any], base: str, scope: _Scope) -> Iterator[Diagnostic]:
    if state.get("Choices") == []:
        yield Diagnostic(SCHEMA, "Value cannot be empty", f"{base}/Choices")
    for index, rule in enumerate(_objects(state.get("Choices"))):
        place = f"{base}/Choices[{index}]"
        if "Next" not in rule:
            yield Diagnostic(SCHEMA, "These fields are required: [Next]", place)
        if scope.language == "JSONPath":
            yield from _check_rule(rule, place)
        elif "Condition" not in rule:
            yield Diagnostic(SCHEMA, "These fields are required: [Condition]", place)


def _check_rule(rule: Mapping[str, Any], place: str) -> Iterator[Diagnostic]:
    operators = [field for field in rule if field in _OPERATOR_CHECKS or field in ("And", "Or", "Not")]
    if len(operators) != 1:
        yield Diagnostic(SCHEMA, "Exactly one comparison operator is required", place)
        return
    operator = operators[0]
    value = rule[operator]
    if operator in ("And", "Or", "Not"):
        inner = _objects([value] if operator == "Not" else value)
        if not inner:
            yield Diagnostic(SCHEMA, "Value cannot be empty", f"{place}/{operator}")
        for index, each in enumerate(inner):
            yield from _check_rule(each, f"{place}/{operator}" + ("" if operator == "Not" else f"[{index}]"))
    elif "Variable" not in rule:
        yield Diagnostic(SCHEMA, "These fields are required: [Variable]", place)
    elif problem := _OPERATOR_CHECKS[operator](value):
        yield Diagnostic(SCHEMA, problem, f"{place}/{operator}")


def _check_handlers(state: Mapping[str, Any], base: str) -> Iterator[Diagnostic]:
    for field, required in (("Retry", ["ErrorEquals"]), ("Catch", ["ErrorEquals", "Next"])):
        handlers = _objects(state.get(field))
        for index, handler in enumerate(handlers):
            place = f"{base}/{field}[{index}]"
            if missing := [each for each in required if each not in handler]:
                yield Diagnostic(SCHEMA, f"These fields are required: [{', '.join(missing)}]", place)
            errors = handler.get("ErrorEquals")
            if errors == []:
                yield Diagnostic(SCHEMA, "Value cannot be empty", f"{place}/ErrorEquals")
            if isinstance(errors, list) and "States.ALL" in errors and (len(errors) > 1 or index < len(handlers) - 1):
                message = f"States.ALL must appear alone and in the last element of {field}"
                yield Diagnostic(SCHEMA, message, f"{place}/ErrorEquals")
            yield from _check_fields(handler, place, _Scope("JSONPath", is_express=False))


def _check_template(value: Any, place: str) -> Iterator[Diagnostic]:
    if isinstance(value, dict):
        for field, each in value.items():
            if field.endswith(".$") and not _is_dynamic(each):
                message = (
                    f"The value for the field '{field}' must be a valid JSONPath or a valid intrinsic function call"
                )
                yield Diagnostic(SCHEMA, message, place)
            yield from _check_template(each, f"{place}/{field}")
    if isinstance(value, list):
        for index, each in enumerate(value):
            yield from _check_template(each, f"{place}[{index}]")


def _is_dynamic(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    if value.startswith("$"):
        return True
    bare = re.sub(r"'(\\.|[^'\\])*'", "", value, flags=re.DOTALL)  # without its strings
    names = re.findall(r"States\.(\w+)\(", bare)
    is_closed = bare.count("(") == bare.count(")") and "'" not in bare
    return bool(is_closed and set(names) <= _INTRINSICS and re.fullmatch(r"\s*States\.\w+\(.*\)\s*", bare, re.DOTALL))


def _check_fields(holder: Mapping[str, Any], base: str, scope: _Scope) -> Iterator[Diagnostic]:
    for field, value in holder.items():
        is_query = scope.language == "JSONata" and isinstance(value, str) and value.startswith("{%")
        if field in _FIELD_CHECKS and not is_query and (problem := _FIELD_CHECKS[field](value)):
            yield Diagnostic(SCHEMA, problem, f"{base}/{field}")


def _objects(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


_ValueCheck = Callable[[Any], str | None]


def _expect_number(least: float, *, is_whole: bool = True) -> _ValueCheck:
    def check(value: Any) -> str | None:
        is_number = isinstance(value, int if is_whole else int | float) and not isinstance(value, bool)
        kind = "an integer" if is_whole else "a number"
        return None if is_number and value >= least else f"Expected {kind} of at least {least:g}"

    return check


def _expect_type(kind: type, name: str) -> _ValueCheck:
    return lambda value: None if isinstance(value, kind) else f"Expected value of type {name}"


def _expect_one_of(*values: str) -> _ValueCheck:
    return lambda value: None if value in values else f"Expected one of these values: [{', '.join(values)}]"


def _expect_path(*, may_be_null: bool = False) -> _ValueCheck:
    def check(value: Any) -> str | None:
        is_path = (value is None and may_be_null) or (isinstance(value, str) and value.startswith(("$", "States.")))
        return None if is_path else "Value is not a valid JSONPath"

    return check


def _check_reference(value: Any) -> str | None:
    is_reference = value is None or (isinstance(value, str) and value.startswith("$") and not _MANY.search(value))
    return None if is_reference else "Value is not a Reference Path"


_MANY = re.compile(r"\.\.|\*|\[\?|\[[^\]']*[:,]")
"""Parts of a JSONPath that find any number of nodes."""


def _check_timestamp(value: Any) -> str | None:
    return None if moment_of(value) else "String does not match RFC3339 timestamp"


_text, _flag = _expect_type(str, "String"), _expect_type(bool, "Boolean")
_FIELD_CHECKS: dict[str, _ValueCheck] = {
    **dict.fromkeys(["Comment", "StartAt", "Next", "Default", "Resource"], _text),
    "End": _flag,
    "QueryLanguage": _expect_one_of("JSONPath", "JSONata"),
    **dict.fromkeys(["Seconds", "MaxConcurrency", "MaxAttempts"], _expect_number(0)),
    **dict.fromkeys(["TimeoutSeconds", "HeartbeatSeconds", "IntervalSeconds", "MaxDelaySeconds"], _expect_number(1)),
    "BackoffRate": _expect_number(1, is_whole=False),
    "JitterStrategy": _expect_one_of("FULL", "NONE"),
    "Timestamp": _check_timestamp,
    **dict.fromkeys(["InputPath", "OutputPath"], _expect_path(may_be_null=True)),
    **dict.fromkeys(
        ["ItemsPath", "SecondsPath", "TimestampPath", "TimeoutSecondsPath", "HeartbeatSecondsPath"], _expect_path()
    ),
    **dict.fromkeys(["ErrorPath", "CausePath"], _expect_path()),
    "ResultPath": _check_reference,
    **dict.fromkeys(["Choices", "Branches", "Retry", "Catch", "ErrorEquals"], _expect_type(list, "Array")),
}
"""Fields of a state machine, a state, a retrier or a catcher, each with its check; others are not checked here."""
_COMPARISONS = ("Equals", "LessThan", "GreaterThan", "LessThanEquals", "GreaterThanEquals")
_OPERATOR_CHECKS: dict[str, _ValueCheck] = {
    **{f"String{each}": _text for each in (*_COMPARISONS, "Matches")},
    **{f"Numeric{each}": _expect_number(float("-inf"), is_whole=False) for each in _COMPARISONS},
    **{f"Timestamp{each}": _check_timestamp for each in _COMPARISONS},
    **{f"{kind}{each}Path": _expect_path() for kind in ("String", "Numeric", "Timestamp") for each in _COMPARISONS},
    "BooleanEquals": _flag,
    "BooleanEqualsPath": _expect_path(),
    **{f"Is{each}": _flag for each in ("Null", "Present", "Numeric", "String", "Boolean", "Timestamp")},
}
_CHECKS_BY_TYPE = {
    "Task": _check_task,
    "Wait": _check_wait,
    "Map": _check_map,
    "Parallel": _check_parallel,
    "Choice": _check_choice,
}
