"""The catalogue of defects is whole: enough in each area, each line noticed by one, each edit fitting the sources."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

import pytest

from defects import catalogue_reader, sabotage
from defects.catalogue_reader import MalformedCatalogue
from defects.pipeline_copy import missed
from steps.diagnoses import catalogue as diagnoses
from steps.paths import ROOT
from steps.verdict import checklist

LINES = checklist.read()
DEFECTS = catalogue_reader.read(LINES, diagnoses.read())
ELSEWHERE = tomllib.loads((catalogue_reader.FOLDER / "proven_elsewhere.toml").read_text("utf-8"))
AREAS = {
    *("event_contract", "state_machine", "splitter", "processor", "audit", "jobs_and_locks", "logs"),
    *("configuration", "iam", "network", "data", "database", "performance"),
}


def test_each_area_has_enough_defects():
    areas = catalogue_reader.areas(DEFECTS)
    assert areas.keys() == AREAS
    assert {area: names for area, names in areas.items() if len(names) < 6} == {}
    assert len(DEFECTS) >= 100


def test_each_line_of_the_checklist_has_to_notice_a_defect_or_is_proven_elsewhere():
    noticing = {id for defect in DEFECTS.values() for id in defect.items}
    assert LINES.keys() - noticing == ELSEWHERE.keys()


@pytest.mark.parametrize("id", ELSEWHERE)
def test_what_is_proven_elsewhere_is(id: str):
    file, name = ELSEWHERE[id]["test"].split("::")
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    assert name in [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert ELSEWHERE[id]["why"]


def test_each_variable_of_the_functions_is_missing_misspelt_or_astray_in_some_defect():
    template = (ROOT / "system_under_test" / "template.yaml").read_text("utf-8")
    block = template.partition("Variables:\n")[2].partition("\nResources:")[0]
    variables = [line.partition(":")[0].strip() for line in block.splitlines() if line.strip()]
    assert len(variables) == 20
    parameters = {"CHUNK_SIZE": "ChunkSize"}
    told = "\n".join(file.read_text("utf-8") for file in catalogue_reader.FOLDER.glob("*/*.toml"))
    assert [each for each in variables if each not in told and parameters.get(each, each) not in told] == []


def test_each_edit_fits_the_sources():
    assert missed(edit for defect in DEFECTS.values() for edit in defect.edits) == []


def test_each_change_from_outside_is_one_that_can_be_made():
    for name, defect in DEFECTS.items():
        for function, *arguments in filter(None, (defect.after_deploy, defect.after_run)):
            made = getattr(sabotage, function)
            assert len(arguments) == made.__code__.co_argcount, name


def test_no_two_defects_are_told_alike():
    for told in ("what", "how"):
        sentences = [getattr(defect, told) for defect in DEFECTS.values()]
        assert len(set(sentences)) == len(sentences)


def test_all_faults_of_malformed_files_are_told_at_once(tmp_path: Path):
    area = tmp_path / "data"
    area.mkdir()
    (area / "no_toml.toml").write_text("what =")
    (area / "nothing.toml").write_text("")
    (area / "strange.toml").write_text(
        'what = "Something is wrong with it."\nhow = "It comes about somehow, they say."\nitems = ["XYZ-01"]\n'
        'diagnosis = "bad-luck"\nafter_run = ["sql", "DELETE FROM users"]\n'
    )
    (area / "unchanging.toml").write_text(
        'what = "Nothing is wrong with it at all."\nhow = "It never comes about in life."\nitems = ["INF-01"]\n'
        'diagnosis = "aurora-stopped"\ncolour = "red"\n'
    )
    with pytest.raises(MalformedCatalogue) as told:
        catalogue_reader.read(LINES, diagnoses.read(), tmp_path)
    for fault in (
        "data/no_toml: ",
        "data/nothing: what: Field required",
        "data/nothing: items: Field required",
        "data/strange: XYZ-01 is no line of the checklist",
        "data/strange: bad-luck is no diagnosis",
        "data/unchanging: colour: Extra inputs are not permitted",
    ):
        assert f"\n  evidence: {fault}" in str(told.value)


def test_a_defect_that_changes_nothing_is_none(tmp_path: Path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "idle.toml").write_text(
        'what = "Nothing is wrong with it at all."\nhow = "It never comes about in life."\nitems = ["INF-01"]\n'
        'diagnosis = "aurora-stopped"\n'
    )
    with pytest.raises(MalformedCatalogue, match="changes nothing"):
        catalogue_reader.read(LINES, diagnoses.read(), tmp_path)


def test_a_defect_that_needs_root_is_left_out_without_it():
    without = catalogue_reader.possible(DEFECTS, as_root=False)
    assert "processor/notes_beside_its_code" in DEFECTS.keys() - without.keys()
    assert "splitter/file_held_in_memory" in without
    assert catalogue_reader.possible(DEFECTS, as_root=True) == DEFECTS
