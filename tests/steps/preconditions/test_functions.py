"""Deviations of functions, judged by Lambda's answers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steps.drivers.functions import Function, Layer
from steps.preconditions import functions as readiness
from steps.preconditions.functions import Found

LAYER = "arn:aws:lambda:ap-northeast-1:123456789012:layer:dependencies:3"
WELL = Function(
    timeout=300,
    name="splitter",
    state="Active",
    update="Successful",
    role="arn:aws:iam::123456789012:role/any",
    runtime="python3.13",
    architecture="arm64",
    handler="splitter.handler",
    variables={"REGION": "ap-northeast-1"},
    layers=(LAYER,),
    subnets=("subnet-a", "subnet-b"),
    security_groups=("sg-functions",),
)
ABSENT = "does not exist (splitter or processor under [names] in acceptance.toml)"
FITS = Layer(LAYER, ("python3.13",), ("arm64", "x86_64"))


def of(**changes: object) -> Found:
    """One function, as it should be but for these changes."""
    return {WELL.name: replace(WELL, **changes)}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("found", "says"),
    [
        (of(), []),
        ({"splitter": None}, [("function-missing", f"splitter {ABSENT}")]),
        (of(state="Pending"), [("function-missing", "splitter is Pending, Successful")]),
        (of(update="Failed"), [("function-missing", "splitter is Active, Failed")]),
        ({**of(), "processor": None}, [("function-missing", f"processor {ABSENT}")]),
    ],
)
def test_a_function_that_is_not_there_or_not_ready(found: Found, says: list):
    assert readiness.not_ready(found) == says


VARIABLES = st.dictionaries(st.sampled_from("ABCDE"), st.sampled_from(["", "1", "2"]))


@given(has=VARIABLES, wanted=VARIABLES)
def test_each_variable_that_differs_is_named_and_no_other(has: dict[str, str], wanted: dict[str, str]):
    deviations = readiness.variables_that_differ(of(variables=has), wanted)
    differing = [name for name in wanted if has.get(name) != wanted[name]]
    assert len(deviations) == len(differing)
    assert all(f" {name}" in each.text for name, each in zip(differing, deviations, strict=True))


@pytest.mark.parametrize(
    ("found", "layer", "says"),
    [
        (of(), FITS, []),
        (of(), Layer(LAYER, (), ()), []),
        (of(layers=()), FITS, ["splitter has 0 layers of 1"]),
        (of(), None, [f"{LAYER} of splitter does not exist any more"]),
        (of(runtime="python3.12"), FITS, [f"{LAYER} is for python3.13, and the runtime of splitter is python3.12"]),
        (
            of(architecture="x86_64"),
            replace(FITS, architectures=("arm64",)),
            [f"{LAYER} is for arm64, and the architecture of splitter is x86_64"],
        ),
    ],
)
def test_a_layer_that_is_missing_or_does_not_fit(found: Found, layer: Layer | None, says: list[str]):
    deviations = readiness.layers(found, {"splitter": 1}, {LAYER: layer})
    assert deviations == [("layer-missing", text) for text in says]


@pytest.mark.parametrize(("reserved", "diagnoses"), [(None, []), (1, []), (0, ["function-throttled"])])
def test_a_function_that_may_not_run_at_all(reserved: int | None, diagnoses: list[str]):
    found = readiness.throttled({"splitter": replace(WELL, reserved=reserved)})
    assert [each.diagnosis for each in found] == diagnoses


def test_every_check_of_a_missing_function_says_only_that():
    nobody: Found = {"splitter": None}
    gone = [("function-missing", f"splitter {ABSENT}")]
    assert readiness.variables_that_differ(nobody, {"A": "1"}) == gone
    assert readiness.undeclared(nobody, {"splitter": {}}) == gone
    assert readiness.networks(nobody) == readiness.throttled(nobody) == gone
    assert readiness.layers(nobody, {"splitter": 1}, {}) == gone
