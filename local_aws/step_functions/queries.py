"""Queries of state machines: JSONata, with AWS's own functions, and variables in JSONPath."""

from __future__ import annotations

import hashlib
import json
import random
import re
import uuid
from collections.abc import Callable, Mapping
from typing import Any

_VARIABLE = re.compile(r"\$([^\W\d]\w*)(.*)", re.DOTALL)
_TYPES: dict[type, str] = {
    type(None): "null",
    bool: "boolean",
    int: "number",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
}
_RESULT_TYPES = {
    "Items": "array",
    "Seconds": "number",
    "TimeoutSeconds": "number",
    "HeartbeatSeconds": "number",
    "MaxConcurrency": "number",
    "ToleratedFailureCount": "number",
    "ToleratedFailurePercentage": "number",
    "Timestamp": "string",
    "Error": "string",
    "Cause": "string",
}
"""Fields of a state that take one type only."""
_CONDITION = re.compile(r"Choices\[\d+\]/Condition")
_LONGEST_QUERY_MS = 5_000
"""AWS ends a query that goes on for ever too; its documentation does not say when."""


class QueryError(Exception):
    """A query without a result that the state can use; the message is AWS's cause."""


def query(expression: str, field: str, variables: Mapping[str, Any]) -> Any:
    """Return the result of the JSONata `expression` in `field`, a path from the state, as JSON.

    `variables` are the state machine's by name, and `states`; raises QueryError.
    """
    from jsonata import JException  # imported with the first query: it takes 0.1 s

    said = f"The JSONata expression '{expression}' specified for the field '{field}'"
    try:
        result = _evaluate(expression, variables)
    except JException as error:
        raise QueryError(f"{said} threw an error during evaluation. {error.error}: {error}") from error
    except _Undefined as error:
        raise QueryError(f"{said} returned nothing (undefined).") from error
    except _NoJson as error:
        raise QueryError(f"{said} returned an unsupported result type.") from error
    except (ArithmeticError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise QueryError(f"{said} threw an error during evaluation. {error}") from error
    wanted = "boolean" if _CONDITION.fullmatch(field) else _RESULT_TYPES.get(field)
    if wanted not in (None, kind := _TYPES[type(result)]):
        value = json.dumps(result, ensure_ascii=False, separators=(",", ":"))
        wrong = f"Expected '{wanted}', but was '{kind}' for value: {value}"
        raise QueryError(f"{said} returned an unexpected result type. {wrong}")
    return result


def split_reference(expression: str) -> tuple[str, str]:
    """Return the name of the variable in a JSONPath such as `$orders[0].id`, and the path in its value, `$[0].id`."""
    found = _VARIABLE.fullmatch(expression)
    return (found[1], f"${found[2]}") if found else ("", expression)


class _Undefined(Exception):
    pass


class _NoJson(Exception):
    pass


def _evaluate(expression: str, variables: Mapping[str, Any]) -> Any:
    from jsonata import Jsonata

    compiled = Jsonata(expression, timeout=_LONGEST_QUERY_MS)
    compiled.set_output_convert_nulls(False)  # None is the undefined value then
    bindings = {name: Jsonata.JLambda(function) for name, function in _FUNCTIONS.items()}
    bindings |= {"eval": None} | {name: _with_nulls(value) for name, value in variables.items()}
    result = compiled.evaluate(None, bindings)
    if result is None:
        raise _Undefined
    return _as_json(result)


def _with_nulls(value: Any) -> Any:
    """Return a copy of JSON in which None is JSONata's null: to jsonata-python None is the undefined value."""
    from jsonata import Utils

    if isinstance(value, dict):
        return {name: _with_nulls(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_with_nulls(each) for each in value]
    return Utils.NULL_VALUE if value is None else value


def _as_json(value: Any) -> Any:
    from jsonata import Utils

    if isinstance(value, dict):
        return {name: _as_json(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_as_json(value[index]) for index in range(len(value))]  # iterating a range of JSONata loses its last
    if value is None or value is Utils.NULL_VALUE:
        return None
    if isinstance(value, str | int | float):
        return value
    raise _NoJson


def _partition(items: list[Any], size: float) -> list[list[Any]]:
    return [items[start : start + int(size)] for start in range(0, len(items), int(size))]


def _range(first: float, last: float, step: float) -> list[int]:
    return list(range(int(first), int(last) + (1 if step > 0 else -1), int(step)))


def _hash(text: str, algorithm: str) -> str:
    names = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}
    return hashlib.new(names[algorithm], text.encode()).hexdigest()


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "partition": _partition,
    "range": _range,
    "hash": _hash,
    "random": lambda seed=None: random.Random(seed).random(),  # no secret: a seed gives it again
    "uuid": lambda: str(uuid.uuid4()),
    "parse": lambda text: _with_nulls(json.loads(text)),
}
"""The functions that Step Functions adds to JSONata, or has in place of JSONata's own."""
