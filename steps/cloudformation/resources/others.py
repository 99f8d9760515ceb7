"""Types that the acceptance does not need: created so that the rest of a template deploys, and not compared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from steps.cloudformation.declared import Clients, Properties
from steps.cloudformation.resources.api import call, map_tags, omit, pick
from steps.cloudformation.resources.resource_type import Identity, ResourceType


def create_queue(aws: Clients, p: Properties) -> Identity:
    sqs, settings = aws("sqs"), {name: p[name] for name in p.keys() - {"QueueName", "Tags"}}
    arguments = {**pick(p, "QueueName"), "Attributes": settings, "tags": map_tags(p)}
    url = call(sqs, "create_queue", arguments)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    return Identity(url, {"Arn": arn, "QueueName": p["QueueName"], "QueueUrl": url})


def create_queue_policy(aws: Clients, p: Properties) -> Identity:
    for url in p["Queues"]:
        call(aws("sqs"), "set_queue_attributes", {"QueueUrl": url, "Attributes": {"Policy": p["PolicyDocument"]}})
    return Identity("")


def create_topic(aws: Clients, p: Properties) -> Identity:
    known = {"TopicName", "Tags", "Subscription", "DataProtectionPolicy", "DeliveryStatusLogging"}
    arguments = {"Name": p["TopicName"], **pick(p, "Tags"), "Attributes": omit(p, *known)}
    arn = call(aws("sns"), "create_topic", arguments)["TopicArn"]
    for each in p.get("Subscription", []):
        create_subscription(aws, {"TopicArn": arn, **each})
    return Identity(arn, {"TopicArn": arn, "TopicName": p["TopicName"]})


def create_subscription(aws: Clients, p: Properties) -> Identity:
    own = "TopicArn", "Protocol", "Endpoint"
    arguments = {**pick(p, *own), "Attributes": omit(p, *own, "Region"), "ReturnSubscriptionArn": True}
    return Identity(call(aws("sns"), "subscribe", arguments)["SubscriptionArn"])


def create_topic_policy(aws: Clients, p: Properties) -> Identity:
    for arn in p["Topics"]:
        value = {"TopicArn": arn, "AttributeName": "Policy", "AttributeValue": p["PolicyDocument"]}
        call(aws("sns"), "set_topic_attributes", value)
    return Identity("")


def create_permission(aws: Clients, p: Properties) -> Identity:
    id = uuid4().hex  # no two of a function may be the same
    call(aws("lambda"), "add_permission", {"StatementId": id, **p})
    return Identity(id)


def create_version(aws: Clients, p: Properties) -> Identity:
    answer = call(aws("lambda"), "publish_version", pick(p, "FunctionName", "Description", "CodeSha256"))
    arn, version = answer["FunctionArn"], answer["Version"]
    arn = arn if arn.endswith(f":{version}") else f"{arn}:{version}"
    return Identity(arn, {"FunctionArn": arn, "Version": version})


def create_alias(aws: Clients, p: Properties) -> Identity:
    arn = call(aws("lambda"), "create_alias", omit(p, "ProvisionedConcurrencyConfig"))["AliasArn"]
    return Identity(arn, {"AliasArn": arn})


def create_parameter(aws: Clients, p: Properties) -> Identity:
    tags = [{"Key": key, "Value": value} for key, value in p.get("Tags", {}).items()]
    call(aws("ssm"), "put_parameter", omit(p, "Tags") | ({"Tags": tags} if tags else {}))
    return Identity(p["Name"], pick(p, "Type", "Value"))


def _by_one_call(service: str, operation: str, ref: str) -> Callable[[Clients, Properties], Identity]:
    def create(aws: Clients, p: Properties) -> Identity:
        call(aws(service), operation, p)
        return Identity(p[ref])

    return create


def _type(name: str, create: Any, ref: str, **attributes: str) -> ResourceType:
    return ResourceType(name, create, None, ref=ref, attributes=attributes)


_ARN = "arn:{partition}:%s:{region}:{account}:"
_FUNCTION = _ARN % "lambda" + "function:{FunctionName}:"
_QUEUE = "https://sqs.{region}.{suffix}/{account}/{QueueName}"
_RULES = _by_one_call("lambda", "put_function_event_invoke_config", "FunctionName")
_ALARM = _by_one_call("cloudwatch", "put_metric_alarm", "AlarmName")
TYPES = [
    _type("AWS::CloudWatch::Alarm", _ALARM, "{AlarmName}", Arn=_ARN % "cloudwatch" + "alarm:{AlarmName}"),
    _type("AWS::Lambda::Alias", create_alias, _FUNCTION + "{Name}", AliasArn="{ref}"),
    _type("AWS::Lambda::EventInvokeConfig", _RULES, "{FunctionName}"),
    _type("AWS::Lambda::Permission", create_permission, "{id}"),
    _type("AWS::Lambda::Version", create_version, _FUNCTION + "{id}", FunctionArn="{ref}", Version="{id}"),
    _type("AWS::SNS::Subscription", create_subscription, "{TopicArn}:{id}"),
    _type("AWS::SNS::Topic", create_topic, _ARN % "sns" + "{TopicName}", TopicArn="{ref}", TopicName="{TopicName}"),
    _type("AWS::SNS::TopicPolicy", create_topic_policy, "{id}"),
    _type(
        "AWS::SQS::Queue",
        create_queue,
        _QUEUE,
        Arn=_ARN % "sqs" + "{QueueName}",
        QueueName="{QueueName}",
        QueueUrl="{ref}",
    ),
    _type("AWS::SQS::QueuePolicy", create_queue_policy, "{id}"),
    _type("AWS::SSM::Parameter", create_parameter, "{Name}", Type="{Type}", Value="{Value}"),
]
