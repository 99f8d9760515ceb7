"""A folder for temporary files that cannot be used is named, with what to do."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
START = (
    "from local_aws import LocalAws, LocalAwsError\ntry: LocalAws.start().stop()\nexcept LocalAwsError as e: print(e)"
)
FILL = """
import os
from local_aws import LocalAws, LocalAwsError
with LocalAws.start() as aws:
    aws.check()
    with (aws.folder.parent / "large").open("wb") as large:
        found = os.statvfs(aws.folder)
        os.posix_fallocate(large.fileno(), 0, found.f_bavail * found.f_frsize - (1 << 19))  # others write, too
    try:
        aws.check()
    except LocalAwsError as error:
        print(error)
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """One that every user can enter, unlike tmp_path: PostgreSQL may run as another."""
    path = Path(tempfile.mkdtemp(prefix="room-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


def may_mount() -> bool:
    line = ["unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    try:
        return subprocess.run(line, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


mounting = pytest.mark.skipif(not may_mount(), reason="only root may mount a file system, and on Linux alone")


def said(program: str, *mounts: str, tmpdir: Path) -> str:
    """Return the output of `program`, run with these file systems mounted for it alone; each is `options folder`."""
    mounted = " && ".join(f"mount -t tmpfs -o {each.replace(' ', ' tmpfs ', 1)}" for each in mounts)
    inside = ["unshare", "-m", "sh", "-c", f'{mounted} && exec "$@"', "sh"] if mounts else []
    done = subprocess.run(
        [*inside, sys.executable, "-c", program],
        cwd=ROOT,
        env={"TMPDIR": str(tmpdir), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@mounting
@pytest.mark.parametrize(
    ("options", "cause", "remedy"),
    [
        ("size=1m,mode=1777", "The disk has too little room for temporary files.", "where 200 MB are free"),
        ("noexec,mode=1777", "lets no program run (noexec)", "where functions' libraries can be loaded"),
    ],
)
def test_a_file_system_that_does_not_do_is_named(options: str, cause: str, remedy: str, folder: Path) -> None:
    told = said(START, f"{options} {folder}", tmpdir=folder)
    assert cause in told
    assert str(folder) in told
    assert f"remedy: set TMPDIR to a folder {remedy}" in told


@mounting
def test_a_read_only_one_is_passed_over_and_named_where_there_is_no_other(folder: Path) -> None:
    assert said(START, f"ro {folder}", tmpdir=folder) == ""
    others = [Path(each) for each in ("/tmp", "/var/tmp")]
    if any(Path(needed).is_relative_to(each) for needed in (ROOT, sys.executable) for each in others):
        pytest.skip("the project or its Python lies in a folder that would be hidden")
    every = [f"ro {each}" for each in (folder, *others)]
    elsewhere = f"import os, sys; os.chdir('/proc'); sys.path[0] = {str(ROOT)!r}\n"
    everywhere = said(elsewhere + START, *every, tmpdir=folder)
    assert "The embedded AWS cannot be started.\n  evidence: " in everywhere
    assert "No usable temporary directory found" in everywhere
    assert "remedy: set TMPDIR to a folder that may be written to" in everywhere


@mounting
def test_a_disk_that_fills_up_meanwhile_is_named(folder: Path) -> None:
    told = said(FILL, f"size=260m,mode=1777 {folder}", tmpdir=folder)
    assert told.startswith("The disk is full.\n  evidence: ")
    assert "remedy: set TMPDIR to a folder where 200 MB are free" in told


def test_a_path_that_is_too_long_is_named(folder: Path) -> None:
    long = folder.joinpath(*["long" * 50] * 5)
    long.mkdir(parents=True)
    told = said(START, tmpdir=long)
    assert "has too long a path for PostgreSQL" in told
    assert "remedy: set TMPDIR to a folder with a shorter one" in told
