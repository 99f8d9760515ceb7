"""The process from which functions' processes are forked, with the packages of their layers already imported.

Without it an acceptance takes 7.7 s of CPU more, 25 % (2 cores, Python 3.11, 2026-11-28).

Run with `python -I -S` and three arguments: layers folder, runtime folder, number of a socket. A packet on the socket
requests one process: JSON with its folder and environment, and three file descriptors: for its lines, for its frames,
and for a pipe that receives the process's id on one line and its exit code on the next.
"""

import json
import os
import runpy
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from importlib import import_module, metadata
from pathlib import Path
from typing import Any, NamedTuple

_PACKET_BYTES = 262_144
_BOOTSTRAP = str(Path(__file__).with_name("bootstrap.py"))
_SERVICES = ("s3", "dynamodb", "secretsmanager")
"""The services whose models are read before a function asks for them."""


class Wanted(NamedTuple):
    """A requested process: its folder, environment, output descriptors, and the pipe for its id and exit code."""

    task: str
    variables: dict[str, str]
    lines: int
    frames: int
    told: int


def import_packages(folders: list[str]) -> None:
    """Import boto3 and the distributions in `folders`, but not the code beside them, which may read its environment."""
    found = {name for each in metadata.distributions(path=folders) for name in _top_level(each)}
    for name in sorted({"boto3", *found}):
        with suppress(Exception):  # the function that imports it meets the same error and reports it
            __import__(name)


def read_models() -> None:
    """Have all botocore sessions of this process and its forks share the models that one has read; read _SERVICES'.

    Without it each function's process takes 0.12 s of CPU more for its clients (2 cores, Python 3.11, 2026-11-28).
    """
    with suppress(Exception):  # a layer's own botocore may lack it, and then reads its models in each process
        sessions: Any = import_module("botocore.session")
        sessions.create_loader = cache(sessions.create_loader)
        session = sessions.Session()
        for name in _SERVICES:
            session.create_client(name, "us-east-1", aws_access_key_id="none", aws_secret_access_key="none")


def wait_for_request(control: socket.socket) -> Wanted:
    """Return only in a new process for each packet on `control`; exit when that is closed."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for these processes
    while True:
        packet, descriptors, _, _ = socket.recv_fds(control, _PACKET_BYTES, 3)
        if not packet:
            os._exit(0)
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            control.close()
            return Wanted(*json.loads(packet), *descriptors)
        for each in descriptors:
            os.close(each)


def fork_and_report(wanted: Wanted) -> None:
    """Return only in a process forked for the function; this process reports its end, then kills its group."""
    pid = os.fork()
    if pid == 0:
        return
    os.close(wanted.lines)
    os.close(wanted.frames)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)  # before it is reaped, while its id cannot be reused
    _, status = os.waitpid(pid, 0)
    with suppress(BrokenPipeError):
        os.write(wanted.told, b"%d\n" % os.waitstatus_to_exitcode(status))
    os._exit(0)


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


def _shadows(folder: str) -> bool:
    imported = {name.partition(".")[0] for name in sys.modules}
    return any(entry.name.partition(".")[0] in imported for entry in Path(folder).iterdir())


def _has_libraries(folder: str) -> bool:
    return any(entry.name == "lib" or ".so" in entry.name for entry in Path(folder).iterdir())


def _top_level(distribution: metadata.Distribution) -> Iterator[str]:
    for file in distribution.files or ():
        name = file.parts[0].partition(".")[0]
        if name.isidentifier() and not name.startswith("_") and not file.parts[0].endswith("-info"):
            yield name


def main(layers: str, runtime: str, control: int) -> None:
    """Import the shared packages, then serve as a function's process in each fork.

    Each fork imports the runtime client itself, because its native part reads the Runtime API's address on import.
    A fork would differ from a new process, and is replaced by one, if the function's folder, which comes first on its
    import path, or a layer contains a module with the name of an imported one, or if the function's folder contains
    shared libraries, whose folders the loader learns at process start only.
    """
    bootstrap = runpy.run_path(_BOOTSTRAP)
    plain, shared = list(sys.path), bootstrap["shared_path"](layers, runtime)
    is_shadowed = any(_shadows(folder) for folder in shared if Path(folder).is_dir())
    sys.path[:0] = shared
    import_packages(shared[:-1])
    read_models()
    wanted = wait_for_request(socket.socket(fileno=control))
    fork_and_report(wanted)
    become(wanted)
    if is_shadowed or _shadows(wanted.task) or _has_libraries(wanted.task):
        start = [sys.executable, "-I", "-S", "-X", "utf8", _BOOTSTRAP, layers]
        os.execve(sys.executable, start, os.environ)
    sys.path[:] = plain
    bootstrap["main"](layers)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
