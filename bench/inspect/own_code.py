#!/usr/bin/env python3
"""How much pasted source `ostiary inspect --own-code` recognises, and how much it takes for ours that is not: learns three
published packages, then looks at functions of them as they are pasted, and at the files and functions of two other
packages. bench/README.md tells how."""

import argparse
import json
import random
import shutil
import subprocess
import sys
import tarfile
import time
import zipfile
from collections import Counter
from pathlib import Path

import pasted

ROOT = Path(__file__).resolve().parents[2]
OURS = [("PyPI", "SQLAlchemy", "2.0.36"), ("npm", "webpack", "5.96.1"), ("Go", "github.com/gin-gonic/gin", "v1.10.0")]
OTHERS = [("PyPI", "Django", "5.0.6"), ("Go", "github.com/labstack/echo/v4", "v4.12.0")]
PROMPT = ("This came up in review and I don't see why it is slow. Could you look at it and say what you would change?\n\n"
          "```\n{}```\n\nPlease keep its behaviour, and explain in a few sentences.\n")
LEVELS = ["low", "medium", "high"]


def fetched(work: Path, kind: str, name: str, version: str) -> Path:
    """The folder of a package's files, got by its ecosystem's own program. No code of it is run."""
    folder = work / "packages" / f"{name.rsplit('/v', 1)[0].rsplit('/', 1)[-1].lower()}-{version.lstrip('v')}"
    if folder.exists():
        return folder
    new = work / "new"
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    if kind == "PyPI":
        subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary", ":all:", "-d", new,
                        f"{name}=={version}"], check=True, stdout=subprocess.DEVNULL)
        with zipfile.ZipFile(next(new.glob("*.whl"))) as wheel:
            wheel.extractall(new / "files")
    elif kind == "npm":
        subprocess.run(["npm", "pack", "--silent", "--ignore-scripts", f"{name}@{version}"], check=True, cwd=new,
                       stdout=subprocess.DEVNULL)
        with tarfile.open(next(new.glob("*.tgz"))) as archive:
            archive.extractall(new / "files", filter="data")
    else:
        done = subprocess.run(["go", "mod", "download", "-json", f"{name}@{version}"], check=True, cwd=new,
                              stdout=subprocess.PIPE)
        shutil.copytree(json.loads(done.stdout)["Dir"], new / "files")
    folder.parent.mkdir(exist_ok=True)
    (new / "files").rename(folder)
    return folder


def sources(folder: Path) -> list[tuple[str, str]]:
    """Path within the folder and text of each source file."""
    out = []
    for path in sorted(folder.rglob("*")):
        if path.is_file() and pasted.language_of(path.name):
            out.append((str(path.relative_to(folder)), path.read_text(errors="replace")))
    return out


def pieces_of(folder: Path, count: int) -> list[pasted.Piece]:
    found = [piece for path, text in sources(folder) for piece in pasted.functions(path, text)]
    random.Random(2026).shuffle(found)
    return [piece for piece in found if pasted.variants(piece)][:count]


def own_findings(options: argparse.Namespace, own: Path, folder: Path) -> dict[str, list[dict]]:
    """Findings of own code by file."""
    done = subprocess.run([str(options.ostiary), "inspect", "--own-code", str(own), "--format", "json", "--least", "low",
                           "--no-ignore", str(folder)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    if done.returncode not in (0, 1):
        raise SystemExit(f"own_code: inspect ended with status {done.returncode}")
    out: dict[str, list[dict]] = {}
    for one in json.loads(done.stdout)["findings"]:
        if one["class"] == "own-code":
            out.setdefault(str(Path(one["location"]["file"]).relative_to(folder)), []).append(one)
    return out


def surest(findings: list[dict]) -> str | None:
    return max((one["confidence"] for one in findings), key=LEVELS.index, default=None)


def fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def asked(options: argparse.Namespace, own: Path, texts: list[str]) -> list[list[dict]]:
    """The findings in a prompt with each of the texts."""
    folder = fresh(options.work / "prompts")
    for number, text in enumerate(texts):
        (folder / f"{number:05}.txt").write_text(PROMPT.format(text), errors="replace")
    found = own_findings(options, own, folder)
    return [found.get(f"{number:05}.txt", []) for number in range(len(texts))]


def recall_rows(options: argparse.Namespace, own: Path, folders: list[Path]) -> list[str]:
    """For each package and change of its pieces: the share that is found at each level or a surer one, and that is said to be of the
    file that it is of."""
    out = ["| package | pieces | as | low or surer | medium or surer | high | names its file |",
           "| --- | --- | --- | --- | --- | --- | --- |"]
    for folder in folders:
        pieces = pieces_of(folder, options.pieces)
        changed = [pasted.variants(piece) for piece in pieces]
        for change in changed[0]:
            found = asked(options, own, [one[change] for one in changed])
            levels = Counter(surest(those) for those in found)
            named = sum(any(one["preview"].startswith(f"{folder.name}:{piece.path},") for one in those)
                        for piece, those in zip(pieces, found))
            at_least = [sum(levels[level] for level in LEVELS[n:]) / len(pieces) for n in range(3)]
            out.append(f"| {folder.name} | {len(pieces)} | {change} | " + " | ".join(f"{share:.3f}" for share in at_least) +
                       f" | {named / len(pieces):.3f} |")
            if options.missed:
                show_missed(folder, change, pieces, changed, found, options.missed)
    return out


def show_missed(folder: Path, change: str, pieces: list, changed: list, found: list, count: int) -> None:
    missed = [n for n, those in enumerate(found) if surest(those) in (None, "low")]
    for n in missed[:count]:
        print(f"--- missed: {folder.name} {pieces[n].path}:{pieces[n].first_line}, {change}\n{changed[n][change]}", file=sys.stderr)


def false_rows(options: argparse.Namespace, own: Path, folders: list[Path]) -> list[str]:
    out = ["| package | | number | with a finding, low | medium | high |", "| --- | --- | --- | --- | --- | --- |"]
    for folder in folders:
        files = sources(folder)
        those = {path: found for path, found in own_findings(options, own, folder).items() if pasted.language_of(path)}
        levels = Counter(surest(found) for found in those.values())
        size = sum(len(text) for _, text in files) / 1e6
        out.append(f"| {folder.name} | files ({size:.1f} MB) | {len(files)} | " + " | ".join(str(levels[one]) for one in LEVELS) + " |")
        pieces = pieces_of(folder, options.pieces)
        found = asked(options, own, [piece.text for piece in pieces])
        levels = Counter(surest(each) for each in found)
        out.append(f"| {folder.name} | functions | {len(pieces)} | " + " | ".join(str(levels[one]) for one in LEVELS) + " |")
        for path, each in sorted(those.items()):
            for one in each:
                print(f"own_code: {folder.name}/{path}:{one['location'].get('line')} {one['confidence']}: {one['preview']}",
                      file=sys.stderr)
    return out


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench/inspect/own_code.py", description=__doc__)
    parser.add_argument("--pieces", type=int, default=300, help="functions of each package (300)")
    parser.add_argument("--missed", type=int, default=0, metavar="N", help="print so many of each row's missed pieces")
    parser.add_argument("--ostiary", type=Path, default=ROOT / "build/release/ostiary", metavar="FILE")
    parser.add_argument("--work", type=Path, default=ROOT / "build/bench/own-code", metavar="DIR")
    out = parser.parse_args(arguments)
    out.ostiary, out.work = out.ostiary.resolve(), out.work.resolve()
    return out


def main() -> int:
    options = parse(sys.argv[1:])
    options.work.mkdir(parents=True, exist_ok=True)
    try:
        ours = [fetched(options.work, *package) for package in OURS]
        others = [fetched(options.work, *package) for package in OTHERS]
    except (OSError, subprocess.SubprocessError) as error:
        print(f"own_code: a package could not be had: {error}", file=sys.stderr)
        return 3
    own = options.work / "company.own"
    own.unlink(missing_ok=True)
    begun = time.monotonic()
    subprocess.run([str(options.ostiary), "inspect", "--learn", "--own-code", str(own), *map(str, ours)], check=True)
    print(f"learned in {time.monotonic() - begun:.1f} s, {own.stat().st_size / 1e6:.1f} MB\n")
    print("\n".join(recall_rows(options, own, ours)), "", sep="\n", flush=True)
    print("\n".join(false_rows(options, own, others)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
