"""Changes to the EventBridge rule, the state machine and the uploads."""

from __future__ import annotations

import json
import os

from defects.sabotage.aws import aws, names


def double_rule() -> None:
    """Add a second rule with the same pattern and target."""
    events, name = aws("events"), names().rule
    (target,) = events.list_targets_by_rule(Rule=name)["Targets"]
    events.put_rule(Name="another", EventPattern=events.describe_rule(Name=name)["EventPattern"])
    events.put_targets(Rule="another", Targets=[target])


def target(changes: str) -> None:
    """Replace properties of the rule's target, given as JSON."""
    events, name = aws("events"), names().rule
    (target,) = events.list_targets_by_rule(Rule=name)["Targets"]
    events.put_targets(Rule=name, Targets=[{**target, **json.loads(changes)}])


def pattern(old: str, new: str) -> None:
    """Replace a text in the rule's event pattern."""
    events, name = aws("events"), names().rule
    found = events.describe_rule(Name=name)["EventPattern"]
    if old not in found:
        raise LookupError(f"{old} is not in {found}")
    events.put_rule(Name=name, EventPattern=found.replace(old, new))


def delete_rule() -> None:
    events, name = aws("events"), names().rule
    events.remove_targets(Rule=name, Ids=[each["Id"] for each in events.list_targets_by_rule(Rule=name)["Targets"]])
    events.delete_rule(Name=name)


def start_again() -> None:
    """Start another execution with the input of the execution that has ended."""
    states = aws("stepfunctions")
    told = states.describe_execution(executionArn=os.environ["EXECUTION_ARN"])
    states.start_execution(stateMachineArn=told["stateMachineArn"], input=told["input"])


def redefine(old: str, new: str) -> None:
    """Replace a text throughout the state machine's definition."""
    states, arn = aws("stepfunctions"), names().state_machine_arn
    definition = states.describe_state_machine(stateMachineArn=arn)["definition"]
    if old not in definition:
        raise LookupError(f"{old} is not in the definition")
    states.update_state_machine(stateMachineArn=arn, definition=definition.replace(old, new))


def empty_inbox() -> None:
    """Delete all versions of all objects under incoming/."""
    s3, bucket = aws("s3"), names().bucket
    found = s3.list_object_versions(Bucket=bucket, Prefix="incoming/")["Versions"]
    for each in found:
        s3.delete_object(Bucket=bucket, Key=each["Key"], VersionId=each["VersionId"])
