"""Where the records of a CSV begin and end: one pass over blocks of bytes, decoding nothing, holding one block.

No lawful field holds a line break, so each line is a record of its own, and a stray quote costs no other line anything.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from csv_pipeline.errors import ValidationError

MAX_RECORD_BYTES = 64 * 1024

# Blank lines, and what a spreadsheet leaves of empty rows.
_EMPTY_FIELDS = re.compile(rb'(?:"")?(?:,(?:"")?)*')
# RFC 4180: a quote opens a field only at the field's start, and two quotes within quotes are one of the field's own.
_IN_QUOTES = rb'"[^"]*(?:""[^"]*)*'
_ENDS_IN_QUOTES = re.compile(rb'(?:(?:%b"(?!")|(?!"))[^,]*,)*%b' % (_IN_QUOTES, _IN_QUOTES))


class Record(NamedTuple):
    """One record as it stands in the file, without its line break."""

    line: int  # the file's first line is 1
    first_byte: int
    content: bytes


def tokenize(blocks: Iterable[bytes], first_byte: int = 0, first_line: int = 1) -> Iterator[Record]:
    """Yield the records of a byte stream that begins with a line; lines without any text count as lines alone.

    Raises ValidationError for a line over 64 KiB, and where the stream ends within quotes.
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
    """Yield the stream in blocks that end with a line, each with the number of its first; the last line is completed.

    Raises ValidationError where a line outgrows 64 KiB, and where the stream ends within quotes.
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
    """The error of a file in which a line of many lines shows that CR alone ends them."""
    return ValidationError(f"the file ends its lines with CR, from line {line} on; LF or CRLF has to end them")
