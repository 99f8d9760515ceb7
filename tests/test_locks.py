"""Whatever is installed is pinned, and known by its hash."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LOCKS = ["requirements.txt", "requirements-dev.txt", "system_under_test/layers/dependencies/requirements.lock"]
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
