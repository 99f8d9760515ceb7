"""Files for Hypothesis as senders get them wrong: any mix of encodings, newlines, quoting, digits, users, injections.

Every user id has the form of one, so that most records reach the database: ACTIVE, INACTIVE and unknown ones.
"""

from hypothesis import strategies as st

from tests.system_under_test.csv_files import BOM
from tests.system_under_test.pipeline import HEADER

ACTIVE = [f"U7000{n:02d}" for n in range(6)]
INACTIVE = [f"U7100{n:02d}" for n in range(2)]
UNKNOWN = ["U720000", "U999999999"]
MOST = 2**63 - 1
SQL = ["'; DROP TABLE users; --", "U700000' OR '1'='1", "$1", "%s", "\\.", "\\N"]
FORMULAS = ['=HYPERLINK("https://example.com")', "@SUM(1+1)", "+1", "-1", "=1+1"]

_users = st.sampled_from(ACTIVE * 4 + INACTIVE + UNKNOWN)
_counts = st.one_of(
    st.integers(0, 9).map(str),
    st.sampled_from([MOST, MOST - 1, MOST // 2, MOST // 2 + 1]).map(str),
    st.sampled_from(["007", "0" * 30 + "1"]),
)
_no_users = ["", "U7", "u700000", " U700000", "Ｕ700000", "U70000０", "U7000000000", "U700000\0", "U700000\n", BOM]
_no_counts = ["", "-1", "+1", " 1", "1 ", "１", "٣", "1.0", "1e3", "1_0", "0x1", "1\0", "1\n", str(MOST + 1), "9" * 30]
_wrong = st.sampled_from(_no_users + _no_counts + SQL + FORMULAS + ["ユ𠮷", 'a"b', ",", '"', "\r"])


def _quoted(field: str) -> str:
    return '"{}"'.format(field.replace('"', '""'))


def _as_written(field: str, quoted: bool) -> str:
    return _quoted(field) if quoted or any(special in field for special in ',"\n') else field


def _fields(users: st.SearchStrategy[str], counts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(
        lambda fields, quoted: ",".join(map(_as_written, fields, quoted)),
        st.tuples(users, counts, counts),
        st.sampled_from([(False,) * 3] * 3 + [(True,) * 3, (True, False, True)]),
    )


_good = _fields(_users, _counts)
_bad = _fields(_users | _wrong, _counts | _wrong)
_misshapen = st.one_of(
    st.lists(_users | _counts | _wrong, min_size=1, max_size=5).map(",".join),  # unquoted, whatever they hold
    st.builds("{}{}".format, _good, st.sampled_from([",", ",1", "x", "\r", "\0", " "])),
    st.sampled_from(["", " ", ",,", '""', '"U700000"x,1,1', "U700000;1;1", "U700000\t1\t1", HEADER]),
)
_records = st.one_of(_good, _good, _good, _bad, _misshapen)
_breaks = st.sampled_from(["\n"] * 4 + ["\r\n"] * 4 + ["\n\n", "\r\n\n", "\r\r\n", "\r"])
_columns = HEADER.split(",")
_headers = st.sampled_from(
    [HEADER] * 20
    + [",".join(map(_quoted, _columns)), f"\n{HEADER}"]
    + ["", f"{HEADER},x", ",".join(_columns[:2]), ",".join(reversed(_columns)), "user,logins,posts"]
)
_encodings = st.sampled_from(["utf-8"] * 20 + ["utf-8-sig"] * 8 + ["shift_jis", "utf-16"])
_ends = st.sampled_from([""] * 12 + ["U700000,1,1", "U700000,1,1\r", '"', 'U700000,1,"1'])
_damages = st.sampled_from([b""] * 30 + [b"\0", b"\xff", b"\xe3\x83", b'"', b"\r"])


def _file(
    encoding: str, header: str, header_break: str, lines: list[tuple[str, str]], end: str, damage: bytes, at: int
) -> bytes:
    text = "".join([header, header_break, *(part for line in lines for part in line), end])
    content = text.encode(encoding, "replace")
    return content[:at] + damage + content[at:]


hostile_files = st.builds(
    _file,
    _encodings,
    _headers,
    st.sampled_from(["\n", "\r\n", "\n\n"]),
    st.lists(st.tuples(_records, _breaks), max_size=12),
    _ends,
    _damages,
    st.integers(0, 200),
)
totals_before = st.dictionaries(
    st.sampled_from(ACTIVE), st.tuples(*[st.sampled_from([0, 1, MOST // 2, MOST - 1, MOST])] * 2), max_size=3
)
sizes_of_chunks = st.sampled_from([1, 2, 3, 10, 10, 10])
