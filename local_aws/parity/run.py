"""Run the corpus: answers by area, and the difference from the cases that are known to be wrong."""

from __future__ import annotations

import os
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local_aws.lambda_.node import NoRuntime, find_node
from local_aws.parity import events, services
from local_aws.parity.account import Account
from local_aws.parity.cases import Case, cases_of

KNOWN = Path(__file__).with_name("known.toml")
_AT_ONCE = 4
_ASK: dict[str, Callable[[Case, Account], tuple[Any, Any]]] = {
    "patterns": events.pattern,
    "patterns_refused": events.pattern,
    "patterns_ruler": events.pattern,
    "put_events": events.entry,
    "targets": events.targets,
    "delivery": events.received,
    "reach": events.reach,
    "iam": services.decision,
    "step_functions": services.execution,
    "choice": services.choice,
    "jsonata": services.execution,
    "tasks": services.task,
    "definitions": services.definition,
    "s3_events": events.object_events,
    "lambda": services.invocation,
    "log_filters": services.filtered,
}


@dataclass(frozen=True)
class Result:
    """A case with AWS's answer and the embedded AWS's."""

    case: Case
    wanted: Any
    got: Any

    @property
    def is_right(self) -> bool:
        """True if both answers are the same."""
        return bool(self.wanted == self.got)


@dataclass(frozen=True)
class Known:
    """Cases that are known to be wrong for one reason."""

    reason: str
    whose: str
    """`moto` or `ours`."""
    effect: str
    """The consequence of the wrong answer for the verdict of a suite that runs here."""
    cases: tuple[str, ...]


def known_faults() -> list[Known]:
    """Read the file of cases that are known to be wrong."""
    content = tomllib.loads(KNOWN.read_text(encoding="utf-8"))
    return [Known(**{**each, "cases": tuple(each["cases"])}) for each in content["fault"]]


def run(areas: Iterable[str], account: Account) -> Iterator[Result]:
    """Yield the result of each case of `areas`, in the order of the files, but for those that cannot run here."""
    asked = [case for area in areas for case in cases_of(area) if case.given.get("needs") not in _find_unmet_needs()]
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        yield from threads.map(lambda case: _result(case, account), asked)


def _find_unmet_needs() -> set[str]:
    """The needs of cases that this machine does not meet."""
    absent = set() if sys.platform == "linux" and os.geteuid() == 0 else {"root"}
    try:
        find_node()
    except NoRuntime:
        absent.add("node")
    return absent


def _result(case: Case, account: Account) -> Result:
    try:
        return Result(case, *_ASK[case.area](case, account))
    except Exception as error:  # a case that cannot be asked is wrong, and the others are asked all the same
        return Result(case, case.given, f"{type(error).__name__}: {error}"[:300])
