"""The gate admits functions that may connect, and passes their blocks up to a limit."""

import socket

import pytest

from local_aws.network.gate import Gate
from tests.local_aws.helpers import eventually
from tests.local_aws.network.gate.connections import Judge, called, passed, received


def test_a_refused_connection_gets_no_answer_and_never_reaches_the_database(
    gate: Gate, database: socket.socket, judge: Judge
) -> None:
    judge.admits = False
    with called(gate) as refused:
        refused.sendall(b"startup")
        asked = eventually(lambda: judge.asked, "the gate to ask")
        assert asked == [f"/_network/connections/{refused.getsockname()[1]}/{gate.port}"]
        judge.admits = True
        with passed(gate, database) as (admitted, served):  # the first that the database hears of
            admitted.sendall(b"startup")
            assert served.recv(7) == b"startup"
        refused.settimeout(0.2)
        with pytest.raises(TimeoutError):
            refused.recv(1)


@pytest.mark.parametrize(("block", "arrives"), [(b"last", b"before last"), (b"never", b"before ")])
def test_a_connection_ends_with_the_block_that_it_is_told_of(
    gate: Gate, database: socket.socket, judge: Judge, block: bytes, arrives: bytes
) -> None:
    judge.answer = 202
    with passed(gate, database) as (caller, served):
        caller.sendall(b"before ")
        assert served.recv(7) == b"before "
        served.sendall(b"answer")
        assert caller.recv(6) == b"answer"
        caller.sendall(block)
        assert received(caller) == b""
        assert b"before " + received(served) == arrives


def test_blocks_are_asked_about_only_where_that_was_wanted(gate: Gate, database: socket.socket, judge: Judge) -> None:
    with passed(gate, database) as (caller, served):
        caller.sendall(b"never")
        assert served.recv(5) == b"never"


def test_no_connection_is_admitted_while_aws_does_not_answer(database: socket.socket) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    gate = Gate(database.getsockname()[1], port, "Basic any")
    with called(gate) as caller:
        caller.settimeout(0.2)
        with pytest.raises(TimeoutError):
            caller.recv(1)
    gate.close()
