"""The folder in which an embedded AWS keeps all its files: where it can be and how much space it needs."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from tempfile import gettempdir, mkdtemp

NEEDED_BYTES = 200 << 20
"""Twice the space that an acceptance session was measured to take."""
_LEFT_BYTES = 1 << 20
_LONGEST = 800
"""PostgreSQL takes no path of more than 1,023 bytes, and adds some of its own."""
_WITH_ROOM = f"where {NEEDED_BYTES >> 20} MB are free"


class FolderError(Exception):
    """No folder can be used by an embedded AWS; the text has cause, evidence and remedy."""


def make_folder() -> Path:
    """Creates a new folder for temporary files; raises FolderError."""
    try:
        where = Path(gettempdir()).absolute()
    except FileNotFoundError as error:
        raise _unfit("No folder for temporary files can be written to.", error, "that can be") from error
    if len(os.fsencode(where)) > _LONGEST:
        raise _unfit("The folder for temporary files has too long a path for PostgreSQL.", where, "with a shorter one")
    if os.statvfs(where).f_flag & getattr(os, "ST_NOEXEC", 0):
        cause = "The folder for temporary files is on a file system that lets no program run (noexec)."
        raise _unfit(cause, where, "where functions' libraries can be loaded")
    if (free := shutil.disk_usage(where).free) < NEEDED_BYTES:
        cause = "The disk has too little room for temporary files."
        raise _unfit(cause, f"{free >> 20} MB are free in {where}", _WITH_ROOM)
    try:
        return Path(mkdtemp(prefix="local-aws-", dir=where))
    except OSError as error:
        raise _unfit("No folder can be made for temporary files.", error, "that can be written to") from error


def check_room(folder: Path) -> None:
    """Raises FolderError if the disk has filled up since the start."""
    if folder.exists() and (free := shutil.disk_usage(folder).free) < _LEFT_BYTES:
        raise _unfit("The disk is full.", f"{free >> 10} KB are free in {folder}", _WITH_ROOM)


def _unfit(cause: str, evidence: object, where: str) -> FolderError:
    return FolderError(f"{cause}\n  evidence: {evidence}\n  remedy: set TMPDIR to a folder {where}")
