"""The permissions that a request requires: actions on resources, with the context for evaluating conditions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from local_aws.iam import s3
from local_aws.iam.arns import Places
from local_aws.iam.operations import Operation
from local_aws.iam.pass_role import handed_roles
from local_aws.iam.policies import Demand
from local_aws.iam.resources import resources
from local_aws.iam.wildcards import Context

_PREFIXES = {"monitoring": "cloudwatch", "email": "ses", "tagging": "tag"}
"""IAM's prefix of each service whose name in request signatures differs from it."""

_ACTIONS = {
    ("lambda", "Invoke"): "InvokeFunction",
    ("lambda", "InvokeWithResponseStream"): "InvokeFunction",
    ("lambda", "GetLayerVersionByArn"): "GetLayerVersion",
}
"""The actions whose names differ from those of their operations."""

_TRANSACTED = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
    "Get": "GetItem",
}


def demands(operation: Operation, places: Places, caller: Context) -> list[Demand]:
    """All permissions that the operation requires; `caller` holds the caller's condition keys."""
    context = {**_context(operation), **caller}
    if operation.service == "s3":
        return [Demand(f"s3:{action}", arn, context, f'"{arn}"') for action, arn in s3.demanded(operation)]
    prefix = _PREFIXES.get(operation.service, operation.service)
    shown = _shown(operation)
    own = [Demand(f"{prefix}:{action}", arn, context, shown) for action, arn in _demanded(operation, places)]
    passed = [
        Demand("iam:PassRole", handed.arn, {**context, "iam:passedtoservice": (handed.service,)})
        for handed in handed_roles(operation)
    ]
    return own + passed


def to_tell_it_is_gone(operation: Operation, caller: Context) -> Demand | None:
    """The additional permission without which S3 conceals that an object does not exist; None if not applicable."""
    found = s3.to_tell_it_is_gone(operation)
    return found and Demand(f"s3:{found[0]}", found[1], {**_context(operation), **caller}, f'"{found[1]}"')


def _demanded(operation: Operation, places: Places) -> Iterator[tuple[str, str]]:
    service, name, said = operation.service, operation.name, operation.parameters
    if service == "dynamodb" and name in ("TransactWriteItems", "TransactGetItems"):
        for item in said.get("TransactItems", ()):
            for kind in item.keys() & _TRANSACTED:
                yield _TRANSACTED[kind], _table(operation, places, item[kind].get("TableName", ""))
    elif service == "dynamodb" and name in ("BatchGetItem", "BatchWriteItem"):
        for table in said.get("RequestItems", ()):
            yield name, _table(operation, places, table)
    elif (service, name) == ("secretsmanager", "BatchGetSecretValue"):
        yield name, "*"
        if "SecretIdList" in said:
            yield from (("GetSecretValue", arn) for arn in resources(operation, places))
    else:
        for arn in resources(operation, places):
            yield _ACTIONS.get((service, name), name), arn


def _table(operation: Operation, places: Places, name: str) -> str:
    return name if name.startswith("arn:") else places.arn("dynamodb", operation.region, f"table/{name}")


def _shown(operation: Operation) -> str:
    """Secrets Manager's errors name a secret as the request does."""
    asked_for = operation.parameters.get("SecretId", "") if operation.service == "secretsmanager" else ""
    return str(asked_for)


def _context(operation: Operation) -> Context:
    now = datetime.now(UTC)
    known = {
        "aws:currenttime": (now.isoformat(),),
        "aws:epochtime": (str(int(now.timestamp())),),
        "aws:requestedregion": (operation.region,),
        "aws:securetransport": ("true",),  # loopback HTTP stands in for AWS, which is reached over TLS only
        "aws:sourceip": (operation.request.remote_addr or "127.0.0.1",),
        "aws:useragent": (operation.request.headers.get("User-Agent", ""),),
    }
    if operation.service == "sts":
        asked = operation.parameters
        known.update(
            {f"sts:{name.lower()}": (asked[name],) for name in ("ExternalId", "RoleSessionName") if name in asked}
        )
    if operation.service == "s3":
        known.update((key, (value,)) for key, value in s3.context(operation))
    return known
