"""Creates functions, layers, the state machine, the event rule, and their roles."""

from __future__ import annotations

import json

from steps.cloudformation.contents import substituted
from steps.cloudformation.declared import Clients, Properties
from steps.cloudformation.resources.api import Made, call, given, lower_camel, tags_by_key, without


def function(aws: Clients, p: Properties) -> Made:
    client, reserved = aws("lambda"), "ReservedConcurrentExecutions"
    renamed = {"KMSKeyArn": p["KmsKeyArn"]} if "KmsKeyArn" in p else {}
    known = without(p, reserved, "KmsKeyArn", "Tags") | renamed
    arn = call(client, "create_function", known | {"Tags": tags_by_key(p)})["FunctionArn"]
    if reserved in p:
        call(client, "put_function_concurrency", {"FunctionName": arn, **given(p, reserved)})
    return Made(p["FunctionName"], {"Arn": arn})


def layer(aws: Clients, p: Properties) -> Made:
    return Made(call(aws("lambda"), "publish_layer_version", p)["LayerVersionArn"])


def state_machine(aws: Clients, p: Properties) -> Made:
    ours = "DefinitionS3Location", "DefinitionString", "Definition", "DefinitionSubstitutions"
    names = {"StateMachineName": "name", "StateMachineType": "type"}
    arguments = {names.get(name, name): value for name, value in without(p, *ours).items()}
    arguments = lower_camel(arguments) | {"definition": substituted(_definition(aws, p), p)}
    arn = call(aws("stepfunctions"), "create_state_machine", arguments)["stateMachineArn"]
    return Made(arn, {"Arn": arn, "Name": p["StateMachineName"]})


def _definition(aws: Clients, p: Properties) -> str:
    if "DefinitionString" in p:
        return str(p["DefinitionString"])
    if "Definition" in p:
        return json.dumps(p["Definition"])
    where = p["DefinitionS3Location"]
    return str(aws("s3").get_object(Bucket=where["Bucket"], Key=where["Key"])["Body"].read().decode())


def rule(aws: Clients, p: Properties) -> Made:
    events, name = aws("events"), p["Name"]
    arn = call(events, "put_rule", without(p, "Targets"))["RuleArn"]
    if "Targets" in p:
        answer = call(events, "put_targets", {"Rule": name, **given(p, "EventBusName", "Targets")})
        if answer["FailedEntries"]:
            raise ValueError(f"targets of rule {name}: {answer['FailedEntries']}")
    return Made(name, {"Arn": arn})


def role(aws: Clients, p: Properties) -> Made:
    iam, name = aws("iam"), p["RoleName"]
    made = call(iam, "create_role", without(p, "Policies", "ManagedPolicyArns"))["Role"]
    for policy in p.get("Policies", []):
        call(iam, "put_role_policy", {"RoleName": name, **policy})
    for arn in p.get("ManagedPolicyArns", []):
        iam.attach_role_policy(RoleName=name, PolicyArn=arn)
    return Made(name, {"Arn": made["Arn"], "RoleId": made["RoleId"]})
