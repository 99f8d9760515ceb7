"""No secret leaves a session, however it is shown."""

from __future__ import annotations

import html
import json
from urllib.parse import quote

import pytest

from steps.masking.masking import MASK
from tests.steps.reporting.allure_results.conftest import Leavings
from tests.steps.reporting.allure_results.planted import PLANTED


@pytest.mark.parametrize("secret", PLANTED)
def test_no_file_of_the_reports_and_no_word_of_the_terminal_shows_a_secret(left: Leavings, secret: str):
    texts = {file: file.read_text("utf-8") for file in left.reports.rglob("*") if file.is_file()}
    assert len(texts) > 10
    for form in {secret, quote(secret, safe=""), json.dumps(secret)[1:-1], html.escape(secret)}:
        assert [str(file) for file, text in texts.items() if form in text] == []
        assert form not in left.output


def test_planted_secrets_reach_every_output_masked(left: Leavings):
    result = left.results["Secrets are told"]
    told = result["steps"][0]
    assert MASK in left.attached(told)["secrets"]
    assert MASK in told["steps"][0]["name"]
    assert MASK in result["statusDetails"]["message"]
    assert {"log", "stdout"} <= {each["name"] for each in result["attachments"]}
    assert MASK in (left.reports / "verdict.json").read_text("utf-8")
    assert MASK in left.output
