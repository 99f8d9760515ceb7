"""The catalogue of messages: each step names a message that is there and gives it its values, and none is left over."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from steps.paths import ROOT
from steps.verdict import checklist
from steps.verdict.messages import CATALOGUE, WHERE, choose, judge
from steps.verdict.words import Words, enumerate_items, fill, parameters, shorten_arns

EXECUTION = "arn:aws:states:ap-northeast-1:123456789012:execution:machine:4c1f_9e"


class Call(NamedTuple):
    """A call that names a message or a phrase, with the names of the values that it gives."""

    place: str
    id: str
    values: frozenset[str]


def calls(*names: str) -> Iterator[Call]:
    """Yield each call in steps/ of a function or method of these names."""
    of_the_method = {"equal": {"got", "wanted"}}
    for file in sorted((ROOT / "steps").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            ids = [each.value for each in node.args if isinstance(each, ast.Constant) and isinstance(each.value, str)]
            if name in names and ids:
                values = frozenset(each.arg for each in node.keywords if each.arg) | of_the_method.get(name, set())
                yield Call(f"{file.relative_to(ROOT)}:{node.lineno}", ids[-1], values)


JUDGING = list(calls("holds", "equal", "none", "there"))
PHRASING = list(calls("phrase"))


def test_each_step_gives_its_message_every_value_and_none_that_nothing_tells():
    told = {call: CATALOGUE.message[call.id].parameters for call in JUDGING}
    assert {call.place: lacking for call, all_ in told.items() if (lacking := all_ - call.values)} == {}
    free = {WHERE, "evidence", "missing", "got", "wanted"}
    assert {call.place: more for call, all_ in told.items() if (more := call.values - free - all_)} == {}


def test_each_phrase_is_given_every_value_and_no_other():
    assert [call for call in PHRASING if parameters(CATALOGUE.phrase[call.id].en) != call.values] == []


def test_no_message_is_left_over():
    assert CATALOGUE.message.keys() - {"plain"} == {call.id for call in JUDGING}


def test_a_line_tells_of_messages_that_are_there():
    assert CATALOGUE.tells.keys() <= checklist.read().keys()
    assert {id for ids in CATALOGUE.tells.values() for id in ids} <= CATALOGUE.message.keys()


def test_a_line_tells_what_is_chosen_for_it_and_of_a_no_the_failing_check_alone():
    equal = judge("statistics-equal", True, {"users": 100, "wrong": 0})
    others = judge("others-unchanged", True, {"others": 1, "changed": 0})
    beside = judge("stores-agree", True, {"records": 93, "wrong": 0})
    assert choose("AUR-03", [beside, others, equal]) == [equal, others]
    assert choose("AUR-03", [beside]) == [beside]
    altered = judge("others-unchanged", False, {"others": 10, "changed": 1}, where="U00101")
    assert choose("AUR-03", [equal, altered]) == [altered]


def test_values_are_told_as_people_say_them():
    words = fill(Words("{n}行：{who}", "{n:row|rows}: {who}"), n=1, who=EXECUTION)
    assert words == Words("1行：4c1f_9e", "1 row: 4c1f_9e")
    assert fill(words).en == "1 row: 4c1f_9e"
    assert fill(Words("{x}", "{x}"), x=None) == Words("なし", "nothing")
    assert enumerate_items(["a", "b"]) == Words("a、b", "a and b")
    assert enumerate_items([str(n) for n in range(5)]) == Words("0、1、2 ほか2件", "0, 1, 2 and 2 more")


@pytest.mark.parametrize(
    ("arn", "name"),
    [
        (EXECUTION, "4c1f_9e"),
        ("arn:aws:lambda:ap-northeast-1:123456789012:function:csv-splitter", "csv-splitter"),
        ("arn:aws:iam::123456789012:role/csv-role", "csv-role"),
        ("arn:aws:s3:::bucket/incoming/any.csv", "bucket/incoming/any.csv"),
        ("arn:aws:lambda:ap-northeast-1:123456789012:layer:shared:3", "shared:3"),
        ("arn:aws:dynamodb:ap-northeast-1:123456789012:table/audit", "audit"),
    ],
)
def test_an_arn_becomes_the_name_of_its_resource(arn: str, name: str):
    assert shorten_arns(f"it uses {arn}, not {arn}") == f"it uses {name}, not {name}"
