"""Each way in which a function can fail comes out as AWS reports it."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.conftest import ACCOUNT, REGION, Deploy
from tests.local_aws.helpers import eventually, runs, unique


def test_an_exception_is_told_by_its_class_with_a_stack_trace(deploy: Deploy) -> None:
    function = deploy("class TooLate(Exception): pass\ndef handler(event, context):\n    raise TooLate('by a day')\n")
    reply = function()
    assert reply.error == "Unhandled"
    assert reply.payload["errorType"] == "TooLate"
    assert reply.payload["errorMessage"] == "by a day"
    assert reply.payload["requestId"] == reply.request_id
    raised = "    raise TooLate('by a day')\n"
    assert reply.payload["stackTrace"] == [f'  File "/var/task/app.py", line 3, in handler\n{raised}']


@pytest.mark.parametrize(
    ("files", "handler", "error", "message"),
    [
        (
            {"app.py": "import no_such_module"},
            "app.handler",
            "Runtime.ImportModuleError",
            "Unable to import module 'app': No module named 'no_such_module'",
        ),
        ({"app.py": ""}, "app.handler", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'app'"),
        ({"app.py": "def ("}, "app.handler", "Runtime.UserCodeSyntaxError", "Syntax error in module 'app'"),
        ({"app.py": "raise KeyError('X')"}, "app.handler", "KeyError", "'X'"),
        ({"app.py": ""}, "handler", "Runtime.MalformedHandlerName", "Bad handler 'handler'"),
        (
            {"app.py": "import sys; sys.exit(3)"},
            "app.handler",
            "Runtime.ExitError",
            "Runtime exited with error: exit status 3",
        ),
    ],
)
def test_an_init_that_fails(deploy: Deploy, files: dict[str, str], handler: str, error: str, message: str) -> None:
    reply = deploy(files, Handler=handler)()
    assert reply.error == "Unhandled"
    assert reply.payload["errorType"] == error
    assert message in reply.payload["errorMessage"]
    assert reply.payload.get("requestId", "") == ""


@pytest.mark.parametrize(
    ("ending", "told"),
    [
        ("sys.exit(1)", "exit status 1"),
        ("os._exit(0)", "Runtime exited without providing a reason"),
        ("os.kill(os.getpid(), 9)", "signal: killed"),
        ("ctypes.string_at(0)", "signal: segmentation fault"),
    ],
)
def test_a_process_that_ends_is_an_exit_error_and_the_next_call_has_a_new_one(
    deploy: Deploy, ending: str, told: str
) -> None:
    function = deploy(
        f"import ctypes, os, sys\ndef handler(event, context):\n    if event: {ending}\n    return 'well'\n"
    )
    reply = function({"end": True})
    assert reply.error == "Unhandled"
    assert reply.payload["errorType"] == "Runtime.ExitError"
    assert reply.payload["errorMessage"].startswith(f"RequestId: {reply.request_id} Error: ")
    assert told in reply.payload["errorMessage"]
    assert function().payload == "well"


def test_a_timeout_kills_the_process_and_all_that_it_started(deploy: Deploy) -> None:
    function = deploy(
        "import subprocess, time\n"
        "def handler(event, context):\n"
        "    if event == 'stay':\n"
        "        time.sleep(60)\n"
        "    if event == 'fork':\n"
        "        return subprocess.Popen(['sleep', '60']).pid\n",
        Timeout=1,
    )
    child = function("fork").payload
    assert runs(child)
    reply = function("stay")
    assert reply.error == "Unhandled"
    assert reply.payload == {
        "errorType": "Sandbox.Timedout",
        "errorMessage": f"RequestId: {reply.request_id} Error: Task timed out after 1.00 seconds",
    }
    eventually(lambda: not runs(child), f"process {child} to end")


def test_an_answer_that_is_no_json(deploy: Deploy) -> None:
    reply = deploy("def handler(event, context): return object()")()
    assert reply.error == "Unhandled"
    assert reply.payload["errorType"] == "Runtime.MarshalError"


def test_an_answer_over_six_megabytes(deploy: Deploy) -> None:
    reply = deploy("def handler(event, context): return 'x' * 6291556")()
    assert reply.error == "Unhandled"
    assert reply.payload["errorType"] == "Function.ResponseSizeTooLarge"


def test_an_event_over_six_megabytes_is_refused(deploy: Deploy) -> None:
    function = deploy("def handler(event, context): return len(event)")
    assert function("x" * 6_291_454).payload == 6_291_454
    with pytest.raises(ClientError, match="RequestEntityTooLarge"):
        function("x" * 6_291_455)


def test_an_event_that_is_no_json_is_refused(deploy: Deploy) -> None:
    function = deploy("def handler(event, context): return event")
    with pytest.raises(ClientError, match="InvalidRequestContentException"):
        function.client.invoke(FunctionName=function.name, Payload=b"{")


def test_a_function_that_does_not_exist(client: Callable[[str], Any]) -> None:
    name = unique("no-such")
    with pytest.raises(client("lambda").exceptions.ResourceNotFoundException) as caught:
        client("lambda").invoke(FunctionName=name)
    expected = f"Function not found: arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
    assert re.escape(expected) in re.escape(json.dumps(caught.value.response["Error"]))


def test_reserved_concurrency_throttles(deploy: Deploy) -> None:
    function = deploy("def handler(event, context): return 'served'")
    function.client.put_function_concurrency(FunctionName=function.name, ReservedConcurrentExecutions=0)
    with pytest.raises(ClientError) as caught:
        function()
    answer: dict[str, Any] = dict(caught.value.response)
    assert answer["Error"]["Code"] == "TooManyRequestsException"
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 429
    assert answer["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
    function.client.put_function_concurrency(FunctionName=function.name, ReservedConcurrentExecutions=1)
    assert function().payload == "served"
    with pytest.raises(ClientError, match=r"minimum value of \[100\]"):
        function.client.put_function_concurrency(FunctionName=function.name, ReservedConcurrentExecutions=901)


@pytest.mark.parametrize("by", ["arn:aws:states:::lambda:invoke", "the function's own ARN"])
def test_a_state_machine_tells_that_a_function_is_throttled(
    client: Callable[[str], Any], deploy: Deploy, by: str
) -> None:
    function, states = deploy(""), client("stepfunctions")
    function.client.put_function_concurrency(FunctionName=function.name, ReservedConcurrentExecutions=0)
    call = (
        {"Resource": by, "Parameters": {"FunctionName": function.name}}
        if "invoke" in by
        else {"Resource": function.arn}
    )
    definition = json.dumps({"StartAt": "Call", "States": {"Call": {"Type": "Task", **call, "End": True}}})
    role = client("iam").get_role(RoleName="any")["Role"]["Arn"]
    machine = states.create_state_machine(name=unique("machine"), definition=definition, roleArn=role)
    started = states.start_execution(stateMachineArn=machine["stateMachineArn"])["executionArn"]
    ended = eventually(
        lambda: (found := states.describe_execution(executionArn=started))["status"] != "RUNNING" and found, "its end"
    )
    assert ended["error"] == "Lambda.TooManyRequestsException"
    assert ended["cause"].startswith("Rate Exceeded. (Service: AWSLambda; Status Code: 429; ")


def test_a_function_that_needs_more_memory_than_it_has_is_lost(deploy: Deploy) -> None:
    function = deploy("def handler(event, context): return len(bytearray(event))\n", MemorySize=128)
    reply = function(300_000_000)
    assert reply.payload["errorType"] == "Runtime.OutOfMemory"
    assert reply.payload["errorMessage"].endswith("Error: Runtime exited with error: signal: killed")
    assert function(1_000).payload == 1_000
