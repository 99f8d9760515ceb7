"""The output of a function is in CloudWatch Logs, in order, with the lines that Lambda adds."""

import base64
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.conftest import Deploy
from tests.local_aws.helpers import Function, eventually, unique

ClientOf = Callable[[str], Any]


def log_of(client: ClientOf, function: Function, reports: int = 1) -> list[dict[str, Any]]:
    """All events of the function, once that many invocations are reported."""
    logs = client("logs")

    def events() -> list[dict[str, Any]]:
        try:
            pages = logs.get_paginator("filter_log_events").paginate(logGroupName=f"/aws/lambda/{function.name}")
            found = [event for page in pages for event in page["events"]]
        except logs.exceptions.ResourceNotFoundException:
            return []
        return found if sum(event["message"].startswith("REPORT") for event in found) >= reports else []

    return eventually(events, f"{reports} REPORT lines of {function.name}")


def test_lines_come_in_order_between_start_and_report(client: ClientOf, deploy: Deploy) -> None:
    function = deploy(
        "import logging, sys\n"
        "print('at init')\n"
        "def handler(event, context):\n"
        "    for number in range(50): print(number)\n"
        "    print('error stream', file=sys.stderr)\n"
        "    logging.warning('by logging')\n"
        "    print('no end', end='')\n"
    )
    request_id = function().request_id
    events = log_of(client, function)
    messages = [event["message"] for event in events]
    assert messages[0].startswith("INIT_START Runtime Version: python:3.12")
    assert messages[1] == "at init\n"
    assert messages[2] == f"START RequestId: {request_id} Version: $LATEST\n"
    body = messages[3:-2]
    assert [line for line in body if line[0].isdigit()] == [f"{number}\n" for number in range(50)]
    assert {"error stream\n", "no end"} < set(body)
    assert any(re.fullmatch(rf"\[WARNING\]\t\S+Z\t{request_id}\tby logging\n", line) for line in body)
    assert messages[-2] == f"END RequestId: {request_id}\n"
    assert re.fullmatch(
        rf"REPORT RequestId: {request_id}\tDuration: \d+\.\d\d ms\tBilled Duration: \d+ ms\tMemory Size: 128 MB"
        r"\tMax Memory Used: [1-9]\d* MB\tInit Duration: \d+\.\d\d ms\t\n",
        messages[-1],
    )
    assert [event["timestamp"] for event in events] == sorted(event["timestamp"] for event in events)


def test_a_process_has_one_stream_and_one_init(client: ClientOf, deploy: Deploy) -> None:
    function = deploy("def handler(event, context): pass")
    function()
    function()
    events = log_of(client, function, reports=2)
    assert len({event["logStreamName"] for event in events}) == 1
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", events[0]["logStreamName"])
    reports = [event["message"] for event in events if event["message"].startswith("REPORT")]
    assert ["Init Duration" in report for report in reports] == [True, False]


def test_a_timeout_and_a_crash_are_logged(client: ClientOf, deploy: Deploy) -> None:
    function = deploy(
        "import os, time\n"
        "def handler(event, context):\n"
        "    print('before', event)\n"
        "    time.sleep(60) if event == 'stay' else os._exit(1)\n",
        Timeout=1,
    )
    stayed, crashed = function("stay").request_id, function("crash").request_id
    text = "".join(event["message"] for event in log_of(client, function, reports=2))
    assert re.search(rf"before stay\n\S+Z {stayed} Task timed out after 1.00 seconds\n\nEND RequestId: {stayed}", text)
    assert re.search(rf"REPORT RequestId: {stayed}\t.*\tStatus: timeout\t\n", text)
    assert re.search(rf"before crash\nEND RequestId: {crashed}", text)
    assert re.search(rf"REPORT RequestId: {crashed}\t.*\tStatus: error\tError Type: Runtime.ExitError\t\n", text)


def test_an_exception_is_logged_with_its_name(client: ClientOf, deploy: Deploy) -> None:
    function = deploy("import json\ndef handler(event, context): return json.loads('')")
    function()
    (error,) = [event["message"] for event in log_of(client, function) if "[ERROR]" in event["message"]]
    first = "[ERROR] JSONDecodeError: Expecting value: line 1 column 1 (char 0)\nTraceback (most recent call last):\n"
    assert error.startswith(f'{first}\xa0\xa0File "/var/task/app.py", line 2, in handler\n')
    assert '\xa0\xa0File "/var/lang/lib/python3.12/json/__init__.py", line ' in error


def test_the_tail_is_returned_on_demand(deploy: Deploy) -> None:
    function = deploy("def handler(event, context): print('x' * 5000); print('last words')")
    answer = function.client.invoke(FunctionName=function.name, LogType="Tail")
    tail = base64.b64decode(answer["LogResult"]).decode()
    assert len(tail) <= 4096
    assert "last words\nEND RequestId" in tail


def test_what_a_long_invocation_writes_is_there_before_it_ends(client: ClientOf, deploy: Deploy) -> None:
    function = deploy(
        "import time\ndef handler(event, context):\n    print('under way')\n    time.sleep(60)\n",
        Timeout=2,
    )
    function.client.invoke(FunctionName=function.name, InvocationType="Event")
    messages = [event["message"] for event in log_of(client, function, reports=0)]
    eventually(
        lambda: [each for each in log_of(client, function, reports=0) if each["message"] == "under way\n"],
        f"the first line, beyond {messages}",
    )


def test_a_function_with_json_logs_writes_to_its_group_with_platform_events(client: ClientOf, deploy: Deploy) -> None:
    group, logging = unique("/shared/group"), {"LogFormat": "JSON", "ApplicationLogLevel": "WARN"}
    function = deploy(
        "import logging, time\n"
        "def handler(event, context):\n"
        "    logging.getLogger().info('left out')\n"
        "    logging.getLogger().warning('kept')\n"
        "    if event: time.sleep(60)\n",
        Timeout=2,
        LoggingConfig={**logging, "LogGroup": group},
    )
    told = function.client.get_function_configuration(FunctionName=function.name)["LoggingConfig"]
    assert told == {**logging, "LogGroup": group, "SystemLogLevel": "INFO"}
    ids = [function().request_id, function("stay").request_id]
    logs = client("logs")

    def lines() -> list[dict[str, Any]]:
        found = logs.filter_log_events(logGroupName=group)["events"] if reported() else []
        return [json.loads(event["message"]) for event in found]

    def reported() -> bool:
        try:
            found = logs.filter_log_events(logGroupName=group)["events"]
        except logs.exceptions.ResourceNotFoundException:
            return False
        assert all(f"/{function.name}[$LATEST]" in event["logStreamName"] for event in found)
        return sum("platform.report" in event["message"] for event in found) == len(ids)

    found = eventually(lines, "two reports in JSON")
    assert [each["record"]["requestId"] for each in found if each.get("type") == "platform.start"] == ids
    reports = [each["record"] for each in found if each.get("type") == "platform.report"]
    assert [(each["requestId"], each["status"]) for each in reports] == [(ids[0], "success"), (ids[1], "timeout")]
    assert [(each["level"], each["message"]) for each in found if "level" in each] == [("WARNING", "kept")] * 2

    function.client.update_function_configuration(FunctionName=function.name, LoggingConfig={"SystemLogLevel": "WARN"})
    for field, value in (("LogFormat", "XML"), ("SystemLogLevel", "ERROR")):
        with pytest.raises(ClientError, match=f"Value '{value}' at .* failed to satisfy constraint"):
            function.client.update_function_configuration(FunctionName=function.name, LoggingConfig={field: value})
    quiet = function().request_id
    eventually(lambda: any(each.get("requestId") == quiet for each in lines()), "the application's line alone")
    assert not [each for each in lines() if each.get("record", {}).get("requestId") == quiet]
