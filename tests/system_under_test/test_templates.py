"""The pipeline's templates, samconfig.toml and state machine agree with each other, with the code and the settings."""

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from csv_pipeline.events import StepEvent
from csv_pipeline.settings import load_settings

from steps.drivers.names import Names
from tests.system_under_test.conftest import SYSTEM
from tests.system_under_test.pipeline import Pipeline


class CloudFormation(yaml.SafeLoader):
    """YAML whose tags are CloudFormation's functions."""


CloudFormation.add_multi_constructor("!", lambda loader, suffix, node: (suffix, str(node.value)))
TEXTS = {name: (SYSTEM / name).read_text("utf-8") for name in ("template.yaml", "data.yaml")}
TEMPLATE, DATA = (yaml.load(text, CloudFormation) for text in TEXTS.values())
CONFIG = tomllib.loads((SYSTEM / "samconfig.toml").read_text("utf-8"))
DEPLOY = CONFIG["dev"]["deploy"]["parameters"]
GIVEN = dict(each.split("=", 1) for each in DEPLOY["parameter_overrides"])
DEFAULTS = {name: parameter.get("Default") for name, parameter in TEMPLATE["Parameters"].items()}
WITHOUT_DEFAULT = {name for name, default in DEFAULTS.items() if default is None}


def test_a_parameter_without_default_is_an_output_of_the_data_template_and_given_to_sam() -> None:
    assert DATA["Outputs"].keys() == WITHOUT_DEFAULT
    assert WITHOUT_DEFAULT <= GIVEN.keys() <= DEFAULTS.keys()
    assert not {name for name, value in GIVEN.items() if value == DEFAULTS[name]}


def test_a_deployment_names_its_environment_and_never_production() -> None:
    assert CONFIG.keys() == {"version", "default", "dev"}
    assert CONFIG["default"].keys() == {"global", "validate"}
    assert DEPLOY["confirm_changeset"]
    assert "prod" not in str(DEPLOY)
    assert DEFAULTS["Environment"] == "dev"


def test_an_account_without_that_network_is_refused_before_anything_is_created() -> None:
    """CloudFormation looks up the values of parameters of these types before it creates a change set."""
    types = {name: TEMPLATE["Parameters"][name]["Type"] for name in ("SubnetIds", "SecurityGroupIds")}
    assert types == {
        "SubnetIds": "List<AWS::EC2::Subnet::Id>",
        "SecurityGroupIds": "List<AWS::EC2::SecurityGroup::Id>",
    }


def test_the_stack_creates_no_roles() -> None:
    assert DEPLOY["capabilities"] == []
    for name, resource in TEMPLATE["Resources"].items():
        assert not resource["Type"].startswith("AWS::IAM::"), name
        if resource["Type"] in ("AWS::Serverless::Function", "AWS::Serverless::StateMachine"):
            assert resource["Properties"]["Role"][0] == "Ref", name


def test_the_parameters_name_the_resources_that_the_acceptance_looks_at() -> None:
    account = tomllib.loads((SYSTEM / "acceptance.toml").read_text("utf-8"))
    names = Names(account["account"], account["region"], account["project"], account["environment"], account["names"])
    wanted = {
        "DataBucketName": names.bucket,
        "AuditLogTableName": names.audit_logs,
        "BatchJobsTableName": names.batch_jobs,
        "JobLocksTableName": names.job_locks,
        "ProcessingMetadataTableName": names.processing_metadata,
        "AuroraEndpoint": rf"{names.cluster}\.cluster-\w+\.{names.region}\.rds\.amazonaws\.com",
        "AuroraSecretArn": names.arn("secretsmanager", rf"secret:{account['aurora_secret']}-\w{{6}}"),
        "LambdaRoleArn": f"arn:aws:iam::{names.account}:role/{names.lambda_role}",
        "StateMachineRoleArn": f"arn:aws:iam::{names.account}:role/{names.state_machine_role}",
        "SubnetIds": ",".join(account["subnets"]),
        "SecurityGroupIds": ",".join(account["security_groups"]),
    }
    assert GIVEN.keys() == wanted.keys()
    assert {name: value for name, value in GIVEN.items() if not re.fullmatch(wanted[name], value)} == {}
    assert DEPLOY["region"] == names.region


def test_the_functions_accept_the_settings_of_the_dev_account() -> None:
    known: dict[str, Any] = {**DEFAULTS, **GIVEN, "AWS::Region": DEPLOY["region"]}
    variables = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
    assert load_settings({variable: known[name] for variable, (_, name) in variables.items()})


def states(definition: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, state in definition["States"].items():
        yield name, state
        if "ItemProcessor" in state:
            yield from states(state["ItemProcessor"])


MACHINE = (SYSTEM / "statemachine.asl.json").read_text("utf-8")
FUNCTION = r"arn:aws:lambda:ap-northeast-1:123456789012:function:\1"
SUBSTITUTED = re.sub(r"\$\{(\w+)FunctionArn\}", FUNCTION, MACHINE).replace("${Partition}", "aws")
STATES = dict(states(json.loads(SUBSTITUTED)))
TASKS = {name: state for name, state in STATES.items() if state["Type"] == "Task"}
PLATFORM_ERRORS = {
    *(f"Lambda.{error}" for error in ("ServiceException", "AWSLambdaException", "SdkClientException", "Unknown")),
    *("Lambda.TooManyRequestsException", "Sandbox.Timedout", "Runtime.ExitError"),
}


def test_the_state_machine_is_valid_after_substitution(tmp_path: Path) -> None:
    # statelint rejects a hyphen in a quoted name, which JSONPath and AWS accept.
    (tmp_path / "definition.json").write_text(SUBSTITUTED.replace("['version-id']", "['version_id']"), "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "statelint", tmp_path / "definition.json"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    assert [name for name, state in STATES.items() if not state.get("Comment")] == []


@pytest.mark.parametrize("name", TASKS)
def test_every_task_sends_the_event_of_its_step_and_retries_platform_errors(name: str, pipeline: Pipeline) -> None:
    task = TASKS[name]
    assert task["Resource"] == "arn:aws:states:::lambda:invoke"
    function = task["Parameters"]["FunctionName"].rpartition(":")[2].lower()
    payload = task["Parameters"]["Payload"]
    model: type[StepEvent] = sys.modules[function].STEPS[payload["event_type"]][0]
    assert {key.removesuffix(".$") for key in payload} == model.model_fields.keys() - {"request_id", "function"}
    assert payload["attempt.$"] == "$$.State.RetryCount"
    retry, while_restored = task["Retry"]
    assert set(retry["ErrorEquals"]) == PLATFORM_ERRORS
    assert (retry["IntervalSeconds"], retry["MaxAttempts"], retry["JitterStrategy"]) == (1, 3, "FULL")
    assert {"Lambda.ResourceNotReadyException", "Lambda.ResourceConflictException"} < set(while_restored["ErrorEquals"])
    assert sum(min(2**attempt, 30) for attempt in range(1, while_restored["MaxAttempts"] + 1)) > 120
    assert 300 < task["TimeoutSeconds"] < json.loads(MACHINE)["TimeoutSeconds"] == 900


def test_every_step_has_its_task(pipeline: Pipeline) -> None:
    sent = {task["Parameters"]["Payload"]["event_type"] for task in TASKS.values()}
    assert sent == sys.modules["splitter"].STEPS.keys() | sys.modules["processor"].STEPS.keys()
