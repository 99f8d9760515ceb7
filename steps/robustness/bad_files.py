"""Steps about malformed or unusual records, files and object keys."""

from __future__ import annotations

import csv
import re

import pytest
from pytest_bdd import given, parsers, then, when

from steps.drivers.s3 import Upload
from steps.preconditions.event_rule import MAX_BYTES
from steps.run.custom_file import OwnFile
from steps.run.delivery import Delivery, Drivers, Start, read_statistics
from steps.run.file_forms import FORMS, of_largest_size
from steps.suite.finding import Finding
from steps.verdict.messages import phrase
from steps.verdict.words import enumerate_items

_PICTURES = str.maketrans({"␀": "\0", "␍": "\r", "␠": " "})
_ADDS = re.compile(r"adds (\S+) and (\S+)")
_NUMBERS = {"2^63-1": 2**63 - 1}


@pytest.fixture
def rejected_texts() -> list[str]:
    """The texts of the records to be rejected, as rejected.csv has to hold them."""
    return []


@given("these records beside them:")
def records_beside(datatable: list[list[str]], own_file: OwnFile, drivers: Drivers, rejected_texts: list[str]) -> None:
    for _, record, fate in datatable[1:]:
        text = _text(record, own_file, drivers)
        user, added = _user(text), _ADDS.fullmatch(fate)
        if added:
            logins, posts = (_NUMBERS.get(number) or int(number) for number in added.groups())
            own_file.write(text, user, logins, posts)
        else:
            own_file.write(text, user, 0, 0, reason=fate)
            rejected_texts.append(text.removesuffix("\r").replace("\0", "?"))  # PostgreSQL's type text holds no NUL


def _text(record: str, own_file: OwnFile, drivers: Drivers) -> str:
    """Return the record with its placeholder replaced by a new user in the state that it names."""
    user = own_file.new_user()
    if "{unknown}" not in record:
        own_file.register([user])
    if "{inactive}" in record:
        drivers.database.tell("deactivate_user", user=user)
    if "{full}" in record:
        drivers.database.tell("overflowing_user", user=user)
    return re.sub(r"\{(user|unknown|inactive|full)\}", user, record).translate(_PICTURES)


def _user(text: str) -> str:
    """Return the user field of the record; an empty string if broken quoting makes it unreadable."""
    try:
        return next(csv.reader([text.rstrip("\r")], strict=True))[0].replace("\0", "?")
    except csv.Error:
        return ""


@given(parsers.parse("{megabytes:d} MB of bad records whose characters take three bytes each"))
def multi_byte(megabytes: int, own_file: OwnFile, rejected_texts: list[str]) -> None:
    """Some borders of the blocks that a reader takes lie within a character, at any size of these blocks."""
    text = "ユ" * 20_000
    for _ in range(-(-megabytes * 1_000_000 // len(text.encode()))):
        own_file.write(text, text, 0, 0, reason="ValidationError")
        rejected_texts.append(text)


@given(parsers.parse("{count:d} more good records"))
def more_good(count: int, own_file: OwnFile) -> None:
    own_file.fill(count)


@given(parsers.parse('all in all it "{what}"'))
def in_form(what: str, own_file: OwnFile) -> None:
    own_file.encoded = FORMS[what]


@given(parsers.parse('it is named "{name}"'))
def named(name: str, own_file: OwnFile) -> None:
    own_file.name = name


@given("a file of exactly 100 MB, its records padded with zeros")
def largest(own_file: OwnFile) -> None:
    users = own_file.users(1700)  # so many that no record is longer than 64 KiB
    own_file.register(users)
    own_file.replace_by(of_largest_size(own_file.name, own_file.header, users))


@when("its bytes are put under these keys:", target_fixture="elsewhere")
def put_elsewhere(datatable: list[list[str]], own_file: OwnFile, drivers: Drivers) -> list[Upload]:
    content = own_file.build().content
    return [drivers.inbox.put(key, content) for (key,) in datatable[1:]]


@when(parsers.parse('its bytes are put under "{key}" and started by hand'), target_fixture="delivery")
def started_elsewhere(key: str, own_file: OwnFile, drivers: Drivers) -> Delivery:
    file = own_file.build()
    before, upload = read_statistics(drivers.database, file.sums()), drivers.inbox.put(key, file.content)
    delivery = Delivery(file, upload, before, drivers, lambda: Start(drivers.workflow.start_for(upload), "manual"))
    delivery.wait_until_ended()
    return delivery


@when(parsers.parse('one byte over 100 MB is put under "{key}"'))
def put_too_much(key: str, drivers: Drivers, elsewhere: list[Upload]) -> None:
    elsewhere.append(drivers.inbox.put(key, bytes(MAX_BYTES + 1)))


@then("the file alone has started an execution")
def alone_started(delivery: Delivery, drivers: Drivers, elsewhere: list[Upload], finding: Finding) -> None:
    """Executions of the objects put first would have started by now."""
    started = {each.key: len(drivers.workflow.executions_of(each)) for each in [delivery.upload, *elsewhere]}
    wanted = {delivery.upload.key: 1} | {each.key: 0 for each in elsewhere}
    wrong = [phrase("executions-of", key=key, count=count) for key, count in started.items() if count != wanted[key]]
    finding.holds(started == wanted, "file-alone-started", key=delivery.upload.key, where=enumerate_items(wrong))


@then("the rejected records are kept as they stood in the file")
def kept_as_they_stood(delivery: Delivery, drivers: Drivers, rejected_texts: list[str], finding: Finding) -> None:
    kept = drivers.inbox.result(delivery.upload, "rejected.csv").decode()
    lines = [",".join(delivery.file.header), *rejected_texts]
    due = "".join(line + ("\r\n" if line.endswith("\r") else "\n") for line in lines)
    lines_kept = kept.count("\n")
    finding.holds(kept == due, "kept-as-they-stood", records=len(rejected_texts), lines=lines_kept, evidence=kept)


@then("nothing is rejected")
def nothing_rejected(delivery: Delivery, finding: Finding) -> None:
    finding.equal(len(delivery.rejected), 0, "none-rejected")


@then("the database holds nothing of it")
def nothing_held(delivery: Delivery, drivers: Drivers, finding: Finding) -> None:
    held = {question: drivers.database.ask(question, **delivery.version) for question in ("chunks", "rejected")}
    finding.holds(not any(held.values()), "nothing-held", chunks=len(held["chunks"]), rejected=len(held["rejected"]))
