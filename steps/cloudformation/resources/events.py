"""EventBridge's rules, with their targets."""

from __future__ import annotations

from steps.cloudformation.declared import Clients, Declared, Properties
from steps.cloudformation.resources.api import call, get, get_all, omit, parse, pick
from steps.cloudformation.resources.resource_type import Identity, ResourceType


def create_rule(aws: Clients, p: Properties) -> Identity:
    events, name = aws("events"), p["Name"]
    arn = call(events, "put_rule", omit(p, "Targets"))["RuleArn"]
    if "Targets" in p:
        answer = call(events, "put_targets", {"Rule": name, **pick(p, "EventBusName", "Targets")})
        if answer["FailedEntries"]:
            raise ValueError(f"targets of rule {name}: {answer['FailedEntries']}")
    return Identity(name, {"Arn": arn})


def read_rule(aws: Clients, declared: Declared) -> Properties:
    events = aws("events")
    bus = {"EventBusName": declared.properties.get("EventBusName", "default")}
    answer = get(events, "describe_rule", Name=declared.ref, **bus)
    return answer | {
        "EventPattern": parse(answer["EventPattern"]),
        "Targets": get_all(events, "list_targets_by_rule", "Targets", Rule=declared.ref, **bus),
        "Tags": events.list_tags_for_resource(ResourceARN=answer["Arn"])["Tags"],
    }


TYPES = [
    ResourceType(
        "AWS::Events::Rule",
        create_rule,
        read_rule,
        ref="{Name}",
        attributes={"Arn": "arn:{partition}:events:{region}:{account}:rule/{Name}"},
        implied={"State": "ENABLED", "Targets": []},
    )
]
