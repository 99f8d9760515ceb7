"""Where an execution's input names the object, and inputs made by hand."""

from __future__ import annotations

import pytest

from steps.drivers.execution_input import ObjectPaths, object_created
from steps.drivers.jsonpath import at, placed
from steps.drivers.s3 import Upload

UPLOAD = Upload("our-bucket", "incoming/users.csv", "v1", 1352, "0" * 32, 0)
EVENT = object_created(UPLOAD, account="123456789012", region="ap-northeast-1")
FLAT = ObjectPaths("$.bucket", "$.file.key", "$.file['version']")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$", {"a": [{"b-c": 1}], "d e": 2}),
        ("$.a[0].b-c", 1),
        ("$['a'][0][\"b-c\"]", 1),
        ("$['d e']", 2),
        ("$.a[1]", None),
        ("$.a.b", None),
        ("$.a[0].b-c.x", None),
    ],
)
def test_a_path_leads_to_a_value_or_to_none(path: str, value: object):
    assert at({"a": [{"b-c": 1}], "d e": 2}, path) == value


@pytest.mark.parametrize("path", ["", "a", "$.", "$..a", "$.a[*]", "$.a[?(@.b)]", "$.a b", "$['a", "$.a[-1]"])
def test_a_path_that_does_not_lead_to_one_value_is_refused(path: str):
    with pytest.raises(ValueError, match="is no path of names"):
        at({}, path)


def test_a_value_is_placed_in_a_copy_beside_what_is_there():
    given = {"a": {"b": 1}}
    assert placed(given, "$.a.c.d", 2) == {"a": {"b": 1, "c": {"d": 2}}}
    assert given == {"a": {"b": 1}}


def test_the_event_is_the_input_where_the_paths_lead_into_it():
    assert ObjectPaths().input_for(UPLOAD, EVENT) is EVENT
    assert ObjectPaths().named_in(EVENT) == ("our-bucket", "incoming/users.csv", "v1")


def test_an_input_of_another_shape_holds_the_object_and_nothing_else():
    given = FLAT.input_for(UPLOAD, EVENT)
    assert given == {"bucket": "our-bucket", "file": {"key": "incoming/users.csv", "version": "v1"}}
    assert FLAT.lacking_in(given, UPLOAD) == []


@pytest.mark.parametrize("given", [None, [], "text", {}, {"bucket": {"name": "our-bucket"}, "file": "x"}, EVENT])
def test_an_input_of_something_else_names_nothing(given: object):
    assert FLAT.lacking_in(given, UPLOAD) == ["$.bucket", "$.file.key", "$.file['version']"]


def test_the_input_of_another_version_lacks_just_that():
    given = placed(FLAT.input_for(UPLOAD, EVENT), "$.file.version", "v2")
    assert FLAT.lacking_in(given, UPLOAD) == ["$.file['version']"]
