"""The process behind a connection is found in each of the ways that systems offer."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from local_aws.network.sockets import Address, holder, holder_by_inode, holder_by_table

Way = Callable[[Address, Address, list[int]], int | None]
HOLD = "import socket, sys; s = socket.create_connection(('127.0.0.1', int(sys.argv[1]))); sys.stdin.read()"

ways = pytest.mark.parametrize(
    "way",
    [
        holder,
        holder_by_table,
        pytest.param(holder_by_inode, marks=pytest.mark.skipif(sys.platform != "linux", reason="asks Linux's kernel")),
    ],
)


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


@ways
def test_each_end_has_a_holder(way: Way, listener: socket.socket) -> None:
    far = listener.getsockname()
    command = [sys.executable, "-c", HOLD, str(far[1])]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as child:
        near_end, near = listener.accept()
        with near_end:
            us = os.getpid()
            assert way(near, far, [1 << 22, us, child.pid]) == child.pid
            assert way(far, near, [us, child.pid]) == us
            assert way(near, far, [us]) is None
            assert way(near, far, []) is None


@pytest.mark.parametrize("way", [holder, holder_by_table])
def test_a_socket_that_is_not_connected_has_no_owner(way: Way, listener: socket.socket) -> None:
    far = listener.getsockname()
    with socket.create_connection(far) as connection:
        near = connection.getsockname()
        assert way(near, far, [os.getpid()]) == os.getpid()
        assert way(near, ("127.0.0.1", 1), [os.getpid()]) is None
    assert way(near, far, [os.getpid()]) is None


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux's kernel")
def test_what_is_not_connected_is_unknown_to_the_kernel(listener: socket.socket) -> None:
    with pytest.raises(FileNotFoundError):
        holder_by_inode(("127.0.0.1", 1), listener.getsockname(), [os.getpid()])
