"""The session's fixtures: the environment, started and stopped once, and a driver for each of its edges."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest

from steps import options
from steps.ahead import NAMES, launched
from steps.deliveries import Drivers
from steps.drivers.audit_trail import AuditTrail
from steps.drivers.connections import Connections
from steps.drivers.database import Database
from steps.drivers.inbox import Inbox
from steps.drivers.locks import Locks
from steps.drivers.logs import Logs
from steps.drivers.trigger import Trigger
from steps.drivers.workflow import Workflow
from steps.reporting.plugin import PROGRESS, RECORD
from steps.reporting.progress import Progress
from steps.reporting.record import Record
from steps.targets.embedded import embedded
from steps.targets.environment import Environment
from steps.targets.system import SystemUnderTest


@pytest.fixture(scope="session")
def record(pytestconfig: pytest.Config) -> Record:
    return pytestconfig.stash[RECORD]


@pytest.fixture(scope="session")
def progress(pytestconfig: pytest.Config) -> Progress:
    return pytestconfig.stash[PROGRESS]


@pytest.fixture(scope="session")
def environment(pytestconfig: pytest.Config, record: Record, progress: Progress) -> Environment:
    """The target, with the pipeline in it; what the command line wants after deployment has run."""
    o, names = pytestconfig.option, NAMES
    system = SystemUnderTest(o.system_under_test.resolve())
    record.facts |= {"target": options.target(pytestconfig), "account": names.account, "region": names.region}
    record.facts["system_under_test"] = {"dir": str(o.system_under_test), "sha256": system.sha256()}
    environment = embedded(launched(pytestconfig), system, names=names, say=progress.say, phase=record.phase)
    record.notes += environment.notes
    if o.after_deploy:
        environment.shell(o.after_deploy)
        progress.say(f"ran {o.after_deploy}")
        environment.check()
    return environment


@pytest.fixture(scope="session")
def database(environment: Environment) -> Iterator[Database]:
    with Database(environment.database_url, environment.sql) as database:
        yield database


@pytest.fixture(scope="session")
def inbox(environment: Environment) -> Inbox:
    return Inbox(environment.client("s3"), environment.names.bucket)


@pytest.fixture(scope="session")
def workflow(environment: Environment) -> Workflow:
    names, patience = environment.names, environment.patience
    return Workflow(environment.client("stepfunctions"), names.state_machine_arn, every=patience.look)


@pytest.fixture(scope="session")
def drivers(environment: Environment, database: Database, inbox: Inbox, workflow: Workflow) -> Drivers:
    names, client = environment.names, environment.client
    connect = partial(Database, environment.database_url, environment.sql)
    return Drivers(
        environment=environment,
        database=database,
        inbox=inbox,
        trigger=Trigger(client("events"), names.rule),
        workflow=workflow,
        locks=Locks(client("dynamodb"), names.job_locks),
        audit_trail=AuditTrail(
            client("dynamodb"),
            audit_logs=names.audit_logs,
            batch_jobs=names.batch_jobs,
            metadata=names.processing_metadata,
        ),
        logs=Logs(client("logs"), names.log_groups),
        connections=Connections(connect, names.functions),
        connect=connect,
    )
