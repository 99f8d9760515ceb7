"""A folder for reports that cannot be written to is named before anything starts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.steps.suite.conftest import session


def below_a_file(place: Path) -> Path:
    (place / "file").touch()
    return place / "file" / "reports"


def with_too_long_a_name(place: Path) -> Path:
    return place / ("long" * 100)


def on_a_full_disk(place: Path) -> Path:
    """/dev/full is one: the verdict's draft leads there."""
    (place / "partial").mkdir()
    (place / "partial" / "verdict.json.tmp").symlink_to("/dev/full")
    return place


@pytest.mark.parametrize(
    ("unusable", "says"),
    [
        (below_a_file, "Not a directory"),
        (with_too_long_a_name, "File name too long"),
        pytest.param(
            on_a_full_disk,
            "No space left on device",
            marks=pytest.mark.skipif(not Path("/dev/full").exists(), reason="this machine has no /dev/full"),
        ),
    ],
)
def test_reports_that_cannot_be_written_are_a_usage_error(unusable: Callable[[Path], Path], says: str, tmp_path: Path):
    reports = unusable(tmp_path)
    done = session("features/1_precondition/file.feature", reports=reports)
    said = done.stdout
    assert done.returncode == pytest.ExitCode.USAGE_ERROR, said
    assert f"The reports cannot be written to {reports}" in said
    assert "\n  evidence: " in said
    assert says in said
    assert "remedy: name a folder that can be written to" in said
