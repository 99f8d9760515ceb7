"""Which records keep the rules by their fields alone."""

import pytest
from csv_pipeline.errors import Reason
from csv_pipeline.records import MAX_COUNT, Judged, judge


@pytest.mark.parametrize(
    ("record", "user", "logins", "posts"),
    [
        ("U00001,1,2", "U00001", 1, 2),
        ("U123456789,0,0", "U123456789", 0, 0),
        ('"U00001","1","2"', "U00001", 1, 2),
        ("U00001,007,0000000000000000000000002", "U00001", 7, 2),
        (f"U00001,{MAX_COUNT},{MAX_COUNT}", "U00001", MAX_COUNT, MAX_COUNT),
        (f"U00001,{'0' * 5000}1,1", "U00001", 1, 1),
    ],
)
def test_good_records(record: str, user: str, logins: int, posts: int) -> None:
    assert judge(record.encode()) == Judged(user, logins, posts, None, record)


@pytest.mark.parametrize(
    "record",
    [
        "U0001,1,1",
        "U1234567890,1,1",
        "u00001,1,1",
        "U００００１,1,1",
        " U00001,1,1",
        "U00001,１,1",
        "U00001,٣,1",
        "U00001,+1,1",
        "U00001,-1,1",
        "U00001,1.0,1",
        "U00001,1e3,1",
        "U00001, 1,1",
        "U00001,1 ,1",
        "U00001,1_000,1",
        "U00001,,1",
        "U00001,1,",
        f"U00001,{MAX_COUNT + 1},1",
        f"U00001,1,{'9' * 5000}",
        "U00001,1",
        "U00001,1,1,1",
        "U00001;1;1",
        "U00001,1,1\r",
        '"U00001","1","1"\r',
        '"U00001",1,1\r\r',
        "U00001,1\0,1",
        'U00001,"1"x,1',
        'U00"001,1,1',
        '"U00001,1,1',
        'U00001,1,"1',
        '=HYPERLINK("x"),1,1',
        "'; DROP TABLE users; --,1,1",
    ],
)
def test_bad_records_are_rejected_with_their_text(record: str) -> None:
    judged = judge(record.encode())
    assert (judged.logins, judged.posts, judged.reason) == (None, None, Reason.VALIDATION)
    assert judged.text == record


def test_a_rejected_record_names_its_user_where_it_has_one() -> None:
    assert judge(b'"U00001",x,1').user_id == "U00001"
    assert judge(b'"U00001"x,1,1').user_id is None
