"""Steps about what is told to whoever investigates a failure."""

from __future__ import annotations

from pytest_bdd import then, when

from steps.deviation import Deviation
from steps.diagnosis import catalogue
from steps.diagnosis.ranking import diagnoses
from steps.finding import Finding
from steps.reporting.checklist import Words
from steps.reporting.record import Record
from steps.reporting.verdict import FAILED, Scenario


@when("each failure that can be diagnosed is reported", target_fixture="reports")
def all_reported() -> dict[str, dict[str, object]]:
    known = catalogue.read()
    scenarios = [Scenario(id, [], FAILED, "planted", deviations=[Deviation(id, "planted")]) for id in known]
    return {report["id"]: report for report in diagnoses(scenarios, [], known)}


@then("each report names cause, evidence and remedy, in Japanese and English")
def reports_complete(reports: dict[str, dict[str, object]], finding: Finding) -> None:
    known = catalogue.read()
    short = [id for id in known if id not in reports or not _complete(reports[id])]
    finding.holds(
        not short,
        wanted=f"{len(known)} reports with cause, evidence and remedy",
        got=f"{len(known) - len(short)} so",
        evidence=", ".join(short),
    )
    finding.control("a report without a remedy", not _complete({**reports["too-slow"], "remedy": {"ja": "", "en": ""}}))


def _complete(report: dict[str, object]) -> bool:
    told = [report["cause"], report["remedy"]]
    return bool(report["evidence"]) and all(isinstance(each, dict) and each["ja"] and each["en"] for each in told)


@then("a failure of no known cause says how to investigate it")
def unknown_cause(record: Record, finding: Finding) -> None:
    reports = diagnoses([Scenario("any", ["INF-01"], FAILED, "planted")], [], catalogue.read())
    found = [(each["id"], each["evidence"]) for each in reports]
    finding.holds(
        found == [("not-diagnosed", ["planted"])],
        wanted="not-diagnosed as its only report, with its evidence",
        got="so" if len(found) == 1 else f"{len(found)} reports",
        evidence="\n".join(map(str, found)),
    )


@then("every line of the checklist says why it fails, what follows, and what to do")
def lines_explained(record: Record, finding: Finding) -> None:
    lines = record.checklist
    short = [id for id, line in lines.items() if not all(map(_told, (line.cause, line.risk, line.remedy)))]
    got = f"{len(lines) - len(short)} so"
    finding.holds(not short, wanted=f"{len(lines)} lines explained", got=got, evidence=", ".join(short))


def _told(words: Words) -> bool:
    return bool(words.ja and words.en)
