"""Steps about the upload and what it starts by itself."""

from __future__ import annotations

import pytest
from pytest_bdd import parsers, then, when

from steps import exhibits
from steps.deliveries import Delivery, Drivers
from steps.finding import Finding
from steps.own_file import OwnFile
from steps.reporting.progress import Progress
from steps.targets.environment import Environment


@when("the file is delivered", target_fixture="delivery")
def file_delivered(
    own_file: OwnFile, environment: Environment, finding: Finding, request: pytest.FixtureRequest
) -> Delivery:
    """A scenario's own file, where it has one; else the acceptance's, which is delivered once a session."""
    delivery: Delivery = own_file.delivered() if own_file.wanted else request.getfixturevalue("acceptance")
    finding.attach(*exhibits.of_upload(delivery, environment.names))
    return delivery


@then(parsers.parse('the inbox holds it unchanged under "{folder}"'))
def inbox_holds(folder: str, delivery: Delivery, drivers: Drivers, finding: Finding) -> None:
    upload, file = delivery.upload, delivery.file
    finding.equal(upload.key, folder + file.name, "as key")
    content = drivers.inbox.content(upload)
    if content is None:
        finding.suspect("upload-gone", f"version {upload.version_id} of {upload.key} is not there any more")
    finding.holds(
        content == file.content,
        wanted="the same bytes",
        got="nothing" if content is None else f"{len(content)} bytes as version {upload.version_id}",
    )


@then("the upload starts an execution by itself")
def execution_started(delivery: Delivery, finding: Finding, pytestconfig: pytest.Config) -> None:
    start = delivery.start
    if pytestconfig.option.start == "manually":
        finding.not_checked(start.why)
    finding.holds(
        start.by == "event",
        wanted="an execution started by the upload",
        got="started by itself" if start.by == "event" else "none, so that it was started by hand",
        evidence=start.why,
    )


@then("it is the only one for this upload")
def only_one(delivery: Delivery, drivers: Drivers, finding: Finding) -> None:
    """Beside those that scenarios start for it themselves."""
    upload, run, workflow = delivery.upload, delivery.run, drivers.workflow
    executions = [arn for arn in workflow.executions_of(upload) if arn == run.arn or arn not in workflow.started]
    found = len(executions)
    if found > 1:
        finding.suspect("started-twice", f"{found} executions of {upload.key}")
    finding.holds(_alone(executions), wanted="one execution for this upload", got=f"{found} executions")
    finding.control("the same twice in a copy of those found", not _alone(executions * 2))


def _alone(executions: list[str]) -> bool:
    return len(executions) == 1


@then("it is watched to its end")
def watched(delivery: Delivery, progress: Progress, finding: Finding) -> None:
    ended = delivery.run.status in ("SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED")
    finding.holds(
        ended and len(progress.looks) > 1,
        wanted="an execution seen while it ran and when it had ended",
        got=f"{delivery.run.status} at the last of {len(progress.looks)} looks",
    )
