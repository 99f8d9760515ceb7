"""The settings of an account: read, overridden, or refused with every value at fault."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steps.drivers.execution_input import ObjectPaths
from steps.drivers.iam import USUAL_ACTIONS
from steps.drivers.names import USUAL
from steps.drivers.users import User
from steps.paths import ROOT
from steps.targets.settings import FILE, SettingsError, read
from steps.targets.settings_values import USUAL_FILE
from steps.verdict import checklist

WELL = """
project = "csv"
environment = "dev"
region = "ap-northeast-1"
account = "123456789012"
aurora_secret = "rds!cluster"
security_groups = ["sg-1"]
subnets = ["subnet-1", "subnet-2"]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "acceptance.toml"
    file.write_text(WELL)
    return file


def faults(file: Path, text: str | bytes, **environment: str) -> list[str]:
    """The reasons for which a file with this text is refused."""
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(SettingsError) as refused:
        read(file, environment)
    first, *evidence, remedy = str(refused.value).splitlines()
    assert first == f"The settings in {file} cannot be used."
    assert remedy == "  remedy: mend them there or by ACCEPTANCE_* variables"
    return [line.removeprefix("  evidence: ") for line in evidence]


def test_what_the_file_says_is_read(file: Path):
    settings = read(file, {"HOME": "/any", "ACCEPTANCE": "no prefix"})
    assert (settings.project, settings.account, settings.aurora_secret) == ("csv", "123456789012", "rds!cluster")
    assert (settings.security_groups, settings.subnets) == (("sg-1",), ("subnet-1", "subnet-2"))


def test_any_value_can_be_overridden_and_lists_are_separated_by_commas(file: Path):
    settings = read(file, {"ACCEPTANCE_ENVIRONMENT": "test", "ACCEPTANCE_SUBNETS": "subnet-3, subnet-4,"})
    assert (settings.environment, settings.subnets, settings.project) == ("test", ("subnet-3", "subnet-4"), "csv")
    assert read(file, {"ACCEPTANCE_SUBNETS": ""}).subnets == ()


def test_names_follow_from_the_settings_but_for_those_that_are_told(file: Path):
    file.write_text(WELL + '[names]\nbucket = "in-{account}-{region}"\nrule = ""\n')
    names = read(file, {}).names_in("210987654321")
    assert (names.bucket, names.rule) == ("in-210987654321-ap-northeast-1", "csv-csv-upload-dev")
    assert names.state_machine_arn.endswith(":210987654321:stateMachine:csv-csv-processing-dev")


def test_names_of_the_account_hold_there_and_nowhere_else(file: Path):
    file.write_text(WELL + '[names]\nrule = "any-{environment}"\n[account_names]\nrule = "own-{environment}"\n')
    settings = read(file, {})
    assert settings.names_in(settings.account).rule == "own-dev"
    assert settings.names_in("000000000000").rule == "any-dev"
    assert read(file, {"ACCEPTANCE_ACCOUNT": "000000000000"}).names_in("000000000000").rule == "any-dev"


def test_the_settings_of_the_reference_pipeline_hold():
    settings = read(ROOT / "system_under_test" / FILE, {})
    assert settings.names_in(settings.account).bucket == f"csv-processing-{settings.account}-dev"
    assert (len(settings.security_groups), len(settings.subnets)) == (1, 2)


def test_a_pipeline_that_is_deployed_by_the_suite_needs_only_its_name(file: Path):
    file.write_text('project = "tally"')
    settings = read(file, {}, needed=())
    assert settings.names_in("000000000000").state_machine == "tally-csv-processing-dev"
    assert settings.input.paths == ObjectPaths()
    assert (settings.csv.name, settings.counts.users, settings.counts.records) == (USUAL_FILE.name, 100, 100)
    assert settings.users[-1] == User("U00100", "testuser100", "test100@example.com")
    assert settings.csv.file_in(file.parent) == USUAL_FILE


def test_what_the_input_the_file_and_the_counts_are_is_read(file: Path):
    file.write_text(
        WELL
        + """
        input = {bucket = "$.bucket", key = "$.object['key']", version_id = "$.object.version-id"}
        csv = {file = "users.csv", header = "user,logins,posts"}
        counts = {users = 3, records = 7, environment_variables = 9}
        """
    )
    (file.parent / "users.csv").touch()
    settings = read(file, {}, folder=file.parent)
    assert settings.input.paths == ObjectPaths("$.bucket", "$.object['key']", "$.object.version-id")
    assert (settings.csv.file_in(file.parent), settings.csv.name) == (file.parent / "users.csv", "users.csv")
    assert settings.counts.test_users == ["U00001", "U00002", "U00003"]
    assert (settings.counts.records, settings.counts.environment_variables) == (7, 9)


def test_what_the_functions_do_is_as_usual_but_for_what_is_told(file: Path):
    file.write_text(WELL + "[permissions]\nbatch_jobs = ['dynamodb:PutItem', 'dynamodb:GetItem']\nbucket = []\n")
    actions = read(file, {}).actions
    assert actions == USUAL_ACTIONS | {"batch_jobs": ("dynamodb:PutItem", "dynamodb:GetItem"), "bucket": ()}


def test_lines_that_do_not_apply_are_read_with_their_reasons(file: Path):
    file.write_text(WELL + "[not_applicable]\nLAM-04 = ' it has no layers '\n")
    assert read(file, {}, lines=["LAM-03", "LAM-04"]).not_applicable == {"LAM-04": "it has no layers"}


def test_the_settings_of_the_example_hold():
    folder = ROOT / "examples" / "tally"
    settings = read(folder / FILE, {}, needed=(), lines=checklist.read(), folder=folder)
    assert settings.names_in("000000000000").bucket == "tally-inbox-000000000000-dev"
    assert len(settings.not_applicable) == 1


def test_what_the_documentation_shows_is_in_the_example():
    shown = tomllib.loads((ROOT / "docs" / "own-pipeline.md").read_text("utf-8").split("```toml")[1].split("```")[0])
    told = tomllib.loads((ROOT / "examples" / "tally" / FILE).read_text("utf-8"))
    assert shown.pop("names").items() <= told.pop("names").items()
    assert shown == told


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("input = {bucket = '$'}", ["input.bucket: Value error, has to lead by names alone"]),
        ("input = {key = 'detail.key'}", ["input.key: Value error, is no path of names"]),
        ("input = {key = '$.files[0]'}", ["input.key: Value error, has to lead by names alone"]),
        ("input = {key = '$..key'}", ["input.key: Value error, is no path of names"]),
        ("input = {kye = '$.key'}", ["input.kye: Extra inputs are not permitted"]),
        (
            "input = {bucket = '$.s3', key = '$.s3.key'}",
            ["input: Value error, $.s3 and $.s3.key cannot both be values"],
        ),
        ("input = {bucket = '$.o', key = '$[\"o\"]'}", ['input: Value error, $.o and $["o"] cannot both be values']),
        ("csv = {file = 'none.csv'}", ["csv.file: "]),
        ("csv = {header = 'id,count'}", ["csv.header: Value error, has to name three columns"]),
        ("counts = {users = 0}", ["counts.users: Input should be greater than or equal to 1"]),
        ("test_users = {username = '{n}{n}'}", ["test_users.username: Value error, has to hold the user's number o"]),
        ("test_users = {username = '{n.real}'}", ["test_users.username: Value error, has to hold the user's number o"]),
        ("test_users = {username = '{n'}", ["test_users.username: Value error, cannot be filled in: "]),
        ("test_users = {email = 'test{n}'}", ["test_users.email: Value error, has to make an address, such as "]),
        (
            "test_users = {username = 'x', email = 'x@example.com', name = 'x'}",
            ["test_users.username: ", "test_users.email: Value error, has to hold", "test_users.name: Extra inputs"],
        ),
        ("permissions = {locks = []}", ["permissions.locks is unknown; there are uploads, bucket, "]),
        ("permissions = {job_locks = ['PutItem']}", ["permissions.job_locks.0: String should match pattern"]),
        ("not_applicable = {LAM-05 = 'x'}", ["not_applicable.LAM-05 is no line of the checklist"]),
        ("not_applicable = {LAM-04 = ' '}", ["not_applicable.LAM-04: Value error, has to say in one line why"]),
        (
            "not_applicable = {LAM-04 = '', X = ''}\ncsv = {file = 'no', header = ''}\ncounts = {user = 1}",
            ["not_applicable.X is no", "csv.file: ", "csv.header", "counts.user", "not_applicable.LAM-04", "not_app"],
        ),
    ],
)
def test_every_fault_of_a_pipelines_own_settings_is_named(file: Path, text: str, says: list[str]):
    file.write_text(WELL + text)
    with pytest.raises(SettingsError) as refused:
        read(file, {}, lines=["LAM-04"], folder=file.parent)
    named(str(refused.value).splitlines()[1:-1], [f"  evidence: {said}" for said in says])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (WELL.replace('account = "123456789012"', ""), ["account: Field required"]),
        (WELL.replace("123456789012", "12345678901"), ["account: String should match pattern"]),
        (WELL.replace('"dev"', '""'), ["environment: String should have at least 1 character"]),
        (WELL + 'acount = "1"\n', ["acount: Extra inputs are not permitted"]),
        (WELL + "[names]\nbuckte = 'b'\n", ["names.buckte is unknown; there are bucket, state_machine, "]),
        (WELL + "[names]\nbucket = 'b-{acount}'\n", ["names.bucket: Value error, cannot be filled in: 'acount'"]),
        (WELL + "[names]\nrule = 'r-{'\n", ["names.rule: Value error, cannot be filled in: "]),
        (
            WELL.replace("123456789012", "1").replace("ap-northeast-1", "") + "[names]\nx = 'x'\n",
            ["names.x is unknown", "region: String should match", "account: String should match"],
        ),
        ("project =", ["Invalid value"]),
        ('project = "行"'.encode("shift_jis"), ["'utf-8' codec can't decode"]),
    ],
)
def test_every_fault_is_named(file: Path, text: str | bytes, says: list[str]):
    named(faults(file, text), says)


def named(found: list[str], says: list[str]) -> None:
    assert len(found) == len(says), found
    assert all(fault.startswith(said) for fault, said in zip(found, says, strict=True)), found


def test_a_file_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(SettingsError, match="No such file or directory"):
        read(tmp_path / FILE, {})


def test_a_variable_that_overrides_nothing_is_named(file: Path):
    assert faults(file, WELL, ACCEPTANCE_ENVIROMENT="prod") == ["enviroment: Extra inputs are not permitted"]


KEYS = st.sampled_from(["project", "region", "account", "subnets", "names", "other"])
VALUES = st.sampled_from(["", "1", "ap-northeast-1", "123456789012", "a,b"])
PATTERNS = st.text("a{}.:!0_", max_size=6) | st.sampled_from(["{account}", "{region}-{project}"])


@given(
    overrides=st.dictionaries(KEYS, VALUES, max_size=3),
    names=st.dictionaries(st.sampled_from([*USUAL, "other"]), PATTERNS, max_size=2),
)
def test_whatever_is_told_is_refused_or_can_be_used(
    tmp_path_factory: pytest.TempPathFactory, overrides: dict[str, str], names: dict[str, str]
):
    file = tmp_path_factory.getbasetemp() / FILE
    file.write_text(WELL + "[names]\n" + "".join(f"{name} = '{pattern}'\n" for name, pattern in names.items()))
    environment: dict[str, Any] = {f"ACCEPTANCE_{key.upper()}": value for key, value in overrides.items()}
    try:
        settings = read(file, environment)
    except SettingsError:
        return
    usable = settings.names_in(settings.account)
    assert all(usable.named(thing) for thing in USUAL)
