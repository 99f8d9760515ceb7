"""Event patterns match and are refused as AWS documents it."""

import fnmatch
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_aws.eventbridge.inputs import at_path, target_input
from local_aws.eventbridge.pattern import matches
from local_aws.eventbridge.pattern_rules import InvalidPattern, parse_pattern
from local_aws.internal_client import CallFailed


@pytest.mark.parametrize(
    ("members", "accepted", "refused"),
    [
        (["a", "b"], ["a", "b", ["x", "a"]], ["c", "A", [], None, ["x"], {"a": 1}]),
        ([""], [""], ["a"]),
        ([None], [None, [None]], ["", 0]),
        ([1], [1], [1.5, "1", True]),
        ([True], [True], [1, "true"]),
        ([{"prefix": "in/"}], ["in/", "in/a"], ["In/a", "xin/", 1]),
        ([{"prefix": {"equals-ignore-case": "IN/"}}], ["in/a", "In/a"], ["x"]),
        ([{"suffix": ".csv"}], [".csv", "a.csv"], ["a.csvx", ".CSV"]),
        ([{"suffix": {"equals-ignore-case": ".csv"}}], ["a.CSV"], ["a.tsv"]),
        ([{"prefix": "in/"}, {"suffix": ".csv"}], ["in/a", "a.csv"], ["a"]),
        ([{"equals-ignore-case": "Abc"}], ["abc", "ABC"], ["abcd"]),
        ([{"wildcard": "in/*.csv"}], ["in/.csv", "in/a/b.csv", "in/\n.csv"], ["in/a.csv.gz", "xin/a.csv"]),
        ([{"wildcard": r"a\*b\\*"}], ["a*b\\", "a*b\\c"], ["axb\\", "a*bc"]),
        ([{"wildcard": "a.c"}], ["a.c"], ["abc"]),
        ([{"anything-but": "a"}], ["b", 1, ["a", "b"]], ["a", ["a"], []]),
        ([{"anything-but": ["a", "b"]}], ["c"], ["a", "b"]),
        ([{"anything-but": [1, 2]}], [3, "1"], [1, 2]),
        ([{"anything-but": {"prefix": "in/"}}], ["out/"], ["in/a"]),
        ([{"anything-but": {"suffix": [".a", ".b"]}}], ["x.c"], ["x.a", "x.b"]),
        ([{"anything-but": {"wildcard": "*/x/*"}}], ["a/y/b"], ["a/x/b"]),
        ([{"anything-but": {"equals-ignore-case": ["A"]}}], ["b"], ["a"]),
        ([{"numeric": ["=", 5]}], [5, 5.0], [6, "5", True]),
        ([{"numeric": [">", 0, "<=", 5]}], [1, 5, [9, 3]], [0, 6, [0, 6]]),
        ([{"numeric": ["<=", 104857600]}], [0, 104857600], [104857601]),
        ([{"cidr": "10.0.0.0/24"}], ["10.0.0.255"], ["10.0.1.0", "x", 1]),
        ([{"cidr": "2001:db8::/32"}], ["2001:db8::1"], ["10.0.0.1"]),
        ([{"exists": True}], ["a", None, 0], [{"a": 1}]),
        ([{"numeric": [">=", 1, "<=", 1]}], [1], [2]),
        ([{"wildcard": "*/in/*.a"}, {"wildcard": "*/in/*.b"}], ["x/in/y.b"], ["x/in/y.c"]),
    ],
)
def test_members_of_a_list(members: list[Any], accepted: list[Any], refused: list[Any]) -> None:
    pattern = parse_pattern(json.dumps({"field": members}))
    assert [value for value in accepted if not matches(pattern, {"field": value})] == []
    assert [value for value in refused if matches(pattern, {"field": value})] == []


@pytest.mark.parametrize(
    ("pattern", "event", "expected"),
    [
        ({"a": {"b": ["x"]}, "c": ["y"]}, {"a": {"b": "x"}, "c": "y"}, True),
        ({"a": {"b": ["x"]}, "c": ["y"]}, {"a": {"b": "x"}}, False),
        ({"a": {"b": ["x"]}}, {"a": [{"b": "w"}, {"b": "x"}]}, True),
        ({"a": {"b": ["x"]}}, {"a": "x"}, False),
        ({"a": [{"exists": False}]}, {}, True),
        ({"a": [{"exists": False}]}, {"a": None}, False),
        ({"a": {"b": [{"exists": False}]}}, {}, True),
        ({"a": {"b": [{"exists": False}]}}, {"a": {"b": 1}}, False),
        ({"a": [{"exists": False}, "x"]}, {"a": "x"}, True),
        ({"a": [{"anything-but": "x"}]}, {}, False),
        ({"$or": [{"a": ["x"]}, {"b": ["y"]}]}, {"b": "y"}, True),
        ({"$or": [{"a": ["x"]}, {"b": ["y"]}]}, {"b": "x"}, False),
        ({"c": ["z"], "$or": [{"a": ["x"]}, {"b": ["y"]}]}, {"a": "x"}, False),
        ({"a.b": ["x"]}, {"a": {"b": "x"}}, True),
        ({"a": {"b": {"c": ["x"]}}}, {"a": [{"b": "w"}, {"b.c": "x"}]}, True),
        ({"a.b": {"c": ["x"]}}, {"a": {"b": "x"}}, False),
        ({"a.b": [{"exists": False}]}, {"a": {"b": 1}}, False),
        ({"d": {"$or": [{"a": ["x"]}, {"b": [{"numeric": [">", 1]}]}]}}, {"d": {"b": 2}}, True),
    ],
)
def test_fields(pattern: dict[str, Any], event: dict[str, Any], expected: bool) -> None:
    assert matches(parse_pattern(json.dumps(pattern)), event) is expected


@pytest.mark.parametrize(
    "pattern",
    [
        "no json",
        '"text"',
        "{}",
        '{"a": "x"}',
        '{"a": []}',
        '{"a": {}}',
        '{"a": [["x"]]}',
        '{"a": [{"prefix": "x", "suffix": "y"}]}',
        '{"a": [{}]}',
        '{"a": [{"regex": "x"}]}',
        '{"a": [{"prefix": 1}]}',
        '{"a": [{"wildcard": "a**b"}]}',
        '{"a": [{"wildcard": "a\\\\b"}]}',
        '{"a": [{"exists": "yes"}]}',
        '{"a": [{"numeric": [">"]}]}',
        '{"a": [{"numeric": [">", "1"]}]}',
        '{"a": [{"numeric": [">", 1, ">", 2]}]}',
        '{"a": [{"numeric": ["!=", 1]}]}',
        '{"a": [{"numeric": ["<", 5000000001]}]}',
        '{"a": [{"anything-but": []}]}',
        '{"a": [{"anything-but": ["a", 1]}]}',
        '{"a": [{"anything-but": {"exists": true}}]}',
        '{"a": [{"cidr": "10.0.0"}]}',
        '{"a": [{"numeric": [">", 1, "<=", 1]}]}',
        '{"a": [{"numeric": ["<", 1, ">", 2]}]}',
        '{"a": [{"wildcard": "*:*:*:*:*:x"}]}',
        '{"a": [{"wildcard": "*/in/*.a"}, {"wildcard": "*/in/*.b"}, {"wildcard": "*/in/*.c"}]}',
        '{"$or": [{"a": ["x"]}]}',
        '{"$or": {"a": ["x"]}}',
    ],
)
def test_patterns_that_are_refused(pattern: str) -> None:
    with pytest.raises(InvalidPattern):
        parse_pattern(pattern)


LEAVES = st.none() | st.booleans() | st.integers() | st.text()
EVENTS = st.dictionaries(
    st.text(min_size=1).filter(lambda name: name != "$or" and "." not in name),
    st.recursive(
        LEAVES,
        lambda inner: st.dictionaries(
            st.text(min_size=1).filter(lambda name: name != "$or" and "." not in name), inner, min_size=1, max_size=3
        ),
        max_leaves=8,
    ),
    min_size=1,
    max_size=4,
)


def exactly(event: dict[str, Any]) -> dict[str, Any]:
    return {name: exactly(value) if isinstance(value, dict) else [value] for name, value in event.items()}


@given(EVENTS)
def test_a_pattern_of_an_events_own_values_matches_it_and_no_event_without_one(event: dict[str, Any]) -> None:
    pattern = parse_pattern(json.dumps(exactly(event)))
    assert matches(pattern, event)
    for name in event:
        assert not matches(pattern, {other: value for other, value in event.items() if other != name})


@given(st.text("ab*", max_size=8).filter(lambda text: "**" not in text), st.text("ab", max_size=8))
def test_wildcards_match_as_in_a_file_system(wildcard: str, value: str) -> None:
    assert matches({"a": [{"wildcard": wildcard}]}, {"a": value}) == fnmatch.fnmatchcase(value, wildcard)


@pytest.mark.parametrize(
    ("path", "expected"),
    [("$", ...), ("$.a.b[1]", 2), ("$.detail-type", "x"), ("$['a']['b'][0]", 1), ("$.a.c", None), ("$.a.b.c", None)],
)
def test_paths(path: str, expected: Any) -> None:
    event = {"a": {"b": [1, 2]}, "detail-type": "x"}
    assert at_path(event, path) == (event if expected is ... else expected)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ('{"n": <n>, "t": <t>, "o": <o>}', {"n": 1, "t": 'a"b', "o": {"k": [1]}}),
        ('{"s": "<t> and <n>"}', {"s": 'a"b and 1'}),
        ('"an <o>"', "an {k:[1]}"),
        ('{"s": "<missing>|", "m": <missing>}', {"s": "|", "m": ""}),
        ('"only <n>"', "only 1"),
        ('{"rule": <aws.events.rule-name>}', {"rule": "rule"}),
        ('{"event": <aws.events.event>}', {"event": {"source": "x"}}),
        ('{"event": <aws.events.event.json>}', ...),
    ],
)
def test_input_templates(template: str, expected: Any) -> None:
    event = {"source": "x", "detail": {"n": 1, "t": 'a"b', "o": {"k": [1]}}}
    paths = {"n": "$.detail.n", "t": "$.detail.t", "o": "$.detail.o", "missing": "$.detail.nothing"}
    target = {"InputTransformer": {"InputPathsMap": paths, "InputTemplate": template}}
    given_input = json.loads(target_input(target, event, {"Name": "rule", "Arn": "arn"}))
    assert given_input == ({"event": event} if expected is ... else expected)


def test_an_object_in_the_quotes_of_an_object_is_not_delivered() -> None:
    transformer = {"InputPathsMap": {"o": "$.detail"}, "InputTemplate": '{"s": "<o>"}'}
    with pytest.raises(CallFailed, match="no JSON"):
        target_input({"InputTransformer": transformer}, {"detail": {"k": 1}}, {"Name": "rule", "Arn": "arn"})
