"""Where the records of a file are and whether it is valid, by a state machine that looks at one byte after another."""

import re

MAX_LINE_BYTES = 65_536
_HEADER = re.compile('\ufeff?("?)ユーザーID\\1,("?)ログイン回数\\2,("?)投稿回数\\3')

Found = tuple[int, int, bytes]  # physical line, first byte, content without its line break


def records_of(data: bytes) -> list[Found] | None:
    """All records, the header among them; None where the file ends within quotes."""
    records, first_byte = [], 0
    *lines, last = data.split(b"\n")
    for line, text in enumerate([*lines, last], 1):
        content = text.removesuffix(b"\r")
        state, is_empty = _read(content)
        if state == "quoted" and line > len(lines):
            return None
        records += [] if is_empty else [(line, first_byte, content)]
        first_byte += len(text) + 1
    return records


def _read(content: bytes) -> tuple[str, bool]:
    """The state at the end of a line, and whether all of its fields are empty."""
    state, is_empty = "field start", True
    for char in map(chr, content):
        if state == "quoted":
            state = "quote in quoted" if char == '"' else "quoted"
            is_empty &= char == '"'
        elif char == '"' and state in ("quote in quoted", "field start"):
            is_empty &= state == "field start"  # two quotes within quotes are one that belongs to the field
            state = "quoted"
        else:
            state = "field start" if char == "," else "unquoted"
            is_empty &= char == ","
    return state, is_empty and state != "quoted"


def records_below_header(data: bytes) -> list[Found] | None:
    """The records that count; None where the file is invalid as a whole."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return None
    records = records_of(data)
    if not records or any(len(line.removesuffix(b"\r")) > MAX_LINE_BYTES for line in data.split(b"\n")):
        return None
    return records[1:] if _HEADER.fullmatch(records[0][2].decode()) else None
