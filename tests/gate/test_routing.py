"""Many services: shares, conversations, breakers, health, places at a service, credentials that change, reloads."""

import os
import signal
import statistics
import threading
import time

import pytest

from lib.gate import Gate, service, yaml
from lib.http import Connection
from lib.upstream import Upstream

CHAT = "/v1/chat/completions"


def hello(answer, _body):
    answer.json({"choices": [{"message": {"content": answer.up.name}}], "usage": {"prompt_tokens": 1, "completion_tokens": 1}})


def request(content="hi", **more):
    return {"model": "m", "messages": [{"role": "user", "content": content}], **more}


def fake_secret():
    return f"not-a-secret-{os.urandom(6).hex()}"


class Load:
    """Clients that ask one after the other until stopped (or `each` times), each on a connection kept alive."""

    def __init__(self, gate, clients, each=None, body=None, key=None):
        import json
        self.gate, self.each, self.key = gate, each, key
        self.body = json.dumps(body or request()).encode()
        self.answers, self.errors, self.stopping = [], [], False
        self.threads = [threading.Thread(target=self._run, daemon=True) for _ in range(clients)]

    def __enter__(self):
        for t in self.threads:
            t.start()
        return self

    def __exit__(self, *_):
        self.stopping = True
        self.join()

    def join(self, timeout=60):
        for t in self.threads:
            t.join(timeout)
            assert not t.is_alive(), "a client hangs"

    def _run(self):
        try:
            n = 0
            with Connection(self.gate.port, timeout=30) as c:
                while not self.stopping and (self.each is None or n < self.each):
                    n += 1
                    began = time.monotonic()
                    c.send_request("POST", CHAT, self.gate.headers(key=self.key), self.body)
                    answer = c.read()
                    answer.began, answer.seconds = began, time.monotonic() - began
                    self.answers.append(answer)
        except Exception as e:  # noqa: BLE001 - told by the test
            self.errors.append(e)

    def statuses(self):
        return {a.status for a in self.answers}


def soon(condition, timeout=10.0):
    end = time.monotonic() + timeout
    while not (value := condition()) and time.monotonic() < end:
        time.sleep(0.02)
    return value


def reload(gate, services, **more):
    """Puts another configuration in force, and waits until the gate says so."""
    gate.config = {**gate.config, "services": services, **more}
    (gate.data.parent / f"{gate.data.name}.yaml").write_text(yaml(gate.config))
    before = gate.stderr.count("reloaded")
    gate.process.send_signal(signal.SIGHUP)
    assert soon(lambda: gate.stderr.count("reloaded") > before), gate.stderr


def queued(gate):
    """How many exchanges wait for a place at a service."""
    return gate.metric("ostiary_service_queued")


# Shares and conversations.

def test_shares_are_as_the_weights_over_several_loops():
    with Upstream("a") as a, Upstream("b") as b:
        a.override = b.override = hello
        services = [service(a, "a", group="g", weight=3), service(b, "b", group="g", weight=1)]
        with Gate(services, gate={"loops": 3}, more={"routing": {"sticky": "none"}}) as gate:
            with Load(gate, 6, each=200) as load:
                load.join()
            assert load.statuses() == {200} and not load.errors
            assert abs(len(a.requests) - 900) <= 24 and len(a.requests) + len(b.requests) == 1200


def test_least_outstanding_keeps_away_from_a_slow_service():
    with Upstream("slow") as slow, Upstream("quick") as quick:
        slow.override = lambda answer, body: (time.sleep(0.5), hello(answer, body))
        quick.override = lambda answer, body: (time.sleep(0.01), hello(answer, body))
        services = [service(slow, "slow", group="g"), service(quick, "quick", group="g")]
        with Gate(services, more={"routing": {"balance": "least-outstanding", "sticky": "none"}}) as gate:
            with Load(gate, 4, each=40) as load:
                load.join()
            assert load.statuses() == {200}
            assert len(quick.requests) > 3 * len(slow.requests) > 0


def test_a_conversation_stays_and_only_those_of_a_service_that_goes_move():
    with Upstream("a") as a, Upstream("b") as b, Upstream("c") as c:
        for up in (a, b, c):
            up.override = hello
        services = [service(up, up.name, group="g", retries=0) for up in (a, b, c)]
        with Gate(services) as gate:
            def turn(n, *later):
                body = request(f"conversation {n}")
                body["messages"] += later
                response = gate.post(CHAT, body)
                assert response.status == 200, response
                return response.header("x-ostiary-service")

            home = {n: turn(n) for n in range(48)}
            assert set(home.values()) == {"a", "b", "c"}
            more = {"role": "assistant", "content": "x"}, {"role": "user", "content": "and?"}
            assert {n: turn(n, *more) for n in home} == home
            b.close()
            moved = {n: turn(n, *more) for n in home}
            assert all(moved[n] == home[n] for n in home if home[n] != "b")
            assert {moved[n] for n in home if home[n] == "b"} == {"a", "c"}


def test_a_weight_of_0_drains_a_service_but_keeps_it_as_the_last_resort():
    with Upstream("a") as a, Upstream("b") as b:
        a.override = b.override = hello
        with Gate([service(a, "a", group="g", weight=0), service(b, "b", group="g", retries=0)]) as gate:
            for n in range(10):
                assert gate.post(CHAT, request(f"{n}")).header("x-ostiary-service") == "b"
            b.close()
            assert gate.post(CHAT, request()).header("x-ostiary-service") == "a"


# Services that fail.

def test_the_breaker_opens_lets_one_look_and_closes_under_load():
    with Upstream("a") as a:
        down = threading.Event()
        a.override = lambda answer, body: answer.error(500, "down") if down.is_set() else hello(answer, body)
        breaker = {"failures": 3, "rate": 0, "open": "300ms", "most_open": "300ms"}
        with Gate([service(a, "a", retries=0, breaker=breaker)]) as gate, Load(gate, 4) as load:
            assert soon(lambda: len(load.answers) > 50) and load.statuses() == {200}
            down.set()
            assert soon(lambda: "service 'a' rests for" in gate.stderr), gate.stderr
            refused = gate.post(CHAT, request())
            assert refused.status == 503 and refused.error["code"] == "service_unavailable"
            assert int(refused.header("retry-after")) >= 1
            assert "'a'" in refused.error["message"] and "status 500" in refused.error["message"]
            assert gate.outcome(refused.id)["outcome"] == "failed"
            assert not gate.records(refused.id, "intent")  # nothing left
            time.sleep(0.1)
            before = len(a.requests)
            time.sleep(1.5)
            assert 2 <= len(a.requests) - before <= 6  # one probe each 300 ms, whatever the load
            down.clear()
            assert soon(lambda: "service 'a' answers again" in gate.stderr)
            time.sleep(0.1)
            assert gate.post(CHAT, request()).status == 200


def test_a_service_that_rests_is_passed_over_and_asked_again_when_it_is_back():
    with Upstream("a") as a, Upstream("b") as b:
        down = threading.Event()
        down.set()
        a.override = lambda answer, body: answer.error(503, "down") if down.is_set() else hello(answer, body)
        b.override = hello
        services = [service(a, "a", retries=0, breaker={"failures": 2, "open": "500ms"}), service(b, "b")]
        with Gate(services) as gate:
            began = time.monotonic()
            for _ in range(10):
                assert gate.post(CHAT, request()).header("x-ostiary-service") == "b"
            assert 2 <= len(a.requests) <= 2 + int((time.monotonic() - began) / 0.5)
            down.clear()
            assert soon(lambda: gate.post(CHAT, request()).header("x-ostiary-service") == "a")


def test_a_service_that_says_when_to_come_back_is_left_alone_for_that_model():
    with Upstream("a") as a, Upstream("b") as b:
        a.override = lambda answer, body: (hello(answer, body) if body["model"] == "other" else
                                           answer.error(429, "slow down", headers=[("Retry-After", "2")]))
        b.override = hello
        with Gate([service(a, "a", breaker={"failures": 5}), service(b, "b")]) as gate:
            began = time.monotonic()
            for _ in range(5):
                assert gate.post(CHAT, request()).header("x-ostiary-service") == "b"
            assert len(a.requests) == 1
            assert gate.post(CHAT, {**request(), "model": "other"}).header("x-ostiary-service") == "a"
            assert soon(lambda: gate.post(CHAT, request()).status == 200 and len(a.requests) > 2, 5)
            assert time.monotonic() - began >= 1.9


def test_a_dead_service_is_known_before_a_client_meets_it_and_used_again_when_it_lives():
    with Upstream("a") as gone:
        port = gone.port
    health = {"check": "on", "interval": "100ms"}
    with Upstream("b") as b:
        b.override = hello
        services = [service(f"http://127.0.0.1:{port}/v1", "a", health=health), service(b, "b")]
        with Gate(services) as gate:
            assert soon(lambda: "service 'a' rests" in gate.stderr)
            first = gate.post(CHAT, request())
            assert first.header("x-ostiary-service") == "b" and gate.outcome(first.id)["attempts"] == 1
            with Upstream("a", port=port) as a:
                a.override = lambda answer, body: hello(answer, body) if body else answer.json({"data": []})
                assert soon(lambda: "service 'a' answers again" in gate.stderr)
                assert gate.post(CHAT, request()).header("x-ostiary-service") == "a"


# Places at a service.

def test_a_modest_team_waits_little_behind_a_greedy_one():
    with Upstream("a") as a:
        lock, inside = threading.Lock(), [0, 0]

        def work(answer, body):
            with lock:
                inside[0] += 1
                inside[1] = max(inside)
            time.sleep(0.03)
            with lock:
                inside[0] -= 1
            hello(answer, body)

        a.override = work
        with Gate([service(a, "a", max_concurrent=2)], gate={"loops": 2}) as gate:
            modest_key = gate.new_key(team="modest")["key"]
            with Load(gate, 24) as greedy:
                assert soon(lambda: len(greedy.answers) > 50)
                with Load(gate, 1, each=30, key=modest_key) as modest:
                    modest.join()
                waited = sorted(x.seconds for x in modest.answers)
            typical = statistics.median(x.seconds for x in greedy.answers)
            assert greedy.statuses() == modest.statuses() == {200}
            assert inside[1] <= 2
            assert waited[int(len(waited) * 0.95)] < 0.6 * typical, (waited, typical)


def test_a_full_queue_is_a_503_that_says_when_to_come_back_or_the_next_service():
    with Upstream("a") as a, Upstream("b") as b:
        free = threading.Event()
        a.override = lambda answer, body: (free.wait(10), hello(answer, body))
        b.override = hello
        places = {"max_concurrent": 1, "queue": {"length": 1, "timeout": "8s"}, "group": "g"}
        with Gate([service(a, "a", **places)]) as gate:
            with Load(gate, 2, each=1) as load:
                assert soon(lambda: len(a.requests) == 1 and queued(gate) == 1)
                refused = gate.post(CHAT, request())
                assert refused.status == 503 and refused.error["code"] == "service_busy"
                assert int(refused.header("retry-after")) >= 1
                free.set()
                load.join()
            assert load.statuses() == {200} and len(a.requests) == 2
            free.clear()
            with Load(gate, 1, each=1):
                assert soon(lambda: len(a.requests) == 3)
                reload(gate, [service(a, "a", **places), service(b, "b", group="g")], routing={"sticky": "none"})
                for _ in range(4):  # whoever has room is asked first
                    assert gate.post(CHAT, request()).header("x-ostiary-service") == "b"
                free.set()


def test_a_client_that_leaves_the_queue_gives_up_its_place():
    with Upstream("a") as a:
        free = threading.Event()
        a.override = lambda answer, body: (free.wait(10), hello(answer, body))
        with Gate([service(a, "a", max_concurrent=1, queue={"length": 1, "timeout": "20s"})]) as gate:
            with Load(gate, 1, each=1):
                assert soon(lambda: len(a.requests) == 1)
                with Connection(gate.port) as leaving:
                    body = b'{"model":"m","messages":[]}'
                    leaving.send_request("POST", CHAT, gate.headers(), body)
                    assert soon(lambda: queued(gate) == 1)
                    assert gate.post(CHAT, request()).status == 503
                assert soon(lambda: any(r["kind"] == "outcome" and r["outcome"] == "cancelled" for r in gate.tail()))
                assert soon(lambda: queued(gate) == 0)
                with Load(gate, 1, each=1) as next_one:
                    assert soon(lambda: queued(gate) == 1)
                    free.set()
                    next_one.join()
                assert next_one.statuses() == {200}
            assert len(a.requests) == 2  # the one that left never went out


# What changes while it runs.

def test_a_reload_in_the_middle_of_the_load_moves_it_without_a_failure():
    with Upstream("a") as a, Upstream("b") as b, Upstream("c") as c:
        for up in (a, b, c):
            up.override = hello
        keep = service(a, "a", group="g")
        with Gate([keep, service(b, "b", group="g")], more={"routing": {"sticky": "none"}}) as gate:
            with Load(gate, 4) as load:
                assert soon(lambda: len(b.requests) > 20)
                for _ in range(3):
                    reload(gate, [keep, service(c, "c", group="g", weight=3)])
                    time.sleep(0.1)
                    seen_b, seen_a, seen_c = len(b.requests), len(a.requests), len(c.requests)
                    assert soon(lambda: len(c.requests) > seen_c + 60)
                    assert len(b.requests) == seen_b and len(a.requests) > seen_a
                    reload(gate, [keep, service(b, "b", group="g")])
                    assert soon(lambda: len(b.requests) > seen_b + 10)
            assert load.statuses() == {200} and not load.errors


@pytest.mark.parametrize("how", ["noticed", "refused", "reload"])
def test_a_credential_is_changed_under_load_without_one_failed_request(tmp_path, how):
    old, new = fake_secret(), fake_secret()
    source = tmp_path / "secret"
    source.write_text(old)
    accepted = {f"Bearer {old}"}
    seen = set()

    def work(answer, body):
        given = answer.seen.header("authorization")
        seen.add(given)
        return hello(answer, body) if given in accepted else answer.error(401, "no", code="invalid_api_key")

    with Upstream("a") as a:
        a.override = work
        credential = {"command": f"cat {source}"} if how == "reload" else {"file": str(source)}
        with Gate([service(a, "a", credential=credential)]) as gate, Load(gate, 4) as load:
            assert soon(lambda: len(load.answers) > 30)
            beside = tmp_path / "next"
            beside.write_text(new)
            if how != "refused":
                accepted.add(f"Bearer {new}")  # both, for as long as it takes to be noticed
            os.replace(beside, source)
            if how == "refused":
                accepted.clear()
                accepted.add(f"Bearer {new}")
            if how == "reload":
                reload(gate, gate.config["services"])
            assert soon(lambda: f"Bearer {new}" in seen, 5)
            time.sleep(0.3)
            accepted.discard(f"Bearer {old}")
            more = len(load.answers) + 30
            assert soon(lambda: len(load.answers) > more)
        assert load.statuses() == {200} and not load.errors
        assert old not in gate.stderr and new not in gate.stderr


def test_a_client_that_reads_slowly_is_held_to_the_exchanges_time():
    with Upstream("a") as a:
        a.override = lambda answer, body: answer.json({"choices": [], "x": "y" * (6 << 20)})
        with Gate([service(a, "a", timeouts={"total": "2s"})]) as gate:
            with Connection(gate.port, receive_buffer=4096, timeout=20) as c:
                import json
                c.send_request("POST", CHAT, gate.headers(), json.dumps(request()).encode())
                began, got = time.monotonic(), 0

                def ended():
                    return any(r["kind"] == "outcome" and r["outcome"] == "cancelled" for r in gate.tail())

                # Always in time for the write timeout of 60 s. What the system has taken still arrives afterwards.
                while not ended():
                    got += len(c.sock.recv(20_000))
                    time.sleep(0.1)
                    assert time.monotonic() - began < 12
                assert got < (6 << 20)
