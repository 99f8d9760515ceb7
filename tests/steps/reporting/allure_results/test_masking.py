"""No secret leaves a session, however it is shown; and nothing else is blotted out."""

from __future__ import annotations

import html
import json
from urllib.parse import quote

import pytest

from steps.masking.masking import MASK, Masking
from tests.steps.reporting.allure_results.conftest import Leavings
from tests.steps.reporting.allure_results.planted import PASSWORD, PLANTED


@pytest.mark.parametrize("secret", PLANTED)
def test_no_file_of_the_reports_and_no_word_of_the_terminal_shows_a_secret(left: Leavings, secret: str):
    texts = {file: file.read_text("utf-8") for file in left.reports.rglob("*") if file.is_file()}
    assert len(texts) > 10
    for form in {secret, quote(secret, safe=""), json.dumps(secret)[1:-1], html.escape(secret)}:
        assert [str(file) for file, text in texts.items() if form in text] == []
        assert form not in left.output


def test_what_was_planted_has_come_that_far(left: Leavings):
    result = left.results["Secrets are told"]
    told, failed = result["steps"]
    assert MASK in left.attached(told)["secrets"]
    assert MASK in told["steps"][0]["name"]
    assert MASK in failed["statusDetails"]["message"]
    assert {"log", "stdout"} <= {each["name"] for each in result["attachments"]}
    assert MASK in (left.reports / "verdict.json").read_text("utf-8")
    assert MASK in left.output


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ('{"password": "a\\"b", "x": 1}', '{"password": "***", "x": 1}'),
        (r"{\"password\": \"hidden\", \"x\": 1}", r"{\"password\": \"***\", \"x\": 1}"),
        ("{'SecretString': 'hidden'}", "{'SecretString': '***'}"),
        ("host=db password='hidden it is' user=me", "host=db password='***' user=me"),
        ("PGPASSWORD=hidden psql", "PGPASSWORD=*** psql"),
        ("db_password: hidden\nuser: me", "db_password: ***\nuser: me"),
        ("postgresql://me:hidden@db/csvbatch", "postgresql://me:***@db/csvbatch"),
        ("?X-Amz-Security-Token=hidden&X-Amz-Date=1", "?X-Amz-Security-Token=***&X-Amz-Date=1"),
        ("Authorization: Basic aGlkZGVuOmhpZGRlbg==", "Authorization: Basic ***"),
    ],
)
def test_what_looks_like_a_secret_is_masked(text, masked):
    assert Masking({}).text(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "user00001@example.com",
        "AURORA_SECRET_ARN: arn:aws:secretsmanager:ap-northeast-1:000000000000:secret:rds!cluster-1-AbCdEf",
        "MasterUserPassword: RDS never gives a password back",
        'FATAL: password authentication failed for user "postgres"',
        '{"password": null}',
        "Basic authentication is refused",
        "https://ap-northeast-1.console.aws.amazon.com/states/home?region=ap-northeast-1#/v2/executions",
    ],
)
def test_what_is_no_secret_stays(text):
    assert Masking({}).text(text) == text


def test_a_known_secret_is_masked_in_every_form_that_it_may_take():
    masking = Masking({"PGPASSWORD": PASSWORD})
    for form in (PASSWORD, quote(PASSWORD, safe=""), json.dumps({"x": PASSWORD}), html.escape(PASSWORD)):
        assert PASSWORD not in masking.text(f"before{form}after")
        assert MASK in masking.text(f"before{form}after")


def test_a_secret_within_a_variable_is_learnt_from_it():
    masking = Masking({})
    masking.learn({"DATABASE_URL": "postgresql://me:learnt-from-url@db/csvbatch"})
    assert masking.text("it is learnt-from-url") == "it is ***"


def test_short_values_do_not_blot_out_words():
    masking = Masking({"X_PASSWORD": "local-aws", "Y_TOKEN": "true"})
    assert masking.text("local-aws-4711, true") == "local-aws-4711, true"
    assert masking.text("with local-aws as the key") == "with *** as the key"


def test_data_keep_their_shape():
    data = {"password": "hidden", "of": [("it is", "AKIAPLANTEDPLANTED01"), 1, None]}
    assert Masking({}).data(data) == {"password": "***", "of": [["it is", "***"], 1, None]}
