"""Code that is uploaded is the code that runs, from then on."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.conftest import ACCOUNT, REGION, Deploy
from tests.local_aws.helpers import Function, eventually, unique, zipped

ClientOf = Callable[[str], Any]


def returns(value: str) -> str:
    return f"def handler(event, context): return {value!r}\n"


@pytest.fixture(scope="module")
def bucket(client: ClientOf) -> str:
    name = unique("code")
    client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    client("s3").put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return name


def test_new_code_and_new_configuration_retire_the_old_process(deploy: Deploy) -> None:
    function = deploy("import os\ndef handler(event, context): return os.environ.get('WORD', 'old')\n")
    assert function().payload == "old"
    function.client.update_function_configuration(
        FunctionName=function.name, Environment={"Variables": {"WORD": "new"}}
    )
    assert function().payload == "new"
    function.client.update_function_code(FunctionName=function.name, ZipFile=zipped({"app.py": returns("newest")}))
    assert function().payload == "newest"


def test_code_in_s3_by_its_version(client: ClientOf, deploy: Deploy, bucket: str) -> None:
    key = "folder/コード 1+1.zip"
    first = client("s3").put_object(Bucket=bucket, Key=key, Body=zipped({"app.py": returns("first")}))
    client("s3").put_object(Bucket=bucket, Key=key, Body=zipped({"app.py": returns("second")}))
    where = {"S3Bucket": bucket, "S3Key": key}
    assert deploy({}, Code=where)().payload == "second"
    assert deploy({}, Code={**where, "S3ObjectVersion": first["VersionId"]})().payload == "first"


def test_a_layer_in_s3(client: ClientOf, deploy: Deploy, bucket: str) -> None:
    client("s3").put_object(Bucket=bucket, Key="layer.zip", Body=zipped({"python/shared.py": "WORD = 'shared'"}))
    made = client("lambda").publish_layer_version(
        LayerName=unique("layer"), Content={"S3Bucket": bucket, "S3Key": "layer.zip"}
    )
    source = "from shared import WORD\ndef handler(event, context): return WORD\n"
    assert deploy(source, Layers=[made["LayerVersionArn"]])().payload == "shared"


def test_versions_and_aliases(deploy: Deploy) -> None:
    function = deploy(returns("first"))
    version = function.client.publish_version(FunctionName=function.name)["Version"]
    function.client.create_alias(FunctionName=function.name, Name="live", FunctionVersion=version)
    function.client.update_function_code(FunctionName=function.name, ZipFile=zipped({"app.py": returns("second")}))
    assert function(qualifier=version).payload == "first"
    assert function(qualifier="live").payload == "first"
    assert function().payload == "second"


@pytest.mark.parametrize("form", ["{arn}", "{account}:function:{name}", "{account}:function:{name}:live", "{arn}:live"])
def test_a_function_goes_by_its_arn_and_parts_of_it(deploy: Deploy, form: str) -> None:
    function = deploy("def handler(event, context): return context.invoked_function_arn\n")
    function.client.publish_version(FunctionName=function.name)
    function.client.create_alias(FunctionName=function.name, Name="live", FunctionVersion="1")
    called = form.format(arn=function.arn, account=ACCOUNT, name=function.name)
    answer = function.client.invoke(FunctionName=called)
    assert json.loads(answer["Payload"].read()) == function.arn + (":live" if called.endswith(":live") else "")
    with pytest.raises(ClientError, match="does not match the specified qualifier"):
        function.client.invoke(FunctionName=f"{function.name}:1", Qualifier="live")


def test_an_alias_spreads_calls_by_its_weights(deploy: Deploy) -> None:
    function = deploy(returns("first"))
    function.client.publish_version(FunctionName=function.name)
    function.client.update_function_code(
        FunctionName=function.name, ZipFile=zipped({"app.py": returns("second")}), Publish=True
    )
    weights = {"RoutingConfig": {"AdditionalVersionWeights": {"2": 0.5}}}
    function.client.create_alias(FunctionName=function.name, Name="live", FunctionVersion="1", **weights)
    assert {function(qualifier="live").payload for _ in range(40)} == {"first", "second"}
    weights["RoutingConfig"]["AdditionalVersionWeights"] = {"1": 0.5}
    with pytest.raises(ClientError, match="version 1 is already included in routing configuration"):
        function.client.update_alias(FunctionName=function.name, Name="live", **weights)


def test_a_package_that_is_no_zip_file_is_refused(deploy: Deploy) -> None:
    with pytest.raises(ClientError, match=r"InvalidParameterValueException.*Could not unzip uploaded file"):
        deploy({}, Code={"ZipFile": b"no zip"})


def test_a_package_that_is_not_there_is_refused(deploy: Deploy, bucket: str) -> None:
    with pytest.raises(ClientError, match=r"InvalidParameterValueException.*S3 Error Code: NoSuchKey"):
        deploy({}, Code={"S3Bucket": bucket, "S3Key": "nothing"})


def test_a_deleted_function_is_gone(deploy: Deploy) -> None:
    function = deploy(returns("here"))
    assert function().payload == "here"
    function.client.delete_function(FunctionName=function.name)
    with pytest.raises(function.client.exceptions.ResourceNotFoundException):
        function()


def test_an_asynchronous_call_is_answered_at_once_and_runs(client: ClientOf, deploy: Deploy, bucket: str) -> None:
    function: Function = deploy(
        "import boto3\n"
        "def handler(event, context):\n"
        "    boto3.client('s3').put_object(Bucket=event['bucket'], Key='ran', Body=b'')\n"
    )
    payload = f'{{"bucket": "{bucket}"}}'.encode()
    answer = function.client.invoke(FunctionName=function.name, InvocationType="Event", Payload=payload)
    assert answer["StatusCode"] == 202
    eventually(
        lambda: client("s3").list_objects_v2(Bucket=bucket, Prefix="ran")["KeyCount"], "the function to have run"
    )
