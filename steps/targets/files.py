"""The source files of a folder, without what tools leave beside them."""

from __future__ import annotations

from pathlib import Path

_NOT_CODE = {".aws-sam", "__pycache__", ".DS_Store", ".pytest_cache", ".mypy_cache"}


def files_of(folder: Path) -> list[Path]:
    """Every source file below `folder`, in a fixed order."""
    return sorted(p for p in folder.rglob("*") if p.is_file() and not _NOT_CODE.intersection(p.parts))
