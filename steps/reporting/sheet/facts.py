"""The facts of the run on the sheet: target, time, tester, versions, execution, file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from steps.drivers.step_functions import Workflow
from steps.reporting.sheet.words import LABELS, STARTED_BY, duration
from steps.verdict.checklist import Words

_JST = timezone(timedelta(hours=9), "JST")
_EXECUTION = re.compile(r"arn:aws[a-z-]*:states:[a-z0-9-]+:\d{12}:execution:[\w-]+:[\w.:-]+")
_NO_ACCOUNT = "000000000000"


@dataclass(frozen=True)
class Fact:
    """A fact of the run, with an optional link and remark."""

    label: Words
    text: Words
    url: str | None = None
    remark: Words | None = None


def facts(verdict: Mapping[str, Any]) -> list[Fact]:
    """The known facts, in the order in which the sheet shows them."""
    told = {
        "target": _plain(verdict["target"]),
        "account": _plain(verdict["account"]),
        "region": _plain(verdict["region"]),
        "when": _plain(f"{_moment(verdict['started'], UTC)} ({_moment(verdict['started'], _JST)})"),
        "took": duration(verdict["measured"]["session_seconds"]),
        "by": _plain((verdict.get("by") or {}).get("name")),
        "suite": _suite(verdict["suite"]),
        "versions": _plain(_versions(verdict["suite"])),
        "system": _plain(_system(verdict["system_under_test"])),
        "execution": _execution(verdict["run"]),
        "file": _plain(_file(verdict["run"])),
        "measured": _plain(_measured(verdict["measured"])),
    }
    urls = {"by": _page((verdict.get("by") or {}).get("url")), "execution": _console(verdict["run"]["execution_arn"])}
    remarks = {"execution": LABELS["no_console"]} if urls["execution"] and verdict["account"] == _NO_ACCOUNT else {}
    return [Fact(LABELS[name], text, urls.get(name), remarks.get(name)) for name, text in told.items() if text]


def _plain(text: str | None) -> Words | None:
    return Words(text, text) if text else None


def _moment(text: str, zone: Any) -> str:
    moment = datetime.fromisoformat(text).astimezone(zone)
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC" if zone is UTC else "%m-%d %H:%M %Z")


def _suite(suite: Mapping[str, Any]) -> Words | None:
    text = f"{suite['version']}, {suite['commit'] or '?'}"
    dirty = LABELS["dirty"]
    return Words(f"{text}（{dirty.ja}）", f"{text} ({dirty.en})") if suite["dirty"] else _plain(text)


def _versions(suite: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {version}" for name, version in suite.get("versions", {}).items())


def _system(system: Mapping[str, Any] | None) -> str | None:
    return f"{system['dir']}, sha256 {system['sha256']}" if system else None


def _execution(run: Mapping[str, Any]) -> Words:
    by = STARTED_BY[run["started_by"]]
    if not run["execution_arn"]:
        return by
    text = f"{run['status'] or '?'}, {run['execution_arn'].rpartition(':')[2]}"
    return Words(f"{text}（{by.ja}）", f"{text} ({by.en})")


def _page(url: str | None) -> str | None:
    """The URL if it is http(s), else None: the trusted sheet must link to nothing else."""
    return url if url and re.fullmatch(r"https?://[^\s<>]+", url) else None


def _console(arn: str | None) -> str | None:
    """The execution's console page; None for any other text, which must not become part of a URL."""
    known = _EXECUTION.fullmatch(arn or "")
    return Workflow.console(known.group()) if known else None


def _file(run: Mapping[str, Any]) -> str | None:
    return f"s3://{run['bucket']}/{run['key']}, {run['version_id']}" if run["key"] else None


def _measured(measured: Mapping[str, Any]) -> str | None:
    if "seconds" not in measured:
        return None
    return (
        f"{measured['seconds']:.2f} s, {measured['records_per_second']:.1f} records/s, {measured['peak_chunks']} chunks"
    )
