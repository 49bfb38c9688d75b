#!/usr/bin/env python3
"""Many exchanges through a gate with everything on: do its memory, its p99 and the exchange table keep still?

Runs in windows until so many exchanges have passed, and looks at each: requests/s, p99, the process's own memory
and how far the exchange table is behind the ledger. The gate has one core to itself, projector and exporter included.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import contenders
import measure

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
WINDOW_MS = 6000
MOST_S = 900            # for all windows together
MOST_LAG_S = 2.0
MOST_GROWTH = 1.15      # of memory, from a quarter of the way to the end
MOST_SLOWER = 1.5       # p99 of the last third against that of the first


def own_memory(pid: int) -> float:
    """MiB that belong to the process alone (RssAnon)."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(re.search(r"RssAnon:\s+(\d+)", status)[1]) / 1024


def lag(port: int) -> float:
    """Seconds that the exchange table is behind."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    return float(re.search(r"^ostiary_projection_lag_seconds ([\d.e+-]+)$", text, re.MULTILINE)[1])


def window(options, gate, upstream: subprocess.Popen, core: int, load_core: int) -> dict:
    """One window, with a look at the gate in its middle."""
    command = [str(options.tools / "gate_load"), "--port", str(gate.port), "--key", gate.key,
               "--body", str(measure.body_file(options.work, "json", "1k")),
               "--connections", str(options.connections), "--window-ms", str(WINDOW_MS), "--warmup-ms", "0",
               "--upstream-pid", str(upstream.pid), "--proxy-core", str(core), "--load-core", str(load_core),
               "--exact", "--proxy-pid", str(gate.pids()[-1])]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as load:
        time.sleep(WINDOW_MS / 1000 * 0.7)
        behind = lag(gate.port)
        told, _ = load.communicate(timeout=WINDOW_MS / 1000 + 30)
    result = json.loads(told)
    return {"requests": result["requests"], "rate": result["requests"] / result["seconds"], "lag": behind,
            "p99_ms": result["exchange_us"]["p99"] / 1000, "memory": own_memory(gate.pids()[-1]),
            "errors": result["errors"]}


def judge(seen: list[dict], lag_after: float) -> list[str]:
    """What was not kept to."""
    wrong = []
    third = max(1, len(seen) // 3)
    first, last = (statistics.median(w["p99_ms"] for w in part) for part in (seen[:third], seen[-third:]))
    if last > first * MOST_SLOWER:
        wrong.append(f"p99 grew from {first:.1f} to {last:.1f} ms")
    early = seen[len(seen) // 4]["memory"]
    if seen[-1]["memory"] > early * MOST_GROWTH:
        wrong.append(f"memory grew from {early:.1f} to {seen[-1]['memory']:.1f} MiB")
    worst = max(w["lag"] for w in seen)
    if max(worst, lag_after) > MOST_LAG_S:
        wrong.append(f"the exchange table was {max(worst, lag_after):.1f} s behind")
    if errors := sum(w["errors"] for w in seen):
        wrong.append(f"{errors} errors")
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0],
                                     epilog="example: bench/gate/endurance.py --exchanges 200000")
    parser.add_argument("--exchanges", type=int, default=1_000_000)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--ostiary", type=Path, default=ROOT / "build/release/ostiary")
    parser.add_argument("--tools", type=Path, default=ROOT / "build/release/bench")
    parser.add_argument("--work", type=Path, default=ROOT / "build/bench/endurance")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    cores = sorted(os.sched_getaffinity(0))
    core, load_core = cores[-1], cores[0]
    os.sched_setaffinity(0, {load_core})
    upstream, port = measure.start_upstream(options.tools / "gate_upstream")
    gate = contenders.OstiaryFull(options.work, core, options.ostiary.resolve())
    seen: list[dict] = []
    done, begun = 0, time.monotonic()
    try:
        gate.start(port, False)
        print("| exchanges | requests/s | p99 ms | RssAnon MiB | table behind s |\n| --- | --- | --- | --- | --- |")
        while done < options.exchanges and time.monotonic() - begun < MOST_S:
            w = window(options, gate, upstream, core, load_core)
            seen.append(w)
            done += w["requests"]
            print(f"| {done:,} | {w['rate']:,.0f} | {w['p99_ms']:.1f} | {w['memory']:.1f} | {w['lag']:.2f} |", flush=True)
        time.sleep(2)
        wrong = judge(seen, lag(gate.port))
    finally:
        gate.stop()
        upstream.terminate()
        upstream.wait()
    print(f"\n{done:,} exchanges: " + ("; ".join(wrong) if wrong else "memory and p99 flat, the table in time"))
    return 1 if wrong or done < options.exchanges else 0


if __name__ == "__main__":
    sys.exit(main())
