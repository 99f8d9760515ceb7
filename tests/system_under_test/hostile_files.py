"""Files for Hypothesis as senders get them wrong: any mix of encodings, newlines, quoting, digits, users, injections.

Most user ids have the form of one, so that most records reach the database: ACTIVE, INACTIVE and unknown ones.
"""

from collections.abc import Callable, Sequence
from math import prod
from typing import Any, TypeVar

from hypothesis import strategies as st

from tests.system_under_test.models import MOST
from tests.system_under_test.pipeline import HEADER

T = TypeVar("T")
BOM = "\ufeff"
LONG = 65_536

ACTIVE = [f"U7000{n:02d}" for n in range(6)]
INACTIVE = [f"U7100{n:02d}" for n in range(2)]
UNKNOWN = ["U720000", "U999999999"]
SQL = ["'; DROP TABLE users; --", "U700000' OR '1'='1", "$1", "%s", "\\.", "\\N"]
FORMULAS = ['=HYPERLINK("https://example.com")', "@SUM(1+1)", "+1", "-1", "=1+1"]

USERS = ACTIVE * 4 + INACTIVE + UNKNOWN
COUNTS = [*map(str, range(10)), *map(str, [MOST, MOST - 1, MOST // 2, MOST // 2 + 1]), "007", "0" * 30 + "1"]
NO_USERS = ["", "U7000", "u700000", " U700000", "Ｕ700000", "U70000０", "U7000000000", "U700000\0", "U700000\n", BOM]
NO_COUNTS = ["", "-1", "+1", " 1", "1 ", "１", "٣", "1.0", "1e3", "1_0", "0x1", "1\0", "1\n", str(MOST + 1), "9" * 30]
WRONG = [*NO_USERS, *NO_COUNTS, *SQL, *FORMULAS, "ユ𠮷", 'a"b', ",", '"', "\r"]
COLUMNS = HEADER.split(",")


def together(build: Callable[..., T], *choices: Sequence[Any]) -> st.SearchStrategy[T]:
    """Return what `build` makes of one of each of the choices; they are drawn at once, since each draw takes long."""

    def made(number: int) -> T:
        chosen = []
        for each in choices:
            number, at = divmod(number, len(each))
            chosen.append(each[at])
        return build(*chosen)

    return st.integers(0, prod(map(len, choices)) - 1).map(made)


def quoted(field: str) -> str:
    return '"{}"'.format(field.replace('"', '""'))


def _written(user: str, logins: str, posts: str, quotes: tuple[bool, bool]) -> str:
    def field(text: str, in_quotes: bool) -> str:
        return quoted(text) if in_quotes or any(special in text for special in ',"\n') else text

    return ",".join([field(user, quotes[0]), field(logins, quotes[1]), field(posts, quotes[0])])


_QUOTES = [(False, False), (False, False), (True, True), (True, False)]
_good = together(_written, USERS, COUNTS, COUNTS, _QUOTES)
_bad = together(_written, USERS + WRONG, COUNTS + WRONG, COUNTS + WRONG, _QUOTES)
_unquoted = together(lambda *fields: ",".join(fields), USERS + WRONG, COUNTS + WRONG, COUNTS + WRONG)
_misshapen = st.one_of(
    together(
        lambda *parts: _written(*parts[:-1]) + parts[-1],
        *(USERS, COUNTS, COUNTS, _QUOTES, [",", ",1", "x", "\r", "\0", " "]),
    ),
    st.sampled_from(["", " ", ",,", '""', '"U700000"x,1,1', "U700000;1;1", "U700000\t1\t1", "U700000", HEADER]),
)
records = st.one_of(_good, _good, _good, _bad, _unquoted, _misshapen)
breaks = st.sampled_from(["\n"] * 4 + ["\r\n"] * 4 + ["\n\n", "\r\n\n", "\r\r\n", "\r"])
_headers = [
    *[HEADER] * 20,
    *(",".join(map(quoted, COLUMNS)), f"\n{HEADER}", ""),
    *(f"{HEADER},x", ",".join(COLUMNS[:2]), ",".join(reversed(COLUMNS)), "user,logins,posts"),
]
_encodings = ["utf-8"] * 20 + ["utf-8-sig"] * 8 + ["shift_jis", "utf-16"]
_ends = [""] * 12 + ["U700000,1,1", "U700000,1,1\r", '"', 'U700000,1,"1']
_damages = [b""] * 30 + [b"\0", b"\xff", b"\xe3\x83", b'"', b"\r"]


def _file(lines: list[tuple[str, str]], frame: tuple[str, str, str, str, bytes], at: int) -> bytes:
    encoding, header, header_break, end, damage = frame
    text = "".join([header, header_break, *(part for line in lines for part in line), end])
    content = text.encode(encoding, "replace")
    return content[:at] + damage + content[at:]


hostile_files = st.builds(
    _file,
    st.lists(st.tuples(records, breaks), max_size=12),
    together(lambda *frame: frame, _encodings, _headers, ["\n", "\r\n", "\n\n"], _ends, _damages),
    st.integers(0, 200),
)
totals_before = st.dictionaries(
    st.sampled_from(ACTIVE),
    together(lambda *totals: totals, *[[0, 1, MOST // 2, MOST - 1, MOST]] * 2),
    max_size=3,
)
sizes_of_chunks = st.sampled_from([1, 2, 3, 10, 10, 10])
