"""Steps about what the pipeline runs on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pytest_bdd import then, when

from steps.deviation import Deviation
from steps.drivers.aurora import Aurora, Cluster
from steps.drivers.bucket import Bucket, Settings
from steps.drivers.tables import Table, Tables
from steps.drivers.workflow import Machine, Workflow
from steps.finding import Finding
from steps.recovery import recovery
from steps.targets.environment import Environment

Described = list[list[str]]


@when("the Aurora cluster is looked up", target_fixture="cluster")
def cluster_found(environment: Environment) -> Cluster | None:
    return Aurora(environment.client("rds"), environment.names.cluster).found()


@then("it is available, and so is an instance that takes writes")
def cluster_available(cluster: Cluster | None, environment: Environment, finding: Finding) -> None:
    name = environment.names.cluster
    finding.none(_unavailable(name, cluster), wanted=f"{name} available", got="available")
    if cluster is not None:
        finding.control("a cluster that has stopped", bool(_unavailable(name, replace(cluster, status="stopped"))))


def _unavailable(name: str, cluster: Cluster | None) -> list[Deviation]:
    if cluster is None:
        return [Deviation("aurora-stopped", f"{name} does not exist")]
    deviations = []
    if cluster.status != "available":
        deviations.append(Deviation("aurora-stopped", f"{name} is {cluster.status}"))
    if cluster.writer is None or cluster.instances.get(cluster.writer) != "available":
        instances = ", ".join(f"{id} is {status}" for id, status in cluster.instances.items()) or "it has no instances"
        deviations.append(Deviation("aurora-stopped", f"{name} has no instance that takes writes: {instances}"))
    return deviations


@when("the DynamoDB tables are looked up", target_fixture="tables")
def tables_found(environment: Environment) -> dict[str, Table | None]:
    tables = Tables(environment.client("dynamodb"))
    return {name: tables.found(name) for name in environment.names.tables}


@then("these are active, with their keys:")
def tables_active(
    datatable: Described, tables: Mapping[str, Table | None], environment: Environment, finding: Finding
) -> None:
    names = environment.names
    wanted = [
        Table(names.named(table.replace("-", "_")), "ACTIVE", tuple(filter(None, keys)), expiry or None)
        for table, *keys, expiry in datatable[1:]
    ]
    deviations = [
        Deviation("table-missing", f"{table.name} does not exist" if got is None else f"{got} instead of {table}")
        for table in wanted
        if (got := tables.get(table.name)) != table
    ]
    finding.none(deviations, wanted=f"{len(wanted)} tables active", got=f"{len(wanted)} active")


@when("the S3 bucket is looked up", target_fixture="bucket")
def bucket_found(environment: Environment) -> Settings | None:
    return Bucket(environment.client("s3"), environment.names.bucket).found()


@then("it is there, keeps versions, and is closed to the public")
def bucket_ready(bucket: Settings | None, environment: Environment, finding: Finding) -> None:
    names = environment.names
    deviations = [
        Deviation("bucket-missing", f"{names.bucket} {what}")
        for wrong, what in (
            (bucket is None, "does not exist"),
            (bucket and bucket.region != names.region, f"is in {bucket and bucket.region}, not in {names.region}"),
            (bucket and not bucket.keeps_versions, "keeps no versions"),
            (bucket and not bucket.blocks_public_access, "does not block public access"),
        )
        if wrong
    ]
    finding.none(deviations, wanted=f"{names.bucket} ready in {names.region}", got="ready")


@then("its events go to EventBridge")
def events_on(bucket: Settings | None, environment: Environment, finding: Finding) -> None:
    on = bucket is not None and bucket.tells_event_bridge
    off = [] if on else [Deviation("notification-off", f"{environment.names.bucket} does not tell EventBridge")]
    finding.none(off, wanted="EventBridge notification on", got="on")


@when("the state machine is looked up", target_fixture="machine")
def machine_found(workflow: Workflow) -> Machine | None:
    return workflow.found()


@then("it is active")
def machine_active(machine: Machine | None, environment: Environment, finding: Finding) -> None:
    name = environment.names.state_machine
    status = "missing" if machine is None else machine.status
    deviations = [Deviation("state-machine-missing", f"{name} is {status}")] if status != "ACTIVE" else []
    finding.none(deviations, wanted=f"{name} ACTIVE", got=status)


@then("every step is tried again after what the platform fails at, and no error is lost")
def machine_recovers(machine: Machine | None, finding: Finding) -> None:
    assert machine is not None
    finding.none(recovery(machine.definition), wanted="every step tried again, every error caught", got="so")
    bare = {"States": {"any": {"Type": "Task", "Resource": "any"}}}
    finding.control("a step without Retry and Catch", len(recovery(bare)) == 2)
