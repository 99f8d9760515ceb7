"""Parses a single record and checks the rules that need no database."""

import csv
import re
from typing import NamedTuple

from csv_pipeline.errors import Reason

HEADER = ["ユーザーID", "ログイン回数", "投稿回数"]
MAX_COUNT = 2**63 - 1

_USER_ID = re.compile(r"U[0-9]{5,9}")
_COUNT = re.compile(r"0*([0-9]{1,19})")


class Judged(NamedTuple):
    """A parsed record: its counts if it is valid, the reason of its rejection if not, and its text in both cases."""

    user_id: str | None
    logins: int | None
    posts: int | None
    reason: Reason | None
    text: str


def judge(content: bytes) -> Judged:
    """Validate one record by its fields alone; the database checks whether its user exists."""
    text = content.decode()
    fields = fields_of(text)
    if len(fields) == 3:
        user_id, logins, posts = fields[0], _count(fields[1]), _count(fields[2])
        if _USER_ID.fullmatch(user_id) and logins is not None and posts is not None:
            return Judged(user_id, logins, posts, None, text)
    return Judged(fields[0] if fields else None, None, None, Reason.VALIDATION, text)


def fields_of(text: str) -> list[str]:
    """The fields of a record by RFC 4180; an empty list if its quoting is malformed."""
    if '"' not in text:
        return text.split(",")
    body = text.rstrip("\r")  # the csv module takes CR for a line break, but here it belongs to the last field
    try:
        *fields, last = next(csv.reader([body], strict=True))
    except csv.Error:
        return []
    return [*fields, last + text[len(body) :]]


def _count(text: str) -> int | None:
    digits = _COUNT.fullmatch(text)
    count = int(digits[1]) if digits else None
    return count if count is not None and count <= MAX_COUNT else None
