"""How faults are set and removed, and what is refused as malformed."""

import json
from urllib.error import HTTPError

import pytest

from tests.local_aws.faults.making import Faults, Table


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (b"{", ["no JSON"]),
        (b"[]", ["it must be a JSON object"]),
        (b"{}", ["'when' must be a regular expression, and is None", "'effect' must be one of error, crash, hold"]),
        (
            b'{"when": "(", "effect": "unknown", "work": "half", "times": 0, "error": {}, "other": 1}',
            ["no field 'other'", "'when' is no reg", "'effect'", "'work'", "'times' must", "'error' is for the effect"],
        ),
        (
            b'{"when": "", "effect": "error", "times": true, "error": {"code": "", "status": 200, "other": 1}}',
            [
                "'times'",
                "no field 'other'",
                "'error.code'",
                "'error.message'",
                "'error.status' must be from 400 to 599",
            ],
        ),
        (
            b'{"when": "", "effect": "error"}',
            ["'error' must be an object with code, message, status and more, and is None"],
        ),
        (b'{"when": "", "effect": "hold", "work": "done"}', ["what is held or late is done in the end"]),
        (
            b'{"when": "", "effect": "slow", "work": "done"}',
            ["is done in the end", "'seconds' must be a number up to 900"],
        ),
        (b'{"when": "", "effect": "slow", "seconds": 901}', ["'seconds' must be a number up to 900, and is 901"]),
        (b'{"when": "", "effect": "crash", "seconds": 1}', ["'seconds' is for the effect slow"]),
        (b'{"when": "", "effect": "cut", "work": "going on"}', ["'work' of a cut is undone or done"]),
    ],
)
def test_a_malformed_fault_is_refused_with_all_that_is_wrong(faults: Faults, fault: bytes, told: list[str]) -> None:
    with pytest.raises(HTTPError) as caught:
        faults.ask("PUT", "/malformed", fault)
    assert caught.value.code == 400
    message = json.load(caught.value)["message"]
    assert [part for part in told if part not in message] == []
    assert message.count(". ") == 0


def test_faults_are_removed_one_by_one_or_all(table: Table, faults: Faults) -> None:
    for name in ("one", "other", "third"):
        faults.refuse(name, "PutItem", name, 400)
    faults.ask("DELETE", "/one")
    faults.ask("DELETE", "/one")
    with pytest.raises(HTTPError, match="404"):
        faults.seen("one")
    assert faults.seen("other") == {"hits": 0, "held": 0}
    faults.ask("DELETE")
    table.keep("it")
    for name in ("other", "third"):
        with pytest.raises(HTTPError, match="404"):
            faults.seen(name)


@pytest.mark.parametrize(("method", "name"), [("POST", "/one"), ("GET", ""), ("PUT", "")])
def test_faults_take_no_other_method(faults: Faults, method: str, name: str) -> None:
    with pytest.raises(HTTPError, match="405"):
        faults.ask(method, name, b"{}")
