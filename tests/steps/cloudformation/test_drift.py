"""A pipeline as deployed has no difference; whatever somebody changes in it is named, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from steps.cloudformation.comparison import HIDDEN, find_differences
from steps.cloudformation.declared import Properties
from steps.cloudformation.drift import Comparison, read
from tests.steps.cloudformation.changes import CHANGES, Change
from tests.steps.cloudformation.conftest import PASSWORD, Pipeline, Seen, seen

pytestmark = pytest.mark.usefixtures("already")  # looks before the first test changes anything


def test_nothing_differs_from_what_has_just_been_deployed(at_first: list[Comparison]):
    assert seen(at_first) == set()


def test_every_declared_property_is_compared_but_what_aws_never_tells(at_first: list[Comparison]):
    reasons = {(each.name, property) for each in at_first for property in each.not_compared}
    assert reasons == {("AuroraCluster", "MasterUserPassword")}


def test_whatever_is_declared_otherwise_differs(pipeline: Pipeline, there: dict[str, Properties | None]):
    """Each value of both templates, altered in turn: one that nothing notices is not compared at all."""
    unnoticed = [
        f"{name}.{path}"
        for name, each in pipeline.declared.items()
        for path, properties in altered(each.properties)
        if find_differences(each.kind, properties, there[name])
        == find_differences(each.kind, each.properties, there[name])
    ]
    assert unnoticed == ["AuroraCluster.MasterUserPassword"]


def altered(node: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """(path, copy with another value there) for each scalar in `node`."""
    if isinstance(node, dict | list):
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            for where, other in altered(value, f"{path}.{key}".lstrip(".")):
                changed = node.copy()
                changed[key] = other
                yield where, changed
    else:
        yield path, "something else"


@pytest.mark.parametrize(("change", "wanted"), CHANGES, ids=[min(wanted) for _, wanted in CHANGES])
def test_a_change_from_outside_is_named_and_nothing_else(
    change: Change, wanted: Seen, pipeline: Pipeline, new: Callable[..., Seen]
):
    change(pipeline)
    services = {pipeline.declared[each.partition(":")[0]].kind.split("::")[1] for each in wanted}
    assert new(*services) == wanted


def test_a_secret_is_compared_and_never_shown(pipeline: Pipeline, new: Callable[..., Seen]):
    secrets, name = pipeline.client("secretsmanager"), pipeline["AuroraSecret"]
    other = json.dumps({"username": "postgres", "password": "another-password"})
    secrets.put_secret_value(SecretId=name, SecretString=other)
    assert new("SecretsManager") == {"AuroraSecret: SecretString.password"}
    ((found,),) = (each.differences for each in pipeline.compare("SecretsManager"))
    assert (found.declared, found.deployed) == (HIDDEN, HIDDEN)
    assert PASSWORD not in f"{pipeline.declared} {found}"


def test_a_secret_that_waits_for_its_deletion_does_not_exist(pipeline: Pipeline):
    secrets, name = pipeline.client("secretsmanager"), pipeline["AuroraSecret"]
    secrets.delete_secret(SecretId=name)
    try:
        assert read(pipeline.client, pipeline.declared["AuroraSecret"]) is None
    finally:
        secrets.restore_secret(SecretId=name)
