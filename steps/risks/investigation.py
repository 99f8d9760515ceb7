"""Steps about the reports that help to investigate a failure."""

from __future__ import annotations

import re

from pytest_bdd import then, when

from steps.diagnoses import catalogue
from steps.diagnoses.ids import Diagnosis
from steps.diagnoses.ranking import diagnoses
from steps.suite.deviation import Deviation
from steps.suite.finding import Finding
from steps.suite.project_commands import Commands
from steps.targets.environment import Environment
from steps.verdict.model import RankedDiagnosis
from steps.verdict.record import Record
from steps.verdict.verdict import FAILED, Scenario
from steps.verdict.words import Words, enumerate_items


@when("each failure that can be diagnosed is reported", target_fixture="reports")
def all_reported() -> dict[str, RankedDiagnosis]:
    known = catalogue.read()
    scenarios = [Scenario(id, [], FAILED, "planted", deviations=[Deviation(id, "planted")]) for id in known]
    return {report.id: report for report in diagnoses(scenarios, [], known)}


@then("each report names cause, evidence and remedy, in Japanese and English")
def reports_complete(reports: dict[str, RankedDiagnosis], finding: Finding) -> None:
    known = catalogue.read()
    short = [id for id in known if id not in reports or not _is_complete(reports[id])]
    finding.holds(
        not short,
        "diagnoses-complete",
        diagnoses=len(known),
        short=len(short),
        where=enumerate_items(short),
    )
    without_remedy = reports[Diagnosis.TOO_SLOW].model_copy(update={"remedy": Words("", "")})
    finding.control("a report without a remedy", not _is_complete(without_remedy))


def _is_complete(report: RankedDiagnosis) -> bool:
    return bool(report.evidence) and _is_bilingual(report.cause) and _is_bilingual(report.remedy)


@then("a failure of no known cause says how to investigate it")
def unknown_cause(record: Record, finding: Finding) -> None:
    reports = diagnoses([Scenario("any", ["INF-01"], FAILED, "planted")], [], catalogue.read())
    found = [(each.id, each.evidence) for each in reports]
    finding.holds(
        found == [(Diagnosis.NOT_DIAGNOSED, ["planted"])],
        "unknown-cause-reported",
        got=enumerate_items([id for id, _ in found]),
    )


@then("every line of the checklist says why it fails, what follows, and what to do")
def lines_explained(record: Record, finding: Finding) -> None:
    lines = record.checklist
    short = [id for id, line in lines.items() if not all(map(_is_bilingual, (line.cause, line.risk, line.remedy)))]
    finding.holds(not short, "lines-explained", lines=len(lines), short=len(short), where=enumerate_items(short))


def _is_bilingual(words: Words) -> bool:
    return bool(words.ja and words.en)


_DIAGNOSES = {
    "S3": Diagnosis.BUCKET_MISSING,
    "EventBridge": Diagnosis.RULE_MISSING,
    "Step Functions": Diagnosis.STATE_MACHINE_MISSING,
    "Lambda": Diagnosis.FUNCTION_MISSING,
    "DynamoDB": Diagnosis.TABLE_MISSING,
    "CloudWatch Logs": Diagnosis.LOGS_MISSING,
    "Secrets Manager": Diagnosis.SECRET_MISSING,
    "RDS": Diagnosis.AURORA_STOPPED,
    "IAM": Diagnosis.ROLE_WRONG,
    "PostgreSQL": Diagnosis.SECRET_REFUSED,
}
"""The usual diagnosis of a service that does not respond well."""
NOBODY = "http://127.0.0.1:9"
"""An endpoint where nothing listens: the discard port."""


@when("the connections are tested", target_fixture="answers")
def tested(environment: Environment, commands: Commands) -> str:
    environment.check()  # excludes that the whole target is down
    return commands.said_or_refused("doctor")


@when("DynamoDB's is tested where nobody listens", target_fixture="silence")
def tested_in_vain(commands: Commands) -> str:
    return commands.said_or_refused("doctor --service=DynamoDB", AWS_ENDPOINT_URL_DYNAMODB=NOBODY)


@then("each of these services answers:")
def all_answer(datatable: list[list[str]], answers: str, finding: Finding) -> None:
    services = [service for (service,) in datatable[1:]]
    silent = [service for service in services if not _has_mark(answers, service, "ok")]
    for service in (each for each in silent if not _has_mark(answers, each, "-")):  # not tested, so no diagnosis
        finding.deviations.append(diagnose_service(service, answers))
    finding.holds(
        not silent,
        "services-answer",
        services=len(services),
        silent=len(silent),
        where=enumerate_items(silent),
        evidence=answers,
    )


@then("the one that does not answer is named, with what to do")
def silent_one_named(silence: str, finding: Finding) -> None:
    named = "NO  DynamoDB" in silence and "remedy: look at the network" in silence
    finding.holds(named, "silent-service-named", service="DynamoDB", evidence=silence)


def diagnose_service(service: str, answers: str) -> Deviation:
    """Return the deviation of a service in the output of `doctor`: its usual one, unless a variable is lacking."""
    found = re.search(rf"^NO +{service} +(.+)$", answers, re.MULTILINE)
    said = found[1] if found else "nothing"
    lacks_variable = re.search(r" lacks [A-Z_]+$", said)
    usual = _DIAGNOSES.get(service, Diagnosis.NOT_DIAGNOSED)
    diagnosis = Diagnosis.ENVIRONMENT_VARIABLE_MISSING if lacks_variable else usual
    return Deviation(diagnosis, f"{service} does not answer well: {said}")


def _has_mark(answers: str, service: str, mark: str) -> bool:
    return any(line.startswith(f"{mark:<3} {service} ") for line in answers.splitlines())
