"""The roles that a request passes to a service (iam:PassRole); the service must be able to assume them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from local_aws.errors import ServiceError
from local_aws.iam.operations import Operation


class HandedRole(NamedTuple):
    """A role and the service it is passed to."""

    arn: str
    service: str
    refusal: ServiceError
    """The service's error for a role that it cannot assume."""
    needs: tuple[tuple[str, ServiceError], ...] = ()
    """The actions that the role must allow at the time of the request, each with the service's error if it does not."""


def handed_roles(operation: Operation) -> list[HandedRole]:
    """The roles in the operation's parameters that a service will assume."""
    taking = _HANDED.get(operation.service)
    find = taking and taking.get(operation.name)
    return [each for each in find(operation) if each.arn] if find else []


def _to_lambda(operation: Operation) -> list[HandedRole]:
    code, said = "InvalidParameterValueException", operation.parameters
    refusal = ServiceError(code, "The role defined for the function cannot be assumed by Lambda.")
    needs = [
        (
            f"ec2:{action}",
            ServiceError(code, f"The provided execution role does not have permissions to call {action} on EC2"),
        )
        for action in ("CreateNetworkInterface", "DescribeNetworkInterfaces", "DeleteNetworkInterface")
        if (said.get("VpcConfig") or {}).get("SubnetIds")
    ]
    return [HandedRole(said.get("Role", ""), "lambda.amazonaws.com", refusal, tuple(needs))]


def _to_states(operation: Operation) -> list[HandedRole]:
    service = "states.amazonaws.com"
    principals = f"Neither the global service principal {service}, nor the regional one"
    refusal = ServiceError("AccessDeniedException", f"{principals} is authorized to assume the provided role.")
    return [HandedRole(operation.parameters.get("roleArn", ""), service, refusal)]


def _to_events(operation: Operation) -> list[HandedRole]:
    service = "events.amazonaws.com"
    said = operation.parameters
    roles = dict.fromkeys(each.get("RoleArn", "") for each in (said, *said.get("Targets", ())))
    return [
        HandedRole(
            role,
            service,
            ServiceError("ValidationException", f"Provided role '{role}' cannot be assumed by principal '{service}'."),
        )
        for role in roles
    ]


_HANDED: dict[str, dict[str, Callable[[Operation], list[HandedRole]]]] = {
    "events": {"PutRule": _to_events, "PutTargets": _to_events},
    "lambda": {"CreateFunction": _to_lambda, "UpdateFunctionConfiguration": _to_lambda},
    "states": dict.fromkeys(["CreateStateMachine", "UpdateStateMachine", "TestState"], _to_states),
}
