"""Starting, configuring and questioning one gate (the `ostiary` binary) from a test.

    with Upstream() as up, Gate([service(up)]) as gate:
        answer = gate.post("/v1/chat/completions", {"model": "ok", "messages": []})
        record = gate.outcome(answer.id)

The binary is $OSTIARY_BIN, or build/release/ostiary of this repository. Ports are 0, processes are ended by
their own pid, every wait has an end.
"""

from __future__ import annotations

import atexit
import json
import os
import queue
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from .http import request

ROOT = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("OSTIARY_BIN") or ROOT / "build" / "release" / "ostiary")
START_LIMIT = 20.0

# Never let what happens to be set on the machine decide a test.
UNWANTED = ("OPENAI_", "ANTHROPIC_", "MISTRAL_", "OSTIARY_FAULT", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY",
            "http_proxy", "https_proxy", "all_proxy", "NO_PROXY", "no_proxy", "SSL_CERT_")


def environment(extra=None):
    env = {k: v for k, v in os.environ.items() if not k.startswith(UNWANTED)}
    env.update({"NO_COLOR": "1", **(extra or {})})
    return env


NEVER = {"failures": 0, "rate": 0, "retry_after": "0s"}  # a breaker that never opens


def service(upstream, id="main", **more):
    """A service entry of the configuration for a scripted upstream (or a base URL). Nothing but what a test sends
    goes to it, and its failures are not held against it, unless the test says so."""
    url = upstream if isinstance(upstream, str) else upstream.url
    return {"id": id, "base_url": url, "provider": "test", "surface": "api", "credential": "none",
            "models": ["*"], "health": {"check": "off"}, "breaker": dict(NEVER), **more}


def yaml(value, indent=0):
    """Block-style YAML of plain values; strings are double quoted."""
    pad = "  " * indent
    if isinstance(value, dict):
        if not value:
            return " {}\n"
        return "\n" * bool(indent) + "".join(f"{pad}{k}:{yaml(v, indent + 1)}" for k, v in value.items())
    if isinstance(value, list):
        if not value:
            return " []\n"
        out = "\n"
        for item in value:
            if isinstance(item, dict):
                lines = yaml(item, indent + 1).lstrip("\n")
                out += pad + "- " + lines[len(pad) + 2:]
            else:
                out += f"{pad}-{yaml(item, indent + 1)}"
        return out
    return f" {json.dumps(value, ensure_ascii=False)}\n"


def run(*arguments, env=None, input=None, timeout=30, **more):
    """Runs the binary once; returns CompletedProcess with text output."""
    return subprocess.run([str(BINARY), *map(str, arguments)], env=environment(env), input=input, text=True,
                          capture_output=True, timeout=timeout, **more)


class GateFailed(Exception):
    pass


_running = set()


@atexit.register
def _end_all():
    """Whatever a failed test left running ends with the test run."""
    for process in _running:
        if process.poll() is None:
            process.kill()


class Gate:
    """One serving gate. `data` is kept if given, else a temporary folder that goes with the gate."""

    def __init__(self, services=(), data=None, gate=None, ledger=None, env=None, arguments=(), key=None, more=None):
        self._temporary = None
        if data is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="ostiary-test-")
            data = Path(self._temporary.name) / "data"
        self.data = Path(data)
        self.data.parent.mkdir(parents=True, exist_ok=True)
        self.config = {**({"gate": gate} if gate else {}), **({"ledger": ledger} if ledger else {}),
                       # What a test says of the gate shall not hang on the text of the built-in document.
                       "policy": "none", "services": list(services), **(more or {})}
        self.env, self.arguments, self.key = env, list(arguments), key
        self.process, self.port, self.ready = None, None, None
        self._stderr = []

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()
        if self._temporary:
            self._temporary.cleanup()

    def start(self, env=None, before_exec=None):
        """Starts the process and waits for its ready line; before_exec runs in the new process."""
        path = self.data.parent / f"{self.data.name}.yaml"
        path.write_text(yaml(self.config))
        command = [str(BINARY), "serve", "-c", str(path), "--listen", "127.0.0.1:0", "--data", str(self.data),
                   "--format", "json", *self.arguments]
        began = time.monotonic()
        self.process = subprocess.Popen(command, env=environment({**(self.env or {}), **(env or {})}),
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                        preexec_fn=before_exec)
        _running.add(self.process)
        lines = queue.Queue()
        self._collector = threading.Thread(target=self._collect, args=(self.process.stderr, self._stderr), daemon=True)
        self._collector.start()
        threading.Thread(target=self._lines, args=(self.process.stdout, lines), daemon=True).start()
        try:
            line = lines.get(timeout=START_LIMIT)
        except queue.Empty:
            line = None
        if not line:
            self.kill()
            raise GateFailed(f"no ready line; exit {self.process.returncode}; stderr: {self.stderr}")
        self.start_seconds = time.monotonic() - began
        self.ready = json.loads(line)
        assert self.ready["kind"] == "ready", self.ready
        self.port = int(self.ready["listen"][0].rsplit(":", 1)[1])
        self.key = self.ready.get("key") or self.key
        return self

    @staticmethod
    def _lines(stream, lines):
        for line in stream:
            lines.put(line)
        lines.put(None)

    @staticmethod
    def _collect(stream, into):
        for line in stream:
            into.append(line)

    @property
    def stderr(self):
        """What it has said so far, and all of it once it has ended. A line that is on its way while it serves may be
        missing: wait for it with `says`."""
        if self.process is not None and not self.alive():
            self._collector.join(10)
        else:
            time.sleep(0.05)
        return "".join(self._stderr)

    def says(self, text, times=1, timeout=10.0):
        """Waits until it has said the text so many times; whether it did."""
        end = time.monotonic() + timeout
        while (count := self.stderr.count(text)) < times and time.monotonic() < end and self.alive():
            pass  # stderr itself waits a little
        return count >= times or self.stderr.count(text) >= times

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def alive(self):
        return self.process.poll() is None

    def stop(self, timeout=15):
        """SIGTERM and wait; returns the exit code."""
        if self.process and self.alive():
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout)
            except subprocess.TimeoutExpired:
                self.kill()
                raise GateFailed("the gate did not stop on SIGTERM")
        return self.process.returncode if self.process else None

    def kill(self):
        """kill -9."""
        if self.process and self.alive():
            self.process.kill()
        return self.process.wait(10)

    def wait_dead(self, timeout=20):
        return self.process.wait(timeout)

    # Talking to it.

    def headers(self, more=None, key=None):
        return {"Authorization": f"Bearer {key or self.key}", "Content-Type": "application/json", **(more or {})}

    def send(self, method, path, body=None, headers=None, key=None, timeout=15):
        """One request with the key on a connection of its own; the whole answer."""
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body, ensure_ascii=False).encode()
        return request(self.port, method, path, self.headers(headers, key), body, timeout)

    def post(self, path, body, **more):
        return self.send("POST", path, body, **more)

    def get(self, path, **more):
        return self.send("GET", path, None, **more)

    def chat(self, model, **more):
        """A chat request in one word: the answer."""
        body = {"model": model, "messages": [{"role": "user", "content": "Grüezi 🦉"}], **more}
        return self.post("/v1/chat/completions", body)

    def metric(self, name, **labels):
        """The sum of the samples of that name with these labels in /metrics."""
        answer = request(self.port, "GET", "/metrics", {"Host": "127.0.0.1", "Accept": "text/plain"})
        assert answer.status == 200, answer
        found = 0.0
        for line in answer.body.decode().splitlines():
            called, _, value = line.rpartition(" ")
            family, _, has = called.partition("{")
            if family == name and all(f'{k}="{v}"' in has for k, v in labels.items()):
                found += float(value)
        return found

    # Keys and the ledger.

    def new_key(self, team="tests", user="someone"):
        """Another key: {"key", "id", "team", "user"}."""
        return self.json_of("key", "create", "--team", team, "--user", user)

    def json_of(self, *arguments):
        done = run(*arguments, "--data", self.data, "--format", "json")
        assert done.returncode == 0, f"{arguments}: exit {done.returncode}: {done.stderr}"
        return json.loads(done.stdout)

    def tail(self):
        """Every record so far, from the segment files themselves: quick, and the same while it serves and after."""
        return written(self.data)

    def records(self, id, kind=None):
        return [r for r in self.tail() if r.get("id") == id and (kind is None or r["kind"] == kind)]

    def wait_record(self, condition, timeout=4.0):
        """The first record that fulfils condition, waiting for it; None when it does not come."""
        end = time.monotonic() + timeout
        while True:
            for r in self.tail():
                if condition(r):
                    return r
            if time.monotonic() > end:
                return None
            time.sleep(0.05)

    def outcome(self, id, timeout=4.0):
        """The outcome record of an exchange."""
        record = self.wait_record(lambda r: r["kind"] == "outcome" and r.get("id") == id, timeout)
        assert record is not None, f"no outcome record for exchange {id}"
        return record

    def outcomes(self, count, timeout=4.0):
        """The outcome records so far, as soon as there are so many: a client may have its answer before its record."""
        end = time.monotonic() + timeout
        while len(found := [r for r in self.tail() if r["kind"] == "outcome"]) < count and time.monotonic() < end:
            time.sleep(0.02)
        assert len(found) >= count, f"{len(found)} outcomes of {count}"
        return found

    def rss_kib(self, what="VmRSS"):
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(what + ":"):
                return int(line.split()[1])
        return 0


def tail(data, n=1000000):
    done = run("ledger", "tail", "--data", data, "-n", n, "--format", "json")
    assert done.returncode == 0, f"ledger tail: exit {done.returncode}: {done.stderr}"
    return [json.loads(line) for line in done.stdout.splitlines() if line.strip()]


def each_written(data):
    """The whole records in the segment files, one after the other, read without the binary."""
    for path in segments(data):
        yield from map(json.loads, path.read_bytes().split(b"\n")[1:-1])


def written(data):
    return list(each_written(data))


def verify(data, checkpoint=None):
    """ledger verify: the CompletedProcess; 0 is good, 1 is not."""
    more = ("--checkpoint", checkpoint) if checkpoint else ()
    return run("ledger", "verify", "--data", data, *more, "--format", "json")


def segments(data):
    """The segment files, oldest first (their names are the number of their first record)."""
    return sorted((p for p in (Path(data) / "ledger").glob("*.log") if p.stem.isdigit()), key=lambda p: int(p.stem))
