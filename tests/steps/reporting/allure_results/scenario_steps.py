"""The steps of scenarios.gherkin: they judge and attach as those of the suite do."""

from __future__ import annotations

import logging

from pytest_bdd import given, parsers, then, when

from steps.diagnoses.ids import Diagnosis
from steps.drivers.logs import LogLine, written
from steps.suite.finding import Attachment, Finding, document, table
from steps.suite.progress import Progress
from steps.targets.environment import EnvironmentBroken
from steps.verdict.record import Record
from tests.steps.reporting.allure_results.planted import HOSTILE, shown


@given("something is there")
def something() -> None: ...


@when("it is looked at")
def looked_at(finding: Finding) -> None:
    finding.attach(
        table("rows", ["user", "count"], [["U00001", 1]]),
        document("document", {"user": "U00001"}),
        Attachment("picture", "svg", "<svg xmlns='http://www.w3.org/2000/svg'/>"),
        Attachment("page", "link", "https://console.example/it"),
    )


@then(parsers.parse("it holds {count:d}"))
def holds(count: int, finding: Finding) -> None:
    finding.equal(1, count, "users-counted")
    finding.control("one more", True)


@then("nobody comes here")
def nobody() -> None: ...


@then("nothing can be said")
def nothing(finding: Finding) -> None:
    finding.not_checked("it is not there")


@then("it breaks")
def breaks() -> None:
    raise KeyError("it")


@then("it has gone")
def gone() -> None:
    raise EnvironmentBroken("It has stopped answering.", evidence="connection refused", remedy="start it again")


@when("all secrets are told")
def told(finding: Finding, progress: Progress) -> None:
    progress.say(shown())
    logging.getLogger("planted").warning(shown())
    print(shown())
    finding.attach(Attachment("secrets", "text", shown()), document("secret", {"password": "planted-json-password"}))
    finding.suspect(Diagnosis.RECORDS_ALTERED, shown())
    finding.holds(True, "plain", wanted=shown(), got=shown())
    finding.control(shown(), True)


@then("they are in the traceback")
def in_the_traceback(finding: Finding) -> None:
    everything = shown()
    finding.holds(not everything, "plain", wanted="none of them", got="all", evidence=everything)


@when("hostile texts are told")
def hostile(finding: Finding, progress: Progress, record: Record) -> None:
    logging.getLogger("planted").warning(HOSTILE)
    print(HOSTILE)
    progress.say(HOSTILE)
    record.notes.append(HOSTILE)
    record.discrepancies.append({"record": 1, "user": HOSTILE, "fate": "lost", "stores": {HOSTILE: HOSTILE}})
    record.run |= {"key": HOSTILE, "execution_arn": HOSTILE, "status": HOSTILE}
    record.measured |= {"seconds": 1.0, "records_per_second": 1.0, "peak_chunks": 1}
    line = LogLine("group", "stream", 0, HOSTILE)
    record.keep("lambda-logs.txt", written([line, line]))
    finding.attach(Attachment(HOSTILE, "text", HOSTILE), document("document", {HOSTILE: HOSTILE}))
    finding.attach(table("table", [HOSTILE], [[HOSTILE]]))
    finding.suspect(Diagnosis.RECORDS_ALTERED, HOSTILE)
    finding.holds(True, "plain", wanted=HOSTILE, got=HOSTILE)
    finding.control(HOSTILE, True)


@then("they are in the error")
def in_the_error(finding: Finding) -> None:
    finding.holds(not HOSTILE, "plain", wanted=HOSTILE, got=HOSTILE, evidence=HOSTILE)


@then("they are in the reason")
def in_the_reason(finding: Finding) -> None:
    finding.not_checked(HOSTILE)
