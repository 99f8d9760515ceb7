"""DynamoDB's tables."""

from __future__ import annotations

from steps.cloudformation.declared import Clients, Declared, Properties
from steps.cloudformation.resources.api import call, get, get_all, omit, pick, rename
from steps.cloudformation.resources.resource_type import Identity, ResourceType


def create_table(aws: Clients, p: Properties) -> Identity:
    dynamodb, name = aws("dynamodb"), p["TableName"]
    afterwards = "TimeToLiveSpecification", "PointInTimeRecoverySpecification"
    arguments = omit(p, *afterwards)
    if "SSESpecification" in p:
        arguments["SSESpecification"] = rename(p["SSESpecification"], SSEEnabled="Enabled")
    arn = call(dynamodb, "create_table", arguments)["TableDescription"]["TableArn"]
    for setting, operation in zip(afterwards, ("update_time_to_live", "update_continuous_backups"), strict=True):
        if setting in p:
            call(dynamodb, operation, {"TableName": name, **pick(p, setting)})
    return Identity(name, {"Arn": arn})


def read_table(aws: Clients, declared: Declared) -> Properties:
    dynamodb, name = aws("dynamodb"), declared.ref
    described = get(dynamodb, "describe_table", "Table", TableName=name)
    ttl = get(dynamodb, "describe_time_to_live", "TimeToLiveDescription", TableName=name)
    backups = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    recovery = backups.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus")
    return described | {
        "BillingMode": (described["BillingModeSummary"] or {}).get("BillingMode", "PROVISIONED"),
        "TableClass": (described["TableClassSummary"] or {}).get("TableClass", "STANDARD"),
        "TimeToLiveSpecification": {
            "AttributeName": ttl["AttributeName"],
            "Enabled": ttl["TimeToLiveStatus"] in ("ENABLED", "ENABLING"),
        },
        "SSESpecification": _read_encryption(described["SSEDescription"] or {}),
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": recovery == "ENABLED"},
        "Tags": get_all(dynamodb, "list_tags_of_resource", "Tags", ResourceArn=described["TableArn"]),
    }


def _read_encryption(described: Properties) -> Properties:
    return {
        "SSEEnabled": described.get("Status") in ("ENABLED", "ENABLING"),
        "SSEType": described.get("SSEType"),
        "KMSMasterKeyId": described.get("KMSMasterKeyArn"),
    }


TYPES = [
    ResourceType(
        "AWS::DynamoDB::Table",
        create_table,
        read_table,
        ref="{TableName}",
        attributes={"Arn": "arn:{partition}:dynamodb:{region}:{account}:table/{TableName}"},
    )
]
