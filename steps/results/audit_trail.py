"""Steps about what DynamoDB holds of a delivery: batch job, audit entries, metadata."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pytest_bdd import parsers, then

from steps.diagnoses.ids import Diagnosis
from steps.drivers.audit_trail import Place, colliding, gaps
from steps.run import attachments
from steps.run.delivery import CHUNK_STEP, STEPS, Delivery, Drivers
from steps.suite.deviation import Deviation
from steps.suite.finding import Finding
from steps.verdict.japanese import translate
from steps.verdict.messages import phrase
from steps.verdict.words import enumerate_items


@then(parsers.parse('batch-jobs holds one job for it, "{status}", with every record applied and none rejected'))
def batch_job(status: str, delivery: Delivery, drivers: Drivers, finding: Finding) -> None:
    jobs, applied, rejected = delivery.jobs, len(delivery.file.records), 0
    names = drivers.environment.names
    finding.attach(*attachments.of_items("Batch jobs", jobs, names.batch_jobs, names))
    finding.deviations += diagnose_jobs(jobs, status)
    finding.equal(len(jobs), 1, "batch-jobs-counted")
    got = tuple(jobs[0].get(name) for name in ("status", "records_applied", "records_rejected"))
    finding.holds(
        got == (status, applied, rejected),
        "batch-job-complete",
        wanted=phrase("batch-job", status=status, applied=applied, rejected=rejected),
        got=phrase("batch-job", status=got[0], applied=got[1], rejected=got[2]),
    )


def diagnose_jobs(jobs: Sequence[Mapping[str, Any]], status: str) -> list[Deviation]:
    """Return the deviation of an execution's batch jobs: several, or one still RUNNING that has to be `status`."""
    if len(jobs) > 1:
        statuses = ", ".join(str(job.get("status")) for job in jobs)
        return [
            Deviation(
                Diagnosis.JOB_WRONG, f"{len(jobs)} batch jobs of one execution (created_at in the key): {statuses}"
            )
        ]
    if jobs and jobs[0].get("status") == "RUNNING" != status:
        return [Deviation(Diagnosis.JOB_LEFT_RUNNING, f"the batch job is RUNNING and has to be {status}")]
    return []


@then(parsers.parse('batch-jobs holds its status as "{status}"'))
def job_status(status: str, delivery: Delivery, finding: Finding) -> None:
    got = [job.get("status") for job in delivery.jobs]
    finding.deviations += diagnose_jobs(delivery.jobs, status)
    finding.holds(got == [status], "batch-job-status", status=status, got=enumerate_items([str(each) for each in got]))


@then("the audit trail holds a start and one completion of every step and chunk, and no error")
def audit_complete(delivery: Delivery, drivers: Drivers, finding: Finding) -> None:
    audit, names = delivery.audit, drivers.environment.names
    finding.attach(*attachments.of_items(f"Audit entries ({len(audit)})", audit, names.audit_logs, names))
    plan = delivery.plan
    due: list[Place] = [*((step, None) for step in STEPS), *((CHUNK_STEP, chunk) for chunk, _ in plan)]
    wrong = gaps(audit, due)
    finding.holds(
        bool(plan) and not wrong,
        "audit-complete",
        due=len(due),
        complete=len(due) - len(wrong),
        where=enumerate_items([*map(translate, wrong)]),
        evidence="\n".join(wrong[:5]),
    )
    finding.none(_find_collisions(audit), "audit-keys-apart", entries=len(audit))
    alike = [entry | {"timestamp": "2025-08-07T00:00:00.000Z"} for entry in audit]
    finding.control("keys of a millisecond", bool(_find_collisions(alike)))
    last = next(entry for entry in reversed(audit) if entry["phase"] == "completion")
    finding.control("a missing completion", bool(gaps([entry for entry in audit if entry is not last], due)))
    finding.control("a second completion", bool(gaps([*audit, last], due)))
    finding.control("an error", bool(gaps([*audit, last | {"phase": "error"}], due)))


def _find_collisions(audit: Iterable[Mapping[str, Any]]) -> list[Deviation]:
    return [
        Deviation(
            Diagnosis.AUDIT_INCOMPLETE,
            f"the sort keys of {_told(first)} and {_told(second)} differ by a time without microseconds alone",
        )
        for first, second in colliding(audit)
    ]


def _told(place: Place) -> str:
    step, chunk = place
    return step if chunk is None else f"{step} chunk {chunk}"


@then("the audit trail holds the error of the chunk, and not its completion")
def chunk_failed(delivery: Delivery, drivers: Drivers, finding: Finding) -> None:
    audit, names = delivery.audit, drivers.environment.names
    finding.attach(*attachments.of_items(f"Audit entries ({len(audit)})", audit, names.audit_logs, names))
    failed = [(step, chunk) for step, chunk in find_failed(audit) if step == CHUNK_STEP]
    if not failed:
        phases = ", ".join(sorted({str(each["phase"]) for each in audit if each["step"] == CHUNK_STEP}))
        finding.suspect(Diagnosis.AUDIT_INCOMPLETE, f"the chunks have {phases or 'nothing'}, and one of them failed")
    finding.holds(len(failed) == 1, "failed-chunk-audited", failed=len(failed))


def find_failed(audit: Iterable[Mapping[str, Any]]) -> list[Place]:
    """Return the steps of a good run, and the chunks, that have an error and no completion."""
    phases: dict[Place, set[str]] = {}
    for entry in audit:
        phases.setdefault((entry["step"], entry.get("chunk")), set()).add(entry["phase"])
    return [
        place
        for place, found in phases.items()
        if place[0] in (*STEPS, CHUNK_STEP) and "error" in found and "completion" not in found
    ]


@then("processing-metadata holds the size, the records and the chunks of the file")
def metadata_holds(delivery: Delivery, drivers: Drivers, finding: Finding) -> None:
    arn, plan = delivery.run.arn, delivery.plan
    stages, names = drivers.audit_trail.metadata(delivery.upload), drivers.environment.names
    finding.attach(*attachments.of_items("Processing metadata", stages, names.processing_metadata, names))
    validated, split = stages.get("csv-validation", {}), stages.get("csv-split", {})
    got = (validated.get("size"), validated.get("records"), split.get("chunks"), validated.get("execution_id"))
    due = (delivery.upload.size, len(delivery.file.records), len(plan), arn)
    told, wanted = (phrase("file-facts", bytes=each[0], records=each[1], chunks=each[2]) for each in (got, due))
    where = phrase("of-the-execution", execution=got[3]) if got[3] != arn else ""
    finding.holds(got == due, "metadata-complete", wanted=wanted, got=told, where=where)
