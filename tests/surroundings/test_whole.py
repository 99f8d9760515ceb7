"""The session itself in each of the surroundings: start, deployment and preconditions, and in the worst all of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.conftest import ROOT
from tests.surroundings.starting import session, verdict_in
from tests.surroundings.table import TABLE, WORST, Surroundings

AWS, DATABASE, PYTHON = WORST


@pytest.mark.nightly
@pytest.mark.parametrize("surroundings", TABLE, ids=str)
def test_the_preconditions_hold(surroundings: Surroundings, tmp_path: Path):
    done = session(surroundings, tmp_path, ROOT / "features" / "1_precondition")
    assert done.returncode == 0, done.stdout + done.stderr
    verdict = verdict_in(tmp_path)
    assert [verdict["items"][id]["status"] for id in verdict["scope"]] == ["passed"] * len(verdict["scope"])


@pytest.mark.parametrize(
    "surroundings",
    [*(pytest.param(each, marks=pytest.mark.nightly) for each in (AWS, DATABASE)), PYTHON],
    ids=str,
)
def test_the_worst_are_go(surroundings: Surroundings, tmp_path: Path):
    done = session(surroundings, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert verdict_in(tmp_path)["verdict"] == "GO"
