"""The values of a session in the commands of remedies: filled in where they are at hand, and visible gaps elsewhere."""

from __future__ import annotations

import re

import pytest

from steps.diagnoses import catalogue
from steps.verdict import checklist
from steps.verdict.commands import fill_in, fill_in_item, list_values
from steps.verdict.words import Words

ACCOUNT = "123456789012"
MACHINE = f"arn:aws:states:ap-northeast-1:{ACCOUNT}:stateMachine:csv-processing"
RUN = {
    "execution_arn": f"{MACHINE.replace(':stateMachine:', ':execution:')}:4c1f_9e",
    "bucket": "csv-inbox",
    "key": "incoming/users.csv",
    "version_id": "v1",
}
DENIED = "csv-role may not s3:GetObject on arn:aws:s3:::csv-inbox/incoming/any.csv (implicitDeny)"
GAP = re.compile(r"\{[\w-]+\}")


def filled(text: str, *evidence: str) -> str:
    return fill_in(Words(text, text), list_values(RUN, ACCOUNT, evidence)).en


@pytest.mark.parametrize(
    ("command", "evidence", "due"),
    [
        ("restart incoming/{file}", "", "restart incoming/users.csv"),
        ("{bucket}/{key}#{version-id}", "", "csv-inbox/incoming/users.csv#v1"),
        ("--execution-arn {execution-arn}", "", f"--execution-arn {RUN['execution_arn']}"),
        ("--state-machine-arn {state-machine-arn}", "", f"--state-machine-arn {MACHINE}"),
        ("{role-arn} {action}", DENIED, f"arn:aws:iam::{ACCOUNT}:role/csv-role s3:GetObject"),
        ("{resource-arn}", DENIED, "arn:aws:s3:::csv-inbox/incoming/any.csv"),
        (
            "{closed-sg} {lambda-sg} {port}",
            "sg-1 (a) of Aurora let nobody of sg-2 (b) in to port 5432",
            "sg-1 sg-2 5432",
        ),
        ("{closed-sg} {port}", "sg-1 of vpce-1, the endpoint for s3, let nobody of sg-2 in to port 443", "sg-1 443"),
        ("{function}", "csv-splitter has ReservedConcurrentExecutions = 0 and refuses", "csv-splitter"),
        ("{function}", "the execution FAILED with any: no, in the state Split (function csv-splitter)", "csv-splitter"),
        ("{subnet}", "subnet-0a has neither an endpoint for s3 nor a route out", "subnet-0a"),
        ("--name {role-arn}", "", "--name ROLE_ARN"),
    ],
)
def test_a_command_holds_the_values_at_hand(command: str, evidence: str, due: str):
    assert filled(command, evidence) == due


def test_no_placeholder_is_left_in_any_explanation():
    values = list_values({}, None)
    items = [fill_in_item(item, values) for item in checklist.read().values()]
    texts = [words for item in items for words in (item.cause, item.risk, item.remedy)]
    texts += [fill_in(words, values) for each in catalogue.read().values() for words in (each.cause, each.remedy)]
    assert [words for words in texts if GAP.search(words.ja + words.en)] == []
