"""Steps about the fate of each record, on which all four stores have to agree."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from pytest_bdd import parsers, then

from steps.results.reconciliation import Chunk, Stores, reconcile, totals_that_differ
from steps.run import attachments
from steps.run.delivery import Delivery
from steps.suite.finding import Finding
from steps.verdict.record import Record

_DIAGNOSES = {
    "lost": "records-lost",
    "doubled": "records-doubled",
    "altered": "records-altered",
    "unexpected": "others-altered",
}


@then("every record has a named fate, and it is applied")
def all_named_fates(delivery: Delivery, finding: Finding) -> None:
    named_fates(len(delivery.file.records), delivery, finding)


@then(parsers.parse("each of the {count:d} records has a named fate, and it is applied"))
def named_fates(count: int, delivery: Delivery, finding: Finding) -> None:
    delivery.wait_until_logged()
    fates = Counter(fate.fate for fate in delivery.fates)
    finding.holds(fates == {"applied": count}, wanted=f"{count} applied", got=", ".join(_counted(fates)))
    lost = replace(delivery.stores, after=delivery.stores.before)
    finding.control("every record lost", Counter(fate.fate for fate in reconcile(lost)) == {"lost": count})


def _counted(fates: Counter[str]) -> list[str]:
    return [f"{count} {fate}" for fate, count in fates.most_common()]


@then("each record of the file has one fate, on which all stores agree")
def one_fate(delivery: Delivery, record: Record, finding: Finding) -> None:
    delivery.wait_until_logged()
    stores = delivery.stores
    finding.attach(attachments.of_fates(delivery.fates))
    wrong = [fate for fate in delivery.fates if not fate.clean]
    record.discrepancies += [
        {"record": fate.record, "user": fate.user, "fate": fate.fate, "stores": fate.stores} for fate in wrong
    ]
    if (planned := sum(count for _, count in stores.plan)) != len(stores.records):
        finding.suspect("chunk-lost", f"the plan holds {planned} records, and the file {len(stores.records)}")
    for each in wrong:
        silent = "success-line-missing" if each.astray == ("logs",) else "audit-incomplete"
        finding.suspect(_DIAGNOSES.get(each.fate, silent), str(each))
    finding.holds(
        not wrong,
        wanted="0 inconsistencies",
        got=f"{len(wrong)} among {len(stores.records)} records",
        evidence="\n".join(map(str, wrong[:5])),
    )
    for fate, planted in _planted(stores).items():
        found = {each.fate for each in reconcile(planted) if not each.clean}
        finding.control(f"a record {fate}", fate in found)


def _planted(stores: Stores) -> dict[str, Stores]:
    """Copies of the evidence, each with one planted deviation."""
    user = next(record.user_id for record in stores.records if record.line not in stores.rejected)
    logins, posts = stores.after.get(user, (0, 0))
    before = stores.before.get(user, (0, 0))
    other = next(iter(stores.before.keys() - {record.user_id for record in stores.records}), "U99999")
    changes = {
        "lost": {user: before},
        "doubled": {user: (logins * 2 - before[0], posts * 2 - before[1])},
        "altered": {user: (logins + 1, posts)},
        "unexpected": {other: (-1, -1)},
    }
    return {fate: replace(stores, after={**stores.after, **change}) for fate, change in changes.items()}


@then("the batch job counts what the records add up to")
def totals(delivery: Delivery, finding: Finding) -> None:
    delivery.wait_until_logged()
    stores, fates = delivery.stores, delivery.fates
    wrong = totals_that_differ(stores, fates)
    if wrong:
        finding.suspect("job-wrong", "; ".join(wrong))
    finding.holds(not wrong, wanted="the batch job's counts those of the records", got="; ".join(wrong) or "the same")
    job = stores.job or Chunk(0, 0, 0)
    miscounted = replace(stores, job=replace(job, applied=job.applied - 1))
    finding.control("a wrong count", bool(totals_that_differ(miscounted, fates)))
