"""An attachment shows every deviation, and only the first of the records and users that are as wanted."""

from __future__ import annotations

import csv
from dataclasses import replace

from steps.drivers.activity_file import Counts
from steps.results.reconciliation import reconcile
from steps.run import attachments
from steps.suite.finding import Attachment
from tests.steps.results.test_reconciliation import clean

_STORES = clean(12_000)
_LOST = {f"U{n:05d}": Counts(0, 0) for n in (11_998, 11_999, 12_000)}


def rows(attachment: Attachment) -> list[list[str]]:
    return list(csv.reader(attachment.content.splitlines()))[1:]


def test_all_lost_records_are_shown_before_the_first_of_the_others():
    found = rows(attachments.of_fates(reconcile(replace(_STORES, after={**_STORES.after, **_LOST}))))
    assert [row[:3] for row in found[:4]] == [
        *([f"{int(u[1:]) + 1}", u, "lost"] for u in _LOST),
        ["2", "U00001", "applied"],
    ]
    assert len(found) == 3 + 10_000 + 1
    assert found[-1] == ["and 1,997 more, all as wanted"]


def test_all_users_with_differences_are_shown_before_the_first_of_the_others():
    wanted = {record.user_id: record.counts for record in _STORES.records}
    found = rows(attachments.of_statistics(wanted, wanted | {"U11999": Counts(1, 2)}))
    assert found[0] == ["DIFFERS", "U11999", "11999", "23999", "1", "2"]
    assert found[1] == ["", "U00001", "1", "3", "1", "3"]
    assert [len(found), found[-1]] == [1 + 10_000 + 1, ["and 1,999 more, all as wanted"]]


def test_few_records_are_all_shown():
    found = rows(attachments.of_fates(reconcile(clean(12))))
    assert [row[0] for row in found] == [str(line) for line in range(2, 14)]
