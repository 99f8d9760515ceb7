"""Finds the process that holds a TCP connection of this machine."""

from __future__ import annotations

import os
import socket
import struct
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import psutil

Address = tuple[str, int]
"""An IPv4 address and a port."""


def holder(near: Address, far: Address, pids: Iterable[int]) -> int | None:
    """Returns the process in `pids` that holds the connection from `near`, its own end, to `far`; None if none does."""
    if sys.platform == "linux":
        with suppress(OSError):  # also raised by a kernel or sandbox without sock_diag
            return holder_by_inode(near, far, pids)
    return holder_by_table(near, far, pids)


def holder_by_table(near: Address, far: Address, pids: Iterable[int]) -> int | None:
    """Same as `holder`, on every system; takes milliseconds for each process (Linux reads the whole machine's table).

    Skips processes that have ended or belong to another user.
    """
    for pid in pids:
        with suppress(psutil.Error):
            if any((each.laddr, each.raddr) == (near, far) for each in psutil.Process(pid).net_connections("tcp4")):
                return pid
    return None


def holder_by_inode(near: Address, far: Address, pids: Iterable[int]) -> int | None:
    """Same as `holder`, on Linux, in microseconds; raises OSError if the kernel finds no such connection or refuses."""
    file = f"socket:[{_inode(near, far)}]"
    return next((pid for pid in pids if file in _open_files(pid)), None)


def _open_files(pid: int) -> set[str]:
    files = set()
    with suppress(OSError):  # the process has ended
        for each in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):  # the file has been closed
                files.add(str(each.readlink()))
    return files


def _inode(near: Address, far: Address) -> int:
    """Returns the inode of the socket connected from `near` to `far`, by sock_diag(7); raises OSError."""
    if sys.platform != "linux":
        raise OSError("sock_diag(7) is a call of Linux alone")
    wanted = struct.pack("=BBxxL", socket.AF_INET, socket.IPPROTO_TCP, 0xFFFFFFFF)  # inet_diag_req_v2
    connection = struct.pack("!HH4s12x4s12x", near[1], far[1], *(socket.inet_aton(host) for host, _ in (near, far)))
    any_device_and_cookie = struct.pack("=LLL", 0, 0xFFFFFFFF, 0xFFFFFFFF)
    content = wanted + connection + any_device_and_cookie
    header = struct.pack("=LHHLL", _HEADER_BYTES + len(content), _SOCK_DIAG_BY_FAMILY, _NLM_F_REQUEST, 0, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_SOCK_DIAG) as kernel:
        kernel.sendto(header + content, (0, 0))
        answer = kernel.recv(4096)
    if struct.unpack_from("=H", answer, 4)[0] == _NLMSG_ERROR:
        number = -struct.unpack_from("=i", answer, _HEADER_BYTES)[0]
        raise OSError(number, os.strerror(number))
    return int(struct.unpack_from("=L", answer, _HEADER_BYTES + _INODE_OFFSET)[0])


# linux/netlink.h, linux/inet_diag.h
_HEADER_BYTES = 16
_NETLINK_SOCK_DIAG, _SOCK_DIAG_BY_FAMILY = 4, 20
_NLM_F_REQUEST, _NLMSG_ERROR = 1, 2
_INODE_OFFSET = 68
