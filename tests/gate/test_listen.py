"""Where the gate listens: several addresses, Unix sockets, TLS."""

import grp
import hashlib
import json
import os
import shutil
import signal
import socket
import ssl
import stat
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

from lib.certs import Authority
from lib.gate import BINARY, Gate, environment, run, service, yaml
from lib.http import Closed, Connection, request
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


# TLS.

@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("ca"))


def tls(pair, **more):
    """The tls part of a configuration, whose key belongs to its owner alone."""
    os.chmod(pair[1], 0o600)
    return {"tls": {"certificate": pair[0], "key": pair[1], **more}}


@pytest.fixture
def secure(authority, up):
    with Gate([service(up)], gate={"head_timeout": "2s"}, more=tls(authority.server("gate", "DNS:localhost", "IP:127.0.0.1"))) as gate:
        yield gate


def trusting(authority, **more):
    context = ssl.create_default_context(cafile=str(authority.certificate))
    if more.get("client"):
        context.load_cert_chain(*more["client"])
    return context


def over_tls(gate, context, timeout=15):
    c = Connection(gate.port, timeout)
    c.sock = context.wrap_socket(c.sock, server_hostname="localhost")
    return c


def test_curl_reaches_the_gate_over_tls(secure, authority):
    assert secure.ready["listen"] == [f"https://127.0.0.1:{secure.port}"]
    for version in (["--tlsv1.3"], ["--tls-max", "1.2"]):
        answer = curl(secure, "--cacert", str(authority.certificate), *version, secure.ready["listen"][0] + CHAT)
        assert answer["choices"][0]["message"]["content"] == TEXT
    assert "chmod" not in secure.stderr


def test_the_openai_client_works_over_tls_in_whole_and_as_a_stream(secure, authority):
    import openai
    client = openai.OpenAI(api_key=secure.key, base_url=f"https://localhost:{secure.port}/v1", max_retries=0,
                           http_client=openai.DefaultHttpxClient(verify=trusting(authority)))
    message = [{"role": "user", "content": "hi"}]
    assert client.chat.completions.create(model="ok", messages=message).choices[0].message.content == TEXT
    pieces = client.chat.completions.create(model="stream-split-every-byte", messages=message, stream=True)
    assert "".join(p.choices[0].delta.content or "" for p in pieces if p.choices)


def test_a_large_request_and_many_on_one_connection_pass_over_tls(secure, authority, up):
    with over_tls(secure, trusting(authority)) as c:
        for size in (10, 100_000, 3_000_000, 10):
            body = json.dumps({"model": "digest", "messages": [{"role": "user", "content": "x" * size}]}).encode()
            c.send_request("POST", CHAT, secure.headers(), body)
            assert c.read().json()["choices"][0]["message"]["content"] == hashlib.sha256(body).hexdigest()


def test_plain_http_on_the_tls_address_is_told_to_speak_tls(secure):
    answer = request(secure.port, "POST", CHAT, secure.headers(), BODY)
    assert answer.status == 400 and answer.error["code"] == "tls_required" and "https" in answer.error["message"]
    with Connection(secure.port) as c:
        c.send(b"\x00\x01\x02 nothing that anybody speaks\r\n\r\n")
        assert c.closed_within(5)


def test_slow_and_half_open_handshakes_end_in_time_and_keep_nobody_waiting(secure, authority):
    half = [Connection(secure.port) for _ in range(200)]
    for n, c in enumerate(half):
        c.send(b"\x16\x03\x01\x02\x00\x01\x00\x01" if n % 2 else b"\x16")
    began = time.monotonic()
    with over_tls(secure, trusting(authority)) as c:
        for _ in range(20):
            c.send_request("POST", CHAT, secure.headers(), BODY)
            assert c.read().status == 200
    assert time.monotonic() - began < 2
    assert all(c.closed_within(max(0.1, began + 8 - time.monotonic())) for c in half)
    for c in half:
        c.close()


def test_a_new_certificate_is_taken_up_without_a_restart_and_a_bad_one_is_not(authority, up):
    pair = authority.server("renewed", "DNS:localhost", "IP:127.0.0.1")
    with Gate([service(up)], more=tls(pair)) as gate:
        def serial():
            with over_tls(gate, trusting(authority)) as c:
                return c.sock.getpeercert()["serialNumber"]
        old = serial()
        with over_tls(gate, trusting(authority)) as before:
            good = Path(pair[0]).read_bytes()
            Path(pair[0]).write_text("no certificate")
            gate.process.send_signal(signal.SIGHUP)
            wait_for(lambda: "no certificate in it" in gate.stderr)
            assert serial() == old
            Path(pair[0]).write_bytes(good)
            authority.server("renewed", "DNS:localhost", "IP:127.0.0.1")
            wait_for(lambda: serial() != old, 10)
            before.send_request("POST", CHAT, gate.headers(), BODY)
            assert before.read().status == 200, "a connection that stood goes on"


def wait_for(condition, seconds=8.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.05)


def test_clients_without_the_certificate_that_is_asked_for_get_no_answer(authority, tmp_path, up):
    clients = Authority(tmp_path / "clients", "Clients' CA")
    own, strange = (a.server("client", "DNS:client", usage="clientAuth") for a in (clients, authority))
    more = tls(authority.server("asking", "DNS:localhost"), client_ca=str(clients.certificate))
    with Gate([service(up)], more=more) as gate:
        with over_tls(gate, trusting(authority, client=own)) as c:
            c.send_request("POST", CHAT, gate.headers(), BODY)
            assert c.read().status == 200
        for client in (None, strange):
            with pytest.raises((ssl.SSLError, ConnectionError, Closed)):
                with over_tls(gate, trusting(authority, client=client)) as c:
                    c.send_request("POST", CHAT, gate.headers(), BODY)
                    c.read()
        assert len(up.requests) == 1


@pytest.mark.parametrize("what, words", [("mismatched", "does not belong"), ("no key", "needs both"), ("missing", "cannot"), ("swapped", "no certificate")])
def test_a_bad_certificate_stops_the_start_and_is_named(authority, tmp_path, what, words):
    cert, key = authority.server("one", "DNS:localhost")
    other = authority.server("two", "DNS:localhost")[1]
    part = {"mismatched": {"certificate": cert, "key": other}, "no key": {"certificate": cert}, "swapped": {"certificate": key, "key": cert},
            "missing": {"certificate": str(tmp_path / "none.pem"), "key": key}}[what]
    config = tmp_path / "o.yaml"
    config.write_text(yaml({"tls": part, "services": [service("http://127.0.0.1:9/v1")]}))
    done = run("serve", "-c", config, "--listen", "127.0.0.1:0", "--data", tmp_path / "d", timeout=10)
    assert done.returncode == 2 and done.stdout == "", done.stderr
    assert words in done.stderr or what == "missing" and "none.pem" in done.stderr, done.stderr


def test_with_tls_the_gate_may_listen_beyond_this_machine_and_a_key_that_others_read_is_told(authority, up):
    pair = authority.server("open", "DNS:localhost")
    more = tls(pair)
    os.chmod(pair[1], 0o644)
    with Gate([service(up)], more=more, arguments=["--listen", "0.0.0.0:0"]) as gate:
        assert gate.ready["listen"][1].startswith("https://0.0.0.0:")
        assert gate.says("chmod 600")


# Sockets that somebody else holds.

class Manager:
    """Holds a listening socket and starts gates behind it, as a service manager does."""

    def __init__(self, gate, folder):
        self.gate, self.folder = gate, Path(folder)
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.port = self.listener.getsockname()[1]
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(str(self.folder / "notify"))
        self.running = []

    def start(self, *arguments, **env):
        command = ["bash", "-c", 'exec 3<&$0 {0}<&-; export LISTEN_PID=$$ WATCHDOG_PID=$$; exec "$@"'.replace("{0}<&-", ""), str(self.listener.fileno()),
                   str(BINARY), "serve", "-c", str(self.gate), "--data", str(self.folder / "data"), "--format", "json", *arguments]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, pass_fds=(self.listener.fileno(),),
                                   env=environment({"LISTEN_FDS": "1", "NOTIFY_SOCKET": str(self.folder / "notify"), **env}))
        self.running.append(process)
        return process

    def told(self, word, seconds=15.0):
        """Waits for the manager to be told a word; everything that it heard on the way."""
        end, heard = time.monotonic() + seconds, ""
        while word not in heard:
            self.notify.settimeout(max(0.01, end - time.monotonic()))
            heard += self.notify.recv(4096).decode()
        return heard

    def close(self):
        for process in self.running:
            if process.poll() is None:
                process.kill()
            process.communicate(timeout=10)
        self.listener.close()
        self.notify.close()


@pytest.fixture
def manager(tmp_path, up):
    config = tmp_path / "o.yaml"
    config.write_text(yaml({"listen": "127.0.0.1:9", "services": [service(up)]}))
    manager = Manager(config, tmp_path)
    yield manager
    manager.close()


def test_a_gate_behind_an_inherited_socket_tells_its_manager_how_it_does(manager):
    process = manager.start(WATCHDOG_USEC="100000")
    ready = json.loads(process.stdout.readline())
    assert ready["listen"] == [f"http://127.0.0.1:{manager.port}"], "the socket is used in place of what listen says"
    assert f"open at http://127.0.0.1:{manager.port}" in manager.told("READY=1")
    manager.told("WATCHDOG=1", 2)
    process.send_signal(signal.SIGHUP)
    heard = manager.told("READY=1")
    assert "RELOADING=1\nMONOTONIC_USEC=" in heard
    process.terminate()
    manager.told("STOPPING=1")
    assert process.wait(10) == 0


def test_a_restart_behind_an_inherited_socket_fails_no_request(manager, up):
    """The old process drains while the new one waits for the data folder; clients with and without kept connections notice nothing."""
    process = manager.start()
    key = json.loads(process.stdout.readline())["key"]
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    failed, done, stop = [], [0], threading.Event()

    def ask(keep):
        connection = None
        while not stop.is_set():
            try:
                connection = connection or Connection(manager.port)
                connection.send_request("POST", CHAT, headers, BODY)
                answer = connection.read()
                assert answer.status == 200, answer
                done[0] += 1
                if not keep or (answer.header("connection") or "").lower() == "close":
                    connection.close()
                    connection = None
            except Exception as error:  # noqa: BLE001 whatever it is, a request has failed
                failed.append(repr(error))
                connection = None
            time.sleep(0.005)

    clients = [threading.Thread(target=ask, args=(n % 2 == 0,)) for n in range(8)]
    for client in clients:
        client.start()
    try:
        for _ in range(3):
            time.sleep(0.4)
            successor = manager.start()
            time.sleep(0.3)  # it waits for the data folder
            assert successor.poll() is None and process.poll() is None
            process.terminate()
            assert json.loads(successor.stdout.readline())["kind"] == "ready"
            assert process.wait(10) == 0
            before = done[0]
            wait_for(lambda: done[0] > before + 20)
            process = successor
    finally:
        stop.set()
        for client in clients:
            client.join(20)
    assert failed == []
    assert len(up.requests) == done[0]


def catches_the_end(pid):
    """Whether a process that was just started has come so far that SIGTERM is an order to it and no longer its death."""
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return any(int(fields[name], 16) >> (signal.SIGTERM - 1) & 1 for name in ("SigCgt", "SigBlk"))


def test_a_successor_gives_up_when_the_data_folder_stays_taken(manager, tmp_path):
    first = manager.start()
    assert json.loads(first.stdout.readline())["kind"] == "ready"
    second = manager.start("--wait-for-lock", "300ms")
    began = time.monotonic()
    assert second.wait(10) == 3 and time.monotonic() - began < 5
    assert "in use" in second.stderr.read()
    third = manager.start()
    wait_for(lambda: catches_the_end(third.pid))
    third.terminate()  # while it waits
    assert third.wait(5) == 3
    bad = manager.start("--wait-for-lock", "soon")
    assert bad.wait(10) == 2 and "--wait-for-lock" in bad.stderr.read()


def test_descriptors_meant_for_another_process_are_left_alone(manager):
    process = manager.start("--listen", "127.0.0.1:0", LISTEN_FDS="0")
    ready = json.loads(process.stdout.readline())
    assert ready["listen"] != [f"http://127.0.0.1:{manager.port}"]


# A socket's group where the gate sees no other groups, as under the packaged unit (PrivateUsers=).

ALONE = ["unshare", "--user", "--map-root-user"]
hidden_groups = pytest.mark.skipif(os.geteuid() != 0 or subprocess.run([*ALONE, "true"], capture_output=True).returncode != 0,
                                   reason="takes root, and user namespaces")


def group_of(name="daemon"):
    return grp.getgrnam(name).gr_gid


@hidden_groups
def test_a_group_that_the_gate_cannot_give_its_socket_to_stops_the_start_and_says_what_does(tmp_path):
    config = tmp_path / "o.yaml"
    config.write_text(yaml({"listen": f"unix:{tmp_path}/gate.sock", "gate": {"socket_group": "daemon"}}))
    done = subprocess.run([*ALONE, str(BINARY), "serve", "-c", str(config), "--data", str(tmp_path / "data")],
                          env=environment(), capture_output=True, text=True, timeout=20)
    assert done.returncode == 2, done.stderr
    assert "SocketGroup=" in done.stderr and "daemon" in done.stderr
    assert not (tmp_path / "gate.sock").exists()


@hidden_groups
def test_a_socket_that_the_manager_gave_a_group_is_that_groups_though_the_gate_does_not_see_it(up, tmp_path):
    folder = Path(tempfile.mkdtemp(prefix="ostiary-socket-"))
    folder.chmod(0o755)
    path = folder / "gate.sock"
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(path))
    os.chown(path, 0, group_of())
    path.chmod(0o660)
    listener.listen(16)
    config = tmp_path / "o.yaml"
    config.write_text(yaml({"services": [service(up)]}))
    command = ["bash", "-c", 'exec 3<&$0; export LISTEN_PID=$$; exec "$@"', str(listener.fileno()), *ALONE, str(BINARY), "serve", "-c", str(config),
               "--data", str(tmp_path / "data"), "--format", "json"]
    gate = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, pass_fds=(listener.fileno(),),
                            env=environment({"LISTEN_FDS": "1"}))
    try:
        assert json.loads(gate.stdout.readline())["listen"] == [f"unix:{path}"]

        def connects(group):
            code = f"import os, socket; os.setgroups([]); os.setgid({group}); os.setuid(65534); socket.socket(socket.AF_UNIX).connect({str(path)!r})"
            return subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=20).returncode == 0
        assert connects(group_of()) and not connects(65534)
    finally:
        gate.terminate()
        assert gate.wait(15) == 0
        gate.communicate(timeout=5)
        listener.close()
        shutil.rmtree(folder)
