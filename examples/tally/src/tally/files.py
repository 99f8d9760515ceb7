"""Reads the file: validates the form of each record and divides the records into parts."""

import csv
import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from botocore.exceptions import ClientError

from tally.config import config, s3
from tally.job import Job, ObjectGoneError, ValidationError

HEADER = ["user_id", "logins", "posts"]
MAX_BYTES = 104_857_600
MAX_PARTS = 200
_MOST = 2**63 - 1
_USER = re.compile(r"U[0-9]{5,9}")
_GONE = ("NoSuchVersion", "NoSuchKey", "404", "MethodNotAllowed")


class Record(NamedTuple):
    """A record, always one line; without counts if it is malformed."""

    line: int
    text: str
    user_id: str
    logins: int | None
    posts: int | None


class File(NamedTuple):
    """The size of a file in bytes, and its records."""

    size: int
    records: list[Record]

    def parts(self) -> Iterator[list[Record]]:
        """Yield the records in parts of CHUNK_SIZE, or larger ones so that there are at most 200 parts."""
        size = max(int(config.chunk_size), -(-len(self.records) // MAX_PARTS))
        records = iter(self.records)
        while part := list(islice(records, size)):
            yield part


def read(job: Job) -> File:
    """Read the version of the file that `job` names; raises ObjectGoneError and ValidationError."""
    try:
        answer = s3.get_object(Bucket=job.bucket, Key=job.key, VersionId=job.version)
    except ClientError as refused:
        if refused.response["Error"]["Code"] in _GONE:
            raise ObjectGoneError(f"{job.file_id} no longer exists; upload the file again") from refused
        raise
    size = answer["ContentLength"]
    if size > MAX_BYTES or not (job.key.startswith("incoming/") and job.key.endswith(".csv")):
        raise ValidationError(f"{job.key} of {size} bytes is no incoming/*.csv of at most {MAX_BYTES}")
    try:
        return File(size, list(_records(answer["Body"].read().decode("utf-8-sig"))))
    except UnicodeDecodeError as malformed:
        raise ValidationError(f"{job.key} is no CSV in UTF-8: {malformed}") from malformed


def _records(text: str) -> Iterator[Record]:
    if "\0" in text:
        raise ValidationError("the file holds a NUL, which the database cannot keep")
    header, *lines = (line.removesuffix("\r") for line in text.split("\n"))
    if _fields(header) != HEADER:
        raise ValidationError(f"the header is {header[:100]!r}, not {','.join(HEADER)!r}")
    for number, line in enumerate(lines, 2):
        if any(fields := _fields(line)):
            yield _judged(number, line, fields)


def _fields(line: str) -> list[str]:
    try:
        return next(csv.reader([line], strict=True), [])
    except csv.Error:
        return ["", line]  # malformed, with no recognisable user


def _judged(line: int, text: str, fields: list[str]) -> Record:
    user_id, *counts = fields
    found = [int(each) for each in counts if each.isascii() and each.isdigit() and int(each) <= _MOST]
    if len(counts) == len(found) == 2 and _USER.fullmatch(user_id):
        return Record(line, text, user_id, *found)
    return Record(line, text, user_id, None, None)
