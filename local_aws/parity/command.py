"""The command `python -m local_aws parity`."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Sequence
from pathlib import Path

from local_aws.parity.account import ACCOUNT, REGION, Account
from local_aws.parity.cases import AREAS
from local_aws.parity.page import format_score, page
from local_aws.parity.run import KNOWN, Result, known_faults, run
from local_aws.process import LocalAws

PAGE = Path(__file__).parents[2] / "docs" / "parity.md"


def main(areas: Sequence[str], write: bool) -> int:
    """Run the cases of `areas`, by default all; return 1 if a case is wrong that is not known to be, else 0."""
    with LocalAws.start(account=ACCOUNT, region=REGION) as aws:
        results = list(run(areas or AREAS, Account(aws)))
    for area in areas or AREAS:
        print(f"{format_score(results, area):>11}  {AREAS[area]}")
    known = known_faults()
    turned = differences(results, [identifier for each in known for identifier in each.cases])
    for line in turned:
        print(line)
    if write:
        first = tomllib.loads(KNOWN.read_text(encoding="utf-8"))["first_score"]
        PAGE.write_text(page(results, known, first), encoding="utf-8")
    return 1 if turned else 0


def differences(results: Sequence[Result], known: Sequence[str]) -> list[str]:
    """Return a line for each case that is wrong and not in `known`, or right and still there."""
    lines = []
    for result in results:
        if not result.is_right and result.case.name not in known:
            lines += [
                f"WRONG  {result.case.name} ({result.case.source})",
                f"       AWS:  {json.dumps(result.wanted, ensure_ascii=False)}",
                f"       here: {json.dumps(result.got, ensure_ascii=False)}",
            ]
        elif result.is_right and result.case.name in known:
            lines.append(f"RIGHT  {result.case.name}: take it out of {KNOWN.name}")
    return lines
