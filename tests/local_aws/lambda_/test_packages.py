"""The packages of functions and layers: kept by many, unzipped by many, each whole."""

from __future__ import annotations

import io
import random
import shutil
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from local_aws.lambda_.packages import Packages, PackagesClosed


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
