#!/usr/bin/env python3
"""Compares `ostiary scan` with ripgrep over the same source, in turns in one run. bench/README.md tells how.

usage: bench/scan/run.py [--rounds N] [--revision] [--ostiary FILE] FOLDER...
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NAMES = "openai|anthropic|langchain|transformers|ollama|mistralai|llama_cpp"
SHARE = 0.5           # of ripgrep's bytes/s, over files
SHARE_REVISION = 1 / 3  # of the files' bytes/s, over a revision
MOST_ANONYMOUS_MIB = 200
LEAST_BYTES = 1_000_000_000
LONGEST_S = 600


@dataclass
class Runs:
    seconds: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    anonymous: int = 0  # KiB, the most that was seen

    def median(self) -> float:
        return statistics.median(self.seconds)


def bytes_below(folders: list[str]) -> tuple[int, int]:
    files = total = 0
    for folder in folders:
        for at, _, names in os.walk(folder):
            for name in names:
                path = os.path.join(at, name)
                if not os.path.islink(path):
                    files += 1
                    total += os.path.getsize(path)
    return files, total


def anonymous_of(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("RssAnon:"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0


def run(command: list[str], runs: Runs, right: tuple[int, ...] = (0,)) -> None:
    """One turn of a contender; its figures go to `runs`."""
    before = os.times()
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None:
        runs.anonymous = max(runs.anonymous, anonymous_of(process.pid))
        if time.monotonic() - began > LONGEST_S:
            process.kill()
            sys.exit(f"{command[0]} took over {LONGEST_S} s")
        time.sleep(0.02)
    runs.seconds.append(time.monotonic() - began)
    after = os.times()
    runs.cpu.append(after.children_user + after.children_system - before.children_user - before.children_system)
    if process.returncode not in right:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}")


def committed(folder: str, at: str) -> str:
    """A repository of one commit with the files of `folder`."""
    repository = os.path.join(at, "repository")
    git = ["git", "-c", "user.name=bench", "-c", "user.email=bench@example.org", "-c", "gc.auto=0"]
    subprocess.run([*git, "init", "-q", repository], check=True)
    work = ["--git-dir", f"{repository}/.git", "--work-tree", folder]
    subprocess.run([*git, *work, "add", "-Af", "."], check=True)
    subprocess.run([*git, *work, "commit", "-qm", "all"], check=True)
    subprocess.run([*git, "-C", repository, "repack", "-adq"], check=True)
    return repository


def row(name: str, runs: Runs, total: int) -> str:
    rate = total / runs.median() / 1e6
    cpu = statistics.median(runs.cpu)
    memory = f"{runs.anonymous / 1024:.0f}" if runs.anonymous else ""
    return f"| {name} | {rate:,.0f} | {runs.median():.2f} | {cpu:.2f} | {memory} |"


def ratios(first: Runs, second: Runs) -> str:
    each = [b / a for a, b in zip(first.seconds, second.seconds)]
    return f"{second.median() / first.median():.2f} ({min(each):.2f} to {max(each):.2f})"


def verdict(what: str, value: float, must: float, text: str) -> bool:
    met = value >= must
    print(f"{what}: {text}, must be at least {must:.2f}: {'met' if met else 'missed'}")
    return met


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("folders", nargs="+", metavar="FOLDER")
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--revision", action="store_true", help="a git revision of the first folder too")
    options.add_argument("--ostiary", default=str(ROOT / "build/release/ostiary"))
    given = options.parse_args()
    if not shutil.which("rg"):
        sys.exit("ripgrep is missing: apt-get install ripgrep")
    files, total = bytes_below(given.folders)
    if total < LEAST_BYTES:
        print(f"note: {total:,} bytes are less than the {LEAST_BYTES:,} that the limit is stated for")
    contenders = {
        "rg": (["rg", "-j2", "-c", "--no-ignore", "--hidden", NAMES, *given.folders], (0, 1)),
        "ostiary": ([given.ostiary, "scan", "--no-ignore", "--threads", "2", "--quiet", *given.folders], (0,)),
    }
    with tempfile.TemporaryDirectory() as scratch:
        if given.revision:
            repository = committed(given.folders[0], scratch)
            contenders["ostiary, files of the first"] = (
                [given.ostiary, "scan", "--no-ignore", "--threads", "2", "--quiet", given.folders[0]], (0,))
            contenders["ostiary, a revision of it"] = (
                [given.ostiary, "scan", "--revision", "HEAD", "--threads", "2", "--quiet", repository], (0,))
        runs = {name: Runs() for name in contenders}
        for command, right in contenders.values():  # the cache is warm afterwards
            run(command, Runs(), right)
        for turn in range(given.rounds):
            order = list(contenders)
            for name in order[turn % len(order):] + order[:turn % len(order)]:
                run(contenders[name][0], runs[name], contenders[name][1])
    _, first = bytes_below(given.folders[:1])
    print(f"{files:,} files, {total:,} bytes, {given.rounds} rounds, medians\n")
    print("| | MB/s | s | CPU s | anonymous MiB at most |\n| --- | --- | --- | --- | --- |")
    for name, those in runs.items():
        print(row(name, those, total if name in ("rg", "ostiary") else first))
    print()
    met = verdict("ostiary to rg", runs["rg"].median() / runs["ostiary"].median(), SHARE,
                  ratios(runs["ostiary"], runs["rg"]))
    if given.revision:
        whole, revision = runs["ostiary, files of the first"], runs["ostiary, a revision of it"]
        met &= verdict("a revision to files", whole.median() / revision.median(), SHARE_REVISION,
                       ratios(revision, whole))
    memory = max(those.anonymous for those in runs.values()) / 1024
    print(f"anonymous memory: {memory:.0f} MiB, must be at most {MOST_ANONYMOUS_MIB}: "
          f"{'met' if memory <= MOST_ANONYMOUS_MIB else 'missed'}")
    return 0 if met and memory <= MOST_ANONYMOUS_MIB else 1


if __name__ == "__main__":
    sys.exit(main())
