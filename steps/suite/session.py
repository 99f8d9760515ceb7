"""The session's fixtures: the environment, started and stopped once, and a driver for each of its interfaces."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import pytest

from steps.attestation.sources import digest_sources
from steps.attestation.writing import Tested
from steps.drivers import revisions
from steps.drivers.absence import naming
from steps.drivers.audit_trail import AuditTrail
from steps.drivers.connections import Connections
from steps.drivers.deployed_names import as_deployed
from steps.drivers.event_rule import Trigger
from steps.drivers.functions import Functions
from steps.drivers.locks import Locks
from steps.drivers.logs import Logs
from steps.drivers.postgres import Database, wake
from steps.drivers.s3 import Inbox
from steps.drivers.step_functions import Workflow
from steps.drivers.suite_lock import SuiteLock, locked
from steps.paths import FEATURES, ROOT
from steps.run.delivery import Drivers
from steps.suite import options
from steps.suite.dry_run import plan
from steps.suite.progress import PROGRESS, Progress
from steps.suite.project_commands import Commands
from steps.targets.environment import Environment
from steps.targets.settings import Settings
from steps.targets.table import TARGETS, Session
from steps.verdict import verdict
from steps.verdict.record import RECORD, STOPPED, Record


@pytest.fixture(scope="session")
def record(pytestconfig: pytest.Config) -> Record:
    return pytestconfig.stash[RECORD]


@pytest.fixture(scope="session")
def progress(pytestconfig: pytest.Config) -> Progress:
    return pytestconfig.stash[PROGRESS]


@pytest.fixture(scope="session")
def settings(pytestconfig: pytest.Config) -> Settings:
    return options.settings(pytestconfig)


@pytest.fixture(scope="session")
def environment(request: pytest.FixtureRequest, record: Record) -> Environment:
    """The target with the pipeline deployed, after the command of --after-deploy has run.

    If that fails, the session ends: no other scenario could tell more than the error does.
    """
    try:
        return _start(request.config, record, request.config.stash[PROGRESS])
    except Exception as error:
        request.session.shouldfail = STOPPED
        if not hasattr(error, "diagnosis"):
            raise
        # The message says enough; with a traceback, pytest would read all its source files.
        raise error.with_traceback(None) from None


def _start(config: pytest.Config, record: Record, progress: Progress) -> Environment:
    o = config.option
    system = options.system(config)
    folder = o.system_under_test
    shown = folder.relative_to(ROOT) if folder.is_relative_to(ROOT) else folder
    record.facts["system_under_test"] = {"dir": str(shown), "sha256": system.sha256()}
    report = {"say": progress.say, "phase": record.phase}
    session = Session(config, system, options.settings(config), report)
    target = TARGETS[options.target(config)].start(session)
    patience = replace(target.patience, start=session.settings.start_seconds or target.patience.start)
    environment = replace(target, client=naming(target.client, target.names), patience=patience)
    record.use_names(environment.names.rename)
    record.facts |= {"account": environment.names.account, "region": environment.names.region}
    record.notes += environment.notes
    record.masking.learn({**environment.exports, **environment.confidential})
    if o.after_deploy:
        environment.shell(o.after_deploy)
        progress.say(f"ran {o.after_deploy}")
        environment.check()
    environment = replace(environment, names=as_deployed(environment.names, environment.client))
    tested = digest_sources(system, options.settings(config).csv.file_in(system.folder))
    record.tested = Tested(tested, revisions.deployed(environment.client, environment.names))
    record.begin("preconditions")
    return environment


@pytest.fixture(autouse=True)
def within_limits(request: pytest.FixtureRequest, pytestconfig: pytest.Config) -> None:
    """Skip a scenario whose lines the emulator is known not to support."""
    asked_for = RECORD in pytestconfig.stash and not pytestconfig.option.no_limits
    if not (asked_for and TARGETS[options.target(pytestconfig)].is_emulator):
        return
    limits = request.getfixturevalue("environment").limits
    claimed = [marker.args[0] for marker in request.node.iter_markers("checklist")]
    if told := dict.fromkeys(limits[item] for item in claimed if item in limits):
        pytest.skip(verdict.LIMIT + "; ".join(told))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With --plan, keep the preconditions alone, which only read: their NOs are those to expect."""
    if config.option.plan and any(map(_is_precondition, items)):
        config.hook.pytest_deselected(items=[item for item in items if not _is_precondition(item)])
        items[:] = filter(_is_precondition, items)


def _is_precondition(item: pytest.Item) -> bool:
    return item.path.is_relative_to(FEATURES / "1_precondition")


@pytest.fixture(scope="session", autouse=True)
def planned(request: pytest.FixtureRequest, pytestconfig: pytest.Config) -> Iterator[None]:
    """With --plan, print the planned writes before the first scenario; end the session if that is no precondition."""
    if not pytestconfig.option.plan:
        yield
        return
    drivers, file, progress = map(request.getfixturevalue, ("drivers", "activity_file", "progress"))
    for number, line in enumerate(plan(drivers, file), 1):
        progress.say(f"would {number}. {line}")
    if not any(map(_is_precondition, request.session.items)):
        pytest.exit("--plan: nothing was written", returncode=0)
    yield
    progress.say("--plan: nothing was written")


@pytest.fixture(scope="session")
def announce(progress: Progress, record: Record) -> Callable[[str], None]:
    """Return a function that shows a text as progress, and keeps it as a note of the verdict."""

    def say(text: str) -> None:
        progress.say(text)
        record.notes.append(text)

    return say


@pytest.fixture(scope="session")
def alone(
    environment: Environment, progress: Progress, announce: Callable[[str], None], pytestconfig: pytest.Config
) -> Iterator[SuiteLock | None]:
    """Lock a shared account against other runs until the session ends: whatever writes asks for this before.

    The lock is None in an account of the session's own.
    """
    if pytestconfig.option.plan:
        pytest.skip("--plan: nothing is written")
    if not environment.shared:
        yield None
        return
    with locked(environment.client("dynamodb"), environment.names.job_locks, say=announce) as lock:
        progress.say(f"the account is ours: {lock.owner}")
        yield lock


@pytest.fixture(scope="session")
def awake(environment: Environment, announce: Callable[[str], None]) -> None:
    """Wake the database of a shared account, which may be paused at 0 ACU."""
    if environment.shared and environment.database_url:
        wake(environment.database_url, announce)


@pytest.fixture(scope="session")
def database(environment: Environment, settings: Settings, awake: None) -> Iterator[Database]:
    if not environment.database_url:
        environment.secret()  # raises the reason for the missing login
    with Database(environment.database_url, environment.sql, test_users=settings.users) as database:
        yield database


@pytest.fixture(scope="session")
def commands(environment: Environment, pytestconfig: pytest.Config) -> Commands:
    return Commands(environment, options.settings_file(pytestconfig))


@pytest.fixture(scope="session")
def inbox(environment: Environment) -> Inbox:
    return Inbox(environment.client("s3"), environment.names.bucket)


@pytest.fixture(scope="session")
def workflow(environment: Environment, settings: Settings) -> Workflow:
    stepfunctions, arn = environment.client("stepfunctions"), environment.names.state_machine_arn
    return Workflow(stepfunctions, arn, every=environment.patience.look, paths=settings.input.paths)


@pytest.fixture(scope="session")
def trigger(environment: Environment) -> Trigger:
    return Trigger(environment.client("events"), environment.names.rule)


@pytest.fixture(scope="session")
def drivers(
    environment: Environment,
    settings: Settings,
    database: Database,
    inbox: Inbox,
    trigger: Trigger,
    workflow: Workflow,
) -> Drivers:
    names, client = environment.names, environment.client
    connect = partial(Database, environment.database_url, environment.sql, test_users=settings.users)
    return Drivers(
        environment=environment,
        database=database,
        inbox=inbox,
        trigger=trigger,
        workflow=workflow,
        locks=Locks(client("dynamodb"), names.job_locks),
        audit_trail=AuditTrail(
            client("dynamodb"),
            audit_logs=names.audit_logs,
            batch_jobs=names.batch_jobs,
            metadata=names.processing_metadata,
        ),
        logs=Logs(
            client("logs"),
            names.log_groups,
            functions=names.functions,
            unlogged=[
                left_out
                for each in Functions(client("lambda"), names.functions, names.qualifiers).logged()
                for left_out in each.unlogged
            ],
            every=environment.patience.look,
        ),
        connections=Connections(connect, names.functions),
        connect=connect,
    )
