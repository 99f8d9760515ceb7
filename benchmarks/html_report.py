"""Measures how long the HTML report of many results takes, with steps, labels and evidence like those of a session."""

from __future__ import annotations

import json
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

from benchmarks.report import BenchmarkError
from steps.reporting import html
from steps.reporting.allure_results.contents import describe, make_labels
from steps.verdict import checklist
from steps.verdict.verdict import FAILED, PASSED

LIMIT = 30
"""Maximum seconds for a report of 1,000 results."""
_FACTS = {"target": "embedded", "account": "000000000000", "region": "ap-northeast-1"}
_FAILED_OF = 20


def run(count: int) -> int:
    """Print the seconds that a report of `count` results takes, without installing Allure; return 1 above LIMIT."""
    with TemporaryDirectory() as folder:
        results, reports = Path(folder) / "allure-results", Path(folder) / "reports"
        results.mkdir()
        reports.mkdir()
        _write(results, 1)
        try:
            html.make_report(results, reports)
            _write(results, count - 1)
            began = time.monotonic()
            page = html.make_report(results, reports)
        except html.NoReport as error:
            raise BenchmarkError(str(error)) from error
        seconds = time.monotonic() - began
        print(f"{count} results: {seconds:.1f} s, a page of {page.stat().st_size / 1e6:.1f} MB")
    return int(seconds > LIMIT)


def _write(folder: Path, count: int) -> None:
    lines = list(checklist.read().values())
    for n in range(count):
        result = _result(lines[n % len(lines)], FAILED if n % _FAILED_OF == 0 else PASSED, folder)
        (folder / f"{result['uuid']}-result.json").write_text(json.dumps(result), "utf-8")


def _result(line: checklist.Item, status: str, folder: Path) -> dict[str, Any]:
    id, now = str(uuid4()), int(time.time() * 1000)
    evidence = [("rows", "text/csv", "U00001,1,2\n" * 500), ("History", "application/json", "[" + "1, " * 5000 + "1]")]
    for n, (_, _, content) in enumerate(evidence):
        (folder / f"{id}-{n}-attachment").write_text(content, "utf-8")
    attachments = [
        {"name": name, "type": kind, "source": f"{id}-{n}-attachment"} for n, (name, kind, _) in enumerate(evidence)
    ]
    said = {"message": "AssertionError: wanted one, got another"} if status == FAILED else {}
    whole = {"status": status, "start": now, "stop": now + 10, "statusDetails": said}
    steps = [{"name": f"Then it is so {n}", "attachments": attachments if n == 2 else [], **whole} for n in range(3)]
    return {
        "uuid": id,
        "historyId": id,
        "fullName": f"features.some#{id}",
        "name": f"Scenario {id[:8]}",
        "description": describe([line], status, {line.id: 1}).en,
        "labels": [{"name": name, "value": value.en} for name, value in make_labels([line], _FACTS, "live")],
        "steps": steps,
        **whole,
    }
