"""Windows: one contender in one cell for about a second, counted by gate_load."""

import json
import statistics
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import prompts

SIZES = {"1k": 1024, "32k": 32768}
CONNECTIONS = [1, 16, 64, 256]
KINDS = ["json", "stream"]
FOREIGN_LIMIT = 0.10     # share of a core that others may take before a window is repeated


@dataclass(frozen=True)
class Cell:
    kind: str
    size: str
    connections: int

    @property
    def name(self) -> str:
        return f"{self.kind}/{self.size}/{self.connections}"

    @property
    def group(self) -> tuple[str, str]:
        return self.kind, self.size


ALL_CELLS = [Cell(kind, size, connections) for kind in KINDS for size in SIZES for connections in CONNECTIONS]


@dataclass
class Rig:
    """What every window needs."""

    load: Path
    work: Path
    load_core: int
    proxy_core: int
    upstream: subprocess.Popen
    upstream_port: int
    window_s: float
    warmup_s: float
    repeats_left: int = 0
    errors: list[str] = field(default_factory=list)


def start_upstream(binary: Path) -> tuple[subprocess.Popen, int]:
    process = subprocess.Popen([str(binary)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    return process, json.loads(process.stdout.readline())["port"]


def body_file(work: Path, kind: str, size: str) -> Path:
    path = work / f"body-{kind}-{size}.json"
    body = prompts.body(SIZES[size], kind == "stream")
    if not path.exists() or path.read_bytes() != body:
        path.write_bytes(body)
    return path


def command_of(rig: Rig, contender, cell: Cell) -> list[str]:
    out = [str(rig.load), "--port", str(contender.port), "--key", contender.key,
           "--body", str(body_file(rig.work, cell.kind, cell.size)), "--connections", str(cell.connections),
           "--window-ms", str(round(rig.window_s * 1000)), "--warmup-ms", str(round(rig.warmup_s * 1000)),
           "--upstream-pid", str(rig.upstream.pid),
           "--proxy-core", str(rig.proxy_core), "--load-core", str(rig.load_core)]
    for header in contender.headers:
        out += ["--header", header]
    for pid in contender.pids():
        out += ["--proxy-pid", str(pid)]
    for pid in contender.helper_pids():
        out += ["--upstream-pid", str(pid)]
    if cell.kind == "stream":
        out.append("--stream")
    if contender.exact:
        out.append("--exact")
    return out


def window(rig: Rig, contender, cell: Cell) -> dict:
    """Measures once; once more where another program took the cores meanwhile."""
    result = window_once(rig, contender, cell)
    if result["foreign"] > FOREIGN_LIMIT and rig.repeats_left > 0:
        rig.repeats_left -= 1
        again = window_once(rig, contender, cell)
        result = min(result, again, key=lambda one: one["foreign"])
    if result["errors"] or result["unfinished"]:
        word = f"{contender.name} in {cell.name}: {result['errors']} errors, {result['unfinished']} unfinished"
        word += f" of {result['completed']}: {result['first_error']}"
        rig.errors.append(word)
        print(f"gate: {word}", file=sys.stderr, flush=True)
    return result


def window_once(rig: Rig, contender, cell: Cell) -> dict:
    limit = rig.window_s + rig.warmup_s + 30
    done = subprocess.run(command_of(rig, contender, cell), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          timeout=limit, check=True)
    raw = json.loads(done.stdout)
    seconds = raw["seconds"] or 1e-9
    latency = raw["event_us"] if cell.kind == "stream" else raw["exchange_us"]
    raw["rate"] = raw["requests"] / seconds
    raw["event_rate"] = raw["events"] / seconds
    raw["p50"], raw["p99"] = latency["p50"], latency["p99"]
    # A stream counts by its events, so that one cut by the window's ends counts for its part.
    exchanges = raw["events"] / 50 if cell.kind == "stream" else raw["requests"]
    raw["cpu_us"] = raw["proxy_cpu_ns"] / 1000 / exchanges if exchanges else 0.0
    raw["proxy_share"] = raw["proxy_cpu_ns"] / 1e9 / seconds
    load_share = (raw["load_cpu_ns"] + raw["upstream_cpu_ns"]) / 1e9 / seconds
    raw["load_share"] = load_share
    raw["foreign"] = max(0.0, raw["load_core"]["busy"] - load_share, raw["load_core"]["stolen"])
    if contender.pids():
        raw["foreign"] = max(raw["foreign"], raw["proxy_core"]["busy"] - raw["proxy_share"],
                             raw["proxy_core"]["stolen"])
    return raw


class Results:
    """Every window of a run, by contender and cell."""

    def __init__(self):
        self.windows: dict[tuple[str, str], list[dict]] = {}
        self.ready_ms: dict[str, list[float]] = {}
        self.skipped: dict[str, str] = {}
        self.versions: dict[str, str] = {}
        self.bytes_per_exchange: dict[str, float] = {}
        self.sync_floor_ms = 0.0
        self.partial = ""

    def add(self, contender: str, cell: Cell, result: dict) -> None:
        self.windows.setdefault((contender, cell.name), []).append(result)

    def each(self, contender: str, cell: str, key: str) -> list[float]:
        return [one[key] for one in self.windows.get((contender, cell), [])]

    def median(self, contender: str, cell: str, key: str) -> float | None:
        values = self.each(contender, cell, key)
        return statistics.median(values) if values else None

    def contenders(self) -> list[str]:
        return list(dict.fromkeys(name for name, _ in self.windows))


def cold_start(contender, upstream_port: int) -> float:
    contender.start(upstream_port, stream=False)
    contender.stop()
    return contender.ready_ms


def exchange_cost(contender, results: Results, cells: list[Cell]) -> None:
    """Notes how many bytes the gate wrote for one exchange."""
    if not hasattr(contender, "ledger_bytes"):
        return
    completed = sum(sum(results.each(contender.name, cell.name, "completed")) for cell in cells)
    if completed:
        results.bytes_per_exchange[contender.name] = contender.ledger_bytes() / completed

