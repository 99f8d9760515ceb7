"""AWS says by an error that something is not there: an answer like any other, or else a NO that names it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import ClientError

from steps.drivers.names import Names
from steps.suite.deviation import Deviation

if TYPE_CHECKING:
    from steps.cloudformation.declared import Clients

T = TypeVar("T")
DIAGNOSES = {
    "bucket": "bucket-missing",
    "rule": "rule-missing",
    "state_machine": "state-machine-missing",
    **dict.fromkeys(("splitter", "processor"), "function-missing"),
    **dict.fromkeys(("audit_logs", "processing_metadata", "batch_jobs", "job_locks"), "table-missing"),
    "cluster": "cluster-missing",
    **dict.fromkeys(("lambda_role", "state_machine_role", "rule_role"), "role-missing"),
}
"""What it is called that nothing goes by a name of the settings, by the name's key."""
_THINGS = {
    "DBClusterNotFoundFault",
    "NoSuchBucket",
    "NoSuchEntity",
    "ResourceNotFoundException",
    "StateMachineDoesNotExist",
}
"""The errors by which AWS tells that it knows nothing by a name."""
_ABSENT = {*_THINGS, "404", "NoSuchKey", "NoSuchVersion", "NoSuchPublicAccessBlockConfiguration"}


def unless_absent(ask: Callable[[], T]) -> T | None:
    """What `ask` answers; None where AWS says that what it asks for does not exist."""
    try:
        return ask()
    except ClientError as refused:
        if refused.response["Error"]["Code"] in _ABSENT:
            return None
        raise


class Missing(AssertionError, ClientError):
    """Nothing goes by a name of the settings: a NO, unless whoever asked takes it for an answer."""

    def __init__(self, diagnosis: str, what: str, where: str, answer: Mapping[str, Any], operation: str) -> None:
        told: Any = answer
        ClientError.__init__(self, told, operation)
        evidence = f"{operation}: {answer['Error'].get('Message') or answer['Error']['Code']}"
        remedy = f"deploy it, or mend its name: {where}"
        self.args = (f"{what} does not exist.\n  evidence: {evidence}\n  remedy: {remedy}",)
        self.diagnosis = diagnosis


def missing(names: Names, key: str) -> Deviation:
    """Nothing goes by the name that stands under `key`."""
    return Deviation(DIAGNOSES[key], f"{names.named(key)} does not exist ({_under(key)})")


def naming(client: Clients, names: Names) -> Clients:
    """The same clients, altered to raise Missing where AWS knows nothing by one of `names`, or no such secret."""

    def keep(params: Mapping[str, Any], context: dict[str, Any], **_: Any) -> None:
        context["asked"] = params

    def tell(parsed: Mapping[str, Any], context: Mapping[str, Any], model: Any, **_: Any) -> None:
        if parsed.get("Error", {}).get("Code") not in _THINGS:
            return
        service = model.service_model.service_name
        for value in filter(_is_text, context["asked"].values()):
            if service == "secretsmanager":
                where = "aurora_secret in acceptance.toml, or the output AuroraSecretArn of data.yaml"
                raise Missing("secret-missing", value, where, parsed, model.name)
            if key := names.key_of(value):
                diagnosis = "logs-missing" if service == "logs" else DIAGNOSES[key]
                where = f"{_under(key)}, or what fills it in (project, environment, ACCEPTANCE_*)"
                raise Missing(diagnosis, value, where, parsed, model.name)

    @cache
    def named(service: str) -> Any:
        made = client(service)
        made.meta.events.register("before-parameter-build", keep)
        made.meta.events.register("after-call", tell)
        return made

    return named


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _under(key: str) -> str:
    return f"{key} under [names] in acceptance.toml"
