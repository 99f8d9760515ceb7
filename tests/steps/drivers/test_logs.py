"""Log lines: whose they are, and which invocation they belong to."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from steps.drivers.logs import LogLine, Logs, LogsIncomplete, complaints, holding, invocations, without_others
from steps.results import logs as log_steps
from steps.suite.finding import Finding
from tests.steps.reporting.verdicts import record

OURS, THEIRS = "arn:ours", "arn:theirs"


def lines(*texts: str, stream: str = "one") -> list[LogLine]:
    return [LogLine("group", stream, at, text) for at, text in enumerate(texts)]


def invoked(id: str, *said: str) -> list[str]:
    return [
        f"START RequestId: {id} Version: $LATEST",
        *said,
        f"END RequestId: {id}",
        f"REPORT RequestId: {id}\tDuration",
    ]


def told(execution: str) -> str:
    return json.dumps({"message": "said", "execution_id": execution})


def test_an_invocation_is_what_a_stream_holds_from_start_to_report():
    found = invocations(lines("INIT_START", *invoked("a", "x"), *invoked("b")))
    assert [(i.request_id, i.started, i.ended, len(i.lines)) for i in found] == [("a", 1, 4, 4), ("b", 5, 7, 3)]


def test_streams_do_not_mix():
    mixed = [
        line for pair in zip(lines(*invoked("a")), lines(*invoked("b"), stream="two"), strict=True) for line in pair
    ]
    assert [(i.request_id, len(i.lines)) for i in invocations(mixed)] == [("a", 3), ("b", 3)]


def test_an_invocation_that_has_not_reported_has_no_end():
    (found,) = invocations(lines("START RequestId: a Version: $LATEST", "x"))
    assert found.ended is None


def test_all_lines_of_another_executions_invocation_go_and_everybody_elses_stay():
    ours, theirs = invoked("a", told(OURS), "plain"), invoked("b", "[ERROR] theirs", told(THEIRS))
    unowned = ["INIT_START", *invoked("c", "[ERROR] before anything was known")]
    kept = without_others(lines(*ours, *theirs, *unowned), OURS)
    assert [line.text for line in kept] == ours + unowned


def test_lines_of_other_invocations_are_left_out_where_ours_are_known():
    ours, theirs = invoked("a", "plain"), invoked("b", "[ERROR] Runtime.ImportModuleError")
    assert [line.text for line in without_others(lines(*ours, *theirs), OURS, ["a"])] == ours


def test_a_word_is_found_wherever_it_stands():
    assert [line.at for line in holding(lines("a", "[ERROR] b", '{"level":"ERROR"}', "error"), "ERROR")] == [1, 2]


def test_fields_are_those_of_a_json_object_only():
    assert [line.fields for line in lines("plain", "[1]", '{"a": 1}')] == [{}, {}, {"a": 1}]


def test_lines_above_info_are_grouped_by_what_they_say():
    loud, warning = '{"level":"ERROR","message":"x"}', '{"level":"WARNING","message":"y","n":%d}'
    said = lines('{"level":"INFO","message":"x"}', warning % 1, loud, warning % 2, "[ERROR] plain")
    assert complaints(said) == [(2, "WARNING: y"), (1, "ERROR: x"), (1, "[ERROR] plain")]


def test_a_line_that_names_another_execution_is_not_ours_even_if_its_invocation_began_out_of_sight():
    assert without_others(lines(told(THEIRS), told(OURS)), OURS) == [LogLine("group", "one", 1, told(OURS))]


@pytest.mark.parametrize("secret", ["password: planted", "-----BEGIN PRIVATE KEY-----\n" + "planted0planted1" * 4])
def test_lines_with_secrets_are_kept_without_them(tmp_path: Path, secret: str):
    session, delivery = record(), SimpleNamespace(lines=lines("before", secret, "after\x1b\nmore", "last"))
    session.file = tmp_path / "verdict.json"
    told: Any = delivery
    log_steps.kept(told, session, Finding())
    kept = (tmp_path / "lambda-logs.txt").read_text("utf-8")
    assert "planted" not in kept
    assert [line.split(" ", 3)[-1] for line in kept.splitlines()][-3:] == [r"after\u001b", "more", "last"]


def in_json(id: str, *said: str) -> list[str]:
    start = {"type": "platform.start", "record": {"requestId": id, "version": "$LATEST"}}
    report = {"type": "platform.report", "record": {"requestId": id, "status": "success", "metrics": {}}}
    return [json.dumps(start), *said, json.dumps(report)]


def test_an_invocation_in_json_is_what_a_stream_holds_from_platform_start_to_platform_report():
    other = json.dumps({"type": "platform.initStart", "record": {}})
    found = invocations(lines(other, *in_json("a", told(OURS), '{"type": 3}'), *in_json("b")))
    assert [(i.request_id, i.started, i.ended, len(i.lines)) for i in found] == [("a", 1, 4, 4), ("b", 5, 6, 2)]


class CloudWatch:
    """Answers with pages of events, as an account does: some empty, with a token for the next; some come late."""

    def __init__(self, *looks: list[list[tuple[str, str]]]) -> None:
        self._looks, self.asked = list(looks), 0

    def filter_log_events(self, **_: object) -> None: ...

    def get_paginator(self, _: str) -> CloudWatch:
        return self

    def paginate(self, **_: object) -> list[dict[str, Any]]:
        self.asked += 1
        pages = self._looks.pop(0) if len(self._looks) > 1 else self._looks[0]
        return [
            {
                "searchedLogStreams": [],
                "events": [
                    {"logStreamName": stream, "timestamp": n, "message": text} for n, (stream, text) in enumerate(page)
                ],
            }
            for page in pages
        ]


def stream(function: str) -> str:
    return f"2026/11/28/{function}[7]{'0' * 32}"


def test_lines_that_come_late_and_on_empty_pages_are_waited_for():
    early = [(stream("ours"), text) for text in invoked("a", told(OURS))]
    late = [(stream("ours"), text) for text in invoked("b", told(OURS))]
    client: Any = CloudWatch([[], early, []], [[], [], early], [[], early, [], late])
    logs = Logs(client, ["group"], every=0.01)
    assert len(logs.complete(0, ["a"], unnamed=1, execution=OURS, within=20)) == 8
    assert client.asked == 3
    with pytest.raises(LogsIncomplete, match="1 whose request id the history does not hold"):
        logs.complete(0, ["a"], unnamed=2, execution=OURS, within=0)


def test_an_invocation_that_failed_in_init_names_no_execution_and_is_not_waited_for():
    failed = [(stream("ours"), text) for text in invoked("a", "[ERROR] Runtime.ImportModuleError: No module named 'x'")]
    others = [(stream("ours"), text) for text in invoked("b", told("another"))]
    client: Any = CloudWatch([[*failed, *others]])
    logs = Logs(client, ["group"], every=0.01)
    assert len(logs.complete(0, [], unnamed=1, execution=OURS, within=0)) == 8
    with pytest.raises(LogsIncomplete):
        logs.complete(0, [], unnamed=2, execution=OURS, within=0)


def test_a_group_that_is_shared_holds_streams_of_other_functions():
    each = [(stream(function), text) for function in ("ours", "theirs") for text in invoked("a")]
    client: Any = CloudWatch([each])
    assert {line.stream for line in Logs(client, ["shared"], functions=["ours"]).since(0)} == {stream("ours")}


def test_lines_below_the_configured_log_level_are_not_waited_for():
    client: Any = CloudWatch([[]])
    with pytest.raises(LogsIncomplete, match="LoggingConfig leaves out lines"):
        Logs(client, ["group"], unlogged=["SystemLogLevel of f is WARN"]).complete(0, ["a"], within=60)
    assert client.asked == 0
