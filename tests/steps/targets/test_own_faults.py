"""Faults in the user's own files: one explained error each, which names the file; never the machine."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

from local_aws import LocalAws
from steps.drivers.names import Names
from steps.drivers.postgres import Database, SqlRefused
from steps.suite.deviation import of_error
from steps.targets.embedded_start import launch
from steps.targets.emulator import deployed, packed
from steps.targets.environment import EnvironmentBroken, clients
from steps.targets.settings import SettingsError, read
from steps.targets.system import SystemUnderTest

ACCOUNT = "123456789012"
_numbers = count(1)
DATA = """
Parameters:
  ProjectName: {Type: String}
  DatabaseUsername: {Type: String}
  DatabasePassword: {Type: String}
Resources:
  Secret:
    Type: AWS::SecretsManager::Secret
    Properties: {Name: !Ref ProjectName, SecretString: !Sub '{"username":"${DatabaseUsername}"}'}
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: !Ref ProjectName
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Action: "sts:AssumeRole", Principal: {Service: states.amazonaws.com}}]
Outputs:
  AuroraSecretArn: {Value: !Ref Secret}
  RoleArn: {Value: !GetAtt Role.Arn}
"""
TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Parameters:
  ProjectName: {Type: String}
  AuroraSecretArn: {Type: String}
  RoleArn: {Type: String}
Resources:
  Machine:
    Type: AWS::Serverless::StateMachine
    Properties:
      Name: !Ref ProjectName
      Role: !Ref RoleArn
      DefinitionUri: machine.asl.json
"""
MACHINE = json.dumps({"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}, indent=1)
PIPELINE = {
    "data.yaml": DATA,
    "template.yaml": TEMPLATE,
    "machine.asl.json": MACHINE,
    "sql/schema.sql": "SELECT 1;\n",
    "sql/history.sql": "SELECT 1;\n",
}
"""A pipeline that can be deployed, and does nothing."""
FUNCTION = """
  Function:
    Type: AWS::Serverless::Function
    Properties:
      {FunctionName: !Ref ProjectName, Handler: a.b, Runtime: python3.13, Role: 'arn:aws:iam::1:role/a', CodeUri: src}
"""


def resource(kind: str, properties: str) -> dict[str, str]:
    return {"template.yaml": TEMPLATE + f"  Another:\n    Type: {kind}\n    Properties: {properties}\n"}


FAULTS: dict[str, tuple[Mapping[str, str | bytes | None], str, tuple[str, ...]]] = {
    "no template": ({"template.yaml": None}, "template.yaml does not exist", ()),
    "a template that is no YAML": ({"template.yaml": "Resources: ["}, "template.yaml is not valid YAML", ("line 1",)),
    "a template in another encoding": ({"template.yaml": "# 行".encode("shift_jis")}, "template.yaml is not", ()),
    "a template without resources": ({"template.yaml": "Resources:\n"}, "template.yaml declares no Resources", ()),
    "a resource without a type": (
        {"template.yaml": TEMPLATE + "  Another: {Properties: {}}\n"},
        "template.yaml is no template",
        ("Resources.Another.Type: ",),
    ),
    "a resource that is none": (
        {"template.yaml": TEMPLATE + "  Another: any\n"},
        "template.yaml is no template",
        ("Another",),
    ),
    "properties that are none": (resource("AWS::S3::Bucket", "[any]"), "is no template", ("Another.Properties",)),
    "a reference to nothing": (
        resource("AWS::S3::Bucket", "{BucketName: !Ref Nothing}"),
        "template.yaml refers to Nothing",
        ("Another",),
    ),
    "an attribute that there is not": (
        resource("AWS::S3::Bucket", "{BucketName: !GetAtt Machine.Colour}"),
        "template.yaml refers to Machine.Colour",
        ("Another",),
    ),
    "a function of CloudFormation's that is not known": (
        resource("AWS::S3::Bucket", "{BucketName: !Transform {Name: any}}"),
        "template.yaml declares what the suite does not deploy",
        ("Fn::Transform in Another",),
    ),
    "a function of CloudFormation's that is given too little": (
        resource("AWS::S3::Bucket", "{BucketName: !Select [3, [a]]}"),
        "Another of .*template.yaml",
        ("list index out of range",),
    ),
    "a property that is missing": (
        resource("AWS::IAM::Policy", "{PolicyName: any}"),
        "Another .* lacks the property",
        (),
    ),
    "a property that AWS does not know": (
        resource("AWS::DynamoDB::Table", "{TableName: any, Colour: red}"),
        "Another .* was refused",
        ("Colour",),
    ),
    "a parameter without a type": (
        {"template.yaml": TEMPLATE.replace("ProjectName: {Type: String}", "ProjectName: {}")},
        "template.yaml",
        ("Type",),
    ),
    "a parameter without a value": (
        {"template.yaml": TEMPLATE.replace("Parameters:", "Parameters:\n  Colour: {Type: String}")},
        "parameters Colour have no value",
        (),
    ),
    "no output for the secret": (
        {"data.yaml": DATA.replace("AuroraSecretArn:", "Secret:")},
        "data.yaml .*output AuroraSecretArn",
        (),
    ),
    "an output without a value": (
        {"data.yaml": DATA.replace("{Value: !Ref Secret}", "{Colour: red}")},
        "data.yaml",
        ("Value",),
    ),
    "a package that is not there": (
        {"template.yaml": TEMPLATE + FUNCTION},
        "CodeUri of Function names src, which does not exist",
        (),
    ),
    "a requirement that is none": (
        {"template.yaml": TEMPLATE + FUNCTION, "src/requirements.txt": "tenacity\n== 1 ==\n"},
        "src/requirements.txt",
        ("== 1 ==",),
    ),
    "a definition that is not there": ({"machine.asl.json": None}, "DefinitionUri of Machine names", ()),
    "a definition that is no JSON": ({"machine.asl.json": '{\n "StartAt": "End",\n}'}, "machine.asl.json", ("line 3",)),
    "a definition that is refused": ({"machine.asl.json": "{}"}, "Machine .* was refused", ("StartAt",)),
    "a schema that is no SQL": (
        {"sql/schema.sql": "CREATE TABLE one (n int);\n\nCREATE TABEL two (n int);\n"},
        "sql/schema.sql, line 3",
        ("syntax error",),
    ),
    "a schema of a type that there is not": (
        {"sql/schema.sql": "CREATE TABLE other (n colour);\n"},
        "sql/schema.sql, line 1",
        ("colour",),
    ),
    "a history of another schema": (
        {"sql/history.sql": "SELECT 1;\nINSERT INTO nothing VALUES (1);\n"},
        "sql/history.sql, line 2",
        ("nothing",),
    ),
    "a schema in another encoding": ({"sql/schema.sql": "-- 行".encode("shift_jis")}, "sql/schema.sql", ("UTF8",)),
}

OF_SUITE_OR_MACHINE = {"template.yaml does not exist", "template.yaml declares what the suite does not deploy"}
"""Causes that leave open whether the pipeline is right: the verdict is UNKNOWN, and no line is NO."""


@pytest.fixture(scope="module")
def aws() -> Iterator[LocalAws]:
    starting = launch(Names(ACCOUNT))
    yield starting.result()
    starting.result().stop()


def pipeline(folder: Path, files: Mapping[str, str | bytes | None]) -> SystemUnderTest:
    for name, text in {**PIPELINE, **files}.items():
        if text is not None:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return SystemUnderTest(folder)


def deploy(system: SystemUnderTest, aws: LocalAws) -> None:
    names, client = Names(ACCOUNT, project=f"own-{next(_numbers)}"), clients(aws.environment)
    try:
        deployed(packed(system, names), system, names, client, database_url=aws.database_url, test_users=())
    finally:
        _empty(client("s3"))


def _empty(s3: Any) -> None:
    """Removes the bucket for packages, which an account has once."""
    for bucket in s3.list_buckets()["Buckets"]:
        for found in s3.list_objects_v2(Bucket=bucket["Name"]).get("Contents", []):
            s3.delete_object(Bucket=bucket["Name"], Key=found["Key"])
        s3.delete_bucket(Bucket=bucket["Name"])


def test_the_pipeline_itself_can_be_deployed(tmp_path: Path, aws: LocalAws):
    deploy(pipeline(tmp_path, {}), aws)


def explained(error: BaseException, cause: str, evidence: tuple[str, ...], failed_line: str | None = None) -> None:
    first, *rest = str(error).splitlines()
    assert re.search(cause, first), str(error)
    assert [told for told in evidence if told not in "\n".join(rest)] == [], str(error)
    assert rest[-1].startswith("  remedy: "), str(error)
    (deviation,) = of_error(error)
    assert deviation.diagnosis in ("pipeline-not-deployed", "sql-refused")
    assert getattr(error, "failed_line", None) == failed_line


@pytest.mark.parametrize(("files", "cause", "evidence"), FAULTS.values(), ids=FAULTS)
def test_a_fault_in_what_is_deployed_is_explained(
    tmp_path: Path, aws: LocalAws, files: Mapping[str, str | bytes | None], cause: str, evidence: tuple[str, ...]
):
    with pytest.raises(Exception, match=r"\A") as fault:
        deploy(pipeline(tmp_path, files), aws)
    line = None if cause in OF_SUITE_OR_MACHINE else "DAT-01" if "sql/" in cause else "KNO-02"
    explained(fault.value, cause, evidence, line)


QUESTIONS: dict[str, tuple[str, Callable[[Database], Any], str, str]] = {
    "a column that there is not": (
        "SELECT chunk\n  FROM nothing\n",
        lambda database: database.ask("question"),
        "question.sql, line 2",
        'relation "nothing" does not exist',
    ),
    "no SQL": ("SELEKT 1\n", lambda database: database.tell("question"), "question.sql, line 1", "syntax error"),
    "a row that does not fit its table": (
        "CREATE TEMP TABLE narrow (name varchar(2));\nINSERT INTO narrow VALUES ('wide')\n",
        lambda database: database.tell("question"),
        "question.sql",
        "value too long for type character varying(2) (the file writes narrow)",
    ),
    "a place that nobody fills": (
        "SELECT %(colour)s\n",
        lambda database: database.ask("question", chunk=1),
        "question.sql",
        "colour",
    ),
    "another column than is asked for": (
        "SELECT 1 AS part\n",
        lambda database: database.ask("question")[0]["chunk"],
        "question.sql",
        "no column chunk, but part",
    ),
    "several rows instead of one": (
        "VALUES (1), (2)\n",
        lambda database: database.number("question"),
        "question.sql",
        "2 rows instead of one",
    ),
    "no number": (
        "SELECT 'many' AS users\n",
        lambda database: database.number("question"),
        "question.sql",
        "instead of a number",
    ),
}


@pytest.mark.parametrize(("text", "ask", "cause", "evidence"), QUESTIONS.values(), ids=QUESTIONS)
def test_a_fault_in_a_question_is_explained(
    tmp_path: Path, aws: LocalAws, text: str, ask: Callable[[Database], Any], cause: str, evidence: str
):
    (tmp_path / "question.sql").write_text(text)
    with Database(aws.database_url, [tmp_path]) as database:
        with pytest.raises(SqlRefused) as fault:
            ask(database)
        explained(fault.value, cause, (evidence,))


def test_an_error_of_the_server_is_not_attributed_to_the_file(tmp_path: Path, aws: LocalAws):
    (tmp_path / "question.sql").write_text("SELECT pg_sleep(9)")
    (tmp_path / "impatient.sql").write_text("SET statement_timeout = 1")
    with Database(aws.database_url, [tmp_path]) as database:
        database.ask("impatient")
        with pytest.raises(psycopg.errors.QueryCanceled):
            database.ask("question")


CSV = {
    "none": (None, "does not exist"),
    "another encoding": ("user,logins,posts\nU00001,1,2\n行,1,2\n".encode("shift_jis"), "line 3: it is not UTF-8"),
    "a record that is none": (b"user,logins,posts\nU00001,1\n", "line 2: "),
    "quotes that nobody closes": (
        b'user,logins,posts\n"U00001,1,2\n',
        "line 2: '\"U00001,1,2' is no record: unexpected end of data",
    ),
}


@pytest.mark.parametrize(("content", "says"), CSV.values(), ids=CSV)
def test_a_file_to_deliver_that_cannot_be_read_stops_everything_before_it_begins(
    tmp_path: Path, content: bytes | None, says: str
):
    (tmp_path / "acceptance.toml").write_text('project = "own"\ncsv = {file = "users.csv"}\n')
    if content is not None:
        (tmp_path / "users.csv").write_bytes(content)
    with pytest.raises(SettingsError) as fault:
        read(tmp_path / "acceptance.toml", {}, needed=(), folder=tmp_path)
    (evidence,) = (line for line in str(fault.value).splitlines() if "evidence: " in line)
    assert evidence.startswith(f"  evidence: csv.file: {tmp_path / 'users.csv'} ")
    assert says in evidence


def test_exceptions_of_a_check_are_attributed_to_the_suite():
    assert of_error(KeyError("phase")) == [("check-broken", "KeyError: 'phase'")]
    assert of_error(StopIteration()) == [("check-broken", "StopIteration: ")]
    assert of_error(EnvironmentBroken("no answer")) == [("environment-broken", "no answer")]
    assert of_error(AssertionError("99 of 100")) == []
