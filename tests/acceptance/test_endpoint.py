"""An emulator that somebody else runs: ministack, of which it is known, item by item, what it does not do."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import venv
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from local_aws.postgres.server import Postgres
from steps.drivers.waiting import eventually
from steps.targets import limits, settings
from steps.targets.endpoint import endpoint
from steps.targets.environment import EnvironmentBroken
from steps.targets.system import SystemUnderTest
from steps.verdict.verdict import LIMIT
from tests.acceptance.conftest import ROOT, Accept

VERSION = limits.read()["ministack"].tried


@pytest.fixture(scope="module")
def ministack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Its URL; installed into an environment of its own, since it pins what the suite has otherwise."""
    folder = tmp_path_factory.mktemp("ministack")
    venv.create(folder / "venv", with_pip=True, symlinks=True)
    python = folder / "venv" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", f"ministack=={VERSION}"], check=True, capture_output=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    told = {"BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port), "MINISTACK_REGION": "ap-northeast-1"}
    url = f"http://127.0.0.1:{port}"
    with (folder / "log").open("w") as log:
        emulator = subprocess.Popen(
            [python.with_name("ministack")],
            cwd=folder,
            env=os.environ | told,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            eventually(
                lambda: limits.emulator(url),
                what=f"ministack to answer on {url}",
                seen=lambda: (folder / "log").read_text()[-500:],
                within=60,
            )
            yield url
        finally:
            os.killpg(emulator.pid, signal.SIGTERM)  # its functions run in processes of their own
            emulator.wait(30)


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    folder = Path(tempfile.mkdtemp(prefix="endpoint-"))
    with Postgres(folder) as postgres:
        yield postgres.url
    shutil.rmtree(folder)


def test_known_limits_of_an_emulator_are_not_checked_and_the_rest_passes(
    ministack: str, database: str, accept: Accept
) -> None:
    told = ("--target=endpoint", f"--endpoint-url={ministack}", f"--database-url={database}")

    session = accept(*told)

    known = limits.read()["ministack"].items
    assert session.exit == 7, session
    assert session.items("not-checked") == set(known)
    assert session.items("passed") == session.verdict["items"].keys() - known.keys()
    assert {item: session.verdict["items"][item]["reason"] for item in known} == {
        item: LIMIT + reason for item, reason in known.items()
    }
    assert f"the emulator is ministack {VERSION}" in session.verdict["notes"]

    again = accept(*told, "features/1_precondition/infrastructure.feature")

    assert again.exit == 0, again
    assert again.verdict["account"] != session.verdict["account"]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://127.0.0.1:9", "Nothing answers at http://127.0.0.1:9, or at the database."),
        ("https://sts.ap-northeast-1.amazonaws.com", "Nothing is deployed to AWS itself."),
        ("https://sts.eusc-de-east-1.amazonaws.eu", "Nothing is deployed to AWS itself."),
    ],
)
def test_an_unreachable_endpoint_is_explained_in_one_sentence(url: str, said: str) -> None:
    system = SystemUnderTest(ROOT / "system_under_test")
    nowhere = "postgresql://nobody@127.0.0.1:9/nothing"

    with pytest.raises(EnvironmentBroken, match=re.escape(said)):
        endpoint(
            url, nowhere, settings.read(system.settings, {}), system, say=lambda _: None, phase=lambda _: nullcontext()
        )


def test_an_unreachable_endpoint_is_told_once_and_ends_the_session(accept: Accept) -> None:
    nowhere = ("--endpoint-url=http://127.0.0.1:9", "--database-url=postgresql://nobody@127.0.0.1:9/nothing")

    session = accept("--target=endpoint", *nowhere, "features/1_precondition/file.feature")

    assert session.items("broken") == {"FIL-01", "FIL-02", "FIL-03"}
    assert session.output.count("Nothing answers at http://127.0.0.1:9") == 1
    assert "1 error in" in session.output
