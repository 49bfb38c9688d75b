"""Compares the gate with its peers; `bench/gate/run --help` and bench/README.md tell how."""

import argparse
import dataclasses
import fnmatch
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import contenders
import limits
import machine
import measure
import peers
import report

ROOT = Path(__file__).resolve().parents[2]
QUICK_CELLS = "json/1k/1,json/1k/64,json/1k/256,json/32k/64,stream/1k/64"
SOURCES = ["answers.cc", "arguments.cc", "http_reader.cc", "process_sample.cc"]


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bench/gate/run", description="Compares Ostiary with nginx and other gateways, in one run, in turns.",
        epilog="example: bench/gate/run --quick --contenders direct,nginx,ostiary")
    parser.add_argument("--quick", action="store_true", help="fewer cells and rounds, shorter windows (under 90 s)")
    parser.add_argument("--cells", metavar="GLOB,…", help="kind/size/connections, such as json/1k/64 or stream/*/*")
    parser.add_argument("--contenders", metavar="NAME,…", help="default: all that can be had")
    parser.add_argument("--rounds", type=int, help="windows of each contender in each cell (5; quick: 3)")
    parser.add_argument("--window", type=float, metavar="S", help="seconds of one window (1.0; quick: 0.4)")
    parser.add_argument("--budget", type=float, default=690, metavar="S", help="start nothing new after this (690)")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="rewrite the marked section of this file")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every window here")
    parser.add_argument("--ostiary", type=Path, default=ROOT / "build/release/ostiary", metavar="FILE")
    parser.add_argument("--work", type=Path, default=ROOT / "build/bench", metavar="DIR",
                        help="peers, configurations, ledgers (build/bench)")
    parser.add_argument("--no-install", action="store_true", help="leave out peers that aren't installed yet")
    parser.add_argument("--list", action="store_true", help="name cells and contenders, and end")
    out = parser.parse_args(arguments)
    out.rounds = out.rounds or (3 if out.quick else 5)
    out.window = out.window or (0.4 if out.quick else 1.0)
    if out.rounds < 1 or out.window <= 0:
        parser.error("--rounds and --window must be positive")
    return out


def choose_cells(options: argparse.Namespace) -> list[measure.Cell]:
    wanted = (options.cells or (QUICK_CELLS if options.quick else "*")).split(",")
    cells = [cell for cell in measure.ALL_CELLS if any(fnmatch.fnmatch(cell.name, glob) for glob in wanted)]
    if not cells:
        raise SystemExit(usage(f"--cells {options.cells}: no such cell; --list names them"))
    return cells


def usage(word: str) -> int:
    print(f"bench/gate/run: {word}", file=sys.stderr)
    return 2


def build_tool(name: str, work: Path) -> Path:
    """The program from the release build, or one compiled here where that is missing or older."""
    folder = Path(__file__).resolve().parent
    sources = [folder / f"{name}.cc", *(folder / source for source in SOURCES)]
    newest = max(path.stat().st_mtime for path in [*sources, *folder.glob("*.h")])
    for candidate in (ROOT / f"build/release/bench/gate_{name}", work / f"gate_{name}"):
        if candidate.exists() and candidate.stat().st_mtime >= newest:
            return candidate
    compiler = next((found for found in map(shutil.which, ("clang++-19", "clang++", "c++")) if found), None)
    if not compiler:
        raise peers.Unavailable("no C++ compiler to build the load generator with")
    out = work / f"gate_{name}"
    subprocess.run([compiler, "-std=c++23", "-O2", "-o", str(out), *map(str, sources)], check=True)
    return out


def choose_contenders(options: argparse.Namespace, core: int, results: measure.Results) -> list:
    work, install = options.work, not options.no_install
    everyone = [contenders.Direct(work, core), contenders.Nginx(work, core),
                contenders.Ostiary(work, core, options.ostiary.resolve()),
                contenders.OstiaryAlways(work, core, options.ostiary.resolve()),
                contenders.OstiaryBare(work, core, options.ostiary.resolve()),
                contenders.OstiaryFull(work, core, options.ostiary.resolve()),
                contenders.OstiaryTraced(work, core, options.ostiary.resolve()),
                contenders.OstiaryBlind(work, core, options.ostiary.resolve()),
                contenders.OstiaryInspecting(work, core, options.ostiary.resolve()),
                contenders.OstiaryUnruled(work, core, options.ostiary.resolve()),
                contenders.OstiaryRuled(work, core, options.ostiary.resolve()),
                contenders.Portkey(work, core, work / "peers", install),
                contenders.GoModel(work, core, work / "peers", install)]
    names = [one.name for one in everyone]
    wanted = options.contenders.split(",") if options.contenders else names
    unknown = [name for name in wanted if name not in names]
    if unknown:
        raise SystemExit(usage(f"--contenders {unknown[0]}: not one of {', '.join(names)}"))
    out = []
    for one in everyone:
        if one.name not in wanted:
            continue
        try:
            one.check()
        except peers.Unavailable as error:
            results.skipped[one.name] = str(error)
            print(f"gate: {one.name} is left out: {error}", file=sys.stderr)
            continue
        results.versions[one.name] = one.version()
        out.append(one)
    return out


def cores() -> tuple[int, int]:
    """The core of the load and that of the proxy."""
    allowed = sorted(os.sched_getaffinity(0))
    if len(allowed) < 2:
        raise SystemExit(usage("needs two cores, one for the proxy and one for the load"))
    return allowed[0], allowed[-1]


def time_starts(rivals: list, rig: measure.Rig, results: measure.Results, quick: bool) -> None:
    """Cold starts in turns, so that all meet the same machine."""
    most = max((one.cold_starts for one in rivals), default=0)
    for turn in range(min(most, 3) if quick else most):
        for one in rivals:
            if turn < one.cold_starts:
                results.ready_ms.setdefault(one.name, []).append(measure.cold_start(one, rig.upstream_port))


def run_group(rivals: list, cells: list, rig: measure.Rig, results: measure.Results, rounds: int,
              deadline: float) -> None:
    """All cells of one kind and prompt size: the contenders are started once and measured in turns."""
    started = []
    try:
        for one in rivals:
            if any(fnmatch.fnmatch(cell.name, one.cells) for cell in cells):
                started.append(one)
                one.start(rig.upstream_port, cells[0].kind == "stream")
        for cell in cells:
            present = [one for one in started if fnmatch.fnmatch(cell.name, one.cells)]
            if not present:
                print(f"gate: {cell.name}: none of the contenders is measured in it", file=sys.stderr)
                continue
            for turn in range(rounds):
                if time.monotonic() > deadline:
                    results.partial = f"the time was over in {cell.name}"
                    return
                first = turn % len(present)
                for one in present[first:] + present[:first]:
                    results.add(one.name, cell, measure.window(rig, one, cell))
            show_progress(cell, present, results)
    finally:
        for one in started:
            one.stop()
    for one in started:
        measure.exchange_cost(one, results, cells)


def show_progress(cell, present: list, results: measure.Results) -> None:
    key, unit = ("event_rate", "events/s") if cell.kind == "stream" else ("rate", "requests/s")
    rates = [f"{one.name} {results.median(one.name, cell.name, key):,.0f}" for one in present]
    print(f"gate: {cell.name}: {', '.join(rates)} {unit}", file=sys.stderr, flush=True)


def measure_all(options: argparse.Namespace, cells: list, results: measure.Results) -> list[str]:
    load_core, proxy_core = cores()
    os.sched_setaffinity(0, {load_core})
    tools = {name: build_tool(name, options.work) for name in ("upstream", "load")}
    rivals = choose_contenders(options, proxy_core, results)
    deadline = time.monotonic() + options.budget
    upstream, port = measure.start_upstream(tools["upstream"])
    warmup = 0.15 if options.quick else 0.25
    rig = measure.Rig(tools["load"], options.work, load_core, proxy_core, upstream, port, options.window, warmup,
                      repeats_left=len(cells) * options.rounds // 4)
    try:
        results.sync_floor_ms = machine.sync_floor_ms(options.work)
        time_starts(rivals, rig, results, options.quick)
        for group in dict.fromkeys(cell.group for cell in cells):
            if not results.partial:
                run_group(rivals, [cell for cell in cells if cell.group == group], rig, results, options.rounds,
                          deadline)
    finally:
        for one in rivals:
            one.stop()
        upstream.terminate()
        upstream.wait(10)
    return rig.errors


def write_json(path: Path, results: measure.Results, lines: list[limits.Line], machine_text: str) -> None:
    windows = [{"contender": name, "cell": cell, "windows": each} for (name, cell), each in results.windows.items()]
    path.write_text(json.dumps({
        "ostiary": 1, "kind": "bench-gate", "machine": machine_text, "versions": results.versions,
        "skipped": results.skipped, "ready_ms": results.ready_ms, "sync_floor_ms": results.sync_floor_ms,
        "limits": [dataclasses.asdict(line) for line in lines], "cells": windows,
        "partial": [results.partial] if results.partial else []}, indent=1))


def main() -> int:
    options = parse(sys.argv[1:])
    if options.list:
        print("\n".join(cell.name for cell in measure.ALL_CELLS))
        print("direct nginx ostiary ostiary-always ostiary-bare ostiary-full ostiary-traced ostiary-blind "
              "ostiary-inspecting ostiary-unruled ostiary-ruled portkey gomodel")
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))
    cells = choose_cells(options)
    options.work = options.work.resolve()
    options.work.mkdir(parents=True, exist_ok=True)
    results = measure.Results()
    begun = time.monotonic()
    try:
        errors = measure_all(options, cells, results)
    except (contenders.Failed, peers.Unavailable, subprocess.SubprocessError, OSError) as error:
        print(f"gate: {error}", file=sys.stderr)
        return 3
    lines = limits.lines(results)
    command = " ".join(["bench/gate/run", *sys.argv[1:]])
    facts = report.facts(results, command, time.monotonic() - begun, options.rounds, options.window)
    text = report.markdown(results, lines, facts)
    print(text)
    if options.markdown:
        report.rewrite(options.markdown, text)
    if options.json:
        write_json(options.json, results, lines, machine.describe())
    if errors:
        print(f"gate: {len(errors)} windows with errors; the first: {errors[0]}", file=sys.stderr)
        return 3
    return 1 if any(line.verdict == "FAIL" for line in lines) else 0


if __name__ == "__main__":
    raise SystemExit(main())
