"""What somebody may change in the roles and the rule."""

from __future__ import annotations

import json

from tests.steps.cloudformation.changes.making import makes
from tests.steps.cloudformation.conftest import Pipeline


@makes(("LambdaRole", "Policies[pipeline].PolicyDocument.Statement[LockTheJob].Action"))
def an_action_taken_from_the_role(p: Pipeline) -> None:
    named = {"RoleName": p["LambdaRole"], "PolicyName": "pipeline"}
    document = p.client("iam").get_role_policy(**named)["PolicyDocument"]
    next(each for each in document["Statement"] if each["Sid"] == "LockTheJob")["Action"].remove("dynamodb:DeleteItem")
    p.client("iam").put_role_policy(**named, PolicyDocument=json.dumps(document))


@makes(("StateMachineRole", "Policies[more]"))
def one_policy_more(p: Pipeline) -> None:
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    named = {"RoleName": p["StateMachineRole"], "PolicyName": "more"}
    p.client("iam").put_role_policy(**named, PolicyDocument=json.dumps(document))


@makes(("EventBridgeRole", "Policies[pipeline]"))
def a_policy_deleted(p: Pipeline) -> None:
    p.client("iam").delete_role_policy(RoleName=p["EventBridgeRole"], PolicyName="pipeline")


@makes(("StateMachineRole", "AssumeRolePolicyDocument.Statement[0].Principal.Service"))
def another_service_trusted(p: Pipeline) -> None:
    document = p.client("iam").get_role(RoleName=p["StateMachineRole"])["Role"]["AssumeRolePolicyDocument"]
    document["Statement"][0]["Principal"]["Service"] = "ec2.amazonaws.com"
    p.client("iam").update_assume_role_policy(RoleName=p["StateMachineRole"], PolicyDocument=json.dumps(document))


@makes(("UploadRule", "EventPattern.detail.object.key[0].wildcard"))
def another_pattern(p: Pipeline) -> None:
    events = p.client("events")
    had = events.describe_rule(Name=p["UploadRule"])
    kept = {name: had[name] for name in ("Name", "State", "Description")}
    events.put_rule(**kept, EventPattern=had["EventPattern"].replace("incoming/*.csv", "in/*.csv"))


@makes(("UploadRule", "State"))
def a_rule_disabled(p: Pipeline) -> None:
    p.client("events").disable_rule(Name=p["UploadRule"])


@makes(("UploadRule", "Targets[state-machine].InputPath"), ("UploadRule", "Targets[second]"))
def a_target_that_gets_part_of_the_event_and_a_second_one(p: Pipeline) -> None:
    (target,) = p.client("events").list_targets_by_rule(Rule=p["UploadRule"])["Targets"]
    targets = [target | {"InputPath": "$.detail"}, target | {"Id": "second"}]
    p.client("events").put_targets(Rule=p["UploadRule"], Targets=targets)
