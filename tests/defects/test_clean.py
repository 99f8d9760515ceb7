"""Clean runs, counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from defects import clean_runs, kill_matrix
from defects.clean_runs import Series, is_go, remember, remembered
from defects.outcome import Outcome


@pytest.mark.parametrize(
    ("outcome", "go"),
    [
        (Outcome("clean/01", 9), True),
        (Outcome("clean/01", 9, {"SFN-02": "failed"}), False),
        (Outcome("clean/01", 9, {"SFN-02": "not-checked"}), False),
        (Outcome("clean/01", 9, first="too-slow"), False),
        (Outcome("clean/01", 9, ended="it left no verdict"), False),
    ],
)
def test_a_clean_run_with_a_line_that_has_not_passed_is_a_false_alarm(outcome: Outcome, go: bool):
    assert is_go(outcome) is go


def test_the_runs_are_spread_over_the_loads(monkeypatch):
    monkeypatch.setattr(clean_runs, "accepted", lambda name, arguments, keep: Outcome(name, 0))
    told = [(load.what, outcome.defect) for load, outcome in clean_runs.runs(7)]
    assert len({name for _, name in told}) == 7
    assert {what for what, _ in told} == {load.what for load in clean_runs.LOADS}


def test_a_series_is_remembered_as_long_as_the_sources_stay(tmp_path: Path, monkeypatch):
    file = tmp_path / "clean-runs.json"
    assert remembered(file) is None
    remember(file, Series(50, ["SFN-02"], 12.5))
    assert str(remembered(file)) == "1 false alarms in 50 clean runs"
    monkeypatch.setattr(clean_runs, "judges", lambda: "other")
    assert remembered(file) is None
    assert kill_matrix.judges() != "other"
