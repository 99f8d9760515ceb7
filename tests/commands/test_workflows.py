"""The workflows run nothing but environments of tox, so that all they do can be tried anywhere."""

from __future__ import annotations

import re
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
INSTALL = "python -m pip install -q -c requirements-dev.txt tox tox-uv"
STEPS = [
    pytest.param(step, job, id=f"{file.stem}-{name}-{number}")
    for file in (ROOT / ".github" / "workflows").glob("*.yml")
    for name, job in yaml.safe_load(file.read_text("utf-8"))["jobs"].items()
    for number, step in enumerate(job["steps"])
]


@pytest.mark.parametrize(("step", "job"), STEPS)
def test_each_step_is_an_environment_of_tox_or_a_pinned_action_and_ends(step: dict[str, Any], job: dict[str, Any]):
    assert 0 < step["timeout-minutes"] < job["timeout-minutes"]
    if "uses" in step:
        assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", step["uses"])
        return
    tox = ConfigParser()
    tox.read(ROOT / "tox.ini", "utf-8")
    named = re.match(r"tox -e ([\w-]+)( --( [\w/=-]+)+)?$", step["run"])
    assert step["run"] == INSTALL or (named and f"testenv:{named[1]}" in tox)


def test_nothing_is_run_again_to_make_it_green():
    for file in (ROOT / ".github" / "workflows").glob("*.yml"):
        assert not re.search(r"retry|rerun|--lf|--ff|continue-on-error", file.read_text("utf-8")), file
