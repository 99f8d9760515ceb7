"""What somebody may change in the functions and the state machine."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

from tests.steps.cloudformation.changes.making import makes
from tests.steps.cloudformation.conftest import Pipeline


def configure(p: Pipeline, name: str, **settings: Any) -> None:
    p.client("lambda").update_function_configuration(FunctionName=p[name], **settings)


def variables(p: Pipeline, name: str) -> dict[str, str]:
    found = p.client("lambda").get_function_configuration(FunctionName=p[name])["Environment"]["Variables"]
    return dict(found)


@makes(("SplitterFunction", "Environment.Variables.CHUNK_SIZE"))
def a_variable_altered(p: Pipeline) -> None:
    configure(p, "SplitterFunction", Environment={"Variables": variables(p, "SplitterFunction") | {"CHUNK_SIZE": "20"}})


@makes(("ProcessorFunction", "Environment.Variables.S3_BUCKET_NAME"), ("ProcessorFunction", "Environment.Variables.S3"))
def a_variable_misspelt(p: Pipeline) -> None:
    had = variables(p, "ProcessorFunction")
    configure(p, "ProcessorFunction", Environment={"Variables": had | {"S3": had.pop("S3_BUCKET_NAME")}})


@makes(("SplitterFunction", "Timeout"), ("SplitterFunction", "Handler"))
def a_shorter_timeout_and_another_handler(p: Pipeline) -> None:
    configure(p, "SplitterFunction", Timeout=3, Handler="splitter.main")


@makes(("ProcessorFunction", "MemorySize"), ("ProcessorFunction", "Role"))
def less_memory_and_another_role(p: Pipeline) -> None:
    trusted = json.dumps(p.declared["LambdaRole"].properties["AssumeRolePolicyDocument"])
    role = p.client("iam").create_role(RoleName="other", AssumeRolePolicyDocument=trusted)["Role"]["Arn"]
    configure(p, "ProcessorFunction", MemorySize=128, Role=role)


@makes(("SplitterFunction", "VpcConfig.SecurityGroupIds"))
def another_security_group(p: Pipeline) -> None:
    subnets = [p["PrivateSubnetB"], p["PrivateSubnetA"]]
    configure(p, "SplitterFunction", VpcConfig={"SubnetIds": subnets, "SecurityGroupIds": [p["EndpointSecurityGroup"]]})


@makes(("ProcessorFunction", "VpcConfig.SubnetIds"), ("ProcessorFunction", "VpcConfig.SecurityGroupIds"))
def no_vpc(p: Pipeline) -> None:
    configure(p, "ProcessorFunction", VpcConfig={"SubnetIds": [], "SecurityGroupIds": []})


@makes(("SplitterFunction", "Layers"))
def a_layer_taken_away(p: Pipeline) -> None:
    configure(p, "SplitterFunction", Layers=p.declared["SplitterFunction"].properties["Layers"][:1])


@makes(("ProcessorFunction", "Layers"))
def layers_the_other_way_round(p: Pipeline) -> None:
    configure(p, "ProcessorFunction", Layers=p.declared["ProcessorFunction"].properties["Layers"][::-1])


@makes(("ProcessorFunction", "ReservedConcurrentExecutions"))
def a_function_switched_off(p: Pipeline) -> None:
    p.client("lambda").put_function_concurrency(FunctionName=p["ProcessorFunction"], ReservedConcurrentExecutions=0)


@makes(("SplitterFunction", "Code.CodeSha256"))
def other_code(p: Pipeline) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("splitter.py", "def handler(event, context): return {}")
    p.client("lambda").update_function_code(FunctionName=p["SplitterFunction"], ZipFile=content.getvalue())


@makes(("ProcessorFunction", "Tags[lambda:createdBy]"))
def a_function_without_its_tag(p: Pipeline) -> None:
    arn = p.client("lambda").get_function_configuration(FunctionName=p["ProcessorFunction"])["FunctionArn"]
    p.client("lambda").untag_resource(Resource=arn, TagKeys=["lambda:createdBy"])


@makes(("StateMachine", "Definition.StartAt"), ("StateMachine", "Tags[stateMachine:createdBy]"))
def another_definition_without_its_tag(p: Pipeline) -> None:
    stepfunctions, arn = p.client("stepfunctions"), p["StateMachine"]
    definition = json.loads(stepfunctions.describe_state_machine(stateMachineArn=arn)["definition"])
    definition["StartAt"] = list(definition["States"])[1]
    stepfunctions.update_state_machine(stateMachineArn=arn, definition=json.dumps(definition))
    stepfunctions.untag_resource(resourceArn=arn, tagKeys=["stateMachine:createdBy"])
