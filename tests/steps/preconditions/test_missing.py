"""A name of the settings that nothing goes by: a NO that says which, and where it stands; never a broken machine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from steps.cloudformation.declared import Clients
from steps.diagnoses import catalogue
from steps.drivers.absence import DIAGNOSES, Missing, missing, naming, unless_absent
from steps.drivers.audit_trail import AuditTrail
from steps.drivers.aurora import NoLogin, Secret, login
from steps.drivers.event_rule import Trigger
from steps.drivers.iam import Permissions
from steps.drivers.locks import Locks
from steps.drivers.logs import Logs
from steps.drivers.names import USUAL, Names
from steps.drivers.s3 import Inbox, Upload
from steps.drivers.step_functions import Workflow
from steps.drivers.suite_lock import locked
from steps.drivers.tables import Tables
from steps.targets.environment import Environment, clients
from tests.steps.reference import NAMES

UPLOAD = Upload(NAMES.bucket, "incoming/any.csv", "any", 1, "any", 0)


def told(environment: Environment, names: Names) -> Clients:
    """Clients of their own, since it is they that are altered."""
    return naming(clients(environment.exports), names)


def wrong(key: str) -> Names:
    return Names(NAMES.account, others={key: "no-such"})


def trail(aws: Clients, names: Names) -> AuditTrail:
    tables = {"audit_logs": names.audit_logs, "batch_jobs": names.batch_jobs, "metadata": names.processing_metadata}
    return AuditTrail(aws("dynamodb"), **tables)


def workflow(aws: Clients, names: Names) -> Workflow:
    return Workflow(aws("stepfunctions"), names.state_machine_arn, every=0.1)


def lock(aws: Clients, names: Names) -> None:
    with locked(aws("dynamodb"), names.job_locks):
        pass


def switched_off(aws: Clients, names: Names) -> None:
    with Trigger(aws("events"), names.rule).off():
        pass


def withdrawn(aws: Clients, names: Names, key: str) -> None:
    with Permissions(aws("iam")).withdrawn(names.named(key), "any:Any"):
        pass


ASKED: list[tuple[str, str, Callable[[Clients, Names], Any]]] = [
    ("bucket", "bucket-missing", lambda aws, names: Inbox(aws("s3"), names.bucket).deliver("a.csv", b"")),
    ("rule", "rule-missing", switched_off),
    ("state_machine", "state-machine-missing", lambda aws, names: workflow(aws, names).executions_of(UPLOAD)),
    ("state_machine", "state-machine-missing", lambda aws, names: workflow(aws, names).start({})),
    ("splitter", "logs-missing", lambda aws, names: Logs(aws("logs"), names.log_groups).complete(0, ["any"], within=0)),
    ("audit_logs", "table-missing", lambda aws, names: trail(aws, names).entries("any")),
    ("batch_jobs", "table-missing", lambda aws, names: trail(aws, names).jobs("any")),
    ("processing_metadata", "table-missing", lambda aws, names: trail(aws, names).metadata(UPLOAD)),
    ("job_locks", "table-missing", lambda aws, names: Locks(aws("dynamodb"), names.job_locks).of(UPLOAD)),
    ("job_locks", "table-missing", lock),
    ("lambda_role", "role-missing", lambda aws, names: withdrawn(aws, names, "lambda_role")),
    ("rule_role", "role-missing", lambda aws, names: [*Permissions(aws("iam")).statements(names.rule_role)]),
]


@pytest.mark.parametrize(("key", "diagnosis", "ask"), ASKED)
def test_a_missing_resource_is_a_no_that_says_where_its_name_is_configured(
    environment: Environment, key: str, diagnosis: str, ask: Callable[[Clients, Names], Any]
):
    names = wrong(key)
    with pytest.raises(AssertionError) as no:
        ask(told(environment, names), names)
    first, evidence, remedy = str(no.value).splitlines()
    assert "no-such does not exist." in first
    assert evidence.startswith("  evidence: ")
    assert f"{key} under [names] in acceptance.toml" in remedy
    assert getattr(no.value, "diagnosis", None) == diagnosis


def test_a_lookup_may_treat_absence_as_an_answer(environment: Environment):
    aws = told(environment, wrong("audit_logs"))
    assert Tables(aws("dynamodb")).found("no-such") is None
    assert unless_absent(lambda: aws("dynamodb").describe_table(TableName="no-such")) is None


def test_a_missing_resource_of_another_name_stays_an_error_of_aws(environment: Environment):
    aws = told(environment, NAMES)
    with pytest.raises(aws("dynamodb").exceptions.ResourceNotFoundException) as refused:
        aws("dynamodb").describe_table(TableName="of-somebody-else")
    assert not isinstance(refused.value, Missing)


def test_the_lines_of_a_log_group_that_is_not_made_yet_are_none(environment: Environment):
    names = wrong("splitter")
    logs = Logs(told(environment, names)("logs"), names.log_groups)
    assert {line.group for line in logs.since(0)} <= {names.log_groups[1]}


def test_a_secret_that_is_not_there_is_a_no(environment: Environment):
    secret = Secret(told(environment, NAMES)("secretsmanager"), "no-such")
    with pytest.raises(Missing, match=r"no-such does not exist\.\n.*\n  remedy: .*aurora_secret in acceptance\.toml"):
        secret.told()


@pytest.mark.parametrize("text", ["", "postgres", "[]", '{"username": "hidden"}'])
def test_a_secret_without_a_login_is_a_no_that_does_not_repeat_it(text: str):
    with pytest.raises(NoLogin, match=r"^arn:any holds no login") as no:
        login(text, "arn:any")
    assert "hidden" not in str(no.value)


def test_each_name_of_the_settings_has_a_diagnosis_of_its_absence():
    assert DIAGNOSES.keys() == USUAL.keys()
    assert set(DIAGNOSES.values()) <= catalogue.read().keys()
    assert missing(wrong("cluster"), "cluster") == (
        "cluster-missing",
        "no-such does not exist (cluster under [names] in acceptance.toml)",
    )
