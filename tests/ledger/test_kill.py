"""Nothing leaves unrecorded: whatever id a service received a byte of stands in the verified ledger, also after kill -9."""

import json
import random
import resource
import signal
import threading
import time

import pytest

from lib.gate import Gate, GateFailed, segments, service, tail, verify
from lib.http import Connection
from lib.upstream import Upstream

ROUNDS = 20
CLIENTS = 8
MODELS = ["ok", "ok", "words-20", "words-200", "digest", "stream-slow", "wait-20", "flaky-1-503-load"]


class Load:
    """Clients that ask until the gate is gone."""

    def __init__(self, gate, seed):
        self.gate, self.seed, self.stopping, self.answers = gate, seed, False, 0
        self.threads = [threading.Thread(target=self._client, args=(n,), daemon=True) for n in range(CLIENTS)]
        for t in self.threads:
            t.start()

    def _client(self, n):
        chance = random.Random(self.seed * 100 + n)
        while not self.stopping and self.gate.alive():
            try:
                with Connection(self.gate.port, 3) as c:
                    while not self.stopping:
                        model = chance.choice(MODELS)
                        body = {"model": model, "messages": [{"role": "user", "content": "x" * chance.randrange(2000)}],
                                "stream": model.startswith(("words", "stream")) or chance.random() < 0.3}
                        c.send_request("POST", "/v1/chat/completions", self.gate.headers(), json.dumps(body).encode())
                        c.read()
                        self.answers += 1
            except Exception:  # the gate is being killed: anything may happen to a client
                time.sleep(0.005)

    def stop(self):
        self.stopping = True
        for t in self.threads:
            t.join(5)


def check(data, up):
    """The ledger verifies and holds every id that the service saw."""
    verified = verify(data)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    seen = [i for i in up.ids()]
    known = {r["id"] for r in tail(data) if r["kind"] == "intent"}
    missing = [i for i in seen if i is not None and i not in known]
    assert not missing, f"{len(missing)} of {len(seen)} ids reached the service unrecorded: {missing[:5]}"
    assert seen.count(None) <= ROUNDS, "too many requests were cut before their id to say anything"
    return seen


@pytest.mark.timeout(150)
@pytest.mark.parametrize("sync", ["interval"])
def test_kill_at_random_times_under_load(tmp_path, sync):
    chance = random.Random(2)
    with Upstream() as up:
        gate = Gate([service(up)], data=tmp_path / "data", ledger={"sync": sync, "checkpoint_interval": "200ms"})
        answers = 0
        for round in range(ROUNDS):
            gate.start()
            load = Load(gate, round)
            time.sleep(chance.uniform(0.05, 0.7))
            gate.kill()
            load.stop()
            answers += load.answers
        gate.start()
        assert gate.chat("ok").status == 200
        gate.stop()
        seen = check(gate.data, up)
        assert answers > ROUNDS * 5 and len(seen) > ROUNDS * 5


@pytest.mark.timeout(120)
@pytest.mark.parametrize("point", ["intent-written", "forwarded", "outcome-written"])
def test_kill_at_each_point_of_an_exchange(tmp_path, point):
    chance = random.Random(point)
    with Upstream() as up:
        gate = Gate([service(up)], data=tmp_path / "data", ledger={"checkpoint_interval": "200ms"})
        gate.start()
        gate.stop()
        for round in range(ROUNDS):
            nth = 1 if round % 4 == 0 else chance.randrange(2, 60)
            gate.start(env={"OSTIARY_FAULT": f"kill@{point}:{nth}"})
            load = Load(gate, round)
            assert gate.wait_dead(20) == -9, f"the gate never passed {point} {nth} times"
            load.stop()
        gate.start()
        assert gate.chat("ok").status == 200
        gate.stop()
        check(gate.data, up)


def test_an_intent_stands_before_the_first_byte_goes_out(tmp_path):
    """Killed right after the intent was written, nothing was forwarded, and the intent is there."""
    with Upstream() as up:
        gate = Gate([service(up)], data=tmp_path / "data")
        gate.start()
        gate.stop()
        gate.start(env={"OSTIARY_FAULT": "kill@intent-written:1"})
        with pytest.raises(Exception):
            gate.chat("ok")
        assert gate.wait_dead(10) == -9
        assert not up.requests
        gate.start()
        gate.stop()
        assert verify(gate.data).returncode == 0
        assert [r for r in tail(gate.data) if r["kind"] == "intent"]


def test_a_record_is_written_at_once_though_the_client_is_gone_and_nothing_else_happens(tmp_path):
    """An outcome must not wait in memory for the loop's next event: the gate may be killed before that."""
    with Upstream() as up:
        for n in range(12):
            with Gate([service(up)], data=tmp_path / f"data{n}") as gate:
                refused = gate.post("/v1/chat/completions", b"{", key="ost_wrong")
                assert gate.outcome(refused.id, timeout=0.5)["outcome"] == "refused"
                assert gate.outcome(gate.chat("ok").id, timeout=0.5)["outcome"] == "complete"


@pytest.mark.parametrize("sync", ["always", "interval", "os"])
def test_every_exchange_has_one_intent_and_one_outcome(tmp_path, sync):
    with Upstream() as up, Gate([service(up)], data=tmp_path / "data", ledger={"sync": sync}) as gate:
        load = Load(gate, 1)
        time.sleep(0.7)
        load.stop()
        gate.stop()
        assert verify(gate.data).returncode == 0
        kinds = {}
        for r in tail(gate.data):
            if r["kind"] in ("intent", "outcome"):
                kinds.setdefault(r["id"], []).append(r["kind"])
        assert len(kinds) > 20
        assert {tuple(v) for v in kinds.values()} == {("intent", "outcome")}
        assert set(up.ids()) <= set(kinds)


@pytest.mark.timeout(60)
def test_segments_roll_over_and_verify_as_one_log(tmp_path):
    with Upstream() as up, Gate([service(up)], data=tmp_path / "data", ledger={"segment_bytes": "64KiB", "checkpoint_interval": "100ms"}) as gate:
        load = Load(gate, 3)
        end = time.monotonic() + 20
        while len(segments(gate.data)) < 3 and time.monotonic() < end:
            time.sleep(0.1)
        gate.kill()
        load.stop()
        assert len(segments(gate.data)) >= 3
        gate.start()
        gate.stop()
        check(gate.data, up)


def test_a_full_disk_stops_forwarding_not_recording(tmp_path):
    """Where the intent can't be written nothing goes out, and the caller is told."""
    with Upstream() as up:
        gate = Gate([service(up)], data=tmp_path / "data")
        gate.start()
        gate.stop()
        size = max(p.stat().st_size for p in (gate.data).rglob("*") if p.is_file())
        limit = max(size, 1 << 18) + 40000

        def less():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        gate.start(before_exec=less)
        try:
            refused = None
            for n in range(3000):
                before = len(up.requests)
                try:
                    response = gate.chat("ok")
                except OSError:
                    break
                if response.status != 200:
                    refused = response
                    assert len(up.requests) == before, "it was forwarded without a record"
                    break
            assert refused is not None or not gate.alive(), "the ledger could not grow, yet everything went on"
            if refused is not None:
                assert refused.status in (500, 503) and refused.error["message"]
        finally:
            gate.kill()
        try:
            gate.start()
            gate.stop()
        except GateFailed as e:
            pytest.fail(f"the data folder does not open again: {e}")
        check(gate.data, up)
