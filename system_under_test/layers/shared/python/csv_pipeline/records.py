"""What a single record says: its fields, and whether they keep the rules that need no database."""

import csv
import re
from typing import NamedTuple

from csv_pipeline.errors import Reason

HEADER = ["ユーザーID", "ログイン回数", "投稿回数"]
MAX_COUNT = 2**63 - 1

_USER_ID = re.compile(r"U[0-9]{5,9}")
_COUNT = re.compile(r"0*([0-9]{1,19})")


class Judged(NamedTuple):
    """A record that was read: the counts of a good one, the reason of a bad one, its text in both cases."""

    user_id: str | None
    logins: int | None
    posts: int | None
    reason: Reason | None
    text: str


def judge(content: bytes) -> Judged:
    """Judge one record by its fields alone; whether its user exists is the database's to say."""
    text = content.decode()
    fields = fields_of(text)
    if len(fields) == 3:
        user_id, logins, posts = fields[0], _count(fields[1]), _count(fields[2])
        if _USER_ID.fullmatch(user_id) and logins is not None and posts is not None:
            return Judged(user_id, logins, posts, None, text)
    return Judged(fields[0] if fields else None, None, None, Reason.VALIDATION, text)


def fields_of(text: str) -> list[str]:
    """The fields of a record by RFC 4180; none where its quoting is broken."""
    if '"' not in text:
        return text.split(",")
    body = text.rstrip("\r")  # what csv takes for a line break belongs to the last field
    try:
        *fields, last = next(csv.reader([body], strict=True))
    except csv.Error:
        return []
    return [*fields, last + text[len(body) :]]


def _count(text: str) -> int | None:
    digits = _COUNT.fullmatch(text)
    count = int(digits[1]) if digits else None
    return count if count is not None and count <= MAX_COUNT else None
