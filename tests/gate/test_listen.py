"""Where the gate listens: several addresses, Unix sockets."""

import json
import os
import socket
import stat
import subprocess

import pytest

from lib.gate import Gate, run, service
from lib.http import Connection, request
from lib.scripts import TEXT
from lib.upstream import Upstream

CHAT = "/v1/chat/completions"
BODY = b'{"model":"ok","messages":[]}'


@pytest.fixture
def up():
    with Upstream() as up:
        yield up


def curl(gate, *arguments, path=CHAT):
    """One call of the real curl; what it printed."""
    done = subprocess.run(["curl", "-sS", "--max-time", "15", "-H", f"Authorization: Bearer {gate.key}", "-H", "Content-Type: application/json",
                           "-d", BODY.decode(), *arguments], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_gate_listens_at_every_address_that_it_is_given(up, tmp_path):
    path = tmp_path / "gate.sock"
    with Gate([service(up)], arguments=["--listen", "127.0.0.1:0", "--listen", f"unix:{path}"]) as gate:
        first, second, third = gate.ready["listen"]
        assert third == f"unix:{path}"
        ports = {int(url.rsplit(":", 1)[1]) for url in (first, second)}
        assert len(ports) == 2
        for port in ports:
            assert request(port, "POST", CHAT, gate.headers(), BODY).status == 200


def test_curl_reaches_the_gate_over_its_unix_socket(up, tmp_path):
    path = tmp_path / "gate.sock"
    with Gate([service(up)], arguments=["--listen", f"unix:{path}"]) as gate:
        answer = curl(gate, "--unix-socket", str(path), "http://gate" + CHAT)
        assert answer["choices"][0]["message"]["content"] == TEXT
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o660
    assert not path.exists(), "the socket goes with the gate"


def test_connections_over_one_unix_socket_are_served_by_all_loops(up, tmp_path):
    """One socket, three loops: a loop that is busy accepting keeps no connection that another could serve."""
    path = tmp_path / "gate.sock"
    with Gate([service(up)], gate={"loops": 3}, arguments=["--listen", f"unix:{path}"]) as gate:
        before = threads_cpu(gate)
        clients = [unix_connection(path) for _ in range(30)]
        for _ in range(20):
            for c in clients:
                c.send_request("POST", CHAT, gate.headers(), BODY)
            assert all(c.read().status == 200 for c in clients)
        used = sorted(after - before.get(thread, 0) for thread, after in threads_cpu(gate).items())
        assert used[-3] > 0.2 * used[-1], used


def threads_cpu(gate):
    """Nanoseconds on a processor by thread."""
    tasks = f"/proc/{gate.process.pid}/task"
    return {t: int(open(f"{tasks}/{t}/schedstat").read().split()[0]) for t in os.listdir(tasks)}


def unix_connection(path):
    c = Connection.__new__(Connection)
    c.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    c.sock.settimeout(15)
    c.sock.connect(str(path))
    c.timeout, c.buffer, c.began = 15, bytearray(), 0
    return c


def test_a_socket_left_by_a_killed_gate_is_replaced(up, tmp_path):
    path = tmp_path / "gate.sock"
    with Gate([service(up)], arguments=["--listen", f"unix:{path}"]) as gate:
        gate.kill()
        assert path.exists()
        gate.start()
        assert curl(gate, "--unix-socket", str(path), "http://gate" + CHAT)["choices"]


def test_a_socket_where_somebody_listens_and_a_file_that_is_no_socket_are_left_alone(up, tmp_path):
    taken, file = tmp_path / "taken.sock", tmp_path / "file"
    file.write_text("mine")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as other:
        other.bind(str(taken))
        other.listen()
        for path, words in ((taken, "in use"), (file, "no socket"), (tmp_path / ("x" * 120), "too long")):
            done = run("serve", "--listen", f"unix:{path}", "--data", tmp_path / "data", timeout=10)
            assert done.returncode == 2 and words in done.stderr, done.stderr
        assert taken.exists() and file.read_text() == "mine"


def test_an_address_that_is_taken_is_told_before_anything_is_served(up, tmp_path):
    with Gate([service(up)]) as gate:
        done = run("serve", "--listen", "127.0.0.1:0", "--listen", f"127.0.0.1:{gate.port}", "--data", tmp_path / "data", timeout=10)
        assert done.returncode == 2 and "in use" in done.stderr and done.stdout == ""
        done = run("serve", "--listen", "127.0.0.1:0", "--listen", "unix:/nowhere/at/all.sock", "--data", tmp_path / "data", timeout=10)
        assert done.returncode == 2 and "/nowhere/at/all.sock" in done.stderr, done.stderr
