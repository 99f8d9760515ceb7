"""Steps about the fate of each record, on which all four stores have to agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pytest_bdd import parsers, then

from steps.diagnoses.ids import Diagnosis
from steps.drivers.activity_file import ZERO, Counts
from steps.results.reconciliation import Fate, Stores, compare_totals, reconcile
from steps.run import attachments
from steps.run.delivery import Delivery
from steps.suite.deviation import Deviation
from steps.suite.finding import Finding
from steps.verdict.messages import phrase
from steps.verdict.record import Record
from steps.verdict.words import Words, enumerate_items

_DIAGNOSES = {
    "lost": Diagnosis.RECORDS_LOST,
    "doubled": Diagnosis.RECORDS_DOUBLED,
    "altered": Diagnosis.RECORDS_ALTERED,
    "unexpected": Diagnosis.OTHERS_ALTERED,
}


@then("every record has a named fate, and it is applied")
def all_named_fates(delivery: Delivery, finding: Finding) -> None:
    named_fates(len(delivery.file.records), delivery, finding)


@then(parsers.parse("each of the {count:d} records has a named fate, and it is applied"))
def named_fates(count: int, delivery: Delivery, finding: Finding) -> None:
    delivery.wait_until_logged()
    fates = delivery.fates.counts
    told = [phrase("counted", what=phrase(fate), count=number) for fate, number in fates.most_common()]
    finding.holds(fates == {"applied": count}, "every-record-applied", count=count, fates=enumerate_items(told, most=6))
    lost = replace(delivery.stores, after=delivery.stores.before)
    finding.control("every record lost", reconcile(lost).counts == {"lost": count})


@then("each record of the file has one fate, on which all stores agree")
def one_fate(delivery: Delivery, record: Record, finding: Finding) -> None:
    delivery.wait_until_logged()
    stores, wrong = delivery.stores, delivery.fates.wrong
    finding.attach(attachments.of_fates(delivery.fates))
    record.discrepancies += [
        {"record": fate.record, "user": fate.user, "fate": fate.fate, "stores": fate.stores} for fate in wrong
    ]
    finding.deviations += diagnose(stores, wrong)
    finding.holds(
        not wrong,
        "stores-agree",
        records=len(stores.records),
        wrong=len(wrong),
        where=enumerate_items([_tell_fate(fate) for fate in wrong]),
        evidence="\n".join(map(str, wrong[:5])),
    )
    for fate, planted in _plant_deviations(stores).items():
        found = {each.fate for each in reconcile(planted).wrong}
        finding.control(f"a record {fate}", fate in found)


def _tell_fate(fate: Fate) -> Words:
    told = phrase(fate.fate) if fate.fate != "applied" else phrase("stores-disagree")
    where = phrase("no-record") if fate.record is None else phrase("line-of-the-file", line=fate.record)
    return phrase("fate", user=fate.user, where=where, fate=told)


def diagnose(stores: Stores, wrong: Sequence[Fate]) -> list[Deviation]:
    """Return a deviation for a plan that does not hold all records, and for each fate that is not clean."""
    found = []
    if stores.planned != len(stores.records):
        text = f"the plan holds {stores.planned} records, and the file {len(stores.records)}"
        found.append(Deviation(Diagnosis.CHUNK_LOST, text))
    for each in wrong:
        silent = Diagnosis.SUCCESS_LINE_MISSING if each.disagreeing == ("logs",) else Diagnosis.AUDIT_INCOMPLETE
        found.append(Deviation(_DIAGNOSES.get(each.fate, silent), str(each)))
    return found


def _plant_deviations(stores: Stores) -> dict[str, Stores]:
    """Return copies of the evidence by fate, each with one planted deviation."""
    user = next(stores.accepted).user_id
    before, after = stores.before.get(user, ZERO), stores.after.get(user, ZERO)
    other = next(iter(stores.before.keys() - {record.user_id for record in stores.records}), "U99999")
    changes = {
        "lost": {user: before},
        "doubled": {user: after + after - before},
        "altered": {user: after + Counts(1, 0)},
        "unexpected": {other: Counts(-1, -1)},
    }
    return {fate: replace(stores, after={**stores.after, **change}) for fate, change in changes.items()}


@then("the batch job counts what the records add up to")
def totals(delivery: Delivery, finding: Finding) -> None:
    delivery.wait_until_logged()
    stores, fates = delivery.stores, delivery.fates
    wrong = compare_totals(stores, fates)
    told = enumerate_items(wrong)
    if wrong:
        finding.suspect(Diagnosis.JOB_WRONG, told.en)
    finding.holds(not wrong, "job-counts-agree", where=told)
    miscounted = [job._replace(applied=job.applied + 1) for job in stores.jobs]
    finding.control("a wrong count", bool(compare_totals(replace(stores, jobs=miscounted), fates)))
