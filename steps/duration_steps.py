"""Steps about time: how long an execution took, what the largest file would take, and that both are recorded."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from pytest_bdd import parsers, then

from steps.deliveries import Delivery
from steps.drivers.history import Spans, iterations
from steps.drivers.inbox import Upload
from steps.drivers.workflow import Run
from steps.finding import Finding
from steps.reporting.record import Record


@then(parsers.parse("it has taken at most {minutes:d} minutes"))
def taken_at_most(minutes: int, delivery: Delivery, finding: Finding) -> None:
    run = delivery.run
    finding.holds(run.seconds <= minutes * 60, wanted=f"at most {minutes} minutes", got=f"{run.seconds:.2f} s")
    finding.control("an execution a minute too long", _late(run, minutes).seconds > minutes * 60)


LARGEST, AT_ONCE = 200, 5
"""Chunks of the largest file, and how many of them run at once."""


@then("so would the 200 chunks of the largest file, at the pace of these")
def largest_file(delivery: Delivery, finding: Finding) -> None:
    run, spans = delivery.run, iterations(delivery.run.history)
    if not spans:
        finding.not_checked("no chunk has come to its end")
    seconds = projected(run.seconds, spans)
    finding.holds(seconds <= 15 * 60, wanted=f"{LARGEST} chunks within 15 minutes", got=f"{seconds:.0f} s")
    slow = [(began, ended + timedelta(seconds=30)) for began, ended in spans]
    finding.control("half a minute more in each chunk", projected(run.seconds, slow) > 15 * 60)


def projected(seconds: float, spans: Spans) -> float:
    """Seconds of an execution of the most chunks, where one of `seconds` took `spans` for its own."""
    mean = sum(((ended - began).total_seconds() for began, ended in spans), 0.0) / len(spans)
    chunks = (max(ended for _, ended in spans) - min(began for began, _ in spans)).total_seconds()
    return max(0.0, seconds - chunks) + mean * LARGEST / AT_ONCE


def _late(run: Run, minutes: int) -> Run:
    return replace(run, ended=run.ended + timedelta(minutes=minutes + 1))


@then(parsers.parse("from the upload to its end at most {minutes:d} minutes have passed"))
def passed_since_upload(minutes: int, delivery: Delivery, finding: Finding) -> None:
    upload, run = delivery.upload, delivery.run
    seconds = _between(upload, run)
    finding.holds(0 <= seconds <= minutes * 60, wanted=f"at most {minutes} minutes", got=f"{seconds:.1f} s")
    finding.control("an end a minute too late", _between(upload, _late(run, minutes)) > minutes * 60)


def _between(upload: Upload, run: Run) -> float:
    return run.ended.timestamp() - upload.at / 1000


@then("its time and its throughput are recorded")
def recorded(record: Record, finding: Finding) -> None:
    seconds, rate = (record.measured.get(name, 0) for name in ("seconds", "records_per_second"))
    finding.holds(seconds > 0 and rate > 0, wanted="both in verdict.json", got=f"{seconds} s, {rate} records a second")
