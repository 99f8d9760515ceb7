"""Where the records of a file are and whether it is valid, by a state machine that looks at one byte after another."""

import re

MAX_RECORD_BYTES = 65_536
_HEADER = re.compile('\ufeff?("?)ユーザーID\\1,("?)ログイン回数\\2,("?)投稿回数\\3')

Found = tuple[int, int, bytes]  # physical line, first byte, content without its line break


def records_of(data: bytes) -> list[Found] | None:
    """All records, the header among them; None where a quote stays open."""
    records, line, began_on, start = [], 1, 1, 0
    state = "field start"
    for at, byte in enumerate(data + b"\n"):
        char = chr(byte)
        line += char == "\n" and at < len(data)
        if state == "quoted":
            state = "quote in quoted" if char == '"' else "quoted"
        elif char == '"' and state in ("quote in quoted", "field start"):
            state = "quoted"
        elif char == "\n":
            content = data[start:at].removesuffix(b"\r")
            records += [(began_on, start, content)] if content else []
            start, began_on, state = at + 1, line, "field start"
        else:
            state = "field start" if char == "," else "unquoted"
    return None if state == "quoted" else records


def records_below_header(data: bytes) -> list[Found] | None:
    """The records that count; None where the file is invalid as a whole."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return None
    records = records_of(data)
    if not records or any(len(content) > MAX_RECORD_BYTES for _, _, content in records):
        return None
    return records[1:] if _HEADER.fullmatch(records[0][2].decode()) else None
