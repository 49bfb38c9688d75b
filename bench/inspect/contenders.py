"""The programs that look for secrets and personal data: how each is had, run, and what it found."""

import json
import os
import resource
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
GITLEAKS = "8.28.0"
DETECT_SECRETS = "1.5.0"
PRESIDIO = "2.2.360"
PINS = [f"detect-secrets=={DETECT_SECRETS}", f"presidio-analyzer=={PRESIDIO}", "spacy==3.8.18", "PyYAML==6.0.4"]
INSTALL_LIMIT_S = 600
RUN_LIMIT_S = 400


class Unavailable(Exception):
    """A program that this machine can't have, or that failed; the message says why, in a few words."""


@dataclass(frozen=True)
class Finding:
    file: str
    start: int
    end: int
    klass: str


@dataclass
class Run:
    """What a program found in a folder, and the processor time that it took."""

    cpu_s: float
    findings: list[Finding] = field(default_factory=list)


def children_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def last_line(output: bytes) -> str:
    lines = [line.strip() for line in output.decode(errors="replace").split("\n") if line.strip()]
    return lines[-1][:200] if lines else "no word why"


def install(command: list[str], env: dict[str, str] | None = None) -> None:
    try:
        done = subprocess.run(command, env=os.environ | (env or {}), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=INSTALL_LIMIT_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"{command[0]}: {error}") from error
    if done.returncode != 0:
        raise Unavailable(f"{Path(command[0]).name} {command[1]} failed: {last_line(done.stdout)}")


def environment(work: Path, may_install: bool) -> Path:
    """The Python of an environment that has the pinned packages."""
    folder = work / "venv"
    python, note = folder / "bin/python", folder / "pins"
    if python.exists() and note.exists() and note.read_text() == "\n".join(PINS):
        return python
    if not may_install:
        raise Unavailable("not installed, and --no-install was given")
    install([sys.executable, "-m", "venv", str(folder)])
    install([str(python), "-m", "pip", "install", "-q", "--only-binary", ":all:", *PINS])
    note.write_text("\n".join(PINS))
    return python


class Contender:
    """`run` may be called again and again."""

    name = ""
    version = ""
    looks_for: tuple[str, ...] = ()     # classes
    note = ""

    def __init__(self, work: Path, may_install: bool):
        self.work, self.may_install = work, may_install

    def check(self) -> None:
        """Raises Unavailable where it can't be run here."""

    def command(self, folder: Path) -> list[str]:
        raise NotImplementedError

    def findings(self, output: bytes, folder: Path) -> list[Finding]:
        raise NotImplementedError

    def run(self, folder: Path) -> Run:
        """Over every file of the folder, on one core."""
        command = self.command(folder)
        before = children_cpu_s()
        try:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  timeout=RUN_LIMIT_S, check=False)
        except subprocess.TimeoutExpired as error:
            raise Unavailable(f"did not end within {RUN_LIMIT_S} s") from error
        cpu_s = children_cpu_s() - before
        if done.returncode != 0:
            raise Unavailable(f"ended with status {done.returncode}: {last_line(done.stderr)}")
        return Run(cpu_s, self.findings(done.stdout, folder))


class Ostiary(Contender):
    name = "ostiary"
    looks_for = ("secret", "personal")
    note = "every detector, findings of medium and high confidence; markers too, which are not counted here"

    def __init__(self, work: Path, may_install: bool, binary: Path):
        super().__init__(work, may_install)
        self.binary = binary

    def check(self) -> None:
        if not self.binary.exists():
            raise Unavailable(f"{os.path.relpath(self.binary)} does not exist; ./run builds it")
        done = subprocess.run([str(self.binary), "version"], stdout=subprocess.PIPE, check=True)
        self.version = done.stdout.decode().split("\n")[0].removeprefix("ostiary ")

    def command(self, folder: Path) -> list[str]:
        return [str(self.binary), "inspect", "--format", "json", "--least", "medium", "--no-ignore", str(folder)]

    def findings(self, output: bytes, folder: Path) -> list[Finding]:
        return [Finding(Path(one["location"]["file"]).name, one["location"]["start"], one["location"]["end"], one["class"])
                for one in json.loads(output)["findings"]]


class Gitleaks(Contender):
    """Its findings have lines and a value; the place is where the value stands in them, or all of the lines."""

    name = "gitleaks"
    version = GITLEAKS
    looks_for = ("secret",)
    note = "its own rules, `--max-decode-depth 2`"

    def check(self) -> None:
        self.binary = self.work / f"gitleaks-{GITLEAKS}/gitleaks"
        if self.binary.exists():
            return
        if not shutil.which("go"):
            raise Unavailable("go is not installed")
        if not self.may_install:
            raise Unavailable("not installed, and --no-install was given")
        self.binary.parent.mkdir(parents=True, exist_ok=True)
        install(["go", "install", f"github.com/zricethezav/gitleaks/v8@v{GITLEAKS}"],
                {"GOBIN": str(self.binary.parent.resolve())})

    def command(self, folder: Path) -> list[str]:
        return [str(self.binary), "dir", "--no-banner", "--log-level", "error", "--exit-code", "0",
                "--max-decode-depth", "2", "--report-format", "json", "--report-path", "-", str(folder)]

    def findings(self, output: bytes, folder: Path) -> list[Finding]:
        out, texts = [], {}
        for one in json.loads(output or b"[]"):
            name = Path(one["File"]).name
            if name not in texts:
                texts[name] = (folder / name).read_bytes()
            start, end = place_of(texts[name], one["StartLine"], one["EndLine"], one["Secret"].encode())
            out.append(Finding(name, start, end, "secret"))
        return out


def place_of(text: bytes, first_line: int, last_line_: int, value: bytes) -> tuple[int, int]:
    """Where `value` stands within lines that are counted from 1; where it does not, those lines."""
    start = 0
    for _ in range(first_line - 1):
        start = text.find(b"\n", start) + 1
    end = start
    for _ in range(last_line_ - first_line + 1):
        end = text.find(b"\n", end) + 1 or len(text)
    at = text.find(value, start, end) if value else -1
    return (at, at + len(value)) if at >= 0 else (start, end)


class InVenv(Contender):
    def check(self) -> None:
        self.python = environment(self.work, self.may_install)

    def command(self, folder: Path) -> list[str]:
        return [str(self.python), str(HERE / "in_venv.py"), self.name, str(folder)]

    def findings(self, output: bytes, folder: Path) -> list[Finding]:
        rows = [json.loads(line) for line in output.splitlines()]
        return [Finding(row["file"], row["start"], row["end"], row["class"]) for row in rows]


class DetectSecrets(InVenv):
    name = "detect-secrets"
    version = DETECT_SECRETS
    looks_for = ("secret",)
    note = "all its plugins as they come; without trying what it found at the services, and without its public IP addresses"


class Presidio(InVenv):
    name = "presidio"
    version = PRESIDIO
    looks_for = ("personal",)
    note = ("its recognisers by pattern for English, score 0.4 or more, without URLs and dates; **no spaCy model** (PyPI has none "
            "of spaCy's own), so that it looks for no names, and is faster than with one")


def everyone(work: Path, may_install: bool, binary: Path) -> list[Contender]:
    return [Ostiary(work, may_install, binary), Gitleaks(work, may_install), DetectSecrets(work, may_install),
            Presidio(work, may_install)]


