"""Reads functions, layers, the state machine, the event rule, and their roles."""

from __future__ import annotations

from steps.cloudformation.declared import Clients, Declared, Properties
from steps.cloudformation.meaning import parsed, tags, upper_camel
from steps.cloudformation.reading.api import every, one


def function(aws: Clients, declared: Declared) -> Properties:
    client, name = aws("lambda"), {"FunctionName": declared.ref}
    answer = one(client, "get_function_configuration", **name)
    reserved = one(client, "get_function_concurrency", **name)
    return answer | {
        "Code": {"CodeSha256": answer["CodeSha256"]},
        "KmsKeyArn": answer["KMSKeyArn"],
        "Layers": [layer["Arn"] for layer in answer["Layers"] or ()],
        "ReservedConcurrentExecutions": reserved["ReservedConcurrentExecutions"],
        "Tags": tags(client.list_tags(Resource=answer["FunctionArn"])["Tags"]),
    }


def layer(aws: Clients, declared: Declared) -> Properties | None:
    name, _, version = declared.ref.rpartition(":")
    if not version.isdecimal():
        return None
    answer = one(aws("lambda"), "get_layer_version", LayerName=name.rpartition(":")[2], VersionNumber=int(version))
    return answer | {
        "LayerName": name.rpartition(":")[2],
        "Content": {"CodeSha256": answer["Content"]["CodeSha256"]},
    }


def state_machine(aws: Clients, declared: Declared) -> Properties:
    stepfunctions = aws("stepfunctions")
    answer = one(stepfunctions, "describe_state_machine", stateMachineArn=declared.ref)
    return {
        **upper_camel({name: value for name, value in answer.items() if name != "definition"}),
        "StateMachineName": answer["name"],
        "StateMachineType": answer["type"],
        "Definition": parsed(answer["definition"]),
        "Tags": upper_camel(stepfunctions.list_tags_for_resource(resourceArn=declared.ref)["tags"]),
    }


def rule(aws: Clients, declared: Declared) -> Properties:
    events = aws("events")
    bus = {"EventBusName": declared.properties.get("EventBusName", "default")}
    answer = one(events, "describe_rule", Name=declared.ref, **bus)
    return answer | {
        "EventPattern": parsed(answer["EventPattern"]),
        "Targets": every(events, "list_targets_by_rule", "Targets", Rule=declared.ref, **bus),
        "Tags": events.list_tags_for_resource(ResourceARN=answer["Arn"])["Tags"],
    }


def role(aws: Clients, declared: Declared) -> Properties:
    iam, name = aws("iam"), {"RoleName": declared.ref}
    answer = one(iam, "get_role", "Role", **name)
    inline = every(iam, "list_role_policies", "PolicyNames", **name)
    attached = every(iam, "list_attached_role_policies", "AttachedPolicies", **name)
    return answer | {
        "Policies": [
            {"PolicyName": each, "PolicyDocument": iam.get_role_policy(PolicyName=each, **name)["PolicyDocument"]}
            for each in inline
        ],
        "ManagedPolicyArns": [policy["PolicyArn"] for policy in attached],
        "PermissionsBoundary": (answer["PermissionsBoundary"] or {}).get("PermissionsBoundaryArn"),
        "Tags": every(iam, "list_role_tags", "Tags", **name),
    }
