"""The facts of the run on the sheet: target, time, tester, versions, execution, file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from steps.drivers.step_functions import Workflow
from steps.reporting.texts import TEXTS, duration
from steps.verdict.model import RELEASE_TARGET, Measured, Run, Suite, Verdict
from steps.verdict.words import Words, fill

_JST = timezone(timedelta(hours=9), "JST")
_EXECUTION = re.compile(r"arn:aws[a-z-]*:states:[a-z0-9-]+:\d{12}:execution:[\w-]+:[\w.:-]+")
_NO_ACCOUNT = "000000000000"


@dataclass(frozen=True)
class Fact:
    """A fact of the run, with an optional link."""

    label: Words
    text: Words
    url: str | None = None


def list_facts(verdict: Verdict) -> list[Fact]:
    """The known facts, in the order in which the sheet shows them."""
    run, suite, system, measured = verdict.run, verdict.suite, verdict.system_under_test, verdict.measured
    told = {
        "target": _plain(verdict.target),
        "account": _plain(verdict.account),
        "region": _plain(verdict.region),
        "when": _plain(f"{_moment(verdict.started, UTC)} ({_moment(verdict.started, _JST)})"),
        "took": duration(measured.session_seconds),
        "by": _plain(verdict.by.name if verdict.by else None),
        "suite": _suite(suite),
        "versions": _plain(", ".join(f"{name} {version}" for name, version in suite.versions.items())),
        "system": _plain(f"{system.dir}, sha256 {system.sha256}" if system else None),
        "execution": _execution(run),
        "file": _plain(f"s3://{run.bucket}/{run.key}, {run.version_id}" if run.key else None),
        "measured": _measured(measured),
    }
    urls = {"by": _page(verdict.by.url if verdict.by else None)}
    if verdict.target == RELEASE_TARGET and verdict.account != _NO_ACCOUNT:  # the console shows no emulated AWS
        urls["execution"] = _console(run.execution_arn)
    return [Fact(TEXTS.sheet[name], text, urls.get(name)) for name, text in told.items() if text]


def _plain(text: str | None) -> Words | None:
    return Words(text, text) if text else None


def _moment(text: str, zone: tzinfo) -> str:
    moment = datetime.fromisoformat(text).astimezone(zone)
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC" if zone is UTC else "%m-%d %H:%M %Z")


def _suite(suite: Suite) -> Words | None:
    text = f"{suite.version}, {suite.commit or '?'}"
    dirty = TEXTS.sheet["dirty"]
    return Words(f"{text}（{dirty.ja}）", f"{text} ({dirty.en})") if suite.dirty else _plain(text)


def _execution(run: Run) -> Words:
    by = TEXTS.started_by[run.started_by]
    if not run.execution_arn:
        return by
    text = f"{run.status or '?'}, {run.execution_arn.rpartition(':')[2]}"
    return Words(f"{text}（{by.ja}）", f"{text} ({by.en})")


def _page(url: str | None) -> str | None:
    """The URL if it is http(s), else None: the trusted sheet must link to nothing else."""
    return url if url and re.fullmatch(r"https?://[^\s<>]+", url) else None


def _console(arn: str | None) -> str | None:
    """The execution's console page; None for any other text, which must not become part of a URL."""
    known = _EXECUTION.fullmatch(arn or "")
    return Workflow.console(known.group()) if known else None


def _measured(measured: Measured) -> Words | None:
    values = measured.model_dump(include={"seconds", "records_per_second", "peak_chunks"})
    return None if measured.seconds is None else fill(TEXTS.sheet["measured_values"], **values)
