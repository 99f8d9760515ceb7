"""Changes that the generator draws: the same for a seed, evenly over operators, and such as can be deployed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter

import pytest
import yaml

from defects.generator import draw, lawful
from defects.generator.change import BUNDLED, Change, Replacement, apply, copy_pipeline, diff, read_sources
from defects.generator.judge import names_of
from defects.generator.score import equivalents
from steps.paths import ROOT

TALLY = ROOT / "examples" / "tally"
OF_LIFE = {
    *("retry dropped", "catch swallows", "choice inverted", "list of the map cut", "path made a literal"),
    *("property dropped", "enumeration's other value", "policy's action misspelt", "reference to a sibling"),
    *("rule's pattern narrowed", "lifecycle added", "encryption changed", "delivery's retries changed"),
    *("constraint dropped", "trigger added", "upsert sets", "upsert takes the greater", "order lost", "lock lost"),
    *("comparison changed", "exception swallowed", "commit moved", "value cached over invocations"),
    *("success line moved", "clock or zone changed", "left over lost"),
}


@pytest.fixture(scope="module", params=[BUNDLED, TALLY], ids=["bundled", "tally"])
def sources(request, tmp_path_factory):
    return read_sources(copy_pipeline(request.param, tmp_path_factory.mktemp("copy") / "pipeline"))


@pytest.fixture(scope="module")
def faults(sources):
    return draw.find_changes(sources)


def test_a_seed_draws_the_same_mutants_and_another_seed_others(sources, faults):
    ids = [[each.id for each in draw.draw(sources, faults, seed, 30)] for seed in (1, 1, 2)]
    assert ids[0] == ids[1] != ids[2]
    assert len(set(ids[0])) == 30
    again = [each.id for each in draw.find_changes(sources)]
    assert again == [each.id for each in faults]


def test_a_seed_draws_the_same_mutants_in_another_process():
    line = [sys.executable, "-m", "defects", "generate", "--seed=41", "--count=100", "--list"]
    shown = [
        subprocess.run(
            line, cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": hash_seed}, capture_output=True, text=True, check=True
        ).stdout
        for hash_seed in ("1", "3")
    ]
    assert shown[0] == shown[1] != ""


def test_mutants_are_drawn_evenly_over_operators(sources, faults):
    operators = {(each.layer, each.operator) for each in faults}
    drawn = Counter((each.layer, each.operator) for each in draw.draw(sources, faults, 3, len(operators)))
    assert max(drawn.values()) == 1
    assert {layer for layer, _ in drawn} == {"state machine", "template", "sql", "python"}


def test_each_kind_of_fault_has_an_operator(faults):
    assert {each.operator for each in faults} >= OF_LIFE


@pytest.mark.parametrize("find", [draw.find_changes, lawful.find_changes], ids=["faults", "lawful"])
def test_a_change_of_each_operator_can_be_read_and_shows_as_a_diff(sources, find):
    of_operators: dict[str, list] = {}
    for each in find(sources):
        of_operators.setdefault(f"{each.layer}, {each.operator}", []).append(each)
    for all_ in of_operators.values():
        change = next(each for each in all_ if draw.is_readable(sources, each))
        shown = diff(sources, change).splitlines()
        assert shown[0].startswith("--- a/")
        assert change.place
        for file, text in apply(sources, change).items():
            assert text != sources[file]
            if file.endswith(".json"):
                states = json.loads(text)["States"]
                assert states.keys() - {"Go on"}
            if file.endswith(".yaml"):
                old, new = (yaml.compose(each) for each in (sources[file], text))
                assert old is not None
                assert new is not None
                assert [key.value for key, _ in old.value] == [key.value for key, _ in new.value]


def test_another_way_of_writing_is_no_mutant(sources):
    text = sources["data.yaml"]
    at = text.index('"*"')
    change = Change("template", "policy's resource widened", "a role", (Replacement("data.yaml", at, at + 3, "'*'"),))
    assert draw.draw(sources, [change], 1, 1) == []


def test_the_place_of_a_change_of_the_schema_is_its_own_table(sources, faults):
    for change in faults:
        if change.operator == "table dropped":
            lost = diff(sources, change, context=0)
            assert f"-CREATE TABLE IF NOT EXISTS {change.place} (" in lost


def test_a_property_is_dropped_and_nothing_else(sources, faults):
    for change in [each for each in faults if each.operator in ("property dropped", "resource dropped")][::7]:
        lines = [line for line in diff(sources, change, 0).splitlines() if line.startswith("+") and line[:3] != "+++"]
        assert all("- " in line or "{" in line or "[" in line for line in lines), diff(sources, change)


def test_an_id_does_not_depend_on_the_lines_before(sources, faults):
    moved = {file: f"# moved\n{text}" if file.endswith(".py") else text for file, text in sources.items()}
    ids = {each.id for each in draw.find_changes(moved)}
    assert {each.id for each in faults} == ids


def test_the_names_of_a_place_are_those_of_state_and_property(faults):
    retry = next(each for each in faults if each.operator == "retry dropped")
    assert {retry.place.partition(":")[0], "Retry"} <= names_of(retry, '-      "Retry": [')


def test_each_equivalent_mutant_is_one_that_is_made(tmp_path):
    ids = set()
    for folder in (BUNDLED, TALLY):
        copied = read_sources(copy_pipeline(folder, tmp_path / folder.name))
        ids |= {each.id for each in draw.find_changes(copied)}
    assert equivalents().keys() - ids == set()
