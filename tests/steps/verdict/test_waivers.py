"""Waivers: which are honoured, which are refused, and what they excuse."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steps.paths import ROOT
from steps.verdict import verdict, waivers
from steps.verdict.model import Status, Waiver
from steps.verdict.verdict import BROKEN, FAILED, NOT_CHECKED, PASSED, Scenario
from steps.verdict.waivers import InvalidWaivers
from tests.steps.reporting.verdicts import LINES, failed, record, waived
from tests.steps.reporting.verdicts import verdict as judged

TODAY = date(2026, 11, 23)
SCHEMA = json.loads((ROOT / "docs" / "verdict.schema.json").read_text("utf-8"))


def read(folder: Path, *entries: dict[str, str], today: date = TODAY) -> dict[str, Waiver]:
    """The waivers of a file with these entries, whose values are TOML."""
    file = folder / "waivers.toml"
    lines = ["[[waiver]]\n" + "".join(f"{name} = {value}\n" for name, value in entry.items()) for entry in entries]
    file.write_text("\n".join(lines), "utf-8")
    return waivers.read(file, LINES, today)


def entry(**changes: str | None) -> dict[str, str]:
    good = {"item": '"LOG-02"', "reason": '"既知の警告"', "who": '"Yamada"', "expires": "2026-12-31"}
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def test_the_projects_own_file_waives_nothing():
    assert waivers.read(waivers.FILE, LINES, TODAY) == {}


def test_a_waiver_says_what_why_who_and_until_when(tmp_path: Path):
    assert read(tmp_path, entry()) == {"LOG-02": waived(reason="既知の警告")}


@pytest.mark.parametrize(
    ("entries", "says"),
    [
        ([entry(item='"LOG-99"')], "LOG-99: the checklist has no such line"),
        ([entry(item=None)], "waiver 1: item is missing, empty or no text"),
        ([entry(reason='" "')], "LOG-02: reason is missing, empty or no text"),
        ([entry(who="1")], "LOG-02: who is missing, empty or no text"),
        ([entry(expires=None)], "LOG-02: expires is missing or no date"),
        ([entry(expires='"2026-12-31"')], "LOG-02: expires is missing or no date"),
        ([entry(expires="2026-12-31T00:00:00Z")], "LOG-02: expires is missing or no date"),
        ([entry(expires="2026-11-22")], "LOG-02: it expired on 2026-11-22, and today is 2026-11-23 (UTC)"),
        ([entry(), entry(who='"Sato"')], "LOG-02 is waived 2 times"),
        ([entry(ticket="1")], "LOG-02: ticket is unknown"),
        ([entry(item=r'"x\u001b\nGO"')], "x\\u001b\n  | GO: the checklist has no such line"),
    ],
)
def test_a_waiver_that_cannot_be_honoured_is_refused(tmp_path: Path, entries: list[dict[str, str]], says: str):
    with pytest.raises(InvalidWaivers) as refused:
        read(tmp_path, *entries)
    assert f"evidence: {says}" in str(refused.value)
    assert "remedy:" in str(refused.value)


def test_all_faults_are_said_at_once(tmp_path: Path):
    with pytest.raises(InvalidWaivers) as refused:
        read(tmp_path, entry(item='"LOG-99"', who='""'), entry(expires="2020-01-01"))
    assert str(refused.value).count("evidence:") == 3


@pytest.mark.parametrize("text", ["[[waiver]", "waiver = 1", "waiver = [1]", "[waivers]"])
def test_what_is_no_list_of_waivers_is_refused(tmp_path: Path, text: str):
    file = tmp_path / "waivers.toml"
    file.write_text(text)
    with pytest.raises(InvalidWaivers):
        waivers.read(file, LINES, TODAY)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path):
    with pytest.raises(InvalidWaivers):
        waivers.read(tmp_path / "none.toml", LINES, TODAY)


@given(days=st.integers(-400, 400))
def test_a_waiver_holds_through_its_last_day(tmp_path_factory: pytest.TempPathFactory, days: int):
    last = entry(expires=(TODAY + timedelta(days)).isoformat())
    if days >= 0:
        assert "LOG-02" in read(tmp_path_factory.mktemp("waivers"), last)
        return
    with pytest.raises(InvalidWaivers):
        read(tmp_path_factory.mktemp("waivers"), last)


STATUSES = st.lists(st.sampled_from([PASSED, FAILED, BROKEN, NOT_CHECKED]), min_size=1, max_size=3)


@given(of=st.dictionaries(st.sampled_from(list(LINES)), STATUSES, min_size=1, max_size=6), data=st.data())
def test_go_means_that_each_line_passed_or_failed_and_is_waived(of: dict[str, list[Status]], data: st.DataObject):
    excused = data.draw(st.sets(st.sampled_from(list(of))))
    scenarios = [
        Scenario(f"{id} {n}", [id], status) for id, statuses in of.items() for n, status in enumerate(statuses)
    ]
    found = verdict.judge_lines(LINES, scenarios, set(of))
    items = waivers.apply(found, {id: waived() for id in excused})
    word, code = verdict.conclude(items, set(of), complete=True)
    good = all(set(told) == {PASSED} or (id in excused and set(told) <= {PASSED, FAILED}) for id, told in of.items())
    assert (word == "GO", code == 0) == (good, good)
    assert [item.status for item in items.values()] == [item.status for item in found.values()]
    assert {id for id, item in items.items() if item.waived} == {
        id for id in excused if FAILED in of[id] and set(of[id]) <= {PASSED, FAILED}
    }


def test_a_waived_no_stays_visible_and_is_go():
    told = judged(failed("LOG-02"), waivers={"LOG-02": waived()})
    jsonschema.validate(json.loads(told.to_json()), SCHEMA)
    assert (told.verdict, told.exit) == ("GO", 0)
    line = told.items["LOG-02"]
    assert (line.status, line.waived) == (FAILED, waived())
    assert told.diagnoses[0].items == ["LOG-02"]


def test_a_waiver_that_is_not_needed_is_told():
    assert "the waiver of LOG-02 excuses nothing: passed" in judged(waivers={"LOG-02": waived()}).notes


@pytest.mark.parametrize(
    ("status", "waivers", "closed"), [(FAILED, True, False), (FAILED, False, True), (BROKEN, True, True)]
)
def test_the_gate_opens_for_a_precondition_that_failed_and_is_waived(status: Status, waivers: bool, closed: bool):
    scenario = failed("LAM-01")
    scenario.status = status
    told = record(scenario, waivers={"LAM-01": waived()} if waivers else {})
    assert (told.failed_preconditions() == ["LAM-01"], told.is_excused(scenario.id)) == (closed, not closed)


def test_the_gate_stays_closed_for_the_lines_of_a_scenario_that_nobody_waived():
    both: Any = failed("LAM-01")
    both.items = ["LAM-01", "KNO-01"]
    told = record(both, waivers={"LAM-01": waived()})
    assert told.failed_preconditions() == ["KNO-01"]
    assert not told.is_excused(both.id)
