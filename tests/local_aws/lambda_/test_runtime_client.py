"""The stand-in for awslambdaric's native module speaks the Runtime API as that does."""

import os
import queue

import pytest

from local_aws.lambda_.child import runtime_client
from local_aws.lambda_.runtime_api import Answered, Failed, Ready, Report, RuntimeApi, Task


def test_it_takes_tasks_and_reports(monkeypatch: pytest.MonkeyPatch) -> None:
    reports = queue.SimpleQueue[Report]()
    api = RuntimeApi(reports.put)
    api.caller.set_result(os.getpid())
    monkeypatch.setenv("AWS_LAMBDA_RUNTIME_API", api.address)
    runtime_client.initialize_client("any/1.0")
    api.tasks.put(Task("{'日本': 1}".encode(), {"Lambda-Runtime-Aws-Request-Id": "an-id"}))
    event, headers = runtime_client.next()
    assert event.decode() == "{'日本': 1}"
    assert headers["Lambda-Runtime-Aws-Request-Id"] == "an-id"
    runtime_client.post_invocation_result("an-id", b"answer", "application/json", None)
    runtime_client.post_error("an-id", '{"errorType": "日本"}', "{}", None)
    assert isinstance(reports.get(timeout=10), Ready)
    assert reports.get(timeout=10) == Answered(b"answer")
    assert reports.get(timeout=10) == Failed('{"errorType": "日本"}'.encode())
    api.close()
