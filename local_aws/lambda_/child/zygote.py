"""The process that functions' processes are forked from, with the installed packages of their layers imported already.

Run by `python -I -S` with the folders of layers and runtime and the number of a socket. A packet on it asks for one
process: JSON with its folder and its environment, and three descriptors: for its lines, for its frames, and for what
is told of it here, its id on a line, and on another its exit code.
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
    """A process to be: where it runs, in which environment, where it writes, and who is told of it."""

    task: str
    variables: dict[str, str]
    lines: int
    frames: int
    told: int


class Zygote:
    """Forks a process for each packet on `control`, and ends with it."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._woken, wakes = os.pipe()
        for end in (self._woken, wakes):
            os.set_blocking(end, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wakes)
        self._told: dict[int, int] = {}

    def fork(self, prepare: Callable[[str], bool]) -> tuple[Wanted, bool]:
        """Returns in each forked process, and only there, with what `prepare` has said to its folder."""
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
        """Tells who has ended; whatever such a process has started ends first, while its id is still its own."""
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
    """Makes this process one that has been started for a function."""
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
    """Imports what is shared, and serves as a function's process wherever it has been forked.

    The runtime client is left to each of them: its native part reads the Runtime API's address as it is loaded.
    """
    bootstrap, installed = (runpy.run_path(str(_BESIDE / name)) for name in ("bootstrap.py", "installed.py"))
    plain, shared = list(sys.path), bootstrap["shared_path"](layers, runtime)
    sys.path[:0] = shared
    ahead = installed["Installed"](shared)
    gc.freeze()  # collecting in the forked would copy what they share
    wanted, same = Zygote(socket.socket(fileno=control)).fork(ahead.serve)
    become(wanted)
    if not same:
        start = [sys.executable, "-I", "-S", "-X", "utf8", str(_BESIDE / "bootstrap.py"), layers]
        os.execve(sys.executable, start, os.environ)
    sys.path[:] = plain
    bootstrap["main"](layers)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
