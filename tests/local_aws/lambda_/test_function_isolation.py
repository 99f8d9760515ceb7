"""A function sees what it would see on AWS: its package, its layers, the runtime and its declared environment."""

import json
import os
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from textwrap import dedent

import pytest

from local_aws import LocalAws
from tests.local_aws.conftest import REGION, Deploy, Layer

IMPORT = (
    "import importlib\n"
    "def handler(event, context):\n"
    "    module = importlib.import_module(event)\n"
    "    return getattr(module, 'ORIGIN', getattr(module, '__file__', None))\n"
)
VERSION = f"python{sys.version_info.major}.{sys.version_info.minor}"


@pytest.mark.parametrize("name", ["pytest", "moto", "psycopg", "pydantic", "pip", "local_aws", "tests"])
def test_nothing_of_this_pythons_packages_can_be_imported(deploy: Deploy, name: str) -> None:
    __import__(name)  # it is there for us
    reply = deploy(IMPORT)(name)
    assert reply.payload["errorType"] == "ModuleNotFoundError"
    assert reply.payload["errorMessage"] == f"No module named '{name}'"


@pytest.mark.parametrize("name", ["boto3", "botocore", "awslambdaric", "dateutil", "json", "sqlite3"])
def test_the_runtime_and_the_standard_library_can(deploy: Deploy, name: str) -> None:
    assert deploy(IMPORT)(name).error is None


def test_task_comes_before_layers_before_runtime(deploy: Deploy, layer: Layer) -> None:
    def library(path: str) -> dict[str, str]:
        return {f"{path}/one.py": f"ORIGIN = '{path}'", f"{path}/boto3/__init__.py": f"ORIGIN = '{path}'"}

    site = f"python/lib/{VERSION}/site-packages"
    function = deploy(
        {"app.py": IMPORT, "two.py": "ORIGIN = 'task'"},
        Layers=[layer({**library("python"), "python/two.py": "ORIGIN = 'layer'"}), layer(library(site))],
    )
    assert function("two").payload == "task"
    assert function("one").payload == site
    assert function("boto3").payload == site


def test_a_later_layer_covers_an_earlier_one(deploy: Deploy, layer: Layer) -> None:
    layers = [
        layer({"python/one.py": "ORIGIN = 1", "python/two.py": "ORIGIN = 1"}),
        layer({"python/one.py": "ORIGIN = 2"}),
    ]
    function = deploy(IMPORT, Layers=layers)
    assert (function("one").payload, function("two").payload) == (2, 1)


def test_a_missing_layer_is_an_import_error(deploy: Deploy, layer: Layer) -> None:
    source = "import of_the_layer\ndef handler(event, context): return of_the_layer.ORIGIN\n"
    function = deploy(source)
    assert function().payload["errorType"] == "Runtime.ImportModuleError"
    arn = layer({"python/of_the_layer.py": "ORIGIN = 'layer'"})
    function.client.update_function_configuration(FunctionName=function.name, Layers=[arn])
    assert function().payload == "layer"


def test_the_folders_are_named_as_on_aws(deploy: Deploy, layer: Layer) -> None:
    source = """
        import boto3, json, os, shared
        def handler(event, context):
            modules = (boto3.__file__, json.__file__, shared.__file__, __file__)
            return [os.getcwd(), os.environ["LAMBDA_TASK_ROOT"], os.environ["LAMBDA_RUNTIME_DIR"], *modules]
    """
    assert deploy(dedent(source), Layers=[layer({"python/shared.py": ""})])().payload == [
        *("/var/task", "/var/task", "/var/runtime", "/var/runtime/boto3/__init__.py"),
        *("/var/lang/lib/python3.12/json/__init__.py", "/opt/python/shared.py", "/var/task/app.py"),
    ]


def test_the_environment_is_what_is_declared(deploy: Deploy, aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OURS", "not theirs")
    function = deploy(
        "import os\ndef handler(event, context): return dict(os.environ)\n",
        Environment={"Variables": {"OWN": "日本", "TZ": "Asia/Tokyo"}},
        MemorySize=256,
    )
    found = function().payload
    assert set(found) - {"TMPDIR"} == {  # that is set where the process cannot have a /tmp of its own
        *("_HANDLER", "_X_AMZN_TRACE_ID", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"),
        *("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_NAME"),
        *("AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_INITIALIZATION_TYPE"),
        *("AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT"),
        *("LAMBDA_RUNTIME_DIR", "LANG", "LD_LIBRARY_PATH", "PATH", "TZ", "AWS_ENDPOINT_URL"),
        *("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_EC2_METADATA_DISABLED", "OWN"),
    }
    expected = {
        "OWN": "日本",
        "TZ": "Asia/Tokyo",
        "AWS_REGION": REGION,
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.12",
        "AWS_ENDPOINT_URL": aws.endpoint_url,
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
    }
    assert {name: found[name] for name in expected} == expected


def test_it_works_in_its_package_as_its_role(deploy: Deploy) -> None:
    source = (
        "import boto3\n"
        "def handler(event, context):\n"
        "    with open('data.txt') as file:\n"
        "        return file.read(), boto3.client('sts').get_caller_identity()['Arn']\n"
    )
    function = deploy({"app.py": source, "data.txt": "beside"})
    content, identity = function().payload
    assert content == "beside"
    assert identity.endswith(f":assumed-role/any/{function.name}")


def test_the_context_tells_of_the_invocation(deploy: Deploy) -> None:
    function = deploy(
        "def handler(event, context):\n"
        "    return [context.aws_request_id, context.invoked_function_arn, context.get_remaining_time_in_millis(),\n"
        "            context.function_name, context.memory_limit_in_mb, context.client_context.custom['a']]\n",
        Timeout=7,
    )
    encoded = "eyJjdXN0b20iOiB7ImEiOiAxfX0="  # {"custom": {"a": 1}}
    answer = function.client.invoke(FunctionName=function.arn, ClientContext=encoded)
    request_id, arn, left, name, memory, custom = json.loads(answer["Payload"].read())
    assert request_id == answer["ResponseMetadata"]["RequestId"]
    assert (arn, name, memory, custom) == (function.arn, function.name, "128", 1)
    assert 0 < left <= 7000


def test_a_warm_process_is_used_again_and_five_calls_at_once_have_one_each(deploy: Deploy) -> None:
    function = deploy(
        "import os, socket\n"
        "def handler(port, context):\n"
        "    if port:\n"
        "        socket.create_connection(('127.0.0.1', port)).recv(1)  # returns when the test closes it\n"
        "    return os.getpid()\n"
    )
    assert function(0).payload == function(0).payload
    with socket.create_server(("127.0.0.1", 0)) as meeting, ThreadPoolExecutor(5) as callers:
        meeting.settimeout(60)
        calls = [callers.submit(function, meeting.getsockname()[1]) for _ in range(5)]
        for connection in [meeting.accept()[0] for _ in calls]:
            connection.close()
        pids = {call.result().payload for call in calls}
    assert len(pids) == 5
    assert function(0).payload in pids


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="mounts need root on Linux")
def test_a_function_cannot_write_beside_its_code_nor_more_than_its_temporary_folder_holds(
    deploy: Deploy, layer: Layer
) -> None:
    source = """
        import errno, os, shared, tempfile

        def outcome(path, size=1):
            try:
                with open(path, "wb") as file:
                    file.write(b"x" * size)
            except OSError as error:
                return errno.errorcode[error.errno]

        def handler(event, context):
            beside = [os.path.join(os.path.dirname(each), "new") for each in (__file__, shared.__file__)]
            large = [outcome(f"{folder}/a-functions-own", 600_000_000) for folder in ("/tmp", tempfile.gettempdir())]
            return [*map(outcome, [*beside, "new"]), outcome("/tmp/a-functions-own"), *large]
    """
    settings = {"Layers": [layer({"python/shared.py": ""})], "MemorySize": 1024}
    assert deploy(dedent(source), **settings)().payload == ["EROFS", "EROFS", "EROFS", None, "ENOSPC", "ENOSPC"]
    assert not Path("/tmp/a-functions-own").exists()
