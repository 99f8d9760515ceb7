"""A small process that outlives this one and cleans up after it: PostgreSQL, child processes and the folder.

Run as a script (stdlib only), it reads lines of `pid birth` until its standard input ends. Only the starting process
holds the other end of that pipe, so it closes when that process ends in any way; the guard then cleans up.
"""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import IO, cast

# PostgreSQL's fast shutdown and immediate shutdown, then SIGKILL.
ENDINGS = (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL)
PATIENCE_SECONDS = 5.0
STANDING = b"standing\n"


class GuardError(Exception):
    """The guard could not start; the text has the cause, the guard's output and the remedy."""


class Guard:
    """Ends the watched processes and removes `folder` on `release`, or when this process ends in any way.

    `folder` is removed with all its content. Raises GuardError if the guard cannot be started.
    """

    def __init__(self, folder: Path) -> None:
        reading, writing = os.pipe()  # child processes inherit neither end
        self._pipe = os.fdopen(writing, "wb", buffering=0)
        with os.fdopen(reading, "rb") as orders:
            self._process = subprocess.Popen(
                [sys.executable, "-S", "-I", __file__, str(folder.absolute())],
                stdin=orders,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                cwd="/",
                start_new_session=True,
            )
        with cast("IO[bytes]", self._process.stdout) as words:
            if (first := words.readline()) != STANDING:
                said = (first + words.read()).decode(errors="replace").strip()
                raise GuardError(f"The guard over {folder} did not start.\n  {said}\n  Mend {sys.executable}.")

    @property
    def pid(self) -> int:
        """The guard's own process id."""
        return self._process.pid

    def watch(self, pid: int) -> None:
        """Have the child process `pid` killed after this process ends, with its process group if it leads one.

        Raises BrokenPipeError if the guard itself was killed.
        """
        if birth := _birth(pid):
            self._pipe.write(b"%d %s\n" % (pid, birth))

    def release(self) -> None:
        """End the processes still running and remove the folder; return when that is done; idempotent."""
        self._pipe.close()
        self._process.wait()


def stand_guard(lines: Iterable[bytes], folder: Path) -> None:
    """Read the processes to watch until `lines` end; then end them and any PostgreSQL in `folder`, and remove it."""
    watched = [(int(pid), birth) for pid, birth in (line.strip().split(b" ", 1) for line in lines)]
    for pid, birth in watched:
        if _birth(pid) == birth:
            _kill(pid)
    for parent, _, names in os.walk(folder):
        if "postmaster.pid" in names:
            _end_cluster(Path(parent) / "postmaster.pid")
    _within_patience(lambda: not any(_birth(pid) == birth for pid, birth in watched))
    _within_patience(lambda: _removed(folder))  # repeated: a process just killed may still be writing


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        leads = os.getpgid(pid) == pid
        (os.killpg if leads else os.kill)(pid, signal.SIGKILL)


def _end_cluster(pid_file: Path) -> None:
    """End the PostgreSQL that wrote `pid_file`, and remove its shared memory, which outlives a killed server."""
    with suppress(FileNotFoundError, IndexError):  # the server has just ended
        lines = pid_file.read_bytes().splitlines()
        pid, data = int(lines[0]), lines[1]
        if pid < 0:  # initdb's backend: it ends after initdb, and in good order if its files are still there
            _within_patience(lambda: not pid_file.exists())
        else:
            _end_server(pid, data)
        for line in lines[6:7]:  # absent if the server had not created shared memory yet
            _remove_shared_memory(*map(int, line.split()))


def _remove_shared_memory(key: int, segment: int) -> None:
    libc = ctypes.CDLL(None)
    if libc.shmget(ctypes.c_int(key), 0, 0) == segment:
        libc.shmctl(segment, 0, None)  # IPC_RMID


def _end_server(pid: int, data: bytes) -> None:
    """Send `pid` ever stronger signals as long as its command line still names the folder `data`."""
    for ending in ENDINGS:
        if data not in _command(pid):
            return
        with suppress(ProcessLookupError):
            os.kill(pid, ending)
        _within_patience(lambda: data not in _command(pid))


def _removed(folder: Path) -> bool:
    shutil.rmtree(folder, ignore_errors=True)
    return not folder.exists()


def _birth(pid: int) -> bytes:
    """Return the start time of `pid`, which tells a reused pid apart; empty if the process has ended."""
    if sys.platform == "linux":
        with suppress(FileNotFoundError, ProcessLookupError):
            state, *fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
            return b"" if state in b"ZX" else fields[18]  # proc(5): starttime is the 20th after the name
        return b""
    state, _, birth = _ps("state=,lstart=", pid).partition(b" ")
    return b"" if state.startswith(b"Z") else birth.strip()


def _command(pid: int) -> bytes:
    """Return the command line of `pid`; empty if the process has ended."""
    if sys.platform == "linux":
        with suppress(FileNotFoundError, ProcessLookupError):
            return Path(f"/proc/{pid}/cmdline").read_bytes()
        return b""
    return _ps("command=", pid)


def _ps(columns: str, pid: int) -> bytes:
    command = ["/bin/ps", "-ww", "-o", columns, "-p", str(pid)]
    return subprocess.run(command, stdout=subprocess.PIPE, check=False, env={"LC_ALL": "en_US.UTF-8"}).stdout.strip()


def _within_patience(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not done() and time.monotonic() < deadline:
        time.sleep(0.02)


if __name__ == "__main__":
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)  # the guard ends only after its starter has
    sys.stdout.buffer.write(STANDING)
    sys.stdout.flush()
    stand_guard(sys.stdin.buffer, Path(sys.argv[1]))
