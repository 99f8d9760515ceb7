"""The services' own forms of documents, names and tags, in CloudFormation's form."""

from __future__ import annotations

import json
from typing import Any

from steps.cloudformation.declared import Properties


def parsed(text: Any) -> Any:
    """A JSON document out of its text; anything else as it is."""
    if not isinstance(text, str):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def upper_camel(node: Any) -> Any:
    """`node` with each key's first letter in upper case, from services that have it in lower case."""
    if isinstance(node, dict):
        return {name[0].upper() + name[1:]: upper_camel(value) for name, value in node.items()}
    return [upper_camel(each) for each in node] if isinstance(node, list) else node


def tags(by_key: dict[str, str]) -> list[Properties]:
    """Tags as CloudFormation has them, from services that give them by key."""
    return [{"Key": key, "Value": value} for key, value in by_key.items()]


DOCUMENTS = {"AssumeRolePolicyDocument", "Definition", "EventPattern", "PolicyDocument", "SecretString"}
"""JSON, as an object or as its text."""

WHOLE = DOCUMENTS | {"Targets", "Variables"}
"""Within these, what nobody declared changes what the pipeline does."""

LITERAL = {"Definition"}
"""In these, order and types count too, as they do to Step Functions."""

IN_ORDER = {"Layers", "numeric"}
"""Lists whose order counts: a later layer hides an earlier one, an operator goes before its number."""

IDENTITIES = ("PolicyName", "Sid", "Id", "IndexName", "AttributeName", "Key")
"""What tells the objects of a list apart."""

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
"""What a template says by saying nothing, where anything else changes what the pipeline does."""

NOT_READABLE = {
    ("AWS::RDS::DBCluster", "MasterUserPassword"): "RDS never gives a password back",
    ("AWS::RDS::DBInstance", "MasterUserPassword"): "RDS never gives a password back",
}
"""(CloudFormation type, property) -> why no API tells it."""
