"""The history of sessions: what is kept of one, and what it looks like beside those before it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from steps.reporting import nights
from steps.reporting.nights import Entry
from steps.verdict.model import Verdict
from steps.verdict.verdict import FAILED, PASSED, Scenario
from tests.steps.reporting.verdicts import verdict

CODE = {"commit": "c0ffee", "system_under_test": "a" * 64}


def judged(
    *scenarios: Scenario, commit: str | None = "c0ffee", dirty: bool = False, seconds: float = 4, altered_by: Any = ()
) -> Verdict:
    """Return the verdict of a session in which these scenarios ran."""
    return verdict(
        *scenarios,
        passing=(),
        altered_by=[*altered_by],
        target="embedded",
        started="2026-11-22T18:00:04+00:00",
        suite={"version": "0", "commit": commit, "dirty": dirty},
        system_under_test={"dir": "system_under_test", "sha256": "a" * 64},
        measured={
            "session_seconds": 20,
            "seconds": seconds,
            "records_per_second": 25,
            "peak_chunks": 5,
            "phases": {},
        },
    )


def night(day: int, **told: Any) -> Entry:
    """A night of November; GO in 20 s, its execution in 4 s, unless told otherwise."""
    usual: dict[str, Any] = {
        "date": f"2026-11-{day:02}T18:00:00+00:00",
        "target": "embedded",
        "verdict": "GO",
        "exit": 0,
        "passed": 2,
        "failed": 0,
        "broken": 0,
        "unchecked": 0,
        "session_seconds": 20.0,
        "execution_seconds": 4.0,
    }
    return Entry(**usual | CODE | told)


NO_GO = {"verdict": "NO-GO", "exit": 1, "not_passed": {"AUR-03": FAILED, "INF-02": "broken"}}
WELL = (Scenario("a", ["AUR-03"], PASSED, ""), Scenario("b", ["INF-02"], PASSED, ""))


def test_a_session_is_one_line_that_tells_its_figures_and_what_did_not_pass():
    told = nights.make_entry(judged(Scenario("a", ["AUR-03"], FAILED, "99"), Scenario("b", ["INF-02"], PASSED, "")), [])
    assert (told.verdict, told.exit, told.passed, told.failed, told.broken, told.unchecked) == ("NO-GO", 1, 1, 1, 0, 0)
    assert (told.session_seconds, told.execution_seconds, told.records_per_second, told.peak_chunks) == (20, 4, 25, 5)
    assert (told.not_passed, told.flaky, told.slow) == ({"AUR-03": FAILED}, (), {})


def test_it_is_read_as_it_was_written_and_each_session_stands_once(tmp_path: Path):
    file = tmp_path / nights.FILE
    for each in (night(3), night(1), night(2)):
        nights.append(file, each)
    assert nights.read(file) == ([night(1), night(2), night(3)], [])
    assert nights.merge([night(2), night(1), night(2)]) == [night(1), night(2)]
    assert nights.read(tmp_path / "none") == ([], [])


def test_a_line_that_cannot_be_read_is_named_and_costs_no_other(tmp_path: Path):
    file = tmp_path / nights.FILE
    nights.append(file, night(1))
    with file.open("a") as lines:
        lines.write('{"date": 1}\n{"date": "2026-11-02T18:0')
    nights.append(file, night(3))
    entries, faults = nights.read(file)
    assert entries == [night(1), night(3)]
    assert [fault.split(" was")[0] for fault in faults] == ["line 2 of history.jsonl", "line 3 of history.jsonl"]


def test_what_a_later_suite_adds_to_a_line_is_kept(tmp_path: Path):
    file = tmp_path / nights.FILE
    file.write_text(json.dumps(night(1).model_dump() | {"weather": "rain"}) + "\n")
    ((read,), _) = nights.read(file)
    assert json.loads(read.model_dump_json())["weather"] == "rain"


@pytest.mark.parametrize(
    ("seconds", "past", "wanted"),
    [
        (8.1, [night(day) for day in range(1, 11)], {"execution_seconds": 4.0}),
        (8.0, [night(day) for day in range(1, 11)], {}),
        # Only the last ten count,
        (
            8.1,
            [*(night(day, execution_seconds=90) for day in range(1, 9)), *(night(day) for day in range(9, 19))],
            {"execution_seconds": 4.0},
        ),
        # of the same target,
        (8.1, [night(day, target="aws-dev") for day in range(1, 11)], {}),
        # of the same pipeline,
        (8.1, [night(day, pipeline="examples/tally") for day in range(1, 11)], {}),
        # as it is, with an execution; and two are too few.
        (8.1, [night(day, altered_by=("--after-run",)) for day in range(1, 11)], {}),
        (8.1, [night(day, execution_seconds=None) for day in range(1, 11)], {}),
        (8.1, [night(1), night(2)], {}),
    ],
)
def test_more_than_twice_the_median_of_the_last_ten_is_slow_and_no_fault(seconds, past, wanted):
    told = nights.make_entry(judged(*WELL, seconds=seconds), past)
    assert (told.slow, told.verdict) == (wanted, "GO")
    assert len(nights.make_notes(told, past)) == len(wanted)


def test_a_session_that_judges_more_is_held_against_its_like():
    usual = [night(day, session_seconds=10.0) for day in range(1, 5)]
    release = night(6, session_seconds=300.0, beyond=13)
    assert nights.find_slow(release, usual) == {}
    longer = [night(day, session_seconds=100.0, beyond=13) for day in range(1, 5)]
    assert nights.find_slow(release, [*usual, *longer]).keys() == {"session_seconds"}


def test_what_failed_on_the_same_code_and_passes_now_is_flaky():
    told = nights.make_entry(judged(*WELL), [night(1, **NO_GO)])
    assert told.flaky == ("AUR-03",)
    (note,) = nights.make_notes(told, [night(1, **NO_GO)])
    assert note.startswith("flaky: AUR-03 failed in the session of 2026-11-01T18:00:00+00:00 on the same commit")


@pytest.mark.parametrize(
    "past",
    [
        [night(1, **NO_GO), night(2)],
        [night(1, **NO_GO, commit="another")],
        [night(1, **NO_GO, system_under_test="another")],
        [night(1, **NO_GO, target="aws-dev")],
        [night(1, **NO_GO, altered_by=("--after-run",))],
        [],
    ],
    ids=["told before", "other commit", "other pipeline", "other target", "broken on purpose", "the first"],
)
def test_what_has_a_reason_to_differ_is_not_flaky(past):
    assert nights.make_entry(judged(*WELL), past).flaky == ()


def test_an_unknown_in_between_hides_no_flake():
    past = [night(1, **NO_GO), night(2, verdict="UNKNOWN", exit=6, not_passed={"INF-02": "broken"})]
    assert nights.make_entry(judged(*WELL), past).flaky == ("AUR-03",)


def test_a_changed_working_tree_is_no_commit():
    told = nights.make_entry(judged(*WELL, dirty=True), [night(1, **NO_GO)])
    assert (told.commit, told.flaky) == (None, ())


def test_a_run_altered_on_purpose_is_held_against_nothing():
    told = nights.make_entry(
        judged(*WELL, seconds=99, altered_by=["--after-run", "--no-gate"]), [night(1, **NO_GO)] * 5
    )
    assert (told.altered_by, told.flaky, told.slow) == (("--after-run",), (), {})


def test_a_retry_that_passes_leaves_its_line_failed_and_names_it_flaky():
    scenario = Scenario("a", ["AUR-03"], FAILED, "99 users", attempts=1)
    scenario.begin()
    scenario.is_well = True
    scenario.end()
    found = judged(scenario, Scenario("b", ["INF-02"], PASSED, ""))
    assert (found.verdict, found.items["AUR-03"].status) == ("NO-GO", FAILED)
    assert found.items["AUR-03"].reason == "flaky: it passed when it was run again, attempt 2; before, 99 users"
    assert nights.make_entry(found, []).flaky == ("AUR-03",)
