"""The ARNs of the resources an operation acts on, in the formats of the Service Authorization Reference.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from local_aws.iam.arns import Places
from local_aws.iam.operations import Operation
from local_aws.partition import partition_of


def resources(operation: Operation, places: Places) -> list[str]:
    """Return the ARNs, or only `*` if the operation has no resource or none is known here."""
    find = _OF_SERVICES.get(operation.service)
    named = list(find(operation, places)) if find else []
    if named:
        return [places.arn(operation.service, operation.region, each) for each in named]
    prefix = f"arn:{partition_of(operation.region)}:{operation.service}:"
    arns = [each for each in operation.parameters.values() if isinstance(each, str) and each.startswith(prefix)]
    return arns[:1] or ["*"]


def _dynamodb(operation: Operation, _: Places) -> Iterator[str]:
    said = operation.parameters
    if operation.name == "ListTables":
        yield "table/*"
    table = said.get("TableName")
    if table:
        arn = table if table.startswith("arn:") else f"table/{table}"
        yield f"{arn}/index/{said['IndexName']}" if said.get("IndexName") else arn


def _lambda(operation: Operation, _: Places) -> Iterator[str]:
    said = operation.parameters
    if "EventSourceMapping" in operation.name:
        return
    if function := said.get("FunctionName"):
        name, _, qualifier = function.rpartition("function:")[2].partition(":")
        qualifier = said.get("Qualifier") or qualifier
        yield f"function:{name}:{qualifier}" if qualifier else f"function:{name}"
    elif name := said.get("LayerName"):
        layer = name.rpartition("layer:")[2]
        yield f"layer:{layer}:{said['VersionNumber']}" if "VersionNumber" in said else f"layer:{layer}"


def _states(operation: Operation, _: Places) -> Iterator[str]:
    kinds = {"CreateStateMachine": "stateMachine", "CreateActivity": "activity"}
    if kind := kinds.get(operation.name):
        yield f"{kind}:{operation.parameters.get('name')}"
    elif operation.name == "ListStateMachines":
        yield "stateMachine:*"
    elif machine := operation.parameters.get("stateMachineArn"):
        yield ":".join(machine.split(":")[:7])  # of a version or an alias, the state machine is what is authorized


def _events(operation: Operation, _: Places) -> Iterator[str]:
    name, said = operation.name, operation.parameters
    bus = said.get("EventBusName", "default").rpartition("/")[2]
    rule = said.get("Rule") or said.get("Name")
    if name in ("ListRules", "ListRuleNamesByTarget"):
        yield "rule/*"
    elif name == "PutEvents":
        buses = {each.get("EventBusName", "default").rpartition("/")[2] for each in said.get("Entries", ())}
        yield from sorted(f"event-bus/{each}" for each in buses)
    elif "EventBus" in name or name in ("PutPermission", "RemovePermission"):
        yield f"event-bus/{said.get('Name', bus).rpartition('/')[2]}"
    elif rule and ("Rule" in name or "Targets" in name):
        yield f"rule/{rule}" if bus == "default" else f"rule/{bus}/{rule}"


def _logs(operation: Operation, _: Places) -> Iterator[str]:
    """Name a log group itself `log-group:NAME:log-stream:`, which matches a policy's `log-group:NAME:*`.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html
    """
    said = operation.parameters
    groups = said.get("logGroupNames") or said.get("logGroupIdentifiers") or []
    single = said.get("logGroupName") or said.get("logGroupIdentifier")
    stream = said.get("logStreamName", "")
    for group in [single] if single else groups:
        name = group.partition(":log-group:")[2].removesuffix(":*") if group.startswith("arn:") else group
        yield f"log-group:{name}:log-stream:{stream}"
    if operation.name == "DescribeLogGroups" and not groups:
        yield "log-group::log-stream:"


def _secretsmanager(operation: Operation, places: Places) -> Iterator[str]:
    said = operation.parameters
    named = said.get("SecretIdList") or [said.get("SecretId") or said.get("Name")]
    for each in filter(None, named):
        # The six random characters at the end of a future secret's ARN are not known yet.
        yield places.secret(operation.region, each) or (each if each.startswith("arn:") else f"secret:{each}-XXXXXX")


def _rds(operation: Operation, _: Places) -> Iterator[str]:
    kinds = {
        "DBInstanceIdentifier": "db",
        "DBClusterSnapshotIdentifier": "cluster-snapshot",
        "DBSnapshotIdentifier": "snapshot",
        "DBClusterIdentifier": "cluster",
        "DBSubnetGroupName": "subgrp",
        "DBClusterParameterGroupName": "cluster-pg",
        "DBParameterGroupName": "pg",
    }
    all_of = {"DescribeDBInstances": "db:*", "DescribeDBClusters": "cluster:*", "DescribeDBSubnetGroups": "subgrp:*"}
    for parameter, kind in kinds.items():
        if identifier := operation.parameters.get(parameter):
            yield identifier if identifier.startswith("arn:") else f"{kind}:{identifier}"
            return
    if operation.name in all_of:
        yield all_of[operation.name]


def _iam(operation: Operation, places: Places) -> Iterator[str]:
    said, name = operation.parameters, operation.name
    path = said.get("Path", said.get("PathPrefix", "/"))
    for kind in ("role", "user"):
        if identity := said.get(f"{kind.title()}Name"):
            made = name == f"Create{kind.title()}"
            yield places.arn("iam", "", f"{kind}{path}{identity}") if made else places.identity(kind, identity)
            return
    if group := said.get("GroupName"):
        yield places.arn("iam", "", f"group{path}{group}")
    elif arn := said.get("PolicyArn") or said.get("PolicySourceArn"):
        yield arn
    elif name == "CreatePolicy":
        yield places.arn("iam", "", f"policy{path}{said.get('PolicyName')}")
    elif name in ("ListRoles", "ListUsers", "ListGroups"):
        yield places.arn("iam", "", f"{name[4:-1].lower()}{path}")


def _sts(operation: Operation, _: Places) -> Iterator[str]:
    if arn := operation.parameters.get("RoleArn"):
        yield arn


_OF_SERVICES: dict[str, Callable[[Operation, Places], Iterator[str]]] = {
    "dynamodb": _dynamodb,
    "events": _events,
    "iam": _iam,
    "lambda": _lambda,
    "logs": _logs,
    "rds": _rds,
    "secretsmanager": _secretsmanager,
    "states": _states,
    "sts": _sts,
}
