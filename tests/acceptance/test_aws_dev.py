"""The dev account, for which a separately served AWS stands in: reached by AWS's own variables, and left as it was."""

from __future__ import annotations

import functools
import json
import re
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from steps.attestation.statement import make_statement
from steps.drivers.revisions import deployed
from steps.drivers.suite_lock import locked
from steps.suite.reports import left_in
from steps.verdict.model import Verdict
from tests.acceptance.conftest import POLICY, ROOT, Session, client, command, environment
from tests.acceptance.stand_in import NAMES as NAMES
from tests.acceptance.stand_in import STAND_IN as STAND_IN
from tests.acceptance.stand_in import STATIC, allowed, asked, traces
from tests.acceptance.stand_in import accept as accept  # the fixture

NOT_ASKED_HERE = {
    *("states:StartExecution", "s3:GetObject", "iam:GetPolicy", "iam:GetPolicyVersion"),
    *("ec2:GetManagedPrefixListEntries", "rds:DescribeDBProxies", "lambda:InvokeFunction"),
    *("kms:DescribeKey", "kms:GetKeyPolicy"),
}
"""Actions to start an execution by hand and wake a function; to read managed policies, prefix lists, proxies, keys."""

SSO = """
[profile ours]
sso_session = ours
sso_account_id = 526636471122
sso_role_name = Acceptance
region = ap-northeast-1

[sso-session ours]
sso_start_url = https://example.awsapps.com/start
sso_region = ap-northeast-1
"""


def test_the_readmes_plan_says_every_write_and_does_none(account, tmp_path: Path):
    texts = [(ROOT / name).read_text("utf-8") for name in ("README.md", "README.ja.md")]
    (typed,) = {*re.findall(r"-m steps\.targets\.stand_in\n    \.venv/bin/(.*?) *#", "".join(texts))}
    before = traces(account)
    done = subprocess.run(
        f"{Path(sys.executable).parent}/{typed}",
        shell=True,
        cwd=ROOT,
        env=environment() | account | {"PYTEST_ADDOPTS": f"--reports={tmp_path}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    session = Session(done.returncode, done.stdout, json.loads(left_in(tmp_path).read_text("utf-8")))
    assert {"INF-02", "LAM-03", "EVB-02", "DAT-01"} < session.items("passed"), session
    assert session.items("failed") | session.items("broken") | (session.items("passed") & {"RUN-01", "DAT-06"}) == set()
    assert traces(account) == before
    for text in ("acceptance-suite into", "insert 97 of the 100 users", "delete 3 rows", "put s3://", "start an exec"):
        assert text in session.output, session


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({}, "Unable to locate credentials\n    remedy: aws configure sso"),
        (
            {"AWS_PROFILE": "nobody"},
            "(nobody) could not be found\n    remedy: name one that is there in AWS_PROFILE: ours",
        ),
        ({"AWS_PROFILE": "ours"}, "does not exist\n    remedy: aws sso login --profile=ours"),
    ],
)
def test_a_session_that_is_not_signed_in_ends_at_once_and_says_how_to_sign_in(tmp_path: Path, variables, says):
    (tmp_path / "config").write_text(SSO)
    done = subprocess.run(
        command(tmp_path, "-m", "aws-dev"),
        cwd=ROOT,
        env=environment()
        | {"AWS_CONFIG_FILE": str(tmp_path / "config"), "AWS_EC2_METADATA_DISABLED": "true"}
        | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 6, done.stdout + done.stderr
    assert says in done.stdout
    assert len(done.stdout.partition("acceptance on aws-dev")[2].splitlines()) <= 12, done.stdout
    items = json.loads((tmp_path / "verdict.json").read_text("utf-8"))["items"]
    assert {item["status"] for item in items.values()} == {"broken"}


def test_a_plan_that_cannot_be_made_is_no_success(tmp_path: Path):
    line = command(tmp_path, "-m", "aws-dev", "--plan")
    nobody = environment() | {"AWS_CONFIG_FILE": str(tmp_path / "none"), "AWS_EC2_METADATA_DISABLED": "true"}
    done = subprocess.run(line, cwd=ROOT, env=nobody, capture_output=True, text=True, check=False)
    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout
    assert "Unable to locate credentials" in done.stdout


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        (
            {"DATABASE_URL": "postgresql://me:secret@127.0.0.1:9/csvbatch"},
            "does not answer at 127.0.0.1:9, database csvbatch.",
        ),
        ({"DATABASE_URL": "nowhere"}, "is no address of a database."),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "The dev account cannot be looked at"),
    ],
)
def test_what_does_not_answer_is_named(accept, variables: dict[str, str], says: str):
    session = accept("features/1_precondition/test_users.feature", database=False, **variables)
    assert session.exit == 1
    assert says in session.verdict["items"]["DAT-06"]["reason"], session
    assert "remedy: " in session.verdict["items"]["DAT-06"]["reason"]
    assert "secret" not in session.verdict["items"]["DAT-06"]["reason"]


def test_nothing_is_written_to_an_account_that_is_not_the_configured_one(account, accept, tmp_path: Path):
    settings, told = tmp_path / "acceptance.toml", (ROOT / "system_under_test" / "acceptance.toml").read_text("utf-8")
    bucket = '\n[names]\nbucket = "csv-processing-{account}-production"'
    edited = told.replace("\n[names]", bucket, 1).replace('environment = "dev"', 'environment = "live"', 1)
    settings.write_text(edited, "utf-8")
    before, elsewhere = traces(account), {"AWS_DEFAULT_REGION": "us-east-1", "AWS_REGION": "us-east-1"}
    feature = ("features/1_precondition/test_users.feature", f"--settings={settings}")
    session = accept(*feature, ACCEPTANCE_ACCOUNT="123456789012", **elsewhere)
    assert (session.exit, session.items("passed"), session.items("failed")) == (1, set(), set()), session
    reason = session.verdict["items"]["DAT-06"]["reason"]
    for says in (
        "The suite writes nothing here",
        "account is 526636471122, and the settings name 123456789012",
        "region is us-east-1, and the settings name",
        "names.bucket is csv-processing-",
        "the environment is live, and only dev, test, staging may",
    ):
        assert says in reason, session
    assert traces(account) == before


def test_settings_that_cannot_be_used_stop_it_before_anything_is_looked_at(account, accept):
    session = accept("features/1_precondition/test_users.feature", ACCEPTANCE_ACCOUNT="any", ACCEPTANCE_REGION="any")
    assert (session.exit, session.verdict["verdict"]) == (pytest.ExitCode.USAGE_ERROR, "UNKNOWN"), session
    for text in ("acceptance.toml cannot be used.", "account: String should match", "region: String should match"):
        assert text in session.output, session


def test_the_dev_account_gets_the_same_verdict_under_the_suites_own_policy_and_is_left_as_it_was(
    account, accept, narrow, tmp_path: Path
):
    before = traces(account)
    session = accept(**narrow)
    assert (session.exit, session.verdict["verdict"]) == (0, "GO"), session
    assert session.items("passed") == set(session.verdict["items"])
    modes = {id: item["mode"] for id, item in session.verdict["items"].items()}
    assert {id for id, mode in modes.items() if mode == "static"} == STATIC
    assert (session.verdict["target"], session.verdict["account"]) == ("aws-dev", NAMES.account)
    after = traces(account)
    assert after["versions"] == before["versions"]
    assert after["lock"] is None
    assert len(after["executions"]) == len(before["executions"]) + 1
    saved = json.loads((tmp_path / "statistics-before.json").read_text("utf-8"))
    assert list(saved) == [row[0] for row in before["statistics"] if row[0] <= "U00100"]
    theirs = [row for row in after["statistics"] if row[0] > "U00100"]
    assert theirs == [row for row in before["statistics"] if row[0] > "U00100"]
    assert allowed(POLICY) - asked(account) == NOT_ASKED_HERE


def test_an_attestation_holds_until_something_else_is_deployed(account, accept, tmp_path: Path):
    """The files that every whole session leaves, made from a part of a session."""
    session = accept("features/1_precondition/infrastructure.feature")
    client_of = functools.partial(client, account)
    whole = Verdict.model_validate({**session.verdict, "verdict": "GO", "scope": sorted(session.items("passed"))})
    told = make_statement(whole, {}, deployed(client_of, NAMES), verdict_sha256="of another", url=None)
    (tmp_path / "elsewhere").mkdir()
    file = tmp_path / "elsewhere" / "attestation.json"
    file.write_text(json.dumps(told))

    def verified() -> subprocess.CompletedProcess[str]:
        aws = {name: value for name, value in account.items() if name.startswith("AWS_")}
        line = [sys.executable, "-m", "commands", "verify", str(file)]
        return subprocess.run(line, cwd=ROOT, env=environment() | aws, capture_output=True, text=True, check=False)

    assert verified().returncode == 0, verified()
    lambda_, function = client_of("lambda"), NAMES.functions[0]
    timeout = lambda_.get_function_configuration(FunctionName=function)["Timeout"]
    lambda_.update_function_configuration(FunctionName=function, Timeout=timeout + 1)
    found = verified()
    lambda_.update_function_configuration(FunctionName=function, Timeout=timeout)
    assert found.returncode == 1
    assert f"function:{function} has changed: configuration" in found.stderr
    assert verified().returncode == 0


def test_the_caller_is_asked_for_credentials_once_and_commands_are_handed_them(account, accept, tmp_path: Path):
    """A profile whose credentials come from a program, as they do from one that asks for a second factor."""
    asked_for, profile, told = tmp_path / "asked", tmp_path / "config", tmp_path / "told"
    keys = {
        "Version": 1,
        "AccessKeyId": account["AWS_ACCESS_KEY_ID"],
        "SecretAccessKey": account["AWS_SECRET_ACCESS_KEY"],
    }
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\necho asked >> '{asked_for}'\necho '{json.dumps(keys)}'\n")
    program.chmod(0o755)
    profile.write_text(f"[profile dev]\ncredential_process = {program}\n")
    none = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "")
    session = accept(
        "features/5_risk/connection_tests.feature",
        "features/1_precondition/fallback.feature",
        f"--after-deploy=env > '{told}'",
        **none,
        AWS_CONFIG_FILE=str(profile),
        AWS_PROFILE="dev",
    )
    assert session.items("broken") | session.items("failed") == set(), session
    assert session.items("passed"), session
    assert asked_for.read_text() == "asked\n"
    variables = told.read_text().splitlines()
    assert f"AWS_ACCESS_KEY_ID={account['AWS_ACCESS_KEY_ID']}" in variables
    assert "AWS_PROFILE=dev" not in variables


def test_a_permission_that_the_suite_lacks_is_named_and_breaks_only_what_needs_it(account, accept, narrow):
    iam, role = client(account, "iam"), {"RoleName": "csv-acceptance", "PolicyName": "acceptance"}
    policy = iam.get_role_policy(**role)["PolicyDocument"]
    policy["Statement"] = [each for each in policy["Statement"] if each["Sid"] != "LookAtTheRule"]
    iam.put_role_policy(**role, PolicyDocument=json.dumps(policy))
    session = accept("features/1_precondition", **narrow)
    assert session.items("broken") == {"EVB-02", "EVB-03", "LAM-03", "KNO-04"}, session
    assert "is not authorized to perform: events:DescribeRule" in session.verdict["items"]["EVB-02"]["reason"]


def test_an_unknown_secret_and_unknown_names_are_no_and_the_rest_is_judged(account, accept, tmp_path: Path):
    told = (ROOT / "system_under_test" / "acceptance.toml").read_text("utf-8")
    wrong = "".join(f'{key} = "no-{key}-dev"\n' for key in ("splitter", "job_locks", "cluster", "lambda_role"))
    settings = tmp_path / "acceptance.toml"
    settings.write_text(told.replace("[names]\n", f"[names]\n{wrong}"), "utf-8")
    before = traces(account)
    session = accept("features/1_precondition", f"--settings={settings}", ACCEPTANCE_AURORA_SECRET="no-secret")
    assert session.items("broken") == set(), session
    reasons = {id: item["reason"] for id, item in session.verdict["items"].items()}
    assert "secret:no-secret does not exist." in reasons["DAT-01"], session
    assert "aurora_secret in acceptance.toml" in reasons["DAT-01"]
    assert "no-job_locks-dev does not exist (job_locks under [names] in acceptance.toml)" in reasons["INF-02"]
    assert {"INF-03", "INF-04", "EVB-01", "EVB-02", "EVB-03", "FIL-01"} <= session.items("passed"), session
    assert traces(account) == before


def test_two_runs_do_not_share_the_account(account, accept):
    with locked(client(account, "dynamodb"), NAMES.job_locks, "somebody@else"):
        before = traces(account)
        session = accept("features/1_precondition/test_users.feature")
        assert session.exit == 1
        assert "Another acceptance run has this account: somebody@else" in session.verdict["items"]["DAT-06"]["reason"]
        assert traces(account) == before


def test_a_test_users_id_that_belongs_to_somebody_else_stops_it_before_anything_is_written(account, accept):
    with psycopg.connect(account["DATABASE_URL"], autocommit=True) as connection:
        connection.execute("DELETE FROM user_statistics WHERE user_id = 'U00007'")
        connection.execute("DELETE FROM users WHERE user_id = 'U00007'")
        connection.execute("INSERT INTO users (user_id, username, email) VALUES ('U00007', 'bond', 'bond@example.com')")
        before = traces(account)
        session = accept()
        assert (session.exit, session.verdict["verdict"]) == (1, "NO-GO"), session
        assert session.verdict["diagnoses"][0]["id"] == "user-id-taken"
        assert "U00007 is bond" in session.verdict["diagnoses"][0]["evidence"][0]
        assert traces(account) == before
        connection.execute("DELETE FROM users WHERE user_id = 'U00007'")
