"""Every installed package is pinned by its hash, and available for every Python and platform of the README."""

from __future__ import annotations

import re
import subprocess
import sysconfig
from pathlib import Path

import pytest

from steps.paths import ROOT

LOCKS = ["requirements.txt", "requirements-dev.txt", "system_under_test/layers/dependencies/requirements.lock"]
PYTHONS = ["3.11", "3.12", "3.13", "3.14"]
SOURCES = {
    "x86_64-manylinux_2_28": {},
    "aarch64-manylinux_2_28": {},
    "aarch64-apple-darwin": {
        "awslambdaric": "AWS publishes wheels for Linux alone; elsewhere it is built without its native module, for"
        " which local_aws/lambda_/child/runtime_client.py stands in",
    },
    "x86_64-apple-darwin": {
        "awslambdaric": "as on Apple silicon",
        "cryptography": "PyCA publishes no wheels for Macs with Intel processors any more; pip builds it where Rust and"
        " OpenSSL are, as the README says",
    },
}
"""The packages without a wheel on a platform, each with the reason why its source will do."""
PINNED = re.compile(r"[\w.\[\],-]+==\S+(?: ; .+?)?(?: --hash=sha256:[0-9a-f]{64})+")


def loose(lock: str) -> list[str]:
    """The requirements that are not pinned by version and hash."""
    text = re.sub(r"\s*\\\n\s*", " ", lock)
    lines = [line.split("  #")[0].strip() for line in text.splitlines()]
    return [line for line in lines if line and not line.startswith("#") and not PINNED.fullmatch(line)]


@pytest.mark.parametrize("lock", LOCKS)
def test_every_requirement_is_pinned_by_its_hash(lock: str):
    text = (ROOT / lock).read_text("utf-8")
    assert "==" in text
    assert loose(text) == []


@pytest.mark.parametrize(
    "line", ["flask", "flask==3.1.0", "flask>=3 --hash=sha256:" + "0" * 64, "git+https://a.example/b"]
)
def test_a_loose_one_is_found(line: str):
    assert loose(f"{line}\n") == [line]


def unresolved(python: str, platform: str, from_source: set[str], target: Path) -> str:
    """The error if pip does not find both locks for that Python and platform, all but `from_source` as wheels."""
    uv = Path(sysconfig.get_path("scripts"), "uv")
    where = [f"--python-version={python}", f"--python-platform={platform}", f"--target={target}"]
    allowed = [f"--no-binary={name}" for name in from_source]
    locks = [f"--requirement={lock}" for lock in LOCKS[:2]]
    done = subprocess.run(
        [uv, "pip", "install", "--dry-run", "--require-hashes", "--only-binary=:all:", *allowed, *where, *locks],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stderr if done.returncode else ""


@pytest.mark.nightly
@pytest.mark.parametrize("platform", SOURCES)
@pytest.mark.parametrize("python", PYTHONS)
def test_there_is_a_wheel_for_each_package_or_a_reason_for_its_source(python: str, platform: str, tmp_path: Path):
    assert not unresolved(python, platform, set(SOURCES[platform]), tmp_path)


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("platform", "name"), [(platform, name) for platform, names in SOURCES.items() for name in names]
)
def test_what_is_built_from_source_has_no_wheel_yet(platform: str, name: str, tmp_path: Path):
    assert f"{name}==" in unresolved(PYTHONS[-1], platform, set(SOURCES[platform]) - {name}, tmp_path)
