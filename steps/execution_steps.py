"""Steps about the execution: how it ended, how long it took, what ran at once, what was shown of it."""

from __future__ import annotations

from pytest_bdd import parsers, then, when

from steps.drivers.history import peak, reached
from steps.drivers.inbox import Upload
from steps.drivers.logs import LogLine, invocations
from steps.drivers.path import deviations, happy_path
from steps.drivers.workflow import Run
from steps.finding import Finding
from steps.reporting.progress import Progress
from steps.reporting.record import Record


@when("the execution has ended")
def execution_ended(run: Run) -> None: ...


@then(parsers.parse('its status is "{status}"'))
def status_is(status: str, run: Run, finding: Finding) -> None:
    finding.holds(run.status == status, wanted=status, got=run.status, evidence=str(run))


@then(parsers.parse("it has taken at most {minutes:d} minutes"))
def taken_at_most(minutes: int, run: Run, finding: Finding) -> None:
    finding.holds(run.seconds <= minutes * 60, wanted=f"at most {minutes} minutes", got=f"{run.seconds:.2f} s")


@then("every state of the happy path was entered and left, and no other")
def every_state_green(run: Run, finding: Finding) -> None:
    path, wrong = happy_path(run.definition), deviations(run.definition, run.history)
    finding.holds(
        not wrong,
        wanted=f"the {len(path)} states of the happy path entered and left",
        got="; ".join(wrong) or "so",
    )
    stopped = [event for event in run.history if event.get("stateExitedEventDetails", {}).get("name") != path[-1]]
    finding.control("a state that was never left", bool(deviations(run.definition, stopped)))


@then("nothing was tried again but what the platform failed at")
def only_the_platforms_retries(run: Run, finding: Finding) -> None:
    again = [task for task in run.tasks if task.outcome != "TaskSucceeded"]
    ours = [f"{task.state}: {task.error}" for task in again if not (task.error or "").startswith("Lambda.")]
    finding.holds(
        not ours, wanted="no retries but of Lambda.* errors", got=f"{len(again)} retries {', '.join(ours)}".strip()
    )


@then(parsers.parse("from the upload to its end at most {minutes:d} minutes have passed"))
def passed_since_upload(minutes: int, upload: Upload, run: Run, finding: Finding) -> None:
    seconds = run.ended.timestamp() - upload.at / 1000
    finding.holds(0 <= seconds <= minutes * 60, wanted=f"at most {minutes} minutes", got=f"{seconds:.1f} s")


@then("its time and its throughput are recorded")
def recorded(record: Record, finding: Finding) -> None:
    seconds, rate = (record.measured.get(name, 0) for name in ("seconds", "records_per_second"))
    finding.holds(seconds > 0 and rate > 0, wanted="both in verdict.json", got=f"{seconds} s, {rate} records a second")


@then(parsers.parse("at most {most:d} chunks were under way at once"))
def at_most_chunks(most: int, run: Run, finding: Finding) -> None:
    tasks = run.chunk_tasks
    spans = [(task.started, task.ended) for task in tasks]
    finding.holds(0 < peak(spans) <= most, wanted=f"at most {most} chunks at once", got=f"{peak(spans)}")
    crowded = spans + [spans[0]] * most
    finding.control("one chunk too many at once", peak(crowded) > most)


@then("more than one chunk was")
def more_than_one(run: Run, lines: list[LogLine], finding: Finding) -> None:
    """By the functions' own START and REPORT lines: tasks that merely wait for a function would not do."""
    ids = {task.request_id for task in run.chunk_tasks}
    spans = [(found.started, found.ended) for found in invocations(lines) if found.request_id in ids]
    finding.holds(
        peak(spans) > 1, wanted="more than one chunk invocation at once", got=f"{peak(spans)} of {len(spans)}"
    )
    one_by_one = [(n, n + 1) for n, _ in enumerate(spans)]
    finding.control("chunks one after the other", peak(one_by_one) == 1)


@then("its states and its chunks were shown while it ran")
def shown(run: Run, progress: Progress, finding: Finding) -> None:
    running, last = progress.looks[:-1], progress.looks[-1].reached
    finding.holds(bool(running), wanted="looks while it ran", got=str(len(running)))
    finding.holds(last == reached(run.history), wanted=str(reached(run.history)), got=str(last))


@then("the page of its console was named")
def console_named(run: Run, progress: Progress, finding: Finding) -> None:
    named = [text for text in progress.said if run.arn in text]
    finding.holds(bool(named), wanted="a link to the execution's page shown", got=f"shown {len(named)} times")
