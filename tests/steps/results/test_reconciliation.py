"""Every deviation between the four stores gets its name, and nothing else does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steps.drivers.activity_file import Counts, Record
from steps.results.reconciliation import Chunk, Job, Rejection, Stores, compare_totals, reconcile


def clean(size: int = 12, per_chunk: int = 5) -> Stores:
    """The stores after a run in which all went well."""
    records = [Record(n + 1, f"U{n:05d}", n, 2 * n + 1) for n in range(1, size + 1)]
    plan = [(n, min(per_chunk, size - n * per_chunk)) for n in range(-(-size // per_chunk))]
    chunks = [Chunk(n, count, 0) for n, count in plan]
    return Stores(
        records=records,
        before={"U99999": Counts(7, 7)},
        after={"U99999": Counts(7, 7)} | {r.user_id: r.counts for r in records},
        plan=plan,
        rejected=[],
        audited=chunks,
        jobs=[Job("COMPLETED", size, 0)],
        logged=chunks,
    )


def wrong(stores: Stores) -> list[tuple[int | None, str, str]]:
    return [(fate.record, fate.user, fate.fate) for fate in reconcile(stores) if not fate.is_clean]


def test_a_clean_run_has_only_applied_records():
    assert {fate.fate for fate in reconcile(clean())} == {"applied"}
    assert wrong(clean()) == []
    assert compare_totals(clean(), reconcile(clean())) == []


@pytest.mark.parametrize(
    ("counts", "fate"),
    [
        ((0, 0), "lost"),
        ((6, 14), "doubled"),
        ((9, 21), "doubled"),
        ((4, 7), "altered"),
        ((7, 3), "altered"),
        ((-3, -7), "altered"),
    ],
)
def test_a_wrong_count_is_named_with_its_record(counts, fate):
    stores = clean()
    assert wrong(replace(stores, after={**stores.after, "U00003": Counts(*counts)})) == [(4, "U00003", fate)]


def test_a_row_that_is_gone_is_a_lost_record():
    stores = clean()
    after = {user: counts for user, counts in stores.after.items() if user != "U00005"}
    (fate,) = reconcile(lost := replace(stores, after=after)).wrong
    assert wrong(lost) == [(6, "U00005", "lost")]
    assert "aurora's user_statistics (" in str(fate)


@pytest.mark.parametrize("after", [{"U99999": Counts(8, 7)}, {"U99999": Counts(7, 7), "U77777": Counts(0, 0)}, {}])
def test_a_row_that_no_record_asked_for_is_unexpected(after):
    stores = clean()
    kept = {user: counts for user, counts in stores.after.items() if user != "U99999"}
    ((record, _, fate),) = wrong(replace(stores, after=kept | after))
    assert (record, fate) == (None, "unexpected")


def test_a_rejected_record_has_that_fate_and_its_reason():
    stores = clean()
    after = {user: counts for user, counts in stores.after.items() if user != "U00002"}
    chunks = [Chunk(0, 4, 1), *stores.audited[1:]]
    told = replace(
        stores, after=after, rejected=[Rejection(3, "U00002", "UserNotFoundError")], audited=chunks, logged=chunks
    )
    fate = list(reconcile(told))[1]
    assert "aurora's rejected_records UserNotFoundError" in str(fate)
    assert (fate.fate, fate.stores["aurora"], fate.is_clean) == ("rejected", "UserNotFoundError", True)
    assert [each.en for each in compare_totals(told, reconcile(told))] == [
        "the batch job counts 12 applied, the records 11",
        "the batch job counts 0 rejected, the records 1",
    ]


def test_a_failed_job_counts_no_more_than_was_committed_in_the_end():
    stores = clean()
    job, fates = stores.jobs[0], reconcile(stores)
    early, much = (job._replace(status="FAILED", applied=job.applied + more) for more in (-1, 1))
    assert compare_totals(replace(stores, jobs=[early]), fates) == []
    assert compare_totals(replace(stores, jobs=[much]), fates)
    assert compare_totals(replace(stores, jobs=[job._replace(applied=job.applied - 1)]), fates)


@pytest.mark.parametrize("store", ["audited", "logged"])
@pytest.mark.parametrize("change", ["missing", "twice", "miscounted"])
def test_a_store_that_accounts_otherwise_for_a_chunk_disagrees_on_its_records(store, change):
    stores = clean()
    chunks: Any = list(getattr(stores, store))
    told: Any = {"missing": chunks[1:], "twice": [*chunks, chunks[0]], "miscounted": [Chunk(0, 4, 0), *chunks[1:]]}[
        change
    ]
    assert [record for record, _, _ in wrong(replace(stores, **{store: told}))] == [2, 3, 4, 5, 6]
    disagreeing = {fate.disagreeing for fate in reconcile(replace(stores, **{store: told})) if fate.disagreeing}
    assert disagreeing == {({"audited": "dynamodb", "logged": "logs"}[store],)}


def test_a_record_that_no_chunk_holds_is_not_clean():
    stores = clean()
    assert [record for record, _, _ in wrong(replace(stores, plan=stores.plan[:-1]))] == [12, 13]


def test_a_wrong_record_is_named_among_very_many():
    stores = clean(100_000, 500)
    wrong_ones = {"U00003": Counts(4, 7), "U77777": Counts(0, 0), "U99999": Counts(8, 7)}
    told = replace(stores, after={**stores.after, **wrong_ones})
    assert wrong(told) == [(4, "U00003", "altered"), (77_778, "U77777", "lost"), (100_000, "U99999", "altered")]


def test_no_batch_job_is_said():
    stores = replace(clean(), jobs=[])
    assert [each.en for each in compare_totals(stores, reconcile(stores))] == ["there is no batch job"]


@given(st.integers(1, 40), st.integers(1, 10), st.data())
def test_one_altered_row_is_one_discrepancy_at_any_size(size, per_chunk, data):
    stores = clean(size, per_chunk)
    record = data.draw(st.sampled_from(list(stores.records)))
    change = data.draw(st.tuples(st.integers(1, 9), st.integers(0, 9)))
    changed = {**stores.after, record.user_id: stores.after[record.user_id] + Counts(*change)}
    ((line, user, fate),) = wrong(replace(stores, after=changed))
    assert (line, user) == (record.line, record.user_id)
    assert fate in ("altered", "doubled")
