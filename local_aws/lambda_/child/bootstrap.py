"""The first script of a function's process: confines it, then runs AWS's runtime client, or another command.

Run with `python -I -S`, so that the function cannot import from this Python's site-packages.
"""

import ctypes
import os
import site
import sys
from contextlib import suppress
from pathlib import Path

_NEW_MOUNTS, _READ_ONLY, _REMOUNT, _BIND, _REC, _PRIVATE = 0x20000, 0x1, 0x20, 0x1000, 0x4000, 0x40000
"""Flags of unshare(2) and mount(2)."""


def shared_path(layers: str, runtime: str) -> list[str]:
    """The import path shared by all functions with these layers, in Lambda's order."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return [f"{layers}/python/lib/{version}/site-packages", f"{layers}/python", runtime]


def confine(task: str, layers: str, temporary: str, megabytes: str) -> None:
    """Make folders read-only, and /tmp this process's own and limited, by mounts for it and its children alone.

    Needs root on Linux; elsewhere the folders stay writable and without a limit. Where the kernel refuses to lay what
    is written to /tmp over what the machine has there, the limit holds for the folder `temporary` alone.
    """
    if sys.platform != "linux" or os.geteuid() != 0:
        return
    libc = ctypes.CDLL(None, use_errno=True)

    def mount(source: str, target: str, flags: int, kind: str = "", options: str = "") -> None:
        if libc.mount(source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), options.encode()):
            raise OSError(ctypes.get_errno(), f"{target} cannot be mounted")

    if libc.unshare(_NEW_MOUNTS):
        return
    with suppress(OSError):  # a container may forbid it
        mount("", "/", _REC | _PRIVATE)
        mount("tmpfs", temporary, 0, "tmpfs", f"size={megabytes}m")
        with suppress(OSError):
            written, work = Path(temporary, "written"), Path(temporary, "work")
            for folder in (written, work):
                folder.mkdir()
            written.chmod(0o1777)
            mount("overlay", "/tmp", 0, "overlay", f"lowerdir=/tmp,upperdir={written},workdir={work}")
            del os.environ["TMPDIR"]
        for place in (task, layers):  # last, since a mount over /tmp hides those inside it
            mount(place, place, _BIND)
            mount("", place, _BIND | _REMOUNT | _READ_ONLY)
    os.chdir(task)  # into the folder as it is mounted now


def main(layers: str, *command: str) -> None:
    """Serve invocations by `command`, or in this process, with task, layers and runtime in sys.path in Lambda's order.

    They come before the standard library.
    """
    confine(os.environ["LAMBDA_TASK_ROOT"], layers, *os.environ.pop("_TEMPORARY").split(":"))
    os.environ.pop("LC_CTYPE", None)  # set by Python itself if the machine lacks the locale in LANG
    if command:
        os.execv(command[0], command)
    sys.path[:0] = [os.environ["LAMBDA_TASK_ROOT"], *shared_path(layers, os.environ["LAMBDA_RUNTIME_DIR"])]
    site.setquit()  # -S leaves out exit() and quit(), which a function may call
    from awslambdaric.__main__ import main as serve

    serve(["bootstrap", os.environ["_HANDLER"]])


if __name__ == "__main__":
    main(*sys.argv[1:])
