"""The READMEs: CI or a test runs each command, links lead to files, and figures are counted."""

from __future__ import annotations

import re

import pytest

from steps.paths import ROOT
from steps.verdict import checklist
from tests.surroundings.table import TABLE

CI = (ROOT / ".ci" / "run").read_text("utf-8")
READMES = ("README.md", "README.ja.md")
TESTS = {
    ".venv/bin/pytest -m aws-dev --database-url=postgresql://127.0.0.1:5432/csvbatch": (
        "acceptance/test_aws_dev.py",
        "test_the_dev_account_gets_the_same_verdict",
    ),
    ".venv/bin/pytest -m aws-dev --plan --database-url=postgresql://127.0.0.1:5432/csvbatch": (
        "acceptance/test_dev_account.py",
        'accept("--plan"',
    ),
    ".venv/bin/pytest -m aws-dev --plan": ("acceptance/test_aws_dev.py", "test_the_readmes_plan"),
    ".venv/bin/python -m steps.targets.stand_in": ("acceptance/stand_in.py", '"-m", "steps.targets.stand_in"'),
    ".venv/bin/pytest --item=AUR-03": ("acceptance/test_installation.py", '"--item=AUR-03"'),
    ".venv/bin/pytest --file=users.csv": ("acceptance/test_own_file.py", 'accept(f"--file={file}", mark=())'),
    ".venv/bin/pytest -m local --after-deploy='python3 break_something.py'": (
        "acceptance/test_sessions.py",
        "--after-deploy=",
    ),
    ".venv/bin/python -m local_aws serve": ("local_aws/test_process.py", '"-m", "local_aws", "serve"'),
    ".venv/bin/python -m commands doctor": ("commands/test_doctor_command.py", '"doctor"'),
    ".venv/bin/python -m commands start incoming/users.csv": ("commands/test_commands.py", '"start"'),
    ".venv/bin/python -m commands restart incoming/users.csv": ("commands/test_commands.py", '"restart"'),
    ".venv/bin/python -m commands sheet": ("steps/reporting/test_sheet.py", '"sheet"'),
    ".venv/bin/python -m commands trend": ("commands/test_trend.py", '"trend"'),
    ".venv/bin/python -m commands verify": ("acceptance/test_sessions.py", '"verify"'),
    ".venv/bin/python -m defects": ("defects/test_command.py", '"-m", "defects"'),
}
"""Commands that CI does not run as they stand: the test that runs each, and a piece of its text."""


def commands(readme: str) -> list[str]:
    """The indented lines of a README that are typed into a shell, without their comments."""
    lines = re.findall(r"^    ((?:\.venv|python3) ?.*|tox .*)$", (ROOT / readme).read_text("utf-8"), flags=re.M)
    return [re.sub(r"\s+#.*$", "", line) for line in lines]


@pytest.mark.parametrize("readme", READMES)
def test_every_command_is_run(readme: str):
    found = commands(readme)
    assert len(found) > 10
    assert [line for line in found if line not in TESTS and not by_ci(line)] == []


def by_ci(command: str) -> bool:
    """Whether CI runs every part of it; an environment that is there already is not made again."""
    made = "python3 -m venv .venv"
    return all(part == made or part in CI for part in command.split(" && "))


def test_the_tests_that_run_them_are_there():
    gone = [line for line, (file, text) in TESTS.items() if text not in (ROOT / "tests" / file).read_text("utf-8")]
    assert gone == []
    typed = {line for readme in READMES for line in commands(readme)}
    assert sorted(TESTS.keys() - typed) == []


@pytest.mark.parametrize("readme", READMES)
def test_every_file_that_it_links_to_is_there(readme: str):
    text = (ROOT / readme).read_text("utf-8")
    links = [link.partition("#")[0] for link in re.findall(r"\]\(([^)]+)\)", text)]
    assert [link for link in links if not link.startswith("http") and not (ROOT / link).exists()] == []


LINES, DEFECTS = len(checklist.read()), len([*(ROOT / "defects").glob("*/*.toml")])


@pytest.mark.parametrize(
    ("readme", "text"),
    [
        ("README.md", f"a checklist of {LINES} lines"),
        ("README.md", f"of {LINES} lines passed"),
        ("README.md", f"{DEFECTS} of {DEFECTS} defects killed, {DEFECTS} diagnosed at first place"),
        ("README.md", f"under each of {len(TABLE)} configurations"),
        ("README.ja.md", f"{LINES}項目のチェックリスト"),
        ("README.ja.md", f"不具合{DEFECTS}件のうち{DEFECTS}件に気づき、{DEFECTS}件で正しい診断"),
    ],
)
def test_figures_are_counted(readme: str, text: str):
    assert text in (ROOT / readme).read_text("utf-8")


@pytest.mark.parametrize("readme", READMES)
def test_every_scenario_of_robustness_has_its_row(readme: str):
    features = {file.stem for file in (ROOT / "features" / "robustness").glob("*.feature")}
    assert features <= set(re.findall(r"`(\w+)`", (ROOT / readme).read_text("utf-8")))


@pytest.mark.parametrize("readme", READMES)
def test_the_trust_policy_is_the_one_that_is_documented(readme: str):
    (policy,) = re.findall(
        r'"token\.actions\.githubusercontent\.com:sub": "([^"]+)"', (ROOT / readme).read_text("utf-8")
    )
    assert f'"{policy}"' in (ROOT / "docs" / "nightly.md").read_text("utf-8")
