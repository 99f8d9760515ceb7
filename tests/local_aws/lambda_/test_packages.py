"""The packages of functions and layers: kept by many, unzipped by many, each whole."""

from __future__ import annotations

import io
import random
import shutil
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from threading import Thread

import pytest

from local_aws.lambda_.fleet import Fleet
from local_aws.lambda_.packages import Packages, PackagesClosed
from local_aws.lambda_.sandbox import Sandbox
from local_aws.lambda_.spec import FunctionSpec


def test_a_package_can_be_kept_again_while_it_is_unzipped(tmp_path: Path) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("data", random.Random(1).randbytes(2_000_000))
    packages = Packages(tmp_path)
    name = packages.keep(content.getvalue())
    with ThreadPoolExecutor(2) as beside:
        keeping = beside.submit(lambda: [packages.keep(content.getvalue()) for _ in range(100)])
        folders = [packages.unzipped(*[name] * times) for times in range(1, 31)]
    assert set(keeping.result()) == {name}
    assert {(folder / "data").stat().st_size for folder in folders} == {2_000_000}


def test_nothing_is_unzipped_once_the_packages_are_closed(tmp_path: Path) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(30):
            archive.writestr(f"{number}/data", bytes(5_000_000))
    folder = tmp_path / "packages"
    packages = Packages(folder)
    name = packages.keep(content.getvalue())
    with ThreadPoolExecutor(1) as beside:
        unzipping = beside.submit(packages.unzipped, name)
        while not list(folder.glob("unzipped/*.partial/0")):
            assert not unzipping.done()
        packages.close()
        shutil.rmtree(folder)
    assert unzipping.exception() is None
    assert not folder.exists()
    with pytest.raises(PackagesClosed):
        packages.unzipped(name, name)


def test_a_process_that_cannot_be_started_ahead_keeps_nobody_waiting() -> None:
    def start(spec: FunctionSpec) -> Sandbox:
        raise OSError("no more processes")

    arn = "arn:aws:lambda:us-east-1:000000000000:function:any"
    code = {"Handler": "app.handler", "Runtime": "python3.13", "Role": "any", "MemorySize": 128, "Timeout": 3}
    spec = FunctionSpec.of({"FunctionArn": arn, "FunctionName": "any", "Version": "$LATEST", **code}, "package", ())
    fleet = Fleet(start)
    fleet.prepare(spec)
    answers = SimpleQueue[BaseException | object]()

    def take() -> None:
        try:
            answers.put(fleet.take(spec))
        except OSError as refused:
            answers.put(refused)

    Thread(target=take, daemon=True).start()  # which would wait for ever
    assert str(answers.get(timeout=30)) == "no more processes"
