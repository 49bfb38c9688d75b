"""What happens in a soak: services that die and come back, reloads good and bad, keys revoked, the gate killed twice."""

from __future__ import annotations

import itertools
import os
import random
import signal
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lib.gate import Gate, run, service, yaml
from lib.meter import Meter
from lib.upstream import Upstream

from soak.load import Client, Leaver, Load, SlowReader

CREDENTIAL = "sk-soak-credential-0123456789"
PRICES = [{"provider": "test", "model": "*", "input": 1000, "output": 3000, "cached": 500}]
# Dollars a month: of each key, of the team alpha (neither is reached, however long it lasts), of the team narrow at first.
PER_KEY, ALPHA, NARROW = 900_000, 800_000, 6
NARROW_MORE = 2                        # dollars that the team narrow gets more with each reload
AT_ONCE = 2                            # of the team pair's key
WATCHED = {"breaker": {"open": "200ms", "most_open": "1s"}, "health": {"check": "on", "interval": "500ms"}}
LONG = 120                             # seconds; lives that last longer are less hasty, so that what they leave can be read
IDLE, LOOPS = 2, 2                     # connections that each loop keeps to each service


@dataclass
class Health:
    """What a process holds on to while nobody asks it anything."""

    memory_kib: int
    descriptors: int
    threads: int
    children: int


class Soak:
    def __init__(self, folder, seconds):
        self.folder, self.seconds = Path(folder), seconds
        self.meter, self.chance = Meter(), random.Random(11)
        self.seen_file = self.folder / "seen"
        (self.folder / "credential").write_text(CREDENTIAL + "\n")
        self.services = {name: self._serve(name) for name in ("main", "spare", "lonely")}
        self.reloads, self.keys, self.revoked = 0, {}, {}
        self.done = {}          # what happened: how often
        self.disturbed = []     # [what, from, until]: when clients may see errors
        self.problems = []      # what was seen to be wrong on the way
        self.killed_at = []
        self.before = self.after = None
        self.deeds = itertools.cycle((self.reload, lambda: self.death("main"), self.revocation, self.bad_file,
                                      lambda: self.death("spare"), lambda: self.death("lonely", grace=4.0)))
        self.gate = Gate(data=self.folder / "data", gate={"loops": LOOPS, "drain_timeout": "5s"},
                         ledger={"checkpoint_interval": "300ms", "segment_bytes": "1MiB"}, more={"prices": PRICES})
        self._configure()

    def _serve(self, name, port=0):
        return Upstream(name, port=port, meter=self.meter, log_file=str(self.seen_file), models=["metered"],
                        require=("authorization", f"Bearer {CREDENTIAL}"))

    def _configure(self):
        """The configuration of this number of reloads: order, retries, limits change."""
        credential = {"file": str(self.folder / "credential")}
        both = [service(self.services[n], n, credential=credential, retries=self.reloads % 3, max_idle_connections=IDLE,
                        models=["metered", "metered-pair"], **WATCHED) for n in ("main", "spare")]
        lonely = service(self.services["lonely"], "lonely", credential=credential, retries=1, max_idle_connections=IDLE,
                         models=["metered-lonely"], **WATCHED)
        self.gate.config["services"] = both[::-1 if self.reloads % 2 else 1] + [lonely]
        self.gate.config["limits"] = {
            "per_key": {"spend_per_month": PER_KEY, "tokens_per_minute": 50_000_000},
            "teams": {"alpha": {"spend_per_month": ALPHA, "requests_per_minute": 1_000_000 + self.reloads},
                      "narrow": {"spend_per_month": self.narrow}, "pair": {"concurrent": AT_ONCE}}}

    @property
    def narrow(self):
        return NARROW + NARROW_MORE * self.reloads

    # The clients.

    def begin(self):
        self.gate.start()
        for name, team in (("alpha-1", "alpha"), ("alpha-2", "alpha"), ("beta", "beta"), ("narrow", "narrow"), ("pair", "pair")):
            self.keys[name] = self.gate.new_key(team, name)
        self.load = load = Load(self.gate, least_rest=0.05 if self.seconds >= LONG else 0.0)
        key = {name: made["key"] for name, made in self.keys.items()}
        for n in range(2):
            load.add(Client, f"json-{n}", key["alpha-1"], streams=0.0, rest=0.005)
            load.add(Client, f"stream-{n}", key["beta"], streams=1.0, rest=0.005)
            load.add(Client, f"narrow-{n}", key["narrow"], rest=0.02)
            load.add(SlowReader, f"slow-{n}", key["alpha-2"], streams=1.0)
        for n in range(AT_ONCE + 1):
            load.add(Client, f"pair-{n}", key["pair"], model="metered-pair", rest=0.02, pause_ms=10)
        load.add(Leaver, "leaver", key["beta"], rest=0.05, pause_ms=5)
        load.add(Client, "lonely", key["alpha-2"], model="metered-lonely", rest=0.05)
        self.visitor = load.add(Client, "visitor", key["alpha-2"], rest=0.05)
        load.start()

    def end(self):
        still = self.load.stop()
        if still:
            self.problems.append(f"clients that did not come to an end: {still}")

    def close(self):
        for s in self.services.values():
            s.close()
        if self.gate.process:
            self.gate.kill()

    # What happens.

    @contextmanager
    def disturbance(self, what, grace=1.0):
        self.done[what] = self.done.get(what, 0) + 1
        window = [what, time.monotonic(), float("inf")]
        self.disturbed.append(window)
        yield
        window[2] = time.monotonic() + grace

    def lives(self, seconds):
        """Everything but kills, in turns, for so long."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.rest(0.1, 0.4)
            next(self.deeds)()
            self.forget_seen()

    def rest(self, least, most):
        time.sleep(self.chance.uniform(least, most) * (4 if self.seconds >= LONG else 1))

    def death(self, name, grace=1.0):
        """The service is gone in the middle of its answers, and back at the same address a little later."""
        with self.disturbance(f"death of {name}", grace):
            old = self.services[name]
            old.close()
            self.rest(0.1, 0.5)
            self.services[name] = self._serve(name, old.port)

    def kill(self):
        with self.disturbance("kill -9"):
            self.gate.kill()
            self.killed_at.append(time.monotonic())
            self.gate.start()

    def _signal_reload(self, says):
        (self.gate.data.parent / f"{self.gate.data.name}.yaml").write_text(yaml(self.gate.config))
        before = self.gate.stderr.count(says)
        self.gate.process.send_signal(signal.SIGHUP)
        end = time.monotonic() + 15
        while self.gate.stderr.count(says) == before:
            if time.monotonic() > end:
                return self.problems.append(f"SIGHUP was never answered with '{says}'")
            time.sleep(0.05)

    def reload(self):
        """No disturbance: nobody may notice it."""
        self.done["reload"] = self.done.get("reload", 0) + 1
        self.reloads += 1
        self._configure()
        self._signal_reload("reloaded")

    def bad_file(self):
        self.done["bad file"] = self.done.get("bad file", 0) + 1
        good = self.gate.config
        self.gate.config = {**good, "services": [{**s, "retries": "many"} for s in good["services"]], "limits": {"teams": 7}}
        self._signal_reload("not reloaded")
        self.gate.config = good
        (self.gate.data.parent / f"{self.gate.data.name}.yaml").write_text(yaml(good))

    def revocation(self):
        """A visitor gets a key, uses it, and loses it while it is in use."""
        self.done["revocation"] = self.done.get("revocation", 0) + 1
        made = self.gate.new_key("alpha", f"visitor-{len(self.revoked)}")
        self.visitor.key = made["key"]
        self.rest(0.3, 0.6)
        gone = run("key", "revoke", made["id"], "--data", self.gate.data, "--format", "json")
        self.revoked[made["key"]] = time.monotonic()
        if gone.returncode != 0:
            self.problems.append(f"key revoke: exit {gone.returncode}: {gone.stderr[:200]}")
        status = self.gate.get("/v1/models", key=made["key"]).status
        if status != 401:
            self.problems.append(f"a revoked key still opens the gate: {status}")

    def forget_seen(self):
        """The services' own notes of requests that are over would fill this process's memory."""
        for up in self.services.values():
            with up.lock:
                up.requests = [r for r in up.requests if r.done_at is None and r.peer_closed_at is None]

    # How the gate is.

    def health(self):
        """At rest: clients have left, services have closed their idle connections; once it no longer changes, or 10 s later."""
        still = self.load.pause()
        if still:
            self.problems.append(f"clients whose exchange did not end: {still}")
        for up in self.services.values():
            up.drop_connections()
        end, last = time.monotonic() + 10, None
        while True:
            time.sleep(0.7)
            now = self._held()
            if now == last or time.monotonic() > end:
                return now
            last = now

    def _held(self):
        at = Path(f"/proc/{self.gate.process.pid}")
        children = sum(len((task / "children").read_text().split()) for task in (at / "task").iterdir())
        return Health(self.gate.rss_kib("RssAnon"), len(os.listdir(at / "fd")), len(os.listdir(at / "task")), children)

    def run(self):
        """Two lives that end by kill -9, then one that is measured after its warm-up and at its end."""
        self.begin()
        for share in (0.2, 0.15):
            self.lives(self.seconds * share)
            self.kill()
        self.lives(self.seconds * 0.25)
        self.before = self.health()
        self.load.go_on()
        self.lives(self.seconds * 0.4)
        self.after = self.health()
        self.end()
