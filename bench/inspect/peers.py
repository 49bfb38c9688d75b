#!/usr/bin/env python3
"""Compares `ostiary inspect` with gitleaks, detect-secrets and Presidio, on the same files in the same run, and judges
all of them by the labelled texts of tests/corpus/inspect. bench/README.md tells how."""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import contenders

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SLOW_S = 10     # of processor time
CORPUS = ROOT / "tests/corpus/inspect"


@dataclass
class Score:
    """As src/inspect/corpus_test.cc counts."""

    labels: int = 0
    found: int = 0
    findings: int = 0
    right: int = 0

    def recall(self) -> float:
        return self.found / self.labels if self.labels else 1.0

    def precision(self) -> float:
        return self.right / self.findings if self.findings else 1.0


def overlaps(finding: contenders.Finding, label: dict) -> bool:
    return finding.start < label["end"] and label["start"] < finding.end


def judge(labels: dict[str, list[dict]], findings: list[contenders.Finding], klass: str) -> Score:
    """A label is found where a finding of its class overlaps it; a finding is right where it overlaps a label of its class.
    What may be found or not counts for neither."""
    score = Score()
    by_file: dict[str, list[contenders.Finding]] = {}
    for finding in findings:
        if finding.klass == klass:
            by_file.setdefault(finding.file, []).append(finding)
    for file, those in labels.items():
        here = by_file.get(file, [])
        must = [label for label in those if label["class"] == klass and not label["optional"]]
        score.labels += len(must)
        score.found += sum(any(overlaps(finding, label) for finding in here) for label in must)
        for finding in here:
            right = any(overlaps(finding, label) for label in must)
            if not right and any(label["optional"] and overlaps(finding, label) for label in those):
                continue
            score.findings += 1
            score.right += right
    return score


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench/inspect/peers.py", description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="what each goes over for the figures of speed")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each over the files, in turns (3)")
    parser.add_argument("--ostiary", type=Path, default=ROOT / "build/release/ostiary", metavar="FILE")
    parser.add_argument("--work", type=Path, default=ROOT / "build/bench/inspect", metavar="DIR",
                        help="where peers are installed and texts are laid (build/bench/inspect)")
    parser.add_argument("--no-install", action="store_true", help="leave out peers that aren't installed yet")
    out = parser.parse_args(arguments)
    if out.rounds < 1:
        parser.error("--rounds must be positive")
    for path in out.files:
        if not path.is_file():
            parser.error(f"{path}: no such file")
    return out


def fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def lay(files: list[Path], folder: Path) -> int:
    """Copies of the files in a folder of their own; how many bytes they have."""
    for number, path in enumerate(files):
        shutil.copyfile(path, folder / f"{number:03}-{path.name}")
    return sum(path.stat().st_size for path in files)


def choose(options: argparse.Namespace, skipped: dict[str, str]) -> list[contenders.Contender]:
    out = []
    for one in contenders.everyone(options.work, not options.no_install, options.ostiary.resolve()):
        try:
            one.check()
            out.append(one)
        except (contenders.Unavailable, OSError, subprocess.SubprocessError) as error:
            skipped[one.name] = str(error)
    return out


def run_rounds(rivals: list, folder: Path, rounds: int, skipped: dict[str, str]) -> dict[str, list[contenders.Run]]:
    """Each over the folder, in turns; who fails is left out from then on, who is slow runs once."""
    runs: dict[str, list[contenders.Run]] = {}
    for turn in range(rounds):
        for one in rivals[turn % len(rivals):] + rivals[:turn % len(rivals)]:
            if one.name in skipped or any(run.cpu_s > SLOW_S for run in runs.get(one.name, [])):
                continue
            try:
                runs.setdefault(one.name, []).append(one.run(folder))
            except (contenders.Unavailable, OSError, ValueError, KeyError) as error:
                skipped[one.name] = str(error)
                runs.pop(one.name, None)
    return runs


def speed_table(rivals: list, runs: dict, starts: dict, size: int) -> list[str]:
    out = ["| | secrets | personal data | processor s | of it to start | MB/s | time of ostiary's |",
           "| --- | --- | --- | --- | --- | --- | --- |"]
    ours = None
    for one in rivals:
        if one.name not in runs or one.name not in starts:
            continue
        whole = statistics.median(run.cpu_s for run in runs[one.name])
        start = statistics.median(run.cpu_s for run in starts[one.name])
        net = max(whole - start, 1e-3)
        ours = ours or (net if one.name == "ostiary" else None)
        last = runs[one.name][-1].findings
        counts = [str(sum(f.klass == klass for f in last)) if klass in one.looks_for else "" for klass in ("secret", "personal")]
        ratio = f"{net / ours:.1f} ×" if ours and one.name != "ostiary" else ""
        out.append(f"| {one.name} | {counts[0]} | {counts[1]} | {whole:.2f} | {start:.2f} | {size / net / 1e6:.2f} | {ratio} |")
    return out


def score_table(rivals: list, runs: dict, labels: dict) -> list[str]:
    out = ["| class | | recall | | precision | |", "| --- | --- | --- | --- | --- | --- |"]
    for klass, word in (("secret", "secrets"), ("personal", "personal data")):
        for one in rivals:
            if klass not in one.looks_for or one.name not in runs:
                continue
            score = judge(labels, runs[one.name][-1].findings, klass)
            out.append(f"| {word} | {one.name} | {score.recall():.3f} | {score.found} of {score.labels} | "
                       f"{score.precision():.3f} | {score.right} of {score.findings} |")
    return out


def write_corpus(options: argparse.Namespace, folder: Path) -> dict[str, list[dict]]:
    python = contenders.environment(options.work, not options.no_install)
    done = subprocess.run([str(python), str(HERE / "in_venv.py"), "corpus", str(CORPUS), str(folder)],
                          stdout=subprocess.PIPE, check=True)
    return {row["file"]: row["labels"] for row in map(json.loads, done.stdout.splitlines())}


def tell(options: argparse.Namespace, rivals: list, skipped: dict[str, str]) -> list[str]:
    out = []
    if options.files:
        empty = fresh(options.work / "empty")
        (empty / "a.txt").write_text("a\n")
        starts = run_rounds(rivals, empty, options.rounds, skipped)
        folder = fresh(options.work / "files")
        size = lay(options.files, folder)
        runs = run_rounds(rivals, folder, options.rounds, skipped)
        out += [f"{len(options.files)} files, {size / 1e6:.1f} MB, {options.rounds} rounds in turns:", "",
                *speed_table(rivals, runs, starts, size), ""]
    folder = fresh(options.work / "corpus")
    try:
        labels = write_corpus(options, folder)
    except contenders.Unavailable as error:
        return [*out, f"not judged by the labelled texts: {error}"]
    runs = run_rounds(rivals, folder, 1, skipped)
    bare = sum(not those for those in labels.values())
    return [*out, f"{len(labels)} labelled texts, {bare} of them without a label:", "", *score_table(rivals, runs, labels)]


def main() -> int:
    options = parse(sys.argv[1:])
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})     # all on one core
    options.work = options.work.resolve()
    options.work.mkdir(parents=True, exist_ok=True)
    skipped: dict[str, str] = {}
    begun = time.monotonic()
    rivals = choose(options, skipped)
    if not rivals:
        print("; ".join(f"{name}: {why}" for name, why in skipped.items()), file=sys.stderr)
        return 3
    tables = tell(options, rivals, skipped)
    for one in rivals:
        print(f"- {one.name} {one.version}: {one.note}")
    for name, why in skipped.items():
        print(f"- {name}: left out: {why}")
    print("", *tables, "", f"{time.monotonic() - begun:.0f} s in all", sep="\n")
    return 3 if "ostiary" in skipped else 0


if __name__ == "__main__":
    sys.exit(main())
