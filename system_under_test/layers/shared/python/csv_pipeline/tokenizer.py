"""Finds the records of a CSV in one pass over blocks of bytes, without decoding them, holding one block at a time.

No valid field contains a line break, so each line is a record of its own, and a stray quote affects no other line.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from csv_pipeline.errors import ValidationError

MAX_RECORD_BYTES = 64 * 1024

# Blank lines, and the commas and quotes that spreadsheets write for empty rows.
_EMPTY_FIELDS = re.compile(rb'(?:"")?(?:,(?:"")?)*')
# RFC 4180: a quote opens a quoted field only at the field's start; within it, two quotes stand for one.
_IN_QUOTES = rb'"[^"]*(?:""[^"]*)*'
_ENDS_IN_QUOTES = re.compile(rb'(?:(?:%b"(?!")|(?!"))[^,]*,)*%b' % (_IN_QUOTES, _IN_QUOTES))


class Record(NamedTuple):
    """One record as it stands in the file, without its line break."""

    line: int  # the file's first line is 1
    first_byte: int
    content: bytes


def tokenize(blocks: Iterable[bytes], first_byte: int = 0, first_line: int = 1) -> Iterator[Record]:
    """Yield the records of a byte stream that begins with a line; lines without text are counted but not yielded.

    Raises ValidationError for a line over 64 KiB, and if the stream ends within quotes.
    """
    position = first_byte
    for line, lines in whole_lines(blocks, first_line):
        for number, raw in enumerate(lines[:-1].split(b"\n"), line):
            content = raw.removesuffix(b"\r")
            if len(content) > MAX_RECORD_BYTES:
                raise _too_long(number, content)
            if content.strip(b',"') or not _EMPTY_FIELDS.fullmatch(content):
                yield Record(number, position, content)
            position += len(raw) + 1


def whole_lines(blocks: Iterable[bytes], first_line: int) -> Iterator[tuple[int, bytes]]:
    """Yield (number of the first line, block) for blocks of whole lines; a missing last line break is added.

    Raises ValidationError for a line over 64 KiB, and if the stream ends within quotes.
    """
    line, rest = first_line, b""
    for block in blocks:
        lines, line_break, rest = (rest + block).rpartition(b"\n")
        if line_break:
            yield line, lines + line_break
            line += lines.count(b"\n") + 1
        if len(rest.removesuffix(b"\r")) > MAX_RECORD_BYTES:
            raise _too_long(line, rest)
    if _ENDS_IN_QUOTES.fullmatch(rest):
        raise ValidationError(
            f"line {line} opens a quote that the file never closes, and has no line break: the file may be cut off"
        )
    if rest:
        yield line, rest + b"\n"


def _too_long(line: int, content: bytes) -> ValidationError:
    if all(len(part) <= MAX_RECORD_BYTES for part in content.split(b"\r")):
        return ends_with_cr(line)
    return ValidationError(f"line {line} is longer than {MAX_RECORD_BYTES} bytes")


def ends_with_cr(line: int) -> ValidationError:
    """Return the error for a file whose lines end with CR alone, so that many of them appear as one line."""
    return ValidationError(f"the file ends its lines with CR, from line {line} on; LF or CRLF has to end them")
