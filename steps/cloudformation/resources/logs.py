"""CloudWatch's log groups."""

from __future__ import annotations

from steps.cloudformation.declared import Clients, Declared, Properties
from steps.cloudformation.resources.api import call, get_all, list_tags, map_tags, omit, rename, to_upper_camel
from steps.cloudformation.resources.resource_type import Identity, ResourceType


def create_log_group(aws: Clients, p: Properties) -> Identity:
    logs, name = aws("logs"), p["LogGroupName"]
    names = {"LogGroupName": "logGroupName", "KmsKeyId": "kmsKeyId", "LogGroupClass": "logGroupClass"}
    arguments = rename(omit(p, "RetentionInDays", "Tags"), **names)
    call(logs, "create_log_group", arguments | ({"tags": map_tags(p)} if "Tags" in p else {}))
    if "RetentionInDays" in p:
        call(logs, "put_retention_policy", {"logGroupName": name, "retentionInDays": p["RetentionInDays"]})
    return Identity(name)


def read_log_group(aws: Clients, declared: Declared) -> Properties | None:
    logs, name = aws("logs"), declared.ref
    for group in get_all(logs, "describe_log_groups", "logGroups", logGroupNamePrefix=name):
        if group["logGroupName"] == name:
            arn = group["arn"].removesuffix(":*")
            return {**to_upper_camel(group), "Tags": list_tags(logs.list_tags_for_resource(resourceArn=arn)["tags"])}
    return None


TYPES = [
    ResourceType(
        "AWS::Logs::LogGroup",
        create_log_group,
        read_log_group,
        ref="{LogGroupName}",
        attributes={"Arn": "arn:{partition}:logs:{region}:{account}:log-group:{LogGroupName}:*"},
    )
]
