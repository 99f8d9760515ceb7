"""The Japanese of the features, of evidence and of reasons: none lacks it, and no template says another thing."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest
from pytest_bdd.parser import FeatureParser

from steps.paths import FEATURES, ROOT
from steps.targets import limits
from steps.verdict import verdict
from steps.verdict.japanese import templates, translate
from steps.verdict.words import parameters

JAPANESE = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")
TELLING = {"Deviation": 1, "suspect": 1, "not_checked": 0, "control": 0}
"""The functions that are given a text for the reader, and where among their arguments."""


def texts_of_features() -> Iterator[str]:
    """Yield the names of features and scenarios, and their steps."""
    for file in sorted(FEATURES.rglob("*.feature")):
        feature = FeatureParser(str(FEATURES), str(file.relative_to(FEATURES))).parse()
        yield feature.name or ""
        for scenario in feature.scenarios.values():
            yield from (scenario.name, *(step.name.partition("\n")[0] for step in scenario.steps))


def texts_of_steps() -> Iterator[str]:
    """Yield each text that a step gives to the reader, with a word in place of each value."""
    for area in ("preconditions", "run", "results", "risks"):
        for file in sorted((ROOT / "steps" / area).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.Call):
                    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                    given = node.args[TELLING[name] :][:1] if name in TELLING else []
                    yield from filter(None, map(text, given))


def text(node: ast.expr) -> str:
    """Return the text of a constant or an f-string; empty for any other expression, or if all of it are values."""
    match node:
        case ast.Constant(value=str(told)):
            return told
        case ast.JoinedStr(values=parts):
            own = "".join(str(each.value) for each in parts if isinstance(each, ast.Constant))
            words = (str(each.value) if isinstance(each, ast.Constant) else "word" for each in parts)
            return "".join(words) if len(own.strip(" :<>")) > 4 else ""
    return ""


REASONS = [verdict.UNCLAIMED, verdict.INTERRUPTED, verdict.UNFINISHED, verdict.LIMIT + "word"]
LIMITS = [why for limit in limits.read().values() for why in limit.items.values()]


def test_what_readers_are_told_has_its_japanese():
    all_told = {*texts_of_features(), *texts_of_steps(), *REASONS, *LIMITS}
    assert sorted(told for told in all_told if not JAPANESE.search(translate(told).ja)) == []
    assert [told for told in all_told if translate(told).en != told] == []


def test_each_template_has_the_same_values_in_both_languages():
    assert {en: ja for en, ja in templates().items() if parameters(en) != parameters(ja)} == {}


@pytest.mark.parametrize(
    ("english", "japanese"),
    [
        (
            "limit of the target: it enforces no IAM, so that the fault cannot be made",
            "実行先の制約: IAMを適用しないため、",
        ),
        ("the cause\n  remedy: look", "the cause\n  対処: look"),
        ("the database has gone, and is not there", "the database has gone, and is not there"),
    ],
)
def test_values_and_lines_are_told_in_japanese_and_other_texts_as_they_are(english: str, japanese: str):
    assert translate(english).ja.startswith(japanese)
