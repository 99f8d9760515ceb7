"""What samconfig.toml tells `sam deploy` of the dev account, and that it can be told to no other."""

import re
import tomllib
from typing import Any

from csv_pipeline.settings import load_settings

from steps.drivers.names import Names
from tests.system_under_test.conftest import SYSTEM
from tests.system_under_test.test_templates import TEMPLATE

CONFIG = tomllib.loads((SYSTEM / "samconfig.toml").read_text("utf-8"))
TOLD = CONFIG["dev"]["deploy"]["parameters"]
GIVEN = dict(each.split("=", 1) for each in TOLD["parameter_overrides"])
DEFAULTS = {name: parameter.get("Default") for name, parameter in TEMPLATE["Parameters"].items()}


def test_sam_is_told_each_parameter_that_has_no_default_and_no_default_again() -> None:
    assert {name for name, default in DEFAULTS.items() if default is None} <= GIVEN.keys() <= DEFAULTS.keys()
    assert not {name for name, value in GIVEN.items() if value == DEFAULTS[name]}


def test_a_bare_deploy_knows_no_stack_and_nothing_is_told_of_production() -> None:
    assert CONFIG.keys() == {"version", "default", "dev"}
    assert CONFIG["default"].keys() == {"global", "validate"}
    assert TOLD["confirm_changeset"]
    assert "prod" not in str(TOLD)
    assert DEFAULTS["Environment"] == "dev"


def test_an_account_without_that_network_is_refused_before_anything_is_made() -> None:
    """CloudFormation looks for the values of parameters of these types before it makes a change set."""
    types = {name: TEMPLATE["Parameters"][name]["Type"] for name in ("SubnetIds", "SecurityGroupIds")}
    assert types == {
        "SubnetIds": "List<AWS::EC2::Subnet::Id>",
        "SecurityGroupIds": "List<AWS::EC2::SecurityGroup::Id>",
    }


def test_the_stack_makes_no_roles_and_needs_no_leave_to_make_any() -> None:
    assert TOLD["capabilities"] == []
    for name, resource in TEMPLATE["Resources"].items():
        assert not resource["Type"].startswith("AWS::IAM::"), name
        if resource["Type"] in ("AWS::Serverless::Function", "AWS::Serverless::StateMachine"):
            assert resource["Properties"]["Role"][0] == "Ref", name


def test_the_parameters_name_what_the_acceptance_looks_at() -> None:
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
    for name, value in GIVEN.items():
        assert re.fullmatch(wanted[name], value), name
    assert TOLD["region"] == names.region


def test_the_functions_accept_the_settings_that_they_are_given_there() -> None:
    known: dict[str, Any] = {**DEFAULTS, **GIVEN, "AWS::Region": TOLD["region"]}
    variables = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
    assert load_settings({variable: known[name] for variable, (_, name) in variables.items()})
