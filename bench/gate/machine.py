"""What this machine is, and small things asked of the kernel."""

import os
import platform
import re
import socket
import subprocess
import time
from pathlib import Path


def first_line(command: list[str]) -> str:
    """The first line a command prints, or the empty string where it can't be run."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode(errors="replace").strip().split("\n")[0]


def describe() -> str:
    model = re.search(r"^model name\s*:\s*(.*)$", Path("/proc/cpuinfo").read_text(), re.M)
    memory = re.search(r"^MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text(), re.M)
    parts = [f"{os.cpu_count()} cores {model.group(1) if model else platform.machine()}",
             f"{int(memory.group(1)) // 1024 // 1024 if memory else '?'} GiB",
             f"Linux {platform.release()}",
             time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())]
    return ", ".join(parts)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def process_tree(pid: int) -> list[int]:
    """The process and everything below it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except (OSError, IndexError):
            continue
        children.setdefault(parent, []).append(int(entry.name))
    out, todo = [], [pid]
    while todo:
        out.append(todo.pop())
        todo += children.get(out[-1], [])
    return out


def sync_floor_ms(folder: Path, count: int = 60) -> float:
    """Median of what one appended kilobyte with fdatasync costs in `folder`, in milliseconds."""
    path = folder / "sync-floor"
    times = []
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        for _ in range(count):
            start = time.monotonic()
            os.write(descriptor, b"x" * 1024)
            os.fdatasync(descriptor)
            times.append(time.monotonic() - start)
    finally:
        os.close(descriptor)
        path.unlink()
    return sorted(times)[count // 2] * 1000
