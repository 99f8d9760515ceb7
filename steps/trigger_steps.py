"""Steps about the rule that lets an upload start an execution."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from time import time

from pytest_bdd import then, when

from steps import triggering
from steps.deviation import Deviation
from steps.drivers.absence import missing
from steps.drivers.inbox import Upload
from steps.drivers.names import Names
from steps.drivers.s3_event import object_created
from steps.drivers.trigger import Rule, Trigger
from steps.finding import Finding
from steps.targets.environment import Environment
from steps.targets.settings import Settings


@when("the rule is looked up", target_fixture="rule")
def rule_found(trigger: Trigger, environment: Environment, finding: Finding) -> Rule:
    names = environment.names
    return finding.there(trigger.found(), wanted=names.rule, missing=missing(names, "rule"))


@then("it is enabled")
def enabled(rule: Rule, finding: Finding) -> None:
    off = [] if rule.enabled else [Deviation("rule-disabled", f"{rule.name} is disabled")]
    finding.none(off, wanted="the rule enabled", got="enabled")


def any_upload(names: Names) -> Upload:
    """One that has to start an execution."""
    return Upload(names.bucket, "incoming/any.csv", "any", 1352, "0" * 32, int(time() * 1000))


@then("EventBridge finds that it matches an upload under incoming/, and nothing else")
def matches(rule: Rule, trigger: Trigger, environment: Environment, finding: Finding) -> None:
    names = environment.names
    event = object_created(any_upload(names), account=names.account, region=names.region)
    deviations = triggering.pattern(partial(trigger.matches, rule), event)
    finding.none(list(deviations), wanted="only uploads under incoming/ matched", got="so")
    everything = replace(rule, pattern='{"source": ["aws.s3"]}')
    nothing = replace(rule, pattern='{"source": ["aws.another"]}')
    for id, planted in (("a pattern that matches too much", everything), ("one that matches too little", nothing)):
        finding.control(id, any(triggering.pattern(partial(trigger.matches, planted), event)))


@then("it starts the state machine once, with an input that names the uploaded object")
def target(rule: Rule, environment: Environment, settings: Settings, finding: Finding) -> None:
    names, machine = environment.names, environment.names.state_machine_arn
    upload = any_upload(names)
    event = object_created(upload, account=names.account, region=names.region)

    def wrong(rule: Rule) -> list[Deviation]:
        return triggering.target(rule, machine, lambda given: settings.input.paths.lacking_in(given, upload), event)

    where = ", ".join(settings.input.model_dump().values())
    finding.none(wrong(rule), wanted=f"{machine} as the only target, told the object at {where}", got="so")
    finding.control("the same target twice", bool(wrong(replace(rule, targets=rule.targets * 2))))
    empty = replace(rule, targets=tuple({**each, "Input": "{}"} for each in rule.targets))
    finding.control("a target with another input", bool(wrong(empty)))


@then("no other rule starts it")
def no_other(trigger: Trigger, environment: Environment, finding: Finding) -> None:
    others = trigger.others(environment.names.state_machine_arn)
    deviations = [Deviation("started-twice", f"{name} starts the state machine too") for name in others]
    finding.none(deviations, wanted="no other rule", got="none")
