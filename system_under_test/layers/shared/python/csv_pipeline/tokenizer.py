"""Where the records of a CSV begin and end: one pass over blocks of bytes, decoding nothing, holding one block.

RFC 4180: a quote opens a field only at the field's start, and a line break inside quotes belongs to the record.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple

from csv_pipeline.errors import ValidationError

MAX_RECORD_BYTES = 64 * 1024


class Record(NamedTuple):
    """One record as it stands in the file, without its line break."""

    line: int  # the physical line on which it begins; the file's first line is 1
    first_byte: int
    content: bytes


# Possessive repeats (*+) never give back what they took, so that an open quote costs one pass over the block, not many.
# A field whose quote stays open goes on to the block's end (\Z), so that none fails once begun: Python before 3.11.5
# does not go back where a possessive group fails midway (https://github.com/python/cpython/issues/106052).
_FIELD = rb'(?:"[^"]*+(?:""[^"]*+)*+(?:"[^,\n]*+|\Z)|(?!")[^,\n]*+)'
_RECORD = re.compile(rb'[^"\n]*+\n|%b(?:,%b)*+\n' % (_FIELD, _FIELD))


def tokenize(blocks: Iterable[bytes], first_byte: int = 0, first_line: int = 1) -> Iterator[Record]:
    """Yield the records of a byte stream that begins on a record boundary; blank lines count as lines, not as records.

    Raises ValidationError for a record over 64 KiB and for a quote that is still open at the end.
    """
    pending, position, line = b"", first_byte, first_line
    for block in chain(blocks, (b"\n",)):  # ends a last record that has no line break; else it is one more blank line
        pending += block
        start = position
        for raw in _complete_records(pending):
            content = raw.removesuffix(b"\r")
            if len(content) > MAX_RECORD_BYTES:
                raise _too_long(line)
            if content:
                yield Record(line, position, content)
            position += len(raw) + 1
            line += 1 + raw.count(b"\n")
        pending = pending[position - start :]
        if len(pending.removesuffix(b"\r")) > MAX_RECORD_BYTES:
            raise _too_long(line)
    if pending:
        raise ValidationError(f"the record that begins on line {line} opens a quote that the file never closes")


def _complete_records(pending: bytes) -> Iterable[bytes]:
    if b'"' in pending:
        return _records_with_quotes(pending)
    *lines, _ = pending.split(b"\n")
    return lines


def _records_with_quotes(pending: bytes) -> Iterator[bytes]:
    end = 0
    while match := _RECORD.match(pending, end):
        yield pending[end : match.end() - 1]
        end = match.end()


def _too_long(line: int) -> ValidationError:
    return ValidationError(f"the record that begins on line {line} is longer than {MAX_RECORD_BYTES} bytes")
