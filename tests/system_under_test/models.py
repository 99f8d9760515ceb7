"""The expected result of a file, by models written anew from the rules: records, validity, fates and totals."""

import re

MOST = 2**63 - 1
MAX_LINE_BYTES = 65_536
_HEADER = re.compile('\ufeff?("?)ユーザーID\\1,("?)ログイン回数\\2,("?)投稿回数\\3')
_GOOD = re.compile(r'("?)(U[0-9]{5,9})\1,("?)0*([0-9]{1,19})\3,("?)0*([0-9]{1,19})\5')

Found = tuple[int, int, bytes]  # physical line, first byte, content without its line break
Totals = dict[str, tuple[int, int]]


def records_of(data: bytes) -> list[Found] | None:
    """All records, with the header; None if the file ends within quotes."""
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
    """The state of a state machine at the end of a line, and whether all of its fields are empty."""
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
    """The records that count; None if the file is invalid as a whole."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return None
    records = records_of(data)
    if not records or any(len(line.removesuffix(b"\r")) > MAX_LINE_BYTES for line in data.split(b"\n")):
        return None
    return records[1:] if _HEADER.fullmatch(records[0][2].decode()) else None


def fates_of(chunks: list[list[Found]], active: dict[str, bool], before: Totals) -> tuple[dict[int, str], Totals]:
    """The reason of each rejected record, by line, and all totals afterwards; `active`: every user there is."""
    reasons, totals = {}, dict(before)
    for chunk in chunks:
        good: dict[str, list[tuple[int, int, int]]] = {}
        for line, _, content in chunk:
            found = _GOOD.fullmatch(content.decode())
            if not found or max(int(found[4]), int(found[6])) > MOST:
                reasons[line] = "ValidationError"
            elif not active.get(found[2]):
                reasons[line] = "UserInactiveError" if found[2] in active else "UserNotFoundError"
            else:
                good.setdefault(found[2], []).append((line, int(found[4]), int(found[6])))
        for user, records in good.items():
            lines, logins, posts = zip(*records, strict=True)
            after = tuple(map(sum, zip(totals.get(user, (0, 0)), (sum(logins), sum(posts)), strict=True)))
            if max(after) > MOST:
                reasons |= dict.fromkeys(lines, "ValidationError")
            else:
                totals[user] = after[0], after[1]
    return reasons, totals
