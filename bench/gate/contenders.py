"""The contenders: how each is started, reached and ended."""

import json
import os
import select
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import machine
import peers

START_LIMIT_S = 30
HERE = Path(__file__).resolve().parent


class Failed(Exception):
    """A contender that did not start or did not answer."""


class Contender:
    """One way from the load to the upstream. `start` and `stop` may be called again and again."""

    name = ""
    judged = False      # may its errors fail the run
    exact = True        # are the upstream's answers passed through byte for byte
    cells = "*"         # which cells it runs in by default
    cold_starts = 0     # how often its start is timed

    def __init__(self, work: Path, core: int):
        self.work = work
        self.core = core
        self.process: subprocess.Popen | None = None
        self.port = 0
        self.key = "sk-bench-0123456789abcdef"
        self.headers: list[str] = []
        self.ready_ms = 0.0

    def version(self) -> str:
        return ""

    def check(self) -> None:
        """Raises peers.Unavailable where it can't be run here."""

    def launch(self, upstream: int, stream: bool) -> None:
        raise NotImplementedError

    def start(self, upstream: int, stream: bool) -> None:
        """Starts it and returns once it has answered a request; the time goes to `ready_ms`."""
        self.folder = self.work / self.name
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.prepare(upstream, stream)
        begun = time.monotonic()
        self.launch(upstream, stream)
        self.await_answer()
        self.ready_ms = (time.monotonic() - begun) * 1000

    def prepare(self, upstream: int, stream: bool) -> None:
        """What is done before the clock starts: configuration files."""

    def spawn(self, command: list[str], env: dict[str, str] | None = None, stdout=None) -> None:
        """Starts a process on this contender's core; its output goes to a log in its folder."""
        before = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {self.core})
        try:
            with open(self.folder / "log", "ab") as log:
                self.process = subprocess.Popen(command, cwd=self.folder, env=os.environ | (env or {}),
                                                stdin=subprocess.DEVNULL, stdout=stdout or log, stderr=log)
        finally:
            os.sched_setaffinity(0, before)

    def await_answer(self) -> None:
        deadline = time.monotonic() + START_LIMIT_S
        fault = "no answer"
        while time.monotonic() < deadline:
            if self.process and self.process.poll() is not None:
                raise Failed(f"{self.name} ended with status {self.process.returncode}: {self.log_tail()}")
            try:
                status, text = self.ask()
            except OSError as error:
                fault = str(error)
                time.sleep(0.001)
                continue
            if status == 200:
                return
            fault = f"status {status}: {text[:300]}"
            time.sleep(0.02)
        raise Failed(f"{self.name} did not answer within {START_LIMIT_S} s: {fault}; {self.log_tail()}")

    def ask(self, prompt: str = "hello") -> tuple[int, str]:
        """One small chat completion on a connection of its own."""
        request = {"model": "bench-1", "messages": [{"role": "user", "content": prompt}]}
        body = json.dumps(request, separators=(",", ":")).encode()
        head = [f"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{self.port}",
                f"Authorization: Bearer {self.key}", "Content-Type: application/json", "Connection: close",
                f"Content-Length: {len(body)}", *self.headers]
        with socket.create_connection(("127.0.0.1", self.port), timeout=START_LIMIT_S) as client:
            client.sendall("\r\n".join(head).encode() + b"\r\n\r\n" + body)
            answer = b""
            while part := client.recv(65536):
                answer += part
        words = answer.split(b" ", 2)
        status = int(words[1]) if len(words) > 1 and words[1].isdigit() else 0
        return status, answer.decode(errors="replace")

    def log_tail(self) -> str:
        try:
            return (self.folder / "log").read_text(errors="replace").strip()[-600:]
        except OSError:
            return ""

    def pids(self) -> list[int]:
        return machine.process_tree(self.process.pid) if self.process else []

    def helper_pids(self) -> list[int]:
        """Processes beside the proxy that work for it on the load's core."""
        return []

    def stop(self) -> None:
        if not self.process:
            return
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            for pid in self.pids():
                os.kill(pid, 9)
            self.process.wait(10)
        if self.process.stdout:
            self.process.stdout.close()
        self.process = None


class Direct(Contender):
    """No proxy: the load speaks to the upstream."""

    name = "direct"

    def launch(self, upstream: int, stream: bool) -> None:
        self.port = upstream


class Nginx(Contender):
    """nginx as it is tuned for this job: one worker, connections kept alive on both sides, bodies
    in memory, no access log."""

    name = "nginx"
    judged = True
    cold_starts = 7

    def version(self) -> str:
        return machine.first_line(["nginx", "-v"]).replace("nginx version: ", "")

    def check(self) -> None:
        if not shutil.which("nginx"):
            raise peers.Unavailable("nginx is not installed")

    def prepare(self, upstream: int, stream: bool) -> None:
        self.port = machine.free_port()
        (self.folder / "nginx.conf").write_text(f"""
user root;
worker_processes 1;
daemon off;
pid nginx.pid;
error_log log crit;
worker_rlimit_nofile 8192;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  keepalive_requests 1000000000;
  client_body_buffer_size 64k;
  upstream service {{
    server 127.0.0.1:{upstream};
    keepalive 512;
    keepalive_requests 1000000000;
  }}
  server {{
    listen 127.0.0.1:{self.port} backlog=1024;
    location / {{
      proxy_pass http://service;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering {'off' if stream else 'on'};
    }}
  }}
}}
""")

    def launch(self, upstream: int, stream: bool) -> None:
        self.spawn(["nginx", "-p", str(self.folder), "-e", "log", "-c", "nginx.conf"])


class Ostiary(Contender):
    """The gate with a key and the ledger, as it comes."""

    name = "ostiary"
    judged = True
    cold_starts = 7
    sync = "interval"
    more = ""           # further lines of the configuration

    def __init__(self, work: Path, core: int, binary: Path):
        super().__init__(work, core)
        self.binary = binary

    def version(self) -> str:
        return machine.first_line([str(self.binary), "version"])

    def check(self) -> None:
        if not self.binary.exists():
            raise peers.Unavailable(f"{os.path.relpath(self.binary)} does not exist; ./run builds it")

    def prepare(self, upstream: int, stream: bool) -> None:
        (self.folder / "ostiary.yaml").write_text(f"""
ledger:
  sync: {self.sync}
services:
  - id: bench
    provider: bench
    surface: self-hosted
    base_url: "http://127.0.0.1:{upstream}/v1"
    credential: none
    models: ["*"]
{self.more}""")

    def launch(self, upstream: int, stream: bool) -> None:
        self.spawn([str(self.binary), "serve", "-c", "ostiary.yaml", "--listen", "127.0.0.1:0", "--data", "data",
                    "--format", "json"], stdout=subprocess.PIPE)
        line = self.read_line()
        try:
            ready = json.loads(line)
            self.port = int(ready["listen"][0].rsplit(":", 1)[1].rstrip("/"))
            self.key = ready["key"]
        except (ValueError, KeyError, IndexError, TypeError) as error:
            raise Failed(f"{self.name}: no ready line with listen and key ({error!r}): {line[:300]!r}; "
                         f"{self.log_tail()}") from error

    def read_line(self) -> str:
        """The first line of its standard output."""
        descriptor = self.process.stdout.fileno()
        text, deadline = b"", time.monotonic() + START_LIMIT_S
        while b"\n" not in text and time.monotonic() < deadline:
            if not select.select([descriptor], [], [], 0.2)[0]:
                continue
            part = os.read(descriptor, 65536)
            if not part:
                break
            text += part
        return text.decode(errors="replace").split("\n")[0]

    def ledger_bytes(self) -> int:
        """Bytes of everything in the data folder."""
        return sum(path.stat().st_size for path in (self.folder / "data").rglob("*") if path.is_file())


class OstiaryAlways(Ostiary):
    """The same, with every record on the disk before its bytes go out."""

    name = "ostiary-always"
    cold_starts = 0
    sync = "always"
    cells = "json/1k/*"


class OstiaryBare(Ostiary):
    """The gate with all off that can be: no limits, no metrics, no spans. The exchange table has no switch."""

    name = "ostiary-bare"
    cold_starts = 0
    cells = "json/1k/64"
    more = "telemetry: {metrics: false}\n"


class OstiaryFull(Ostiary):
    """The gate with limits and a budget for key and team, prices, metrics, and spans as they come: of every
    exchange, up to telemetry.traces.max_per_second."""

    name = "ostiary-full"
    cold_starts = 0
    cells = "json/1k/64"
    LIMITS = "{requests_per_minute: 1000000000, tokens_per_minute: 1000000000000, spend_per_month: 999999, concurrent: 100000}"
    SIGNS = ("x-ratelimit-remaining-requests:", "x-ratelimit-remaining-tokens:", "x-ostiary-budget-remaining:")

    most_traces = 1000
    sink: subprocess.Popen | None = None

    def prepare(self, upstream: int, stream: bool) -> None:
        # Not on the proxy's core: a collector is another machine's work.
        self.sink = subprocess.Popen([sys.executable, str(HERE / "sink.py")], stdin=subprocess.DEVNULL,
                                     stdout=subprocess.PIPE)
        port = json.loads(self.sink.stdout.readline())["port"]
        self.more = f"""limits:
  per_key: {self.LIMITS}
  per_team: {self.LIMITS}
prices:
  - {{provider: bench, model: "*", input: 2.5, output: 10, cached: 1.25}}
telemetry:
  metrics: true
  traces: {{endpoint: "http://127.0.0.1:{port}", sample: 1, max_per_second: {self.most_traces}, propagate: false}}
"""
        super().prepare(upstream, stream)

    def await_answer(self) -> None:
        super().await_answer()
        status, text = self.ask()
        missing = [sign for sign in self.SIGNS if sign not in text.lower()]
        if status != 200 or missing:
            raise Failed(f"{self.name}: status {status}; no {', '.join(missing)}: its limits are not in force")

    def helper_pids(self) -> list[int]:
        return [self.sink.pid] if self.sink else []

    def stop(self) -> None:
        served = self.process is not None and self.process.poll() is None
        super().stop()  # which hands over the last spans
        if not self.sink:
            return
        self.sink.terminate()
        told, _ = self.sink.communicate(timeout=10)
        self.sink = None
        if served and not json.loads(told)["requests"]:
            raise Failed(f"{self.name}: its collector got no spans; {self.log_tail()}")


class OstiaryTraced(OstiaryFull):
    """The same, with spans of every exchange whatever the rush."""

    name = "ostiary-traced"
    most_traces = 0


class OstiaryBlind(Ostiary):
    """The gate without a policy document, and looking into nothing."""

    name = "ostiary-blind"
    cold_starts = 0
    cells = "json/*/64"
    more = "policy: none\ninspect: false\n"


class OstiaryInspecting(Ostiary):
    """The same gate looking into requests and answers with every detector. Whatever it finds is refused, so that a
    finding in a prompt of the load fails the run."""

    name = "ostiary-inspecting"
    cold_starts = 0
    cells = "json/*/64"
    CLASSES = ("secret", "personal", "confidential", "classified", "export-controlled", "internal", "third-party-code", "code",
               "own-code", "opaque")
    more = f"policy: none\ndata_classes: {{{', '.join(f'{one}: deny' for one in CLASSES)}}}\n"

    def await_answer(self) -> None:
        super().await_answer()
        status, text = self.ask("deploy with ghp_" + "0b9R2kTz7QmWxY4uVc3sLd8nAe6HfJp1GiXw")
        if status != 403 or "secret" not in text:
            raise Failed(f"{self.name}: a prompt with a token got status {status}, not 403: it does not inspect")


class OstiaryUnruled(Ostiary):
    """The gate as it comes, but without a policy document."""

    name = "ostiary-unruled"
    cold_starts = 0
    cells = "json/1k/64"
    more = "policy: none\n"


class OstiaryRuled(Ostiary):
    """The gate as it comes: it decides by the policy that is built in."""

    name = "ostiary-ruled"
    cold_starts = 0
    cells = "json/1k/64"
    more = "policy: built-in\n"

    def await_answer(self) -> None:
        super().await_answer()
        _, text = self.ask("deploy with ghp_" + "0b9R2kTz7QmWxY4uVc3sLd8nAe6HfJp1GiXw")
        if "x-ostiary-decision: redact" not in text.lower():
            raise Failed(f"{self.name}: a prompt with a token was not masked: the built-in policy is not in force")


class Portkey(Contender):
    """Portkey's gateway on Node."""

    name = "portkey"
    exact = False
    cold_starts = 3

    def __init__(self, work: Path, core: int, folder: Path, install: bool):
        super().__init__(work, core)
        self.peers, self.install = folder, install

    def version(self) -> str:
        return f"@portkey-ai/gateway {peers.PORTKEY}, node {machine.first_line(['node', '--version'])}"

    def check(self) -> None:
        self.script = peers.portkey(self.peers, self.install)

    def launch(self, upstream: int, stream: bool) -> None:
        self.port = machine.free_port()
        self.headers = ["x-portkey-provider: openai", f"x-portkey-custom-host: http://127.0.0.1:{upstream}/v1"]
        preload = (HERE / "loopback.mjs").as_uri()
        self.spawn(["node", "--import", preload, str(self.script), f"--port={self.port}", "--headless"],
                   {"NODE_ENV": "production"})


class GoModel(Contender):
    """GoModel, with what its own benchmarks turn off turned off."""

    name = "gomodel"
    exact = False
    cold_starts = 3

    def __init__(self, work: Path, core: int, folder: Path, install: bool):
        super().__init__(work, core)
        self.peers, self.install = folder, install

    def version(self) -> str:
        return machine.first_line(["go", "version", "-m", str(self.binary)])

    def check(self) -> None:
        self.binary = peers.gomodel(self.peers, self.install)

    def launch(self, upstream: int, stream: bool) -> None:
        self.port = machine.free_port()
        off = ["LOGGING_ENABLED", "USAGE_ENABLED", "METRICS_ENABLED", "SWAGGER_ENABLED", "PPROF_ENABLED"]
        self.spawn([str(self.binary)], {
            "PORT": str(self.port), "OPENAI_BASE_URL": f"http://127.0.0.1:{upstream}/v1", "OPENAI_API_KEY": self.key,
            "GOMODEL_MASTER_KEY": self.key, "RETRY_MAX_RETRIES": "0", "STORAGE_TYPE": "sqlite",
            "SQLITE_PATH": str(self.folder / "gomodel.db"), "GOMODEL_CACHE_DIR": str(self.folder / "cache"),
            "CIRCUIT_BREAKER_FAILURE_THRESHOLD": "1000000000"} | dict.fromkeys(off, "false"))
