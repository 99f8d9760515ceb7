"""Files for Hypothesis: records that are nearly good, text with every trouble that RFC 4180 allows, and broken ones."""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from tests.system_under_test.pipeline import HEADER

BOM = "\ufeff"
LONG = 65_536


def examples(count: int) -> settings:
    """So many examples, all on the AWS and the database of the session, and each as long as it takes."""
    return settings(max_examples=count, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


users = st.integers(0, 10**6).map("U{:05d}".format)
numbers = st.one_of(st.integers(-1, 2**63).map(str), st.sampled_from(["", "007", "1.5", "１", " 1"]))
plain = st.text(st.sampled_from('aユ𠮷 ;\r\0\ufeff"'), max_size=8).filter(lambda text: not text.startswith('"'))
quoted = st.text(st.sampled_from('aユ𠮷,;\r\n"\0'), max_size=12).map(
    lambda text: '"{}"'.format(text.replace('"', '""'))
)
fields = st.one_of(users, numbers, plain, quoted, st.builds("".join, st.tuples(quoted, plain)))
records = st.one_of(
    st.tuples(users, numbers, numbers).map(",".join),
    st.lists(fields, min_size=1, max_size=4).map(",".join),
)
line_breaks = st.sampled_from(["\n", "\r\n", "\n\n", "\r\n\r\n"])
longest = st.sampled_from([LONG - 1, LONG]).flatmap(lambda size: st.sampled_from(["x" * size, f'"{"y" * (size - 2)}"']))
headers = st.sampled_from([HEADER, '"{}"'.format(HEADER.replace(",", '","'))])
wrong_headers = st.sampled_from(["", "\n" + HEADER[1:], HEADER + ",x", BOM + HEADER, f'"{HEADER}"'])
broken = st.sampled_from(['"', 'a,"b""', '"\n', "z" * (LONG + 1), f'"{"z" * LONG}"'])


def _file(bom: str, header: str, header_break: str, lines: list[tuple[str, str]], last: str) -> bytes:
    return "".join([bom, header, header_break, *(part for line in lines for part in line), last]).encode()


def _files(
    headers: st.SearchStrategy[str], records: st.SearchStrategy[str], last: st.SearchStrategy[str]
) -> st.SearchStrategy[bytes]:
    lines = st.lists(st.tuples(records, line_breaks | st.just("\r\r\n")), max_size=14)
    return st.builds(_file, st.sampled_from(["", BOM]), headers, line_breaks, lines, last)


valid_files = _files(headers, records, st.one_of(st.just(""), records))
long_files = _files(headers, st.one_of(records, longest), longest)
broken_files = _files(headers, records, broken) | _files(wrong_headers, records, st.just(""))
