#!/usr/bin/env python3
"""Judges `ostiary scan` by the labelled programs beside this file; README.md says what counts.

    OSTIARY_BIN=build/release/ostiary tests/corpus/scan/evaluate.py [--least 0.97] [--show] [CASE…]

Exits 0 if precision and recall reach --least, 1 if not, 2 if a label is wrong, 3 if the program cannot be run.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import yaml

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
GRADES = ["mentioned", "declared", "imported", "called", "deployed"]
KINDS = {"sdk", "framework", "model", "model-file", "dataset", "endpoint", "credential", "assistant-config",
         "agent-config", "mcp-server", "service", "ai-authored"}
FLAGS = {"undeclared", "unused"}
MARK = "⟦+⟧".encode()  # stands inside made-up keys, so that other people's scanners stay quiet
LIMIT = 60  # seconds for one tree


class LabelError(Exception):
    pass


@dataclass
class Case:
    id: str
    language: str
    what: str
    negative: bool
    expected: dict  # (kind, name) -> (grade, flag or None)
    tolerated: list  # (kind or any, name, highest grade)
    tree: Path

    def tolerates(self, key, grade):
        if grade == "mentioned" and any(key[1] == name for _, name in self.expected):
            return True  # the same name, spoken of as something else
        return any(kind in ("any", key[0]) and name == key[1] and GRADES.index(grade) <= GRADES.index(most)
                   for kind, name, most in self.tolerated)


@dataclass
class Count:
    cases: int = 0
    negatives: int = 0
    expected: int = 0
    right: int = 0
    wrong: int = 0
    missed: int = 0
    grades: int = 0
    flags: int = 0
    flags_right: int = 0
    flags_wrong: int = 0

    def add(self, other):
        for name in vars(self):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def precision(self):
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self):
        return self.right / self.expected if self.expected else 1.0

    @property
    def grade_accuracy(self):
        return self.grades / self.right if self.right else 1.0


@dataclass
class Verdict:
    case: Case
    count: Count
    notes: list = field(default_factory=list)


def read_case(folder):
    """The labels of one case. Raises LabelError, with the file, on anything that README.md does not allow."""
    path = folder / "expected.yaml"

    def refuse(why):
        raise LabelError(f"{path.relative_to(ROOT)}: {why}")

    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        refuse(error)
    if set(data) != {"language", "what", "negative", "components", "tolerated"}:
        refuse(f"its keys are {sorted(data)}")
    if not isinstance(data["negative"], bool) or len(data["what"]) < 20:
        refuse("negative is true or false, what is a sentence")
    expected = {}
    for item in data["components"]:
        if not {"kind", "name", "grade"} <= set(item) <= {"kind", "name", "grade", "flag"}:
            refuse(f"a component has {sorted(item)}")
        key = item["kind"], item["name"]
        if item["kind"] not in KINDS or item["grade"] not in GRADES or not isinstance(item["name"], str):
            refuse(f"{item}: unknown kind or grade, or a name that is not text")
        if item.get("flag", "unused") not in FLAGS or key in expected:
            refuse(f"{item}: unknown flag, or twice")
        if data["negative"] and item["grade"] != "mentioned":
            refuse(f"{item}: a hard negative mentions at most")
        expected[key] = item["grade"], item.get("flag")
    tolerated = []
    for item in data["tolerated"]:
        if not {"kind", "name"} <= set(item) <= {"kind", "name", "at_most"}:
            refuse(f"a tolerated component has {sorted(item)}")
        if item["kind"] not in KINDS | {"any"} or item.get("at_most", "deployed") not in GRADES:
            refuse(f"{item}: unknown kind or grade")
        if (item["kind"], item["name"]) in expected:
            refuse(f"{item}: expected too")
        tolerated.append((item["kind"], item["name"], item.get("at_most", "deployed")))
    tree = folder / "tree"
    if not any(p.is_file() for p in tree.rglob("*")):
        refuse("its tree is empty")
    return Case(folder.name, data["language"], data["what"], data["negative"], expected, tolerated, tree)


def cases(ids=()):
    folders = sorted(p for p in HERE.iterdir() if p.is_dir() and not p.name.startswith((".", "_")))
    if unknown := set(ids) - {p.name for p in folders}:
        raise LabelError(f"no such case: {', '.join(sorted(unknown))}")
    return [read_case(p) for p in folders if not ids or p.name in ids]


def copy(tree, to):
    """The tree as it is scanned: without the marks, and outside of this repository, whose ignore rules would count."""
    for path in sorted(tree.rglob("*")):
        target = to / path.relative_to(tree)
        if path.is_dir():
            target.mkdir(parents=True, exist_ok=True)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes().replace(MARK, b""))


def scan(binary, case):
    """What the program reports for the case's tree: (kind, name) -> (grade, flags). Raises OSError where it fails."""
    with tempfile.TemporaryDirectory(prefix="ostiary-scan-") as folder:
        tree = Path(folder) / "tree"
        tree.mkdir()
        copy(case.tree, tree)
        env = {**os.environ, "NO_COLOR": "1"}
        command = [binary, "scan", "--format", "json", "--least", "mentioned", "--data", str(Path(folder) / "data"), tree]
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, env=env)
    if done.returncode not in (0, 1):
        raise OSError(f"scan of {case.id} ended with {done.returncode}: {done.stderr.strip()[:300]}")
    found = {}
    for item in json.loads(done.stdout)["components"]:
        key = item["kind"], item["name"]
        grade, flags = found.get(key, ("mentioned", set()))
        found[key] = max(grade, item["grade"], key=GRADES.index), flags | {flag for flag in FLAGS if item.get(flag)}
    return found


def judge(case, found):
    count = Count(cases=1, negatives=int(case.negative), expected=len(case.expected))
    verdict = Verdict(case, count)

    def note(what, key, more=""):
        verdict.notes.append(f"{what:<12} {case.id}: {key[0]} {key[1]}{more}")

    for key, (grade, flag) in sorted(case.expected.items()):
        if key not in found:
            count.missed += 1
            count.flags += flag is not None
            note("missed", key, f" ({grade})")
            continue
        count.right += 1
        seen, flags = found[key]
        if seen == grade:
            count.grades += 1
        else:
            note("wrong grade", key, f" is {grade}, reported as {seen}")
        count.flags += flag is not None
        count.flags_right += flag is not None and flag in flags
        if flag and flag not in flags:
            note("no flag", key, f" is {flag}")
        for other in sorted((flags & FLAGS) - {flag}):
            count.flags_wrong += 1
            note("false flag", key, f" is not {other}")
    for key, (grade, _) in sorted(found.items()):
        if key not in case.expected and not case.tolerates(key, grade):
            count.wrong += 1
            note("false alarm", key, f" ({grade})")
    return verdict


def evaluate(binary, chosen):
    """The verdicts in the order of the cases."""
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        return list(pool.map(lambda case: judge(case, scan(binary, case)), chosen))


def table(verdicts):
    """The figures by language and of the whole, as lines, and the Count of the whole."""
    rows, whole, hard = {}, Count(), Count()
    for verdict in verdicts:
        rows.setdefault(verdict.case.language, Count()).add(verdict.count)
        whole.add(verdict.count)
        if verdict.case.negative:
            hard.add(verdict.count)
    lines = [f"{'':<14}{'cases':>6}{'labels':>8}{'missed':>8}{'false':>7}{'precision':>11}{'recall':>8}{'grades':>8}"]
    for name, count in [*sorted(rows.items()), ("hard negatives", hard), ("all", whole)]:
        lines.append(f"{name:<14}{count.cases:>6}{count.expected:>8}{count.missed:>8}{count.wrong:>7}"
                     f"{count.precision:>11.3f}{count.recall:>8.3f}{count.grade_accuracy:>8.3f}")
    lines.append(f"flags: {whole.flags_right} of {whole.flags} found, {whole.flags_wrong} false")
    return lines, whole


def closing(count):
    return (f"scan: {count.cases} labelled programs ({count.negatives} hard negatives), {count.expected} components, "
            f"precision {count.precision:.3f}, recall {count.recall:.3f}, grades {count.grade_accuracy:.3f}")


# What the labels must hold themselves. Names that the code does not spell out are left out.
SPELT = {"model", "mcp-server", "dataset", "model-file"}


def unspelt(case):
    """Expected names that stand nowhere in the tree (neither in a text nor as a file's name)."""
    texts = [p.read_bytes().decode("utf-8", "replace") for p in case.tree.rglob("*") if p.is_file()]
    names = {p.name for p in case.tree.rglob("*")}
    return [name for kind, name in case.expected
            if kind in SPELT and name not in names and not any(name in text for text in texts)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--least", type=float, default=0.97, help="precision and recall below it fail")
    parser.add_argument("--show", action="store_true", help="what each case expects, without a scan")
    parser.add_argument("case", nargs="*", help="folders; all by default")
    options = parser.parse_args()
    binary = os.environ.get("OSTIARY_BIN") or str(ROOT / "build" / "release" / "ostiary")
    try:
        chosen = cases(options.case)
        if options.show:
            for case in chosen:
                print(f"{case.id}: {case.what}")
                for (kind, name), (grade, flag) in case.expected.items():
                    print(f"  {kind} {name} {grade} {flag or ''}".rstrip())
            return 0
        verdicts = evaluate(binary, chosen)
    except LabelError as error:
        print(error, file=sys.stderr)
        return 2
    except (OSError, subprocess.SubprocessError, ValueError, KeyError) as error:
        print(f"{binary}: {error}", file=sys.stderr)
        return 3
    lines, whole = table(verdicts)
    for verdict in verdicts:
        for line in verdict.notes:
            print(line)
    print("\n".join(lines))
    print(closing(whole))
    return 0 if min(whole.precision, whole.recall) >= options.least else 1


if __name__ == "__main__":
    sys.exit(main())
