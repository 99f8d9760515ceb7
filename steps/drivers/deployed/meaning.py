"""What properties mean to a comparison: documents, wholes, sequences, what goes without saying, what no API tells."""

from __future__ import annotations

from typing import Any

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
