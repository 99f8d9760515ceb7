"""Where the records of a CSV begin and end: one pass over blocks of bytes, decoding nothing, holding one block.

RFC 4180: a quote opens a field only at the field's start, and a line break inside quotes belongs to the record.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from csv_pipeline.errors import ValidationError

MAX_RECORD_BYTES = 64 * 1024


class Record(NamedTuple):
    """One record as it stands in the file, line break included."""

    line: int  # the physical line on which it begins; the file's first line is 1
    first_byte: int
    raw: bytes


# Possessive repeats (*+) never give back what they took, so that an open quote costs one pass over the block, not many.
_QUOTED = rb'"[^"]*+(?:""[^"]*+)*+"[^,\n]*+'
_FIELD = rb'(?:%b|(?!")[^,\n]*+)' % _QUOTED
_RECORD = re.compile(rb'[^"\n]*+\n|(%b(?:,%b)*+\n)' % (_FIELD, _FIELD))
_BLANK = (b"\n", b"\r\n")


def tokenize(blocks: Iterable[bytes], first_byte: int = 0, first_line: int = 1) -> Iterator[Record]:
    """Yield the records of a byte stream that begins on a record boundary; blank lines count as lines, not as records.

    Raises ValidationError for a record over 64 KiB and for a quote that is still open at the end.
    """
    pending, position, line = b"", first_byte, first_line
    for block in blocks:
        pending += block
        taken = 0
        for match in _RECORD.finditer(pending):
            start, end = match.span()
            if start != taken:  # an open quote: finditer has skipped ahead of a record that the next block completes
                break
            raw = match[0]
            if end - start > MAX_RECORD_BYTES:
                _refuse_long(raw.removesuffix(b"\n").removesuffix(b"\r"), line)
            if raw not in _BLANK:
                yield Record(line, position + start, raw)
            line += 1 if match.lastindex is None else raw.count(b"\n")
            taken = end
        position += taken
        pending = pending[taken:]
        _refuse_long(pending.removesuffix(b"\r"), line)
    if pending and not _RECORD.fullmatch(pending + b"\n"):
        raise ValidationError(f"the record that begins on line {line} opens a quote that the file never closes")
    if pending and pending != b"\r":
        yield Record(line, position, pending)


def _refuse_long(record: bytes, line: int) -> None:
    if len(record) > MAX_RECORD_BYTES:
        raise ValidationError(f"the record that begins on line {line} is longer than {MAX_RECORD_BYTES} bytes")
