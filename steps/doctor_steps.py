"""Steps about the connection tests, which are a command for people too."""

from __future__ import annotations

from pytest_bdd import then, when

from steps.command import Commands
from steps.finding import Finding
from steps.targets.environment import Environment

_DIAGNOSES = {
    "S3": "bucket-missing",
    "EventBridge": "rule-missing",
    "Step Functions": "state-machine-missing",
    "Lambda": "function-missing",
    "DynamoDB": "table-missing",
    "CloudWatch Logs": "logs-missing",
    "Secrets Manager": "secret-missing",
    "RDS": "aurora-stopped",
    "IAM": "role-wrong",
    "PostgreSQL": "secret-refused",
}
"""What a service that does not answer well usually points to."""
NOBODY = "http://127.0.0.1:9"
"""Where nobody listens: the port of discard."""


@when("the connections are tested", target_fixture="answers")
def tested(environment: Environment, commands: Commands) -> str:
    environment.check()  # from here on, a silence is the service's
    return commands.said_or_refused("doctor")


@when("DynamoDB's is tested where nobody listens", target_fixture="silence")
def tested_in_vain(commands: Commands) -> str:
    return commands.said_or_refused("doctor --service=DynamoDB", AWS_ENDPOINT_URL_DYNAMODB=NOBODY)


@then("each of these services answers:")
def all_answer(datatable: list[list[str]], answers: str, finding: Finding) -> None:
    services = [service for (service,) in datatable[1:]]
    silent = [service for service in services if not _is(answers, service, "ok")]
    for service in (each for each in silent if not _is(answers, each, "-")):  # what was not tested points to nothing
        finding.suspect(_DIAGNOSES.get(service, "not-diagnosed"), f"{service} does not answer well")
    finding.holds(
        not silent,
        wanted=f"{len(services)} services that answer",
        got=f"{len(services) - len(silent)} answer",
        evidence=answers,
    )


@then("the one that does not answer is named, with what to do")
def silent_one_named(silence: str, finding: Finding) -> None:
    named = "NO  DynamoDB" in silence and "remedy: look at the network" in silence
    finding.holds(named, wanted="DynamoDB named, with a remedy", got="so" if named else "not", evidence=silence)


def _is(answers: str, service: str, mark: str) -> bool:
    return any(line.startswith(f"{mark:<3} {service} ") for line in answers.splitlines())
