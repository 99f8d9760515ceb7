"""The suite's own reading of the CSV."""

from __future__ import annotations

import pytest

from steps.drivers.activity_file import HEADER, ActivityFile, Counts, Record
from steps.targets.settings_values import USUAL_FILE


def read(text: str) -> ActivityFile:
    return ActivityFile.of("file.csv", text.encode())


def test_records_carry_their_line_and_sums_add_up_by_user():
    file = read(f'\ufeff{HEADER}\r\nU00001,1,2\r\n"U00002",3,4\r\nU00001,10,20\r\n')
    assert file.header == HEADER.split(",")
    assert tuple(file.records) == (Record(2, "U00001", 1, 2), Record(3, "U00002", 3, 4), Record(4, "U00001", 10, 20))
    assert file.sums() == {"U00001": (11, 22), "U00002": (3, 4)}


def test_counts_are_added_and_subtracted_column_by_column():
    assert Counts(1, 2) + Counts(10, 20) == Counts(11, 22)
    assert Counts(11, 22) - Counts(1, 2) == Counts(10, 20)


def test_a_line_that_is_no_record_is_named():
    with pytest.raises(ValueError, match=r"file\.csv, line 3: .*is no record"):
        read(f"{HEADER}\nU00001,1,2\nU00002,x,1\n")


@pytest.mark.parametrize("line", ['"U00002,1,2', 'U00002,1,"2', '"U00002"x,1,2', " ", "U00002,1"])
def test_a_bad_line_is_named_and_joins_no_other(line: str):
    with pytest.raises(ValueError, match=r"file\.csv, line 3: .*is no record"):
        read(f'{HEADER}\nU00001,1,2\n{line}\n"U00003",3,4"\n')


def test_lines_without_any_text_are_no_records():
    file = read(f'{HEADER}\n\n,,\n\r\n,,,\r\n"","",""\nU00001,1,2\n,\n')
    assert (tuple(file.records), file.lines) == ((Record(7, "U00001", 1, 2),), 8)


def test_in_the_file_to_deliver_no_two_records_could_be_mixed_up():
    counts = [(record.logins, record.posts) for record in ActivityFile.read(USUAL_FILE).records]
    assert len(set(counts) | {(posts, logins) for logins, posts in counts}) == 200
    assert all(logins and posts for logins, posts in counts)
