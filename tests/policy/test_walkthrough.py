"""docs/policy-walkthrough.md says what it says: its commands are run as they stand there, in their order and in one
shell, and print what it shows.

A block ```sh is run. A block ```text behind it is what it prints (stdout and stderr): a line `…` stands for any
lines, and `…` within a line for any text; ids, times and ports are written that way.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lib.gate import BINARY, ROOT, environment

PAGE = ROOT / "docs" / "policy-walkthrough.md"
BLOCK = re.compile(r"^```(sh|text)\n(.*?)^```$", re.M | re.S)
MARK = "=====step-{}====="


def steps():
    """[(line, commands, what they print or None)]"""
    page, found = PAGE.read_text(), []
    for match in BLOCK.finditer(page):
        if match[1] == "sh":
            found.append([page.count("\n", 0, match.start()) + 1, match[2], None])
        else:
            assert found and found[-1][2] is None, f"a text block without commands before it: {match[2]!r}"
            found[-1][2] = match[2]
    return found


def matches(shown, printed):
    lines = [re.escape(line).replace("…", ".*") for line in shown.strip().splitlines()]
    pattern = "".join("(?:.*\n)*?" if line == ".*" else line.rstrip() + r"\s*?\n" for line in lines)
    return re.fullmatch(pattern, printed.strip() + "\n")


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """What each step printed."""
    folder = tmp_path_factory.mktemp("walkthrough")
    tools = folder / "tools"
    tools.mkdir()
    (tools / "ostiary").symlink_to(BINARY)
    script = "trap 'kill $(jobs -p) 2>/dev/null' EXIT\n"
    for number, (_, commands, _) in enumerate(steps()):
        script += f"echo '{MARK.format(number)}'\n{commands}\n"
    script += f"echo '{MARK.format('end')}'\n"
    work = folder / "work"
    work.mkdir()
    env = environment({"PATH": f"{tools}:{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": str(work),
                       "PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8"})
    (folder / "steps.sh").write_text(script)
    shell = subprocess.Popen(["bash", folder / "steps.sh"], cwd=work, env=env, text=True, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        out, _ = shell.communicate(timeout=50)
    except subprocess.TimeoutExpired:
        os.killpg(shell.pid, signal.SIGKILL)  # the gate that it started, too
        out, _ = shell.communicate()
    parts = re.split(r"=====step-(\w+)=====\n", out)
    shutil.rmtree(folder, ignore_errors=True)
    return dict(zip(parts[1::2], parts[2::2]))


@pytest.mark.parametrize("number", range(len(steps())), ids=lambda n: f"line-{steps()[n][0]}")
def test_each_step_prints_what_the_page_shows(printed, number):
    line, commands, shown = steps()[number]
    assert str(number) in printed, f"line {line} was not reached"
    if shown is not None:
        assert matches(shown, printed[str(number)]), \
            f"{PAGE.name}:{line}: {commands}\nprinted\n{printed[str(number)]}\nand not\n{shown}"


def test_it_ends(printed):
    assert "end" in printed
