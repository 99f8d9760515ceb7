"""Every step and chunk accounts for itself once."""

from __future__ import annotations

import pytest

from steps.drivers.audit_trail import gaps

DUE = [("split", None), ("chunk", 1), ("chunk", 2)]


def entries(*without: tuple[str, int | None, str]) -> list[dict]:
    all_of_them = [(*place, phase) for place in DUE for phase in ("start", "completion")]
    return [
        {"step": step, "phase": phase} | ({} if chunk is None else {"chunk": chunk})
        for step, chunk, phase in all_of_them
        if (step, chunk, phase) not in without
    ]


def test_a_complete_trail_has_no_gaps_and_an_attempt_without_an_end_is_none():
    assert gaps([*entries(), {"step": "chunk", "chunk": 2, "phase": "start"}], DUE) == []


@pytest.mark.parametrize(
    ("trail", "says"),
    [
        (entries(("chunk", 2, "completion")), "chunk chunk 2: {'start': 1}"),
        (entries(("split", None, "start")), "split: {'completion': 1}"),
        (entries(("chunk", 1, "start"), ("chunk", 1, "completion")), "chunk chunk 1: nothing"),
        ([*entries(), {"step": "split", "phase": "completion"}], "split: {'start': 1, 'completion': 2}"),
        ([*entries(), {"step": "handle", "phase": "error"}], "handle: {'error': 1}"),
    ],
)
def test_a_gap_is_named(trail: list[dict], says: str):
    assert gaps(trail, DUE) == [says]
