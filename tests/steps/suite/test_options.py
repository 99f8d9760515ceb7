"""The language of the terminal: that of the command line, or else that of the locale."""

from __future__ import annotations

import pytest

from steps.suite.options import altering, language
from tests.steps.reporting.allure_results.conftest import Run
from tests.steps.reporting.allure_results.conftest import run as run  # the fixture


@pytest.mark.parametrize(
    ("locale", "spoken"), [("ja_JP.UTF-8", "ja"), ("ja", "ja"), ("en_US.UTF-8", "en"), ("C", "en"), ("", "en")]
)
def test_the_terminal_speaks_the_language_of_the_locale(
    pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch, locale: str, spoken: str
):
    monkeypatch.delenv("LC_MESSAGES", raising=False)
    monkeypatch.delenv("LANG", raising=False)
    monkeypatch.setenv("LC_ALL", locale)
    assert language(pytestconfig) == spoken


def test_the_terminal_speaks_the_language_of_the_command_line(run: Run):
    output = run("--language=ja", "-k", "all_is_well").output
    assert "受け入れテスト（embedded）" in output
    assert "実行時間が15分以内で完了" in output or "ステータスがSUCCEEDED" in output
    assert "一部だけの実行のため判定なし" in output


@pytest.mark.parametrize(
    ("given", "variables", "altered_by"),
    [
        ({}, {}, []),
        ({"after_run": "true", "no_gate": True}, {}, ["--after-run", "--no-gate"]),
        ({"after_deploy": "true", "start": "manually"}, {}, ["--after-deploy", "--start=manually"]),
        ({"settings": "other.toml"}, {"ACCEPTANCE_PROJECT": "other"}, ["--settings", "ACCEPTANCE_PROJECT"]),
    ],
)
def test_differences_from_a_release_session_are_listed(
    pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch, given: dict[str, object], variables, altered_by
):
    for name, value in given.items():
        monkeypatch.setattr(pytestconfig.option, name, value)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert altering(pytestconfig) == altered_by
