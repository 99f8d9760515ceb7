"""Steps about the execution: how it ended, how long it took, what ran at once, what was shown of it."""

from __future__ import annotations

from pytest_bdd import parsers, then, when

from steps.drivers.history import peak, reached
from steps.drivers.logs import LogLine, invocations
from steps.drivers.workflow import Run
from steps.finding import Finding
from steps.reporting.progress import Progress


@when("the execution has ended")
def execution_ended(run: Run) -> None: ...


@then(parsers.parse('its status is "{status}"'))
def status_is(status: str, run: Run, finding: Finding) -> None:
    finding.holds(run.status == status, wanted=status, got=run.status, evidence=str(run))


@then(parsers.parse("it has taken at most {minutes:d} minutes"))
def taken_at_most(minutes: int, run: Run, finding: Finding) -> None:
    finding.holds(run.seconds <= minutes * 60, wanted=f"at most {minutes} minutes", got=f"{run.seconds:.2f} s")


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
def console_named(run: Run, finding: Finding) -> None:
    finding.holds(run.arn in run.console, wanted="a link to the execution's page", got=run.console)
