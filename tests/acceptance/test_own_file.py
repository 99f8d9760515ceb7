"""A file of one's own is delivered in one command."""

from __future__ import annotations

from pathlib import Path

import pytest

from steps.drivers.activity_file import HEADER
from tests.acceptance.conftest import Accept


def test_the_fate_of_each_of_its_records_is_told(accept: Accept, tmp_path: Path):
    file = tmp_path / "ours.csv"
    good = "".join(f"U8{n:04d},{n},1\n" for n in range(60))
    file.write_text(f"{HEADER}\n{good}U00001,5,6\nU80001,1,2\nno record\nU80002,1\n", "utf-8")
    session = accept(f"--file={file}", mark=())
    assert session.exit == 0, session
    assert (
        "ours.csv: 64 records, 2 of them no records by the suite's reading, of 61 users, 60 of them" in session.output
    )
    assert "the execution SUCCEEDED; 62 records applied, 2 rejected: 2 ValidationError" in session.output
    rejected = tmp_path / "reports" / "partial" / "rejected.csv"
    assert [line.partition(",")[0] for line in rejected.read_text("utf-8").splitlines()] == ["64", "65"]


@pytest.mark.parametrize(
    ("mark", "says"),
    [((), "does not exist, or is no file"), (("-m", "aws-dev"), "--file delivers to an emulator only")],
)
def test_one_that_cannot_be_delivered_is_a_usage_error(accept: Accept, tmp_path: Path, mark, says: str):
    file = tmp_path / "ours.csv"
    if mark:
        file.write_text(f"{HEADER}\n", "utf-8")
    session = accept(f"--file={file}", mark=mark)
    assert session.exit == pytest.ExitCode.USAGE_ERROR
    assert says in session.output
