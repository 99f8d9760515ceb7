"""Preconditions of the EventBridge rule: its state, its event pattern and its targets."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from time import time
from typing import Any

from pytest_bdd import then, when

from steps.diagnoses.ids import Diagnosis
from steps.drivers.absence import missing
from steps.drivers.event_rule import REPLACEMENTS, Rule, Trigger, is_of, received
from steps.drivers.execution_input import object_created
from steps.drivers.jsonpath import leaves, read_in
from steps.drivers.names import Names
from steps.drivers.s3 import Upload
from steps.suite.deviation import Deviation
from steps.suite.finding import Finding
from steps.targets.environment import Environment
from steps.targets.settings import Settings

MAX_BYTES = 104_857_600
"""The size of the largest file that has to start an execution."""
_SECONDS = 300
"""For as long, EventBridge has to try to start an execution."""
_OTHER_REASONS = ("POST Object", "CopyObject", "CompleteMultipartUpload")
"""How an object may be uploaded otherwise than by PutObject, as an event says it; tools upload in parts from 8 MB on.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
"""


def target(rule: Rule, machine: str, lacking: Callable[[Any], list[str]], event: Mapping[str, Any]) -> list[Deviation]:
    """Return what keeps the rule from starting the state machine once, with an input that names the uploaded object.

    `event` is the event of the upload; `lacking` returns the paths at which an input does not name the object.
    """
    arns = [each["Arn"] for each in rule.targets]
    others = [arn for arn in arns if not is_of(machine, arn)]
    deviations = [Deviation(Diagnosis.RULE_TARGET_WRONG, f"{rule.name} starts {arn}") for arn in others]
    if (times := len(arns) - len(others)) != 1:
        deviations.append(
            Deviation(Diagnosis.RULE_TARGET_WRONG, f"{rule.name} has the state machine as target {times} times")
        )
    for each in rule.targets:
        if not each.get("RoleArn"):
            deviations.append(Deviation(Diagnosis.RULE_TARGET_WRONG, f"target {each['Id']} of {rule.name} has no role"))
        retries = each.get("RetryPolicy", {})
        if retries.get("MaximumRetryAttempts") == 0 or retries.get("MaximumEventAgeInSeconds", _SECONDS) < _SECONDS:
            text = f"target {each['Id']} of {rule.name} gives an upload up where Step Functions throttles it: {retries}"
            deviations.append(Deviation(Diagnosis.RULE_TARGET_WRONG, text))
        if wrong := _contract(each, lacking, event):
            text = f"target {each['Id']} of {rule.name} {_handing_on(each)}, {wrong}"
            deviations.append(Deviation(Diagnosis.EVENT_CONTRACT_BROKEN, text))
    return deviations


def _contract(target: Mapping[str, Any], lacking: Callable[[Any], list[str]], event: Mapping[str, Any]) -> str:
    """Describe what is wrong with the input that the target makes of `event`; empty if it names the object."""
    try:
        paths = lacking(received(target, event))
    except ValueError as invalid:
        return f"which makes no input: {invalid}"
    return f"which lacks the object's {', '.join(paths)}" if paths else ""


def _handing_on(target: Mapping[str, Any]) -> str:
    replaced = [f"{name} {json.dumps(target[name], ensure_ascii=False)}" for name in REPLACEMENTS if target.get(name)]
    return f"replaces the event by {' and '.join(replaced)}" if replaced else "hands on the event as it is"


def handed_on(rule: Rule, machine: str, event: Mapping[str, Any]) -> list[Any]:
    """Return the inputs that the rule's targets make of `event` for the state machine, except invalid ones."""
    inputs = []
    for each in rule.targets:
        if is_of(machine, each["Arn"]):
            with suppress(ValueError):  # reported by _contract
                inputs.append(received(each, event))
    return inputs


def only_handed_on(given: Any, by_hand: Any, definition: Mapping[str, Any]) -> list[str]:
    """Return the paths in a rule's input `given` that the state machine reads and the input `by_hand` lacks.

    Fields that a function reads after it is passed the whole input cannot be seen here.
    """
    read = set(read_in(definition))
    missing = set(leaves(given)) - set(leaves(by_hand))
    return sorted(
        "$." + ".".join(leaf)
        for leaf in missing
        if any(leaf[: len(way)] == way or way[: len(leaf)] == leaf for way in read)
    )


def pattern(matches: Callable[[Mapping[str, Any]], bool], event: Mapping[str, Any]) -> Iterator[Deviation]:
    """Yield the events that the event pattern has to match but does not, and those that it wrongly matches.

    `event` is the event of an upload that has to start an execution; `matches` asks EventBridge about one event.
    """
    for upload in (event, _with_object(event, size=MAX_BYTES)):
        if not matches(upload):
            yield _wrong("an upload that has to start an execution is not matched", upload)
    for what, changed in _others(event).items():
        if matches(changed):
            yield _wrong(f"{what} is matched", changed)
    for upload in [_with_reason(event, each) for each in _OTHER_REASONS] if matches(event) else ():
        if not matches(upload):
            yield _wrong("an upload that has to start an execution is not matched", upload)


def _others(event: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return events that differ from `event` in one respect and must start nothing, by description."""
    detail = event["detail"]
    key, name = detail["object"]["key"], detail["object"]["key"].rpartition("/")[2]

    return {
        "an object outside incoming/": _with_object(event, key=f"results/{name}"),
        "the pipeline's own output": _with_object(event, key="results/any-version/rejected.csv"),
        "an object that is no .csv": _with_object(event, key=f"{key}.bak"),
        "an object over 100 MB": _with_object(event, size=MAX_BYTES + 1),
        "an object of another bucket": {**event, "detail": {**detail, "bucket": {"name": "another-bucket"}}},
        "an event of another source": {**event, "source": "another.application"},
        "a deletion": {**event, "detail-type": "Object Deleted"},
    }


def _with_object(event: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    detail = event["detail"]
    return {**event, "detail": {**detail, "object": {**detail["object"], **changes}}}


def _with_reason(event: Mapping[str, Any], reason: str) -> dict[str, Any]:
    return {**event, "detail": {**event["detail"], "reason": reason}}


def _wrong(what: str, event: Mapping[str, Any]) -> Deviation:
    found = event["detail"]["object"]
    where = f"s3://{event['detail']['bucket']['name']}/{found['key']}"
    told = f"{event['detail-type']} ({event['detail']['reason']}) of {where}, {found['size']} bytes"
    return Deviation(Diagnosis.RULE_PATTERN_WRONG, f"{what}: {told}")


@when("the rule is looked up", target_fixture="rule")
def rule_found(trigger: Trigger, environment: Environment, finding: Finding) -> Rule:
    names = environment.names
    return finding.there(trigger.found(), "rule-there", rule=names.rule, missing=missing(names, "rule"))


@then("it is enabled")
def enabled(rule: Rule, finding: Finding) -> None:
    off = [] if rule.enabled else [Deviation(Diagnosis.RULE_DISABLED, f"{rule.name} is disabled")]
    finding.none(off, "rule-enabled", rule=rule.name)


def any_upload(names: Names) -> Upload:
    """An upload that has to start an execution."""
    return Upload(names.bucket, "incoming/any.csv", "any", 1352, "0" * 32, int(time() * 1000))


@then("EventBridge finds that it matches an upload under incoming/, and nothing else")
def matches(rule: Rule, trigger: Trigger, environment: Environment, finding: Finding) -> None:
    names = environment.names
    event = object_created(any_upload(names), account=names.account, region=names.region)
    deviations = pattern(partial(trigger.matches, rule), event)
    finding.none(list(deviations), "rule-matches")
    everything = replace(rule, pattern='{"source": ["aws.s3"]}')
    nothing = replace(rule, pattern='{"source": ["aws.another"]}')
    for id, planted in (("a pattern that matches too much", everything), ("one that matches too little", nothing)):
        finding.control(id, any(pattern(partial(trigger.matches, planted), event)))


@then("it starts the state machine once, with an input that names the uploaded object")
def starts_state_machine(rule: Rule, environment: Environment, settings: Settings, finding: Finding) -> None:
    names, machine = environment.names, environment.names.state_machine_arn
    upload = any_upload(names)
    event = object_created(upload, account=names.account, region=names.region)

    def wrong(rule: Rule) -> list[Deviation]:
        return target(rule, machine, lambda given: settings.input.paths.lacking_in(given, upload), event)

    finding.none(wrong(rule), "rule-starts-machine", machine=machine)
    finding.control("the same target twice", bool(wrong(replace(rule, targets=rule.targets * 2))))
    empty = replace(rule, targets=tuple({**each, "Input": "{}"} for each in rule.targets))
    finding.control("a target with another input", bool(wrong(empty)))


@then("no other rule starts it")
def no_other(trigger: Trigger, environment: Environment, finding: Finding) -> None:
    others = trigger.others(environment.names.state_machine_arn)
    deviations = [Deviation(Diagnosis.STARTED_TWICE, f"{name} starts the state machine too") for name in others]
    finding.none(deviations, "no-other-rule")
