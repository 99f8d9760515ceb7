"""Start a function's process or, on Linux, fork it from a process that has imported its layers' packages.

A start costs 0.6 s of CPU for imports alone, whenever an environment variable changes or a chunk finds no idle
process. In a forked process, installed packages have been imported before the function's variables are set; its own
code is imported afterwards, as usual.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Protocol

from local_aws.lambda_.environment import NO_AWS_FILES, Places

_CHILD = Path(__file__).with_name("child")
_PYTHON = [sys.executable, "-I", "-S", "-X", "utf8"]
_READ_AT_START = ("LD_", "LC_", "LANG", "MALLOC_", "GLIBC_", "AWS_LAMBDA_LOG_")
"""Prefixes of variables that loader, C library, interpreter or runtime client read at start only: no fork then."""


class Process(Protocol):
    """The interface of a process to its owner; `subprocess.Popen` implements it."""

    pid: int

    def poll(self) -> int | None:
        """Return the exit code, or None while it runs."""

    def wait(self) -> int:
        """Wait for the end, return the exit code."""


class Streams(NamedTuple):
    """The file descriptors to which a process writes its lines and frames."""

    lines: int
    frames: int


class Processes:
    """Starts functions' processes, each as the leader of its own POSIX session."""

    def __init__(self, watch: Callable[[int], object]) -> None:
        self._watch = watch
        self._lock = threading.Lock()
        self._zygotes: dict[Path, _Zygote] = {}
        self._stopped = False

    def begin(self, places: Places, own: dict[str, str], variables: dict[str, str], streams: Streams) -> Process:
        """Start a process for the function in `places` with the environment `variables`; `own` holds its own part."""
        if sys.platform == "linux" and not any(name.startswith(_READ_AT_START) for name in own):
            with suppress(OSError):  # the zygote has been killed
                return self._zygote(places.layers, places.runtime).fork(places.task, variables, streams)
        return start(places, variables, streams)

    def import_ahead(self, layers: Path, runtime: Path) -> None:
        """Begin to import the packages in `layers`, from which functions' processes will be forked."""
        if sys.platform == "linux":
            self._zygote(layers, runtime)

    def stop(self) -> None:
        """End the zygotes and start no more; the processes they forked are left to their owners."""
        with self._lock:
            self._stopped = True
            for zygote in self._zygotes.values():
                zygote.close()
            self._zygotes.clear()

    def _zygote(self, layers: Path, runtime: Path) -> _Zygote:
        with self._lock:
            if self._stopped:
                raise ProcessLookupError("the functions' processes have been stopped")
            zygote = self._zygotes.get(layers)
            if zygote is None or zygote.ended:
                zygote = self._zygotes[layers] = _Zygote(layers, runtime)
                self._watch(zygote.pid)
            return zygote


def start(places: Places, variables: dict[str, str], streams: Streams, *command: str) -> subprocess.Popen[bytes]:
    """Start a process for the function in `places` that becomes `command`, by default AWS's client for Python."""
    return subprocess.Popen(
        [*_PYTHON, str(_CHILD / "bootstrap.py"), str(places.layers), *command],
        cwd=places.task,
        env={**variables, "_LAMBDA_TELEMETRY_LOG_FD": str(streams.frames)},
        stdin=subprocess.DEVNULL,
        stdout=streams.lines,
        stderr=streams.lines,
        pass_fds=(streams.frames,),
        start_new_session=True,
    )


class _Zygote:
    """The process from which functions with the same layers are forked; it exits when this process ends in any way."""

    def __init__(self, layers: Path, runtime: Path) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [*_PYTHON, str(_CHILD / "zygote.py"), str(layers), str(runtime), str(theirs.fileno())],
                cwd="/",
                env={"LANG": "en_US.UTF-8", "LD_LIBRARY_PATH": f"{layers}/lib", "TZ": ":UTC", **NO_AWS_FILES},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        self.pid = self._process.pid

    @property
    def ended(self) -> bool:
        return self._process.poll() is not None

    def fork(self, task: Path, variables: dict[str, str], streams: Streams) -> _Forked:
        """Fork a new process; raises OSError if the zygote has ended."""
        told, tells = os.pipe()
        packet = json.dumps([str(task), variables]).encode()
        try:
            socket.send_fds(self._control, [packet], [streams.lines, streams.frames, tells])
        except OSError:
            os.close(told)
            raise
        finally:
            os.close(tells)
        return _Forked(told)

    def close(self) -> None:
        self._control.close()
        self._process.wait()


class _Forked:
    """A forked process; its id and exit code arrive over a pipe. Raises OSError if no id arrives."""

    def __init__(self, told: int) -> None:
        self._told = os.fdopen(told, "rb", buffering=0)
        self._code: int | None = None
        self._reading = threading.Lock()
        self.pid = int(self._line() or 0)
        if not self.pid:
            self._told.close()
            raise ChildProcessError("the zygote has ended")

    def poll(self) -> int | None:
        return self._code

    def wait(self) -> int:
        with self._reading:
            if self._code is None:
                code = self._line()
                self._code = int(code) if code else -signal.SIGKILL  # zygote killed: this one counts as killed too
                self._told.close()
        return self._code

    def _line(self) -> bytes:
        return self._told.readline()
