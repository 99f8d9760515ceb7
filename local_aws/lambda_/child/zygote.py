"""The process from which functions' processes are forked, with the packages of their layers already imported.

Run with `python -I -S` and three arguments: layers folder, runtime folder, number of a socket. A packet on the socket
requests one process: JSON with its folder and environment, and three file descriptors: for its lines, for its frames,
and for a pipe that receives the process's id on one line and its exit code on the next.
"""

import gc
import json
import os
import runpy
import select
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

_PACKET_BYTES = 262_144
_BESIDE = Path(__file__).parent


class Wanted(NamedTuple):
    """A requested process: its folder, environment, output descriptors, and the pipe for its id and exit code."""

    task: str
    variables: dict[str, str]
    lines: int
    frames: int
    told: int


class Zygote:
    """Forks a process for each packet on `control`; exits when it is closed."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._woken, wakes = os.pipe()
        for end in (self._woken, wakes):
            os.set_blocking(end, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wakes)
        self._told: dict[int, int] = {}

    def fork(self, prepare: Callable[[str], bool]) -> tuple[Wanted, bool]:
        """Return only in the forked processes, with the request and the result of `prepare` for its folder."""
        while True:
            ready, _, _ = select.select([self._control.fileno(), self._woken], [], [])
            if self._woken in ready:
                os.read(self._woken, 4096)
                self._bury()
            if self._control.fileno() in ready:
                packet, descriptors, _, _ = socket.recv_fds(self._control, _PACKET_BYTES, 3)
                if not packet:
                    os._exit(0)
                wanted = Wanted(*json.loads(packet), *descriptors)
                prepared = prepare(wanted.task)
                pid = os.fork()
                if pid == 0:
                    self._forget()
                    return wanted, prepared
                self._told[pid] = wanted.told
                os.close(wanted.lines)
                os.close(wanted.frames)

    def _bury(self) -> None:
        """Report ended processes; kill each one's process group before reaping it, while its id cannot be reused."""
        while self._told and (ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)):
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(ended.si_pid, signal.SIGKILL)
            _, status = os.waitpid(ended.si_pid, 0)
            told = self._told.pop(ended.si_pid)
            with suppress(BrokenPipeError):
                os.write(told, b"%d\n" % os.waitstatus_to_exitcode(status))
            os.close(told)

    def _forget(self) -> None:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._control.close()
        for told in self._told.values():
            os.close(told)


def become(wanted: Wanted) -> None:
    """Turn this process into one started for a function."""
    os.setsid()
    os.write(wanted.told, b"%d\n" % os.getpid())
    os.close(wanted.told)
    os.chdir(wanted.task)
    for stream in (1, 2):
        os.dup2(wanted.lines, stream)
    os.close(wanted.lines)
    os.set_inheritable(wanted.frames, True)
    os.environ.clear()
    os.environ.update(wanted.variables, _LAMBDA_TELEMETRY_LOG_FD=str(wanted.frames))
    time.tzset()


def main(layers: str, runtime: str, control: int) -> None:
    """Import the shared packages, then serve as a function's process in each fork.

    Each fork imports the runtime client itself, because its native part reads the Runtime API's address on import.
    """
    bootstrap, installed = (runpy.run_path(str(_BESIDE / name)) for name in ("bootstrap.py", "installed.py"))
    plain, shared = list(sys.path), bootstrap["shared_path"](layers, runtime)
    sys.path[:0] = shared
    ahead = installed["Installed"](shared)
    gc.freeze()  # garbage collection in a fork would copy the shared pages
    wanted, same = Zygote(socket.socket(fileno=control)).fork(ahead.serve)
    become(wanted)
    if not same:
        start = [sys.executable, "-I", "-S", "-X", "utf8", str(_BESIDE / "bootstrap.py"), layers]
        os.execve(sys.executable, start, os.environ)
    sys.path[:] = plain
    bootstrap["main"](layers)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
