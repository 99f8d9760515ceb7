"""Steps about the execution: its outcome, its duration, its parallel chunks, and the progress shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from textwrap import shorten

from pytest_bdd import parsers, then, when

from steps.diagnoses.ids import Diagnosis
from steps.diagnoses.of_run import diagnose_run
from steps.drivers.execution_history import Reached, Retry, Spans, iterations, peak, reached
from steps.drivers.logs import invocations
from steps.drivers.s3 import Upload
from steps.drivers.step_functions import Run, message
from steps.results.happy_path import deviations, happy_path
from steps.run import attachments
from steps.run.delivery import AT_ONCE, CHUNK_STEP, STEPS, Delivery
from steps.suite.deviation import Deviation
from steps.suite.finding import Finding
from steps.suite.progress import Progress
from steps.verdict.japanese import translate
from steps.verdict.messages import phrase
from steps.verdict.record import Record
from steps.verdict.words import Words, enumerate_items


@when("the execution has ended")
def execution_ended(delivery: Delivery, finding: Finding) -> None:
    delivery.wait_until_ended()
    finding.attach(*attachments.of_run(delivery.run))


@then(parsers.parse('its status is "{status}"'))
def status_is(status: str, delivery: Delivery, finding: Finding) -> None:
    run = delivery.run
    if run.status != status:
        finding.deviations += diagnose_run(run)
    finding.attach(attachments.of_states(run))
    finding.holds(
        run.status == status,
        "execution-status",
        status=status,
        got=run.status,
        seconds=run.seconds,
        where=_tell_error(run),
        evidence=str(run),
    )


def _tell_error(run: Run) -> str:
    """Return the error of the execution, shortened; empty if it has none."""
    return shorten(f"{run.error}: {message(run.cause)}", 200, placeholder=" ...") if run.error else ""


@then(parsers.parse('the execution fails with "{error}", saying "{what}"'))
def fails_with(error: str, what: str, delivery: Delivery, finding: Finding) -> None:
    run = delivery.run
    got = (run.status, run.error, what in message(run.cause))  # the raw cause escapes all but ASCII
    if got != ("FAILED", error, True):
        finding.deviations += diagnose_failure(run, error)
    finding.holds(
        got == ("FAILED", error, True),
        "fails-with-error",
        error=error,
        what=what,
        status=run.status,
        got=run.error,
        where=_tell_error(run),
        evidence=str(run),
    )


def diagnose_failure(run: Run, error: str) -> list[Deviation]:
    """Return the deviations of an execution that had to fail with `error` and a stated reason, but did not."""
    if run.status == "SUCCEEDED":
        return [Deviation(Diagnosis.ERROR_SWALLOWED, f"the execution SUCCEEDED, and had to fail with {error}")]
    found = diagnose_run(run)
    known = run.error != error and found[0].diagnosis != Diagnosis.STATE_FAILED
    return found if known or found[0].diagnosis in _OWN_FAULTS else [Deviation(Diagnosis.ERROR_NAMELESS, found[0].text)]


_OWN_FAULTS = (Diagnosis.CHUNK_LOST, Diagnosis.TOO_SLOW)
"""Faults that the pipeline finds itself, and that no scenario plants."""


@then(parsers.parse('the execution fails with "{error}", saying that every record is a "{reason}"'))
def fails_for_every_record(error: str, reason: str, delivery: Delivery, finding: Finding) -> None:
    records = len(delivery.file.records)
    fails_with(error, f"{records} of {records} {reason}", delivery, finding)


@then(parsers.re('the execution fails with what points to "(?P<diagnosis>[^"]+)"(, saying "(?P<what>[^"]+)")?'))
def fails_pointing_to(diagnosis: str, what: str | None, delivery: Delivery, finding: Finding) -> None:
    """Judge the diagnosis alone; the pipeline may name the error as it likes."""
    run = delivery.run
    found = diagnose_run(run)
    got = [each.diagnosis for each in found]
    if run.status == "FAILED" and {*got} & {*_OWN_FAULTS}:
        finding.deviations += found
    elif run.status == "FAILED" and ((what or "") not in (run.cause or "") or got == [Diagnosis.STATE_FAILED]):
        finding.suspect(Diagnosis.ERROR_NAMELESS, found[0].text)
    finding.holds(
        run.status == "FAILED" and got == [diagnosis] and (what or "") in (run.cause or ""),
        "fails-pointing-to",
        diagnosis=diagnosis,
        status=run.status,
        error=run.error,
        got=enumerate_items(got),
        where=_tell_error(run),
        evidence=str(run),
    )


@then("every state of the happy path was entered and left, and no other")
def every_state_green(delivery: Delivery, finding: Finding) -> None:
    run = delivery.run
    finding.attach(attachments.of_states(run))
    path, wrong = happy_path(run.definition), deviations(run.definition, run.history)
    if wrong and run.status == "SUCCEEDED":
        finding.suspect(Diagnosis.ERROR_SWALLOWED, "; ".join(wrong))
    where = enumerate_items([*map(translate, wrong)])
    finding.holds(not wrong, "states-green", states=len(path), where=where, evidence="\n".join(wrong))
    stopped = [event for event in run.history if event.get("stateExitedEventDetails", {}).get("name") != path[-1]]
    finding.control("a state that was never left", bool(deviations(run.definition, stopped)))


@then("every step that a file has to take was taken")
def every_step_taken(delivery: Delivery, finding: Finding) -> None:
    """Look into the audit trail, and into the logs for steps missing there."""
    due = {*STEPS, CHUNK_STEP}
    skipped = due - {entry["step"] for entry in delivery.audit}
    if skipped:
        delivery.wait_until_logged()
        skipped -= {line.fields.get("event_type") for line in delivery.lines}
    told = ", ".join(sorted(skipped))
    if skipped and delivery.run.status == "SUCCEEDED":
        finding.suspect(Diagnosis.STEP_SKIPPED, f"never taken: {told}")
    finding.holds(not skipped, "steps-taken", steps=len(due), skipped=told)


@then("nothing was tried again but what the platform failed at")
def only_the_platforms_retries(delivery: Delivery, finding: Finding) -> None:
    retries = delivery.run.retries
    ours = _select_own_retries(retries)
    for retry in ours:
        finding.suspect(Diagnosis.RETRIED, f"{retry.state} was tried again after {retry.error}")
    finding.holds(
        not ours,
        "retries-of-the-platform",
        retries=len(retries),
        ours=len(ours),
        where=enumerate_items([phrase("retry", state=retry.state, error=retry.error) for retry in ours]),
    )
    finding.control("a retry of States.Timeout", bool(_select_own_retries([*retries, Retry("any", "States.Timeout")])))


def _select_own_retries(retries: list[Retry]) -> list[Retry]:
    return [retry for retry in retries if not retry.error.startswith("Lambda.")]


@then(parsers.parse("at most {most:d} chunks were under way at once"))
def at_most_chunks(most: int, delivery: Delivery, finding: Finding) -> None:
    finding.attach(attachments.of_chunks(delivery.run, most))
    spans = [(task.started, task.ended) for task in delivery.run.chunk_tasks]
    finding.holds(0 < peak(spans) <= most, "chunks-at-most", most=most, got=peak(spans))
    crowded = spans + [spans[0]] * most
    finding.control("one chunk too many at once", peak(crowded) > most)


@then("more than one chunk was")
def more_than_one(delivery: Delivery, finding: Finding) -> None:
    """Count by START and REPORT lines of the functions: a task may only have been waiting for its function."""
    ids = {task.request_id for task in delivery.run.chunk_tasks}
    spans = [(found.started, found.ended) for found in invocations(delivery.lines) if found.request_id in ids]
    got = f"{peak(spans)} of {len(spans)}"
    if peak(spans) <= 1 and delivery.run.status == "SUCCEEDED":
        throttled = [task for task in delivery.run.tasks if "TooManyRequests" in (task.error or "")]
        told = "".join(f", {task} tried again after {task.error}" for task in throttled[:1])
        finding.suspect(
            Diagnosis.FUNCTION_THROTTLED if throttled else Diagnosis.NOT_PARALLEL,
            f"chunk invocations at once: {got}{told}",
        )
    finding.holds(peak(spans) > 1, "chunks-in-parallel", got=peak(spans), chunks=len(spans))
    one_by_one = [(n, n + 1) for n, _ in enumerate(spans)]
    finding.control("chunks one after the other", peak(one_by_one) == 1)


@then("its states and its chunks were shown while it ran")
def shown(delivery: Delivery, progress: Progress, finding: Finding) -> None:
    due = reached(delivery.run.history)
    running, last = progress.snapshots[:-1], progress.snapshots[-1].reached
    finding.holds(bool(running), "progress-shown", looks=len(running))
    finding.holds(last == due, "last-progress-shown", due=_tell_progress(due), last=_tell_progress(last))


def _tell_progress(progress: Reached) -> Words:
    return phrase("progress", state=progress.state, chunks_done=progress.chunks_done, chunks=progress.chunks)


@then("the page of its console was named")
def console_named(delivery: Delivery, progress: Progress, finding: Finding) -> None:
    named = [text for text in progress.said if delivery.run.arn in text]
    finding.holds(bool(named), "console-named")


@then(parsers.parse("it has taken at most {minutes:d} minutes"))
def taken_at_most(minutes: int, delivery: Delivery, finding: Finding) -> None:
    run = delivery.run
    finding.holds(run.seconds <= minutes * 60, "execution-in-time", minutes=minutes, seconds=run.seconds)
    finding.control("an execution a minute too long", _delay_end(run, minutes).seconds > minutes * 60)


LARGEST = 200
"""The number of chunks of the largest file."""


@then("so would the 200 chunks of the largest file, at the pace of these")
def largest_file(delivery: Delivery, finding: Finding) -> None:
    run, spans = delivery.run, iterations(delivery.run.history)
    if not spans:
        finding.not_checked("no chunk has come to its end")
    seconds = project_seconds(run.seconds, spans)
    finding.holds(seconds <= 15 * 60, "largest-file-in-time", chunks=LARGEST, seconds=seconds)
    slow = [(began, ended + timedelta(seconds=30)) for began, ended in spans]
    finding.control("half a minute more in each chunk", project_seconds(run.seconds, slow) > 15 * 60)


def project_seconds(seconds: float, spans: Spans) -> float:
    """Project the seconds for LARGEST chunks from an execution of `seconds` whose chunks took `spans`."""
    mean = sum(((ended - began).total_seconds() for began, ended in spans), 0.0) / len(spans)
    chunks = (max(ended for _, ended in spans) - min(began for began, _ in spans)).total_seconds()
    return max(0.0, seconds - chunks) + mean * LARGEST / AT_ONCE


def _delay_end(run: Run, minutes: int) -> Run:
    return replace(run, ended=run.ended + timedelta(minutes=minutes + 1))


@then(parsers.parse("from the upload to its end at most {minutes:d} minutes have passed"))
def passed_since_upload(minutes: int, delivery: Delivery, finding: Finding) -> None:
    upload, run = delivery.upload, delivery.run
    seconds = _count_seconds(upload, run)
    finding.holds(0 <= seconds <= minutes * 60, "upload-in-time", minutes=minutes, seconds=seconds)
    finding.control("an end a minute too late", _count_seconds(upload, _delay_end(run, minutes)) > minutes * 60)


def _count_seconds(upload: Upload, run: Run) -> float:
    return run.ended.timestamp() - upload.at / 1000


@then("its time and its throughput are recorded")
def recorded(record: Record, finding: Finding) -> None:
    seconds, rate = (record.measured.get(name, 0) for name in ("seconds", "records_per_second"))
    finding.holds(seconds > 0 and rate > 0, "time-and-throughput", seconds=seconds, rate=rate)
