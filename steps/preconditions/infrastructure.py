"""Steps about Aurora, DynamoDB, S3 and Step Functions."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from pytest_bdd import then, when

from steps.diagnoses.ids import Diagnosis
from steps.drivers.absence import missing
from steps.drivers.aurora import Aurora, Cluster
from steps.drivers.functions import Functions
from steps.drivers.s3 import Bucket, Settings
from steps.drivers.step_functions import Machine, Workflow
from steps.drivers.tables import Table, Tables
from steps.preconditions.state_machine import contradicting, lasting, recovery
from steps.suite.deviation import Deviation
from steps.suite.finding import Finding
from steps.targets.environment import Environment
from steps.verdict.record import Record

Described = list[list[str]]
_WRITTEN = {
    "audit_logs": {"execution_id", "timestamp", "step", "chunk", "phase", "records_applied", "records_rejected"},
    "processing_metadata": {"file_id", "processing_stage", "size", "records", "execution_id", "chunks"},
    "batch_jobs": {"job_id", "created_at", "status", "records_applied", "records_rejected"},
    "job_locks": {"lock_key", "owner", "state", "expires_at"},
}
"""The attributes that a pipeline writes into each table, as docs/own-pipeline.md has them, by the table's key."""
_WRITE_UNITS = 5
"""As many chunks write an entry at once; with fewer units, DynamoDB throttles them once a burst is over."""
_DAYS_TO_RESTART = 7
"""For as long, whoever looks into a failed execution has to find the version that it was about."""


@when("the Aurora cluster is looked up", target_fixture="cluster")
def cluster_found(environment: Environment) -> Cluster | None:
    return Aurora(environment.client("rds"), environment.names.cluster).found()


@then("it is available, and so is an instance that takes writes")
def cluster_available(cluster: Cluster | None, environment: Environment, finding: Finding) -> None:
    name = environment.names.cluster
    if cluster is None:
        finding.none([missing(environment.names, "cluster")], "cluster-available", cluster=name)
    else:
        finding.none(_unavailable(name, cluster), "cluster-available", cluster=name)
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
    datatable: Described, tables: Mapping[str, Table | None], environment: Environment, record: Record, finding: Finding
) -> None:
    names, deviations = environment.names, list[Deviation]()
    for name, *keys, expiry in datatable[1:]:
        key = name.replace("-", "_")
        if (got := tables.get(names.named(key))) is None:
            deviations.append(missing(names, key))
            continue
        wanted = Table(got.name, "ACTIVE", tuple(filter(None, keys)), expiry or None)
        faults = table_faults(wanted, got, _WRITTEN[key])
        deviations += [Deviation(Diagnosis.TABLE_SETTINGS_WRONG, f"{got.name} {fault}") for fault in faults]
        further = [*([f"the TTL attribute {got.expires_by}"] if got.expires_by and not expiry else ()), *got.further]
        if further:
            record.notes.append(f"{got.name} has what the pipeline does not need: {', '.join(further)}")
    finding.none(deviations, "tables-active", tables=len(datatable) - 1)
    planted = Table("any", "ACTIVE", ("any",), expires_by="any")
    faults = table_faults(replace(planted, expires_by=None), planted, {"any"})
    finding.control("a table whose rows expire by their key", bool(faults))


def table_faults(wanted: Table, got: Table, written: Collection[str]) -> list[str]:
    """Return what keeps the table from serving the pipeline, which writes the attributes `written` into it."""
    faults = []
    if got.status != wanted.status:
        faults.append(f"is {got.status}, not {wanted.status}")
    if got.write_units is not None and got.write_units < _WRITE_UNITS:
        faults.append(f"has {got.write_units} write capacity units, and {_WRITE_UNITS} chunks write at once")
    if got.keys != wanted.keys:
        faults.append(f"has the key {', '.join(got.keys)}, and has to have {', '.join(wanted.keys)}")
    if got.expires_by != wanted.expires_by:
        has = f"the TTL attribute {got.expires_by}" if got.expires_by else "no TTL"
        if got.expires_by in written:
            faults.append(f"has {has}, which the pipeline writes: DynamoDB deletes live rows by it")
        elif wanted.expires_by:
            faults.append(f"has {has}, and has to have {wanted.expires_by}: expired rows are never deleted")
    return faults


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
            (bool(bucket.unblocked), f"does not block public access: {', '.join(bucket.unblocked)} off"),
        )
    )
    deviations = [Deviation(Diagnosis.BUCKET_MISSING, f"{names.bucket} {what}") for wrong, what in found if wrong]
    if bucket is None:
        deviations.append(missing(names, "bucket"))
    elif bucket.upload_days is not None and bucket.upload_days < _DAYS_TO_RESTART:
        text = f"the LifecycleConfiguration of {names.bucket} deletes uploads after {bucket.upload_days} days"
        text += f"; an execution that failed is started again within {_DAYS_TO_RESTART}"
        deviations.append(Deviation(Diagnosis.UPLOAD_GONE, text))
    finding.none(deviations, "bucket-ready", bucket=names.bucket, region=names.region)


@then("its events go to EventBridge")
def events_on(bucket: Settings | None, environment: Environment, finding: Finding) -> None:
    names, deviations = environment.names, list[Deviation]()
    if bucket is None:
        deviations.append(missing(names, "bucket"))
    elif not bucket.tells_event_bridge:
        deviations.append(Deviation(Diagnosis.NOTIFICATION_OFF, f"{names.bucket} does not tell EventBridge"))
    finding.none(deviations, "notification-on", bucket=names.bucket)


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
    else:
        reasons = machine.unsupported
        deviations += [Deviation(Diagnosis.STATE_MACHINE_UNSUPPORTED, f"{name}: {each}") for each in reasons]
    finding.none(deviations, "machine-active", machine=name)


@then("every step is tried again after what the platform fails at, and no error is lost")
def machine_recovers(machine: Machine | None, environment: Environment, finding: Finding) -> None:
    name = environment.names.state_machine
    missing = Deviation(Diagnosis.STATE_MACHINE_MISSING, f"{name} is missing")
    definition = finding.there(machine, "machine-there", machine=name, missing=missing).definition
    names = environment.names
    functions = Functions(environment.client("lambda"), names.functions, names.qualifiers).found().values()
    timeouts = {function.name: function.timeout for function in functions if function}
    deviations = [*recovery(definition), *lasting(definition), *contradicting(definition, timeouts)]
    finding.none(deviations, "errors-handled")
    bare = {"States": {"any": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke"}}}
    finding.control("a step without Retry and Catch", len(recovery(bare)) == 2)
