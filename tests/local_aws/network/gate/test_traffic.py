"""It carries all that it is given, both ways, to their ends."""

import hashlib
import os
import socket
import threading
from contextlib import suppress

from local_aws.network.gate import Gate
from tests.local_aws.network.gate.connections import abort, called, passed, received

MUCH = 1 << 28


def test_much_goes_through_intact_both_ways_at_once(gate: Gate, database: socket.socket) -> None:
    there, back = os.urandom(20_000_000), os.urandom(20_000_000)

    def send(connection: socket.socket, content: bytes) -> None:
        connection.sendall(content)
        connection.shutdown(socket.SHUT_WR)

    with passed(gate, database) as (caller, served):
        senders = [threading.Thread(target=send, args=each, daemon=True) for each in ((caller, there), (served, back))]
        arrived: list[bytes] = []
        reader = threading.Thread(target=lambda: arrived.append(received(served)), daemon=True)
        for thread in (*senders, reader):
            thread.start()
        assert hashlib.sha256(received(caller)).digest() == hashlib.sha256(back).digest()
        reader.join(20)
    assert [hashlib.sha256(each).digest() for each in arrived] == [hashlib.sha256(there).digest()]


def test_a_half_closed_connection_still_brings_the_answer(gate: Gate, database: socket.socket) -> None:
    with passed(gate, database) as (caller, served):
        caller.sendall(b"the last question")
        caller.shutdown(socket.SHUT_WR)
        assert received(served) == b"the last question"
        served.sendall(b"the answer")
        served.close()
        assert received(caller) == b"the answer"


def test_a_slow_reader_blocks_the_sender_and_loses_nothing(gate: Gate, database: socket.socket) -> None:
    with passed(gate, database) as (caller, served):
        caller.settimeout(0.2)
        sent = 0
        with suppress(TimeoutError):
            while sent < MUCH:
                sent += caller.send(bytes(1 << 16))
        assert sent < MUCH
        caller.shutdown(socket.SHUT_WR)
        assert len(received(served)) == sent


def test_a_caller_that_aborts_takes_its_session_with_it(gate: Gate, database: socket.socket) -> None:
    with passed(gate, database) as (caller, served):
        caller.sendall(b"select")
        assert served.recv(6) == b"select"
        abort(caller)
        assert received(served) == b""


def test_a_database_that_aborts_ends_the_callers_connection(gate: Gate, database: socket.socket) -> None:
    with passed(gate, database) as (caller, served):
        abort(served)
        assert received(caller) == b""


def test_a_database_that_is_down_ends_the_callers_connection(gate: Gate, database: socket.socket) -> None:
    database.close()
    with called(gate) as caller:
        assert received(caller) == b""
