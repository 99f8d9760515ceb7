"""Every line of the checklist, as GO and as NO by each of its checks, in both languages."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from functools import cache
from string import Formatter
from typing import Any

import pytest
from markupsafe import escape
from pytest_bdd.parser import Feature, FeatureParser, ScenarioTemplate
from pytest_bdd.parsers import parse, string
from pytest_bdd.parsers import re as regex

from steps.paths import FEATURES, ROOT
from steps.reporting.sheet.content import Sheet, fill_in
from steps.reporting.sheet.html import html
from steps.reporting.sheet.markdown import markdown
from steps.verdict import checklist
from steps.verdict.messages import CATALOGUE, Judgement, judge
from steps.verdict.verdict import FAILED, PASSED
from steps.verdict.verdict import Scenario as Result
from steps.verdict.words import Words
from tests.steps.reporting.sentences import find_faults
from tests.steps.reporting.verdicts import verdict

LINES = checklist.read()
PARSERS: dict[str, Callable[[str], Any]] = {"parse": parse, "re": regex}
JUDGING = {"holds", "equal", "none", "there"}
TYPICAL = Words("代表値", "a typical value")


@cache
def functions() -> tuple[dict[str, set[str]], list[tuple[Any, str]]]:
    """Return the functions and messages that each function of the steps names, and each step's pattern and function."""
    names: dict[str, set[str]] = {}
    patterns = []
    for file in sorted((ROOT / "steps").rglob("*.py")):
        for node in ast.parse(file.read_text("utf-8")).body:
            if not isinstance(node, ast.FunctionDef):
                continue
            calls = [each for each in ast.walk(node) if isinstance(each, ast.Call)]
            ids = {
                each.args[-1].value
                for each in calls
                if getattr(each.func, "attr", "") in JUDGING
                and each.args
                and isinstance(each.args[-1], ast.Constant)
                and isinstance(each.args[-1].value, str)
            }
            called = {f"{file}:{each.func.id}" for each in calls if isinstance(each.func, ast.Name)}
            names[f"{file}:{node.name}"] = ids | called
            patterns += [(found, f"{file}:{node.name}") for each in node.decorator_list if (found := pattern(each))]
    return names, patterns


def pattern(decorator: ast.expr) -> Any:
    """Return pytest-bdd's parser of a step's decorator; None for another decorator."""
    match decorator:
        case ast.Call(func=ast.Name(id="given" | "when" | "then"), args=[ast.Constant(value=str(text))]):
            return string(text)
        case ast.Call(args=[ast.Call(func=ast.Attribute(attr=kind), args=[ast.Constant(value=str(text))])]):
            return PARSERS[kind](text) if kind in PARSERS else None
    return None


def messages(scenario: ScenarioTemplate) -> Iterator[str]:
    """Yield the ids of the messages in which the steps of a scenario tell what they found."""
    names, patterns = functions()
    for step in scenario.steps:
        for found, name in patterns:
            if found.is_matching(step.name):
                seen: set[str] = set()
                left = [name]
                while left:
                    for each in names.get(left.pop(), set()) - seen:
                        seen.add(each)
                        left.append(each)
                yield from sorted(seen & CATALOGUE.message.keys())


@cache
def messages_by_line() -> dict[str, list[str]]:
    """Return the messages of each line's checks, on every target."""
    found: dict[str, list[str]] = {}
    for file in sorted(FEATURES.rglob("*.feature")):
        feature: Feature = FeatureParser(str(FEATURES), str(file.relative_to(FEATURES))).parse()
        for scenario in feature.scenarios.values():
            for tag in scenario.tags:
                if tag.startswith("checklist:"):
                    found.setdefault(tag.removeprefix("checklist:"), []).extend(messages(scenario))
    return found


def sample(id: str, *, holds: bool) -> Judgement:
    """Return a judgement in this message, with a typical value for each parameter."""
    message = CATALOGUE.message[id]
    values: dict[str, Any] = dict.fromkeys(message.parameters, TYPICAL)
    for words in (message.wanted, message.found, message.no):
        for text in (words.ja, words.en) if words else ():
            values |= {name: 3 for _, name, spec, _ in Formatter().parse(text) if name and spec}
    return judge(id, holds, values, Words("該当箇所", "the place of it"))


def result(line: str, *findings: Judgement) -> Result:
    scenario = Result(f"features/{line}.feature::test", [line], PASSED, "", findings=list(findings))
    if not all(each.holds for each in findings):
        scenario.status, scenario.reason = FAILED, "wanted it\nevidence"
    return scenario


def go() -> Sheet:
    """Return the sheet of a session in which each line has passed all of its checks."""
    passed = [result(id, *(sample(each, holds=True) for each in ids)) for id, ids in messages_by_line().items()]
    return fill_in(verdict(*passed), LINES)


def test_every_line_has_a_check_that_tells_what_it_found():
    assert messages_by_line().keys() == LINES.keys()
    assert not [id for id, ids in messages_by_line().items() if not ids or "plain" in ids]


def test_every_line_of_a_go_is_a_sentence_in_both_languages():
    told = {line.item.id: [*find_faults(line.got), *find_faults(line.wanted)] for line in go().lines}
    assert {id: faults for id, faults in told.items() if faults} == {}


@pytest.mark.parametrize("line", LINES)
def test_a_no_of_a_line_tells_the_failing_check_alone_and_what_was_wanted(line: str):
    ids = [*dict.fromkeys(messages_by_line()[line])]
    for id in ids:
        failing = sample(id, holds=False)
        others = (sample(each, holds=True) for each in ids if each != id)
        (found,) = [
            each for each in fill_in(verdict(result(line, *others, failing)), LINES).lines if each.item.id == line
        ]
        assert found.got == failing.sentence
        assert found.got.ja.startswith(failing.got.ja)
        assert failing.wanted.ja in found.got.ja
        assert failing.wanted.en in found.got.en
        assert [*find_faults(found.got)] == []


def test_the_sheets_show_each_line_in_each_language():
    sheet = go()
    page, text = html(sheet), markdown(sheet)
    cells = re.sub(r"\\(.)", r"\1", text)
    for line in sheet.lines:
        for told in (line.got.ja, line.got.en):
            assert told in cells
            assert f">{escape(told)}<" in page


def test_the_evidence_of_a_no_without_a_diagnosis_is_what_the_line_found():
    failing = sample("statistics-equal", holds=False)
    sheet = fill_in(verdict(result("AUR-03", failing)), LINES)
    told = sheet.evidence(sheet.verdict.diagnoses[0])
    assert (told.ja.split("\n")[0], told.en.split("\n")[0]) == (failing.sentence.ja, failing.sentence.en)


def test_the_evidence_of_a_no_repeats_nothing_of_its_sentence():
    failing = sample("statistics-equal", holds=False)
    line = result("AUR-03", failing)
    line.reason = f"{failing.reason}\n{failing.where.en}\nanother"
    (told,) = [each for each in fill_in(verdict(line), LINES).lines if each.item.id == "AUR-03"]
    assert told.details == Words("another", "another")
