"""SIGHUP puts a new configuration in force without ending anything; logs and the audit stream follow their files."""

import json
import re
import resource
import signal
import socket
import ssl
import threading
import time

import pytest

from lib.certs import Authority
from lib.gate import Gate, run, segments, service, verify, yaml
from lib.http import Connection
from lib.upstream import Upstream


def rewrite(gate, **changes):
    gate.config.update(changes)
    (gate.data.parent / f"{gate.data.name}.yaml").write_text(yaml(gate.config))


def until(condition, what, seconds=10):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.02)
    pytest.fail(f"never: {what}")


def reload(gate, says="reloaded"):
    before = gate.stderr.count(says)
    gate.process.send_signal(signal.SIGHUP)
    until(lambda: gate.stderr.count(says) > before, says)


@pytest.fixture
def ups():
    with Upstream() as one, Upstream() as two:
        yield one, two


def test_a_reload_changes_services_for_what_comes_next(ups):
    one, two = ups
    with Gate([service(one, "one")]) as gate:
        assert gate.chat("ok").header("x-ostiary-service") == "one"
        rewrite(gate, services=[service(two, "two")])
        reload(gate)
        assert gate.chat("ok").header("x-ostiary-service") == "two"


def test_a_bad_file_leaves_the_old_one_in_force_and_says_why_and_where(ups):
    one, _ = ups
    with Gate([service(one, "one")]) as gate:
        rewrite(gate, services=[service(one, "one", retries="many")])
        reload(gate, "not reloaded")
        assert re.search(r"not reloaded.*\.yaml:\d+:\d+.*retries", gate.stderr)
        assert gate.chat("ok").status == 200


def test_a_thousand_errors_in_the_file_end_nothing_and_are_told_in_one_line(ups):
    one, _ = ups
    with Gate([service(one, "one")]) as gate:
        rewrite(gate, services=[service(one, f"s{i}", retries="many", surface="?") for i in range(1000)])
        reload(gate, "not reloaded")
        assert gate.stderr.count("not reloaded") == 1
        assert gate.chat("ok").status == 200


def test_how_many_keys_one_may_hold_follows_a_reload(ups):
    one, _ = ups
    with Gate([service(one, "one")], more={"console": {"own_keys": 1}}) as gate:
        def renew():
            return run("key", "request", "--gate", gate.url, env={"OSTIARY_KEY": gate.key})
        refused = renew()
        assert refused.returncode == 2 and "console.own_keys" in refused.stderr
        rewrite(gate, console={"own_keys": 2})
        reload(gate)
        assert renew().returncode == 0
        assert renew().returncode == 2


def test_what_needs_a_restart_is_named(ups):
    one, _ = ups
    with Gate([service(one, "one")]) as gate:
        rewrite(gate, ledger={"sync": "os"})
        reload(gate, "needs a restart")
        assert gate.says("ledger.sync")


def test_reloads_under_load_drop_no_exchange(ups):
    one, two = ups
    with Gate([service(one, "one"), service(two, "two")]) as gate:
        wrong, done, stop = [], [0], threading.Event()

        def ask():
            while not stop.is_set():
                answer = gate.chat("ok")
                done[0] += 1
                if answer.status != 200:
                    wrong.append((answer.status, answer.body))

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for turn in range(12):
            services = [service(one, "one", retries=turn % 3), service(two, "two")]
            rewrite(gate, services=services[:: 1 if turn % 2 else -1])
            reload(gate)
        stop.set()
        for thread in threads:
            thread.join()
        assert not wrong, wrong[:3]
        assert done[0] > 50


def test_a_stream_begun_before_a_reload_ends_as_it_began(ups):
    one, two = ups
    with Gate([service(one, "one")]) as gate:
        answers = []
        thread = threading.Thread(target=lambda: answers.append(gate.chat("stream-slow", stream=True)))
        thread.start()
        until(lambda: one.requests, "the stream has begun")
        rewrite(gate, services=[service(two, "two")])
        reload(gate)
        thread.join()
        assert answers[0].status == 200 and b"[DONE]" in answers[0].body
        assert gate.outcome(answers[0].id)["outcome"] == "complete"


class Slow:
    """A service whose credential takes as long to read as the test says."""

    def __init__(self, up, folder, turns=200):
        self.mark, self.begun = folder / "slow", folder / "begun"
        wait = f"touch '{self.begun}'; for i in $(seq {turns}); do test -e '{self.mark}' || break; sleep 0.05; done; echo secret"
        self.service = service(up, "slow", credential={"command": wait})

    def begin(self):
        """The next reading takes until end()."""
        self.begun.unlink()
        self.mark.touch()

    def is_read(self):
        until(self.begun.exists, "the credential is read")

    def end(self):
        self.mark.unlink(missing_ok=True)


def told(listener, until, seconds=10.0):
    """[(when, word)] that the service manager hears until that word has come."""
    heard, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        listener.settimeout(max(0.01, end - time.monotonic()))
        heard += [(time.monotonic(), word) for word in listener.recv(4096).decode().split()]
        if any(word == until for _, word in heard):
            return heard
    pytest.fail(f"{until} was not said: {heard}")


def test_the_manager_hears_of_the_gate_while_a_reload_takes_its_time(ups, tmp_path):
    one, _ = ups
    slow = Slow(one, tmp_path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        with Gate([slow.service], env={"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "200000"}) as gate:
            told(manager, "READY=1")
            slow.begin()
            gate.process.send_signal(signal.SIGHUP)
            told(manager, "RELOADING=1")
            slow.is_read()
            gate.process.send_signal(signal.SIGHUP)  # gets a reload behind the one under way
            began = time.monotonic()
            alive = []
            while time.monotonic() < began + 1.2:
                alive += [when for when, word in told(manager, "WATCHDOG=1") if word == "WATCHDOG=1"]
            assert len(alive) >= 6 and max(b - a for a, b in zip(alive, alive[1:])) < 0.2, "it was late once"
            assert gate.chat("ok").status == 200
            assert gate.stderr.count("reloaded") == 0
            slow.end()
            told(manager, "READY=1")
            until(lambda: gate.stderr.count("reloaded") == 2, "both reloads are told")
            assert gate.stop() == 0


def test_a_stop_in_the_middle_of_a_reload_ends_both_in_order(ups, tmp_path):
    one, _ = ups
    slow = Slow(one, tmp_path)
    with Gate([slow.service]) as gate:
        slow.begin()
        gate.process.send_signal(signal.SIGHUP)
        slow.is_read()
        gate.process.send_signal(signal.SIGTERM)
        assert gate.process.wait(5) == 0, "it waits for the credential's command"
        assert "is ended: the gate closes" in gate.stderr
        assert [r["action"] for r in gate.tail() if r["kind"] == "change"][-1] == "stopped"
        assert verify(gate.data).returncode == 0


def test_a_reload_that_fails_half_way_leaves_all_as_it_was(ups, tmp_path):
    """The new certificate and log are in use already when the ledger has no room for the record of the reload."""
    one, two = ups
    authority = Authority(tmp_path)
    old, new = (dict(zip(("certificate", "key"), authority.server(name, "IP:127.0.0.1"))) for name in ("old", "new"))
    logs = [tmp_path / "old.log", tmp_path / "new.log"]
    context = ssl.create_default_context(cafile=str(authority.certificate))
    with Gate([service(one, "one")], more={"tls": old, "log": {"file": str(logs[0])}}) as gate:
        def serial():
            with Connection(gate.port) as c:
                c.sock = context.wrap_socket(c.sock, server_hostname="127.0.0.1")
                return c.sock.getpeercert()["serialNumber"]

        def hang_up(says):
            gate.process.send_signal(signal.SIGHUP)
            until(lambda: any(log.exists() and says in log.read_text() for log in logs), says)

        def room(limit):
            hard = resource.prlimit(gate.process.pid, resource.RLIMIT_FSIZE)[1]
            resource.prlimit(gate.process.pid, resource.RLIMIT_FSIZE, (hard if limit is None else limit, hard))

        first = serial()
        room(segments(gate.data)[-1].stat().st_size + 10)
        rewrite(gate, services=[service(two, "two")], tls=new, log={"file": str(logs[1])})
        hang_up("not reloaded, all stays as it was")
        assert "not reloaded" in logs[0].read_text(), "the log of before is in force"
        assert serial() == first
        assert [r for r in gate.tail() if r.get("action") == "reloaded"] == []
        room(None)
        hang_up("reloaded\n")
        assert "reloaded" in logs[1].read_text()
        assert serial() != first


def test_the_log_goes_on_in_a_new_file_once_the_old_one_is_moved(ups, tmp_path):
    one, _ = ups
    log = tmp_path / "ostiary.log"
    with Gate([service(one, "one")], more={"log": {"file": str(log), "format": "json"}}) as gate:
        gate.process.send_signal(signal.SIGHUP)
        until(lambda: log.exists() and "reloaded" in log.read_text(), "a line in the log")
        assert all(json.loads(line)["level"] for line in log.read_text().splitlines())
        log.rename(tmp_path / "ostiary.log.1")
        gate.process.send_signal(signal.SIGUSR1)
        until(log.exists, "a new file")
        gate.process.send_signal(signal.SIGHUP)
        until(lambda: "reloaded" in log.read_text(), "a line in the new file")


def test_refusals_reach_the_audit_file_without_the_prompt(ups, tmp_path):
    one, _ = ups
    audit = tmp_path / "audit.jsonl"
    with Gate([service(one, "one")], more={"audit": {"to": "file", "file": str(audit)}}) as gate:
        answer = gate.chat("no-such-model" * 100)
        assert answer.status >= 400
        until(lambda: audit.exists() and answer.id in audit.read_text(), "the refusal")
        gate.new_key("research", "zzyzx-user")
        until(lambda: "key-created" in audit.read_text(), "the change")
        assert "zzyzx-user" not in audit.read_text()
