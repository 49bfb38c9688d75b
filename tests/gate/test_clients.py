"""How many connections clients may have: all together, and each."""

import socket
import time

import pytest

from lib.gate import Gate, service
from lib.http import Closed, Connection, request
from lib.upstream import Upstream

HOST = {"Host": "localhost"}


@pytest.fixture
def up():
    with Upstream() as up:
        yield up


def connect(gate, address="127.0.0.1", path=None):
    """A connection from an address of loopback, or over a Unix socket."""
    c = Connection.__new__(Connection)
    c.timeout, c.buffer, c.began = 5, bytearray(), time.monotonic()
    if path:
        c.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        c.sock.connect(str(path))
    else:
        c.sock = socket.create_connection(("127.0.0.1", gate.port), timeout=5, source_address=(address, 0))
    return c


def served(c):
    """The status of the answer to a request on it; 0 where it was closed before that arrived."""
    try:
        c.send_request("GET", "/healthz", HOST)
        return c.read().status
    except (OSError, Closed):
        return 0


def counted(gate, name):
    for line in request(gate.port, "GET", "/metrics", HOST).body.decode().splitlines():
        if line.startswith(name + " "):
            return float(line.split()[1])
    return None


def soon(condition, seconds=5.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.02)


def test_the_most_connections_hold_for_all_loops_together(up):
    with Gate([service(up)], gate={"max_connections": 6, "loops": 4}) as gate:
        clients = [connect(gate) for _ in range(20)]
        try:
            statuses = [served(c) for c in clients]
            assert statuses.count(200) == 6, statuses
            assert set(statuses) <= {200, 503, 0}
            clients[statuses.index(200)].close()
            soon(lambda: request_works(gate))
        finally:
            for c in clients:
                c.close()
        soon(lambda: (counted(gate, "ostiary_connections_refused_total") or 0) >= 14)


def request_works(gate):
    with connect(gate) as c:
        return served(c) == 200


def test_one_client_has_its_share_of_connections_and_those_refused_are_counted(up, tmp_path):
    path = tmp_path / "gate.sock"
    with Gate([service(up)], gate={"max_connections_per_client": 3, "loops": 2}, arguments=["--listen", f"unix:{path}"]) as gate:
        greedy = [connect(gate, "127.0.0.7") for _ in range(10)]
        local = [connect(gate, path=path) for _ in range(8)]
        try:
            statuses = [served(c) for c in greedy]
            assert statuses.count(200) == 3 and set(statuses) <= {200, 429, 0}, statuses
            assert [served(c) for c in local] == [200] * 8, "who comes over a Unix socket is not counted"
            with connect(gate, "127.0.0.8") as other:
                assert served(other) == 200
            assert counted(gate, "ostiary_client_connections_refused_total") == 7
            assert counted(gate, "ostiary_connections_refused_total") == 0
            greedy[statuses.index(200)].close()

            def again():
                with connect(gate, "127.0.0.7") as c:
                    return served(c) == 200
            soon(again)
        finally:
            for c in greedy + local:
                c.close()
