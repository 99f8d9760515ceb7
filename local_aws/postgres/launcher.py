"""Executes a program, as another user if given, that ends when its parent does (Linux); stdlib only.

Run as a script: `python -S -I launcher.py PARENT-PID UID GID PROGRAM [ARGUMENT...]`.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Callable

PR_SET_PDEATHSIG = 1


def main(parent: int, uid: int, gid: int, program: str, *arguments: str) -> None:
    """Switch to `uid` and `gid`, bind this process's life to `parent`, and exec `program`."""
    bind = _binder()  # loads ctypes first: the new user may be unable to read this Python
    try:
        if uid != os.geteuid():
            os.setgroups([])
            os.setgid(gid)
            os.setuid(uid)
        bind()  # last, because a change of user resets the parent-death signal
        if os.getppid() != parent:
            sys.exit(f"{program} was not started: process {parent}, which asked for it, has ended")
        os.execv(program, [program, *arguments])
    except OSError as error:
        sys.exit(f"cannot run {program} as user {uid}: {error}")


def _binder() -> Callable[[], None]:
    if sys.platform != "linux":
        return lambda: None
    prctl = ctypes.CDLL(None, use_errno=True).prctl

    def bind() -> None:
        if prctl(PR_SET_PDEATHSIG, signal.SIGINT):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))

    return bind


if __name__ == "__main__":
    _, _parent, _uid, _gid, _program, *_arguments = sys.argv
    main(int(_parent), int(_uid), int(_gid), _program, *_arguments)
