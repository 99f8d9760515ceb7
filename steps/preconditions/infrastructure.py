"""Steps about Aurora, DynamoDB, S3 and Step Functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pytest_bdd import then, when

from steps.diagnoses.ids import Diagnosis
from steps.drivers.absence import missing
from steps.drivers.aurora import Aurora, Cluster
from steps.drivers.s3 import Bucket, Settings
from steps.drivers.step_functions import Machine, Workflow
from steps.drivers.tables import Table, Tables
from steps.preconditions.state_machine import recovery
from steps.suite.deviation import Deviation
from steps.suite.finding import Finding
from steps.targets.environment import Environment

Described = list[list[str]]


@when("the Aurora cluster is looked up", target_fixture="cluster")
def cluster_found(environment: Environment) -> Cluster | None:
    return Aurora(environment.client("rds"), environment.names.cluster).found()


@then("it is available, and so is an instance that takes writes")
def cluster_available(cluster: Cluster | None, environment: Environment, finding: Finding) -> None:
    name = environment.names.cluster
    if cluster is None:
        finding.none([missing(environment.names, "cluster")], wanted=f"{name} available", got="available")
    else:
        finding.none(_unavailable(name, cluster), wanted=f"{name} available", got="available")
        finding.control("a cluster that has stopped", bool(_unavailable(name, replace(cluster, status="stopped"))))


def _unavailable(name: str, cluster: Cluster) -> list[Deviation]:
    deviations = []
    if cluster.status != "available":
        deviations.append(Deviation(Diagnosis.AURORA_STOPPED, f"{name} is {cluster.status}"))
    if cluster.writer is None or cluster.instances.get(cluster.writer) != "available":
        instances = ", ".join(f"{id} is {status}" for id, status in cluster.instances.items()) or "it has no instances"
        deviations.append(Deviation(Diagnosis.AURORA_STOPPED, f"{name} has no instance that takes writes: {instances}"))
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
    deviations = []
    wanted = {
        key: Table(names.named(key), "ACTIVE", tuple(filter(None, keys)), expiry or None)
        for key, keys, expiry in ((table.replace("-", "_"), keys, expiry) for table, *keys, expiry in datatable[1:])
    }
    for key, table in wanted.items():
        if (got := tables.get(table.name)) is None:
            deviations.append(missing(names, key))
        elif got != table:
            deviations.append(Deviation(Diagnosis.TABLE_MISSING, f"{got} instead of {table}"))
    finding.none(deviations, wanted=f"{len(wanted)} tables active", got=f"{len(wanted)} active")


@when("the S3 bucket is looked up", target_fixture="bucket")
def bucket_found(environment: Environment) -> Settings | None:
    return Bucket(environment.client("s3"), environment.names.bucket).found()


@then("it is there, keeps versions, and is closed to the public")
def bucket_ready(bucket: Settings | None, environment: Environment, finding: Finding) -> None:
    names = environment.names
    found = (
        ()
        if bucket is None
        else (
            (bucket.region != names.region, f"is in {bucket.region}, not in {names.region}"),
            (not bucket.keeps_versions, "keeps no versions"),
            (not bucket.blocks_public_access, "does not block public access"),
        )
    )
    deviations = [Deviation(Diagnosis.BUCKET_MISSING, f"{names.bucket} {what}") for wrong, what in found if wrong]
    if bucket is None:
        deviations.append(missing(names, "bucket"))
    finding.none(deviations, wanted=f"{names.bucket} ready in {names.region}", got="ready")


@then("its events go to EventBridge")
def events_on(bucket: Settings | None, environment: Environment, finding: Finding) -> None:
    names, deviations = environment.names, list[Deviation]()
    if bucket is None:
        deviations.append(missing(names, "bucket"))
    elif not bucket.tells_event_bridge:
        deviations.append(Deviation(Diagnosis.NOTIFICATION_OFF, f"{names.bucket} does not tell EventBridge"))
    finding.none(deviations, wanted="EventBridge notification on", got="on")


@when("the state machine is looked up", target_fixture="machine")
def machine_found(workflow: Workflow) -> Machine | None:
    return workflow.found()


@then("it is active")
def machine_active(machine: Machine | None, environment: Environment, finding: Finding) -> None:
    name, deviations = environment.names.state_machine, list[Deviation]()
    if machine is None:
        deviations.append(missing(environment.names, "state_machine"))
    elif machine.status != "ACTIVE":
        deviations.append(Deviation(Diagnosis.STATE_MACHINE_MISSING, f"{name} is {machine.status}"))
    finding.none(deviations, wanted=f"{name} ACTIVE", got="ACTIVE")


@then("every step is tried again after what the platform fails at, and no error is lost")
def machine_recovers(machine: Machine | None, environment: Environment, finding: Finding) -> None:
    name = environment.names.state_machine
    missing = Deviation(Diagnosis.STATE_MACHINE_MISSING, f"{name} is missing")
    definition = finding.there(machine, wanted=name, missing=missing).definition
    finding.none(recovery(definition), wanted="every step tried again, every error caught", got="so")
    bare = {"States": {"any": {"Type": "Task", "Resource": "any"}}}
    finding.control("a step without Retry and Catch", len(recovery(bare)) == 2)
