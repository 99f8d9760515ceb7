"""Connections to PostgreSQL that are lost at what is sent on them."""

from collections.abc import Callable

import pytest

from local_aws import LocalAws
from tests.local_aws.faults.making import Faults
from tests.local_aws.helpers import Function
from tests.local_aws.network.conftest import Neighbourhood

ASKING_FOR_TLS = r"\x16/$"


@pytest.fixture
def said(aws: LocalAws) -> Callable[[Function], str]:
    """PostgreSQL's answer to a function that asks for TLS; empty if the connection ends before."""
    return lambda function: function({"endpoint": aws.aurora_endpoint, "patience": 10}).payload[0]


@pytest.mark.parametrize("work", ["undone", "done"])
def test_a_connection_is_lost_at_what_is_sent_and_the_next_one_is_not(
    neighbourhood: Neighbourhood,
    caller: Callable[..., Function],
    faults: Faults,
    said: Callable[[Function], str],
    work: str,
) -> None:
    function = caller(neighbourhood.config())
    faults.make("lost", f"^{function.name} postgresql .*{ASKING_FOR_TLS}", "cut", work=work)
    assert [said(function), said(function)] == ["", "N"]
    assert faults.seen("lost")["hits"] == 1


def test_other_functions_are_not_cut(
    neighbourhood: Neighbourhood,
    caller: Callable[..., Function],
    faults: Faults,
    said: Callable[[Function], str],
) -> None:
    function = caller(neighbourhood.config())
    faults.make("of another", "^another postgresql ", "cut")
    faults.refuse("a request", "postgresql", "InternalFailure", 500)
    assert said(function) == "N"
    assert {name: faults.seen(name)["hits"] for name in ("of another", "a request")} == {
        "of another": 0,
        "a request": 0,
    }
