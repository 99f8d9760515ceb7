"""Write the parity page from the results."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from local_aws.parity.cases import AREAS
from local_aws.parity.run import Known, Result

_HEAD = """\
# Parity of the embedded AWS with AWS

`python -m local_aws parity --write` wrote this page. It runs each case of
[local_aws/parity/cases](../local_aws/parity/cases) against the embedded AWS: a request or a definition with AWS's
answer, and its source. Each night runs all cases, and fails on one that turned wrong. Where it does not run as root on
Linux, functions can write beside their code and fill the disk, and four cases are left out;
without Node.js, those in Node.

Recorded answers are those of LocalStack's tests, which were validated against AWS, and of the tests of AWS's
event-ruler (both Apache-2.0); the others are those of AWS's documentation.

| area | right | before the mending |
|---|---|---|
"""
_WRONG = """
## Differences
Each group has one cause. moto is the library that keeps the state; `ours` is this project's code.

| cause | whose | consequence for a verdict | cases |
|---|---|---|---|
"""


def page(results: Sequence[Result], known: Iterable[Known], first: dict[str, str]) -> str:
    """Return the page in Markdown; `first` has the first score of each area."""
    rows = [f"| {title} | {format_score(results, area)} | {first.get(area, '-')} |" for area, title in AREAS.items()]
    total = f"| all | {_score(results)} | {first.get('all', '-')} |"
    wrong = {result.case.name for result in results if not result.is_right}
    faults = [
        f"| {each.reason} | {each.whose} | {each.effect} | {len(ids)}: {', '.join(ids)} |"
        for each in known
        if (ids := [identifier for identifier in each.cases if identifier in wrong])
    ]
    return _HEAD + "\n".join([*rows, total]) + "\n" + _WRONG + "\n".join(faults) + "\n"


def format_score(results: Sequence[Result], area: str) -> str:
    """Return `n of N` of an area."""
    return _score([result for result in results if result.case.area == area])


def _score(results: Sequence[Result]) -> str:
    return f"{sum(result.is_right for result in results)} of {len(results)}"
