"""The bare run on one emulator, as a program: start, deployment, upload and execution without any check.

It prints the stages as JSON; benchmarks.peers runs it and measures what it costs.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, Request, build_opener

import psutil
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from benchmarks.report import BenchmarkError, Progress
from local_aws.postgres.server import HOST, Postgres
from steps.drivers.names import Names
from steps.drivers.postgres import Database
from steps.drivers.s3 import Inbox
from steps.drivers.step_functions import Workflow, message
from steps.drivers.waiting import NotSeen, eventually
from steps.explained_error import ExplainedError
from steps.paths import ROOT
from steps.targets.embedded import embedded
from steps.targets.embedded_start import DATABASE, launch
from steps.targets.endpoint import endpoint
from steps.targets.environment import Environment
from steps.targets.settings import Settings, read
from steps.targets.system import SystemUnderTest

MOTO, MINISTACK, EMBEDDED = "moto_server", "ministack", "embedded AWS"
START, DEPLOY, UPLOAD, STARTED, EXECUTION = "start", "deploy", "upload", "started by the event", "execution"
STAGES = (START, DEPLOY, UPLOAD, STARTED, EXECUTION)
_REFUSALS = (ExplainedError, BotoCoreError, ClientError, ResponseParserError, NotSeen, BenchmarkError)
_PATIENCE = 120.0  # seconds
_ENDING_SECONDS = 5
_open = build_opener(ProxyHandler({})).open  # without a proxy, whatever the environment says


@dataclass
class Bare:
    """The seconds of each stage that succeeded, and the error that the emulator answered in each other one."""

    seconds: dict[str, float] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add the seconds of the block to this stage, or keep the error that ends it."""
        began = time.monotonic()
        try:
            yield
        except _REFUSALS as error:
            self.refused[name] = str(error)
            raise
        self.seconds[name] = round(self.seconds.get(name, 0) + time.monotonic() - began, 2)


def main(name: str, program: str) -> int:
    """Run on the emulator `name`, which `program` starts unless it is ours; return 0, whatever it refuses."""
    system, bare = SystemUnderTest(ROOT / "system_under_test"), Bare()
    settings = read(system.settings, {}, needed=())
    with suppress(*_REFUSALS), ExitStack() as running:
        if name == EMBEDDED:
            place = _prepare_own(system, settings, bare, running)
        else:
            place = _prepare_peer(name, program, system, settings, bare, running)
        _process(place, system, settings, bare)
    print(json.dumps(asdict(bare)))
    return 0


def _prepare_own(system: SystemUnderTest, settings: Settings, bare: Bare, running: ExitStack) -> Environment:
    names = Names(account="000000000000")
    with bare.stage(START):
        starting = launch(names)
        running.callback(starting.stop)
    return embedded(starting, system, names=names, test_users=settings.users, say=Progress().say, phase=bare.stage)


def _prepare_peer(
    name: str, program: str, system: SystemUnderTest, settings: Settings, bare: Bare, running: ExitStack
) -> Environment:
    """Start the emulator and a PostgreSQL beside it, and deploy there as the target `endpoint` does."""
    folder = Path(running.enter_context(TemporaryDirectory(prefix="bench-peer-")))
    folder.chmod(0o711)  # PostgreSQL may run as another user
    with bare.stage(START):
        url = running.enter_context(_served(name, program, folder))
        database = running.enter_context(Postgres(folder / "postgres", database=DATABASE))
        eventually(lambda: _is_answering(url), what=f"{name} to answer on {url}", within=_PATIENCE)
        if name == MOTO:  # else every execution runs for ever
            told = json.dumps({"stepfunctions": {"execute_state_machine": True}}).encode()
            _open(Request(f"{url}/moto-api/config", told, {"Content-Type": "application/json"})).close()
    return endpoint(url, database.url, settings, system, say=Progress().say, phase=bare.stage)


def _process(place: Environment, system: SystemUnderTest, settings: Settings, bare: Bare) -> None:
    """Upload the acceptance's file and await the end of its execution, started by hand where no event does."""
    with Database(place.database_url, place.sql, test_users=settings.users) as database:
        database.tell("test_users")
    workflow = Workflow(place.client("stepfunctions"), place.names.state_machine_arn, every=place.patience.look)
    with bare.stage(UPLOAD):
        content = settings.csv.file_in(system.folder).read_bytes()
        upload = Inbox(place.client("s3"), place.names.bucket).deliver("benchmark.csv", content)
    try:
        with bare.stage(STARTED):
            arn = workflow.started_by(upload, within=place.patience.start)
    except NotSeen:
        arn = workflow.start_for(upload)
    with bare.stage(EXECUTION):
        run = workflow.ended(arn, within=_PATIENCE)
        if run.status != "SUCCEEDED":
            raise BenchmarkError(f"{run.status} after {run.seconds:.1f} s, {run.error}: {message(run.cause)}")


@contextmanager
def _served(name: str, program: str, folder: Path) -> Iterator[str]:
    """Yield the URL at which the emulator will answer; end it with all that it has started."""
    with socket.create_server((HOST, 0)) as probe:
        port = probe.getsockname()[1]
    options = ["-H", HOST, "-p", str(port)] if name == MOTO else []
    own = {"BIND_HOST": HOST, "GATEWAY_PORT": str(port), "IOT_MTLS_ENABLED": "0", "TMPDIR": str(folder)}
    with (folder / "emulator.log").open("wb") as log:
        process = psutil.Popen(
            [program, *options], env={**os.environ, **own}, stdout=log, stderr=subprocess.STDOUT, cwd=folder
        )
        try:
            yield f"http://{HOST}:{port}"
        finally:
            started = [process, *process.children(recursive=True)]
            for end in (psutil.Process.terminate, psutil.Process.kill):
                for each in started:
                    with suppress(psutil.NoSuchProcess):
                        end(each)
                _, started = psutil.wait_procs(started, _ENDING_SECONDS)


def _is_answering(url: str) -> bool | None:
    try:
        _open(url, timeout=5).close()
    except HTTPError:
        return True  # an answer all the same
    except (URLError, ConnectionError, TimeoutError):
        return None
    return True


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
