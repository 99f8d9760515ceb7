"""Defines a fault: the requests, or bytes sent to PostgreSQL, that match it, how often, and its effect."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from local_aws.errors import ServiceError

Work = Literal["undone", "done", "going on"]

_EFFECTS = ("error", "crash", "hold", "slow", "cut")
_WORKS = ("undone", "done", "going on")
_FIELDS = ("when", "effect", "work", "times", "error", "seconds")
_MOST_SECONDS = 900


class MalformedFault(Exception):
    """The document of a fault is invalid; one sentence names all problems."""


@dataclass(frozen=True)
class Slow:
    """An effect: the request is delayed, then passed on."""

    seconds: float


@dataclass(frozen=True)
class Fault:
    """The effect on requests whose description contains a match of `when`."""

    when: re.Pattern[str]
    effect: ServiceError | Slow | Literal["crash", "hold", "cut"]
    """ServiceError: fail the request. crash: kill the calling function. hold: do the request when the fault is removed.
    Slow: do it after a delay. cut: close the connection; for bytes sent to PostgreSQL only."""
    work: Work = "undone"
    """undone: the request is not done. done: before the error, crash or cut. going on: in a thread; not for a cut."""
    times: int | None = 1
    """The number of requests affected; None for all."""


def fault_of(document: bytes) -> Fault:
    """Parses a JSON document `{"when", "effect", "work", "times", "error", "seconds"}`; raises MalformedFault."""
    try:
        content = json.loads(document)
    except ValueError as error:
        raise MalformedFault(f"The fault is malformed: it is no JSON ({error}).") from None
    if problems := list(_problems(content)):
        raise MalformedFault(f"The fault is malformed: {'; '.join(problems)}.")
    return Fault(
        when=re.compile(content["when"], re.DOTALL),
        effect=_effect(content),
        work=content.get("work", "undone"),
        times=content.get("times", 1),
    )


def _effect(content: dict[str, Any]) -> ServiceError | Slow | Literal["crash", "hold", "cut"]:
    effect: Literal["error", "slow", "crash", "hold", "cut"] = content["effect"]
    if effect == "error":
        return ServiceError(**content["error"])
    return Slow(content["seconds"]) if effect == "slow" else effect


def _problems(content: Any) -> Iterator[str]:
    if not isinstance(content, dict):
        yield "it must be a JSON object"
        return
    yield from (f"there is no field {name!r}" for name in content if name not in _FIELDS)
    yield from _problems_of_when(content.get("when"))
    effect, work, times = content.get("effect"), content.get("work", "undone"), content.get("times", 1)
    if effect not in _EFFECTS:
        yield f"'effect' must be one of {', '.join(_EFFECTS)}, and is {effect!r}"
    if work not in _WORKS:
        yield f"'work' must be one of {', '.join(_WORKS)}, and is {work!r}"
    elif effect in ("hold", "slow") and work != "undone":
        yield "'work' is for an error, a crash or a cut: what is held or late is done in the end"
    elif effect == "cut" and work == "going on":
        yield "'work' of a cut is undone or done"
    if times is not None and not (_is_integer(times) and times >= 1):
        yield f"'times' must be a positive integer or null, and is {times!r}"
    if effect == "error":
        yield from _problems_of_error(content.get("error"))
    elif content.get("error") is not None:
        yield "'error' is for the effect error"
    yield from _problems_of_seconds(effect, content.get("seconds"))


def _problems_of_when(when: Any) -> Iterator[str]:
    if not isinstance(when, str):
        yield f"'when' must be a regular expression, and is {when!r}"
        return
    try:
        re.compile(when)
    except re.error as error:
        yield f"'when' is no regular expression ({error})"


def _problems_of_seconds(effect: Any, seconds: Any) -> Iterator[str]:
    if effect == "slow":
        number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
        if not (number and 0 < seconds <= _MOST_SECONDS):
            yield f"'seconds' must be a number up to {_MOST_SECONDS}, and is {seconds!r}"
    elif seconds is not None:
        yield "'seconds' is for the effect slow"


def _problems_of_error(error: Any) -> Iterator[str]:
    if not isinstance(error, dict):
        yield f"'error' must be an object with code, message, status and more, and is {error!r}"
        return
    yield from (f"'error' has no field {name!r}" for name in error if name not in ("code", "message", "status", "more"))
    if not isinstance(error.get("more", {}), dict):
        yield f"'error.more' must be an object, and is {error['more']!r}"
    for name in ("code", "message"):
        if not isinstance(error.get(name), str) or not error[name]:
            yield f"'error.{name}' must be a text, and is {error.get(name)!r}"
    status = error.get("status", 400)
    if not (_is_integer(status) and 400 <= status <= 599):
        yield f"'error.status' must be from 400 to 599, and is {status!r}"


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
