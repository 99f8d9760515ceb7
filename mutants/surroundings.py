"""What somebody can do to a deployed pipeline from outside: run at the acceptance's seams, by AWS_* and DATABASE_URL.

python -m mutants.surroundings FUNCTION ARGUMENT ...
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import boto3
import psycopg

from steps.drivers.names import Names


def _aws(service: str) -> Any:
    return boto3.client(service)  # type: ignore[call-overload]


def _names() -> Names:
    return Names(_aws("sts").get_caller_identity()["Account"])


def remove_variable(function: str, variable: str) -> None:
    """Of the splitter or the processor, or of `both`."""
    _configure(function, lambda environment: environment.pop(variable))


def set_variable(function: str, variable: str, value: str) -> None:
    _configure(function, lambda environment: environment.update({variable: value}))


def rename_variable(function: str, variable: str, to: str) -> None:
    _configure(function, lambda environment: environment.update({to: environment.pop(variable)}))


def _configure(function: str, change: Any) -> None:
    client = _aws("lambda")
    for name in _functions(function):
        variables = client.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        change(variables)
        client.update_function_configuration(FunctionName=name, Environment={"Variables": variables})


def configure(function: str, properties: str) -> None:
    """Sets these properties of the function's configuration, given as JSON in the words of Lambda's API."""
    for name in _functions(function):
        _aws("lambda").update_function_configuration(FunctionName=name, **json.loads(properties))


def reserve(function: str, executions: str) -> None:
    """Reserves this many concurrent executions for the function."""
    for name in _functions(function):
        _aws("lambda").put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=int(executions))


def delete_function(function: str) -> None:
    for name in _functions(function):
        _aws("lambda").delete_function(FunctionName=name)


def _functions(which: str) -> list[str]:
    splitter, processor = _names().functions
    return {"splitter": [splitter], "processor": [processor], "both": [splitter, processor]}[which]


def call(service: str, operation: str, arguments: str) -> None:
    """Calls AWS: {bucket}, {rule}, {state_machine_arn} and other fields of Names are filled in, as <bucket>, <rule>."""
    names = _names()
    for field in ("bucket", "rule", "cluster", "account", "state_machine_arn", "lambda_role", "state_machine_role"):
        arguments = arguments.replace(f"<{field}>", getattr(names, field))
    for field in ("rule_role", "audit_logs", "batch_jobs", "processing_metadata", "job_locks"):
        arguments = arguments.replace(f"<{field}>", getattr(names, field))
    getattr(_aws(service), operation)(**json.loads(arguments))


def strip(role: str, action: str) -> None:
    """Takes an action from every statement of the role's policies: lambda_role, state_machine_role or rule_role."""

    def less(statement: dict[str, Any]) -> dict[str, Any] | None:
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        left = [each for each in actions if each != action]
        return {**statement, "Action": left} if left else None

    _rewrite(role, lambda statements: [left for each in statements if (left := less(each))])


def allow(role: str, statement: str) -> None:
    """Adds a statement, given as JSON, to the role's policies."""
    _rewrite(role, lambda statements: [*statements, json.loads(statement)])


def point(role: str, old: str, new: str) -> None:
    """Replaces a text in the resources of the role's policies."""
    _rewrite(role, lambda statements: json.loads(json.dumps(statements).replace(old, new)))


def strip_to(role: str, action: str, other: str) -> None:
    """Allows another action instead of one: a policy has a statement at least."""
    _rewrite(role, lambda statements: json.loads(json.dumps(statements).replace(f'"{action}"', f'"{other}"')))


def _rewrite(role: str, change: Any) -> None:
    iam, name = _aws("iam"), _names().named(role)
    changed = False
    for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
        document = iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
        statements = change(document["Statement"])
        changed |= statements != document["Statement"]
        document["Statement"] = statements
        iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=json.dumps(document))
    assert changed, f"no statement of {name} has changed"


def double_rule() -> None:
    """A second rule of the same pattern and target."""
    events, name = _aws("events"), _names().rule
    (target,) = events.list_targets_by_rule(Rule=name)["Targets"]
    events.put_rule(Name="another", EventPattern=events.describe_rule(Name=name)["EventPattern"])
    events.put_targets(Rule="another", Targets=[target])


def target(changes: str) -> None:
    """Puts the rule's target anew, with these properties, given as JSON."""
    events, name = _aws("events"), _names().rule
    (target,) = events.list_targets_by_rule(Rule=name)["Targets"]
    events.put_targets(Rule=name, Targets=[{**target, **json.loads(changes)}])


def pattern(old: str, new: str) -> None:
    """Replaces a text in the rule's event pattern."""
    events, name = _aws("events"), _names().rule
    found = events.describe_rule(Name=name)["EventPattern"]
    assert old in found, f"{old} is not in {found}"
    events.put_rule(Name=name, EventPattern=found.replace(old, new))


def delete_rule() -> None:
    events, name = _aws("events"), _names().rule
    events.remove_targets(Rule=name, Ids=[each["Id"] for each in events.list_targets_by_rule(Rule=name)["Targets"]])
    events.delete_rule(Name=name)


def start_again() -> None:
    """Starts one more execution with the input of the one that has ended."""
    states = _aws("stepfunctions")
    told = states.describe_execution(executionArn=os.environ["EXECUTION_ARN"])
    states.start_execution(stateMachineArn=told["stateMachineArn"], input=told["input"])


def redefine(old: str, new: str) -> None:
    """Replaces a text in the state machine's definition, wherever it stands."""
    states, arn = _aws("stepfunctions"), _names().state_machine_arn
    definition = states.describe_state_machine(stateMachineArn=arn)["definition"]
    assert old in definition, f"{old} is not in the definition"
    states.update_state_machine(stateMachineArn=arn, definition=definition.replace(old, new))


def empty_inbox() -> None:
    """Deletes every version of every object under incoming/."""
    s3, bucket = _aws("s3"), _names().bucket
    found = s3.list_object_versions(Bucket=bucket, Prefix="incoming/")["Versions"]
    for each in found:
        s3.delete_object(Bucket=bucket, Key=each["Key"], VersionId=each["VersionId"])


def close_egress(group: str) -> None:
    """Takes every outbound rule from the security group of that name."""
    ec2 = _aws("ec2")
    (found,) = ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": [group]}])["SecurityGroups"]
    ec2.revoke_security_group_egress(GroupId=found["GroupId"], IpPermissions=found["IpPermissionsEgress"])


def open_to_the_internet() -> None:
    """A route from the functions' subnets to an internet gateway."""
    ec2, (splitter, _) = _aws("ec2"), _names().functions
    network = _aws("lambda").get_function_configuration(FunctionName=splitter)["VpcConfig"]
    of_subnet = [{"Name": "association.subnet-id", "Values": network["SubnetIds"][:1]}]
    (table,) = ec2.describe_route_tables(Filters=of_subnet)["RouteTables"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=table["VpcId"])
    ec2.create_route(RouteTableId=table["RouteTableId"], DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)


def change_login(changes: str) -> None:
    """Changes username or password, given as JSON, in the secret that the functions are told of."""
    secrets, (splitter, _) = _aws("secretsmanager"), _names().functions
    told = _aws("lambda").get_function_configuration(FunctionName=splitter)["Environment"]["Variables"]
    secret = told["AURORA_SECRET_ARN"]
    login = json.loads(secrets.get_secret_value(SecretId=secret)["SecretString"])
    secrets.put_secret_value(SecretId=secret, SecretString=json.dumps(login | json.loads(changes)))


def limit_connections(most: str) -> None:
    """The functions log in as a user that may open so many sessions at a time."""
    sql(
        f"CREATE ROLE pipeline LOGIN PASSWORD 'limited' CONNECTION LIMIT {int(most)}; GRANT pg_read_all_data,"
        " pg_write_all_data TO pipeline; GRANT TEMPORARY ON DATABASE csvbatch TO pipeline"
    )
    change_login('{"username": "pipeline", "password": "limited"}')


def sql(statement: str) -> None:
    """Runs a statement; one that changes rows has to change some."""
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        done = connection.execute(statement)
        assert done.rowcount, f"{statement}: no row"


def item(table: str, filter: str, changes: str) -> None:
    """Changes, or with `null` deletes, a table's items that have the attributes of `filter`; both are JSON."""
    resource: Any = boto3.resource("dynamodb")
    table_ = resource.Table(getattr(_names(), table))
    keys = [key["AttributeName"] for key in table_.key_schema]
    wanted, told = json.loads(filter), json.loads(changes)
    found = [each for each in table_.scan()["Items"] if wanted.items() <= each.items()]
    assert found, f"no item of {table} has {filter}"
    for each in found:
        if told is None:
            table_.delete_item(Key={key: each[key] for key in keys})
        else:
            table_.put_item(Item={**each, **told})


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
