"""Steps about rejected records: their lines, their reasons, and the file to redeliver them."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping, Sequence

from pytest_bdd import parsers, then

from steps.diagnoses.ids import Diagnosis
from steps.diagnoses.of_run import diagnose_run
from steps.drivers.activity_file import ActivityFile
from steps.drivers.step_functions import Run, message
from steps.results.reconciliation import Fate
from steps.run import attachments
from steps.run.custom_file import OwnFile
from steps.run.delivery import Delivery, Drivers
from steps.suite.deviation import Deviation
from steps.suite.finding import Finding
from steps.targets.settings import Settings
from steps.verdict.messages import phrase
from steps.verdict.words import enumerate_items

REJECTION_COLUMNS = ("line_number", "user_id", "reason")


@then(parsers.parse('every record is rejected as "{reason}"'))
def every_record_rejected(reason: str, delivery: Delivery, finding: Finding) -> None:
    finding.attach(attachments.of_rows("Rejected records", delivery.rejected))
    got = Counter((row["line_number"], row["user_id"], row["reason"]) for row in delivery.rejected)
    due = Counter((record.line, record.user_id, reason) for record in delivery.file.records)
    if got and got != due:
        text = f"{got.total()} records rejected, {(got & due).total()} of them as {reason}"
        finding.suspect(Diagnosis.FATE_WRONG if got - due else Diagnosis.RECORDS_LOST, text)
    finding.holds(
        got == due,
        "every-record-rejected",
        records=due.total(),
        reason=reason,
        rejected=(got & due).total(),
        where=enumerate_items(
            [phrase("rejection", line=line, user=user, reason=told) for line, user, told in got - due]
        ),
    )


@then("the rejected records are kept as a file that can be delivered again")
def rejected_file(delivery: Delivery, drivers: Drivers, finding: Finding) -> None:
    kept = ActivityFile.of("rejected.csv", drivers.inbox.result(delivery.upload, "rejected.csv"))
    lines = {row["line_number"] for row in delivery.rejected}
    due = [(each.user_id, each.counts) for each in delivery.file.records if each.line in lines]
    got = [(each.user_id, each.counts) for each in kept.records]
    finding.holds(
        got == due and kept.header == delivery.file.header,
        "rejected-file-kept",
        records=len(due),
        got=len(got),
        header=",".join(kept.header),
    )


@then("each of them is explained by its line and its reason")
def explained(delivery: Delivery, drivers: Drivers, settings: Settings, finding: Finding) -> None:
    """Judge the file that the settings name as `rejections`; a pipeline may write none."""
    if not settings.rejections:
        return
    got: list[tuple[str, ...]] = read_rejections(drivers.inbox.results(delivery.upload).get(settings.rejections))
    due: list[tuple[str, ...]] = [
        (str(row["line_number"]), row["user_id"] or "", row["reason"]) for row in delivery.rejected
    ]
    wrong = count_differences(got, due)
    if wrong:
        finding.suspect(
            Diagnosis.RESULTS_MISSING,
            f"{settings.rejections} does not name line and reason of {wrong} of {len(due)} rejected records",
        )
    finding.holds(not wrong, "rejections-explained", file=settings.rejections, records=len(due), wrong=wrong)
    finding.control("a reason left out", bool(count_differences(due[1:], due)) or not due)


def count_differences(got: Sequence[tuple[str, ...]], due: Sequence[tuple[str, ...]]) -> int:
    """Return the number of rows that one of both has and the other has not."""
    return len((Counter(got) - Counter(due)) | (Counter(due) - Counter(got)))


def read_rejections(content: bytes | None) -> list[tuple[str, ...]]:
    """Return line number, user id and reason of each row; nothing of a file that is missing or has another header."""
    header, *rows = [tuple(row) for row in csv.reader((content or b"").decode().splitlines())] or [()]
    return rows if header == REJECTION_COLUMNS else []


@then(parsers.parse('{count:d} records are rejected as "{reason}"'))
def rejected_as(count: int, reason: str, delivery: Delivery, finding: Finding) -> None:
    got = Counter(row["reason"] for row in delivery.rejected)
    told = [phrase("counted", what=each, count=number) for each, number in got.items()]
    finding.holds(got == {reason: count}, "records-rejected", count=count, reason=reason, got=enumerate_items(told))


@then("every bad record is rejected for its own reason")
def own_reasons(delivery: Delivery, own_file: OwnFile, finding: Finding) -> None:
    delivery.wait_until_logged()
    got = {(row["line_number"], row["user_id"] or ""): row["reason"] for row in delivery.rejected}
    for each in diagnose_rejections(delivery.run, got, own_file.reasons, delivery.fates.wrong):
        finding.suspect(*each)
    due = own_file.reasons
    strange = [
        phrase("rejection", line=line, user=user, reason=got.get((line, user)))
        for line, user in sorted({**got, **due})
        if got.get((line, user)) != due.get((line, user))
    ]
    right = len(got.items() & due.items())
    finding.holds(not strange, "own-reasons", bad=len(due), right=right, where=enumerate_items(strange))


Reasons = Mapping[tuple[int, str], str]
"""The reasons for rejection, by line and user."""


def diagnose_rejections(run: Run, got: Reasons, due: Reasons, wrong: Sequence[Fate] = ()) -> list[Deviation]:
    """Return the deviations if the rejections `got` are not `due`, or if the execution failed on bad records.

    `wrong`: the fates that are not clean. Sums of good records that are wrong come before a rejection that is missing,
    and a bad record that was not counted either is lost.
    """
    if got == due and "tolerated" in message(run.cause):
        text = f"ERROR_TOLERANCE_PERCENT is not what the template is to declare: {message(run.cause)}"
        return [Deviation(Diagnosis.ENVIRONMENT_VARIABLE_WRONG, text)]
    strange, missed = dict(got.items() - due.items()), dict(due.items() - got.items())
    if missed and not strange and run.status == "SUCCEEDED":
        bad = {user for _, user in due}
        altered = [fate for fate in wrong if fate.fate in ("altered", "doubled") and fate.user not in bad]
        if altered:  # counts that overwrite do not overflow
            return [Deviation(Diagnosis.RECORDS_ALTERED, str(fate)) for fate in altered]
        lost = {(fate.record, fate.user): fate for fate in wrong if fate.fate == "lost"}
        if missed.keys() <= lost.keys():
            return [Deviation(Diagnosis.RECORDS_LOST, str(lost[place])) for place in sorted(missed)]
    if strange or (missed and run.status == "SUCCEEDED") or run.error == "NumericValueOutOfRange":
        told, lacking = _tell_reasons(strange) or "no others", _tell_reasons(missed) or "none"
        return [Deviation(Diagnosis.FATE_WRONG, f"rejected: {told}; not rejected so: {lacking}")]
    return diagnose_run(run)


def _tell_reasons(reasons: Reasons) -> str:
    return ", ".join(f"line {line} of {user} for {reason}" for (line, user), reason in reasons.items())
