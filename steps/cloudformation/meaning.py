"""Converts the services' documents, names and tags to CloudFormation's form, and says how properties compare."""

from __future__ import annotations

import json
from typing import Any

from steps.cloudformation.declared import Properties


def parsed(text: Any) -> Any:
    """Parse a JSON text; return anything else unchanged."""
    if not isinstance(text, str):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def upper_camel(node: Any) -> Any:
    """`node` with the first letter of each key in upper case, for services that use lower camel case."""
    if isinstance(node, dict):
        return {name[0].upper() + name[1:]: upper_camel(value) for name, value in node.items()}
    return [upper_camel(each) for each in node] if isinstance(node, list) else node


def tags(by_key: dict[str, str]) -> list[Properties]:
    """Tags in CloudFormation's form, from services that return a mapping."""
    return [{"Key": key, "Value": value} for key, value in by_key.items()]


DOCUMENTS = {"AssumeRolePolicyDocument", "Definition", "EventPattern", "PolicyDocument", "SecretString"}
"""Properties that hold JSON, as an object or as text."""

WHOLE = DOCUMENTS | {"Targets", "Variables"}
"""Properties in which undeclared members count as differences, since they change the pipeline's behaviour."""

LITERAL = {"Definition"}
"""Properties in which order and types count too, as they do for Step Functions."""

IN_ORDER = {"Layers", "numeric"}
"""Lists whose order counts: a later layer overrides an earlier one; in `numeric`, an operator precedes its number."""

IDENTITIES = ("PolicyName", "Sid", "Id", "IndexName", "AttributeName", "Key")
"""Names of members that identify the objects of a list."""

IMPLIED: dict[str, dict[str, Any]] = {
    "AWS::EC2::RouteTable": {"Routes": []},
    "AWS::EC2::SecurityGroup": {
        "SecurityGroupIngress": [],
        "SecurityGroupEgress": [{"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}],
    },
    "AWS::Events::Rule": {"State": "ENABLED", "Targets": []},
    "AWS::IAM::Role": {"Policies": [], "ManagedPolicyArns": [], "PermissionsBoundary": None},
    "AWS::Lambda::Function": {
        "Environment": {"Variables": {}},
        "Layers": [],
        "ReservedConcurrentExecutions": None,
        "VpcConfig": {"SubnetIds": [], "SecurityGroupIds": []},
    },
}
"""Values implied where a template omits a property, if any other value changes the pipeline's behaviour."""

NOT_READABLE = {
    ("AWS::RDS::DBCluster", "MasterUserPassword"): "RDS never gives a password back",
    ("AWS::RDS::DBInstance", "MasterUserPassword"): "RDS never gives a password back",
}
"""(CloudFormation type, property) -> the reason why no API returns it."""
