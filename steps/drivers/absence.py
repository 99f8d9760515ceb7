"""AWS's errors for missing resources, turned into None or into a failure that names the missing resource."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import ClientError

from steps.diagnoses.ids import Diagnosis
from steps.drivers.names import Names
from steps.explained_error import explain
from steps.suite.deviation import Deviation

if TYPE_CHECKING:
    from steps.cloudformation.declared import Clients

T = TypeVar("T")
DIAGNOSES = {
    "bucket": Diagnosis.BUCKET_MISSING,
    "rule": Diagnosis.RULE_MISSING,
    "state_machine": Diagnosis.STATE_MACHINE_MISSING,
    **dict.fromkeys(("splitter", "processor"), Diagnosis.FUNCTION_MISSING),
    **dict.fromkeys(("audit_logs", "processing_metadata", "batch_jobs", "job_locks"), Diagnosis.TABLE_MISSING),
    "cluster": Diagnosis.CLUSTER_MISSING,
    **dict.fromkeys(("lambda_role", "state_machine_role", "rule_role"), Diagnosis.ROLE_MISSING),
}
"""The diagnosis for a missing resource, by the key of its name in the settings."""
_THINGS = {
    "DBClusterNotFoundFault",
    "NoSuchBucket",
    "NoSuchEntity",
    "ResourceNotFoundException",
    "StateMachineDoesNotExist",
}
"""The error codes by which AWS reports that no resource has the requested name."""
_ABSENT = {
    *_THINGS,
    *("404", "NoSuchKey", "NoSuchVersion", "NoSuchPublicAccessBlockConfiguration", "NoSuchLifecycleConfiguration"),
}


def unless_absent(ask: Callable[[], T]) -> T | None:
    """Return the result of `ask`, or None if AWS reports that the requested resource does not exist."""
    try:
        return ask()
    except ClientError as refused:
        if refused.response["Error"]["Code"] in _ABSENT:
            return None
        raise


class Missing(AssertionError, ClientError):
    """No resource has this name of the settings: fails the check, unless the caller uses `unless_absent`."""

    def __init__(self, diagnosis: Diagnosis, what: str, where: str, answer: Mapping[str, Any], operation: str) -> None:
        told: Any = answer
        ClientError.__init__(self, told, operation)
        evidence = f"{operation}: {answer['Error'].get('Message') or answer['Error']['Code']}"
        remedy = f"deploy it, or mend its name: {where}"
        self.args = (explain(f"{what} does not exist.", evidence=evidence, remedy=remedy),)
        self.diagnosis = diagnosis


def missing(names: Names, key: str) -> Deviation:
    """The deviation for a resource that does not exist under the name that the settings have for `key`."""
    return Deviation(DIAGNOSES[key], f"{names.named(key)} does not exist ({_under(key)})")


def naming(client: Clients, names: Names) -> Clients:
    """Wrap `client`: its clients raise Missing if no resource has the requested one of `names`, or no such secret."""

    def keep(params: Mapping[str, Any], context: dict[str, Any], **_: Any) -> None:
        context["asked"] = params

    def tell(parsed: Mapping[str, Any], context: Mapping[str, Any], model: Any, **_: Any) -> None:
        if parsed.get("Error", {}).get("Code") not in _THINGS:
            return
        service = model.service_model.service_name
        for value in filter(_is_text, context["asked"].values()):
            if service == "secretsmanager":
                where = "aurora_secret in acceptance.toml, or the output AuroraSecretArn of data.yaml"
                raise Missing(Diagnosis.SECRET_MISSING, value, where, parsed, model.name)
            if key := names.key_of(value):
                diagnosis = Diagnosis.LOGS_MISSING if service == "logs" else DIAGNOSES[key]
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
