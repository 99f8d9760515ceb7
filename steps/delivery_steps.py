"""Steps about the upload and what it starts by itself."""

from __future__ import annotations

from pytest_bdd import parsers, then, when

from steps.drivers.activity_file import ActivityFile
from steps.drivers.inbox import Inbox, Upload
from steps.drivers.workflow import Run, Workflow
from steps.evidence import Start
from steps.finding import Finding


@when("the file is delivered")
def file_delivered(upload: Upload) -> None: ...


@then(parsers.parse('the inbox holds it unchanged under "{folder}"'))
def inbox_holds(folder: str, upload: Upload, activity_file: ActivityFile, inbox: Inbox, finding: Finding) -> None:
    finding.equal(upload.key, folder + activity_file.name, "as key")
    finding.holds(
        inbox.content(upload) == activity_file.path.read_bytes(),
        wanted="the same bytes",
        got=f"{upload.size} bytes as version {upload.version_id}",
    )


@then("the upload starts an execution by itself")
def execution_started(start: Start, finding: Finding) -> None:
    finding.holds(
        start.arn is not None,
        wanted="an execution started by the upload",
        got="started by itself" if start.arn else "none",
        evidence=start.why,
    )


@then("it is the only one for this upload")
def only_one(upload: Upload, run: Run, workflow: Workflow, finding: Finding) -> None:
    found = workflow.executions_of(upload)
    finding.holds(len(found) == 1, wanted="one execution for this upload", got=f"{len(found)} execution")


@then("it is watched to its end")
def watched(run: Run, finding: Finding) -> None:
    ended = run.status in ("SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED")
    finding.holds(ended, wanted="an execution that has ended", got=run.status)
