"""Starts a scripted server and a gate, runs the JavaScript suite against them, prints `js: N passed, N failed, N skipped`."""

import json
import os
import re
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1]))

from lib.gate import Gate, service  # noqa: E402
from lib.upstream import Upstream  # noqa: E402


def main():
    suite = json.loads((HERE.parent / "cases.json").read_text())
    direct = os.environ.get("OSTIARY_DIRECT") == "1"
    modules = sys.argv[1] if len(sys.argv) > 1 else str(HERE)
    with ExitStack() as stack:
        up = stack.enter_context(Upstream(models=["ok", "tools"]))
        base, key = up.url, "direct"
        if not direct:
            gate = stack.enter_context(Gate([service(up, models=suite["models"])]))
            base, key = gate.url + "/v1", gate.key
        env = {**os.environ, "GATE": base, "KEY": key, "UPSTREAM": f"http://127.0.0.1:{up.port}"}
        done = subprocess.run(["node", "--test", "--test-reporter=tap", "conformance.test.mjs"], cwd=modules, env=env,
                              capture_output=True, text=True, timeout=300)
    number = {k: int(n) for k, n in re.findall(r"^# (tests|pass|fail|skipped|cancelled) (\d+)$", done.stdout, re.M)}
    failed = number.get("fail", 1) + number.get("cancelled", 0)
    if failed or done.returncode:
        lines = done.stdout.splitlines()
        for i, line in enumerate(lines):
            if re.match(r"\s*not ok ", line):
                print("\n".join(lines[i:i + 40]))
                print("  …")
        print(done.stderr[-3000:])
    print(f"js: {number.get('pass', 0)} passed, {failed} failed, {number.get('skipped', 0)} skipped")
    return 1 if failed or done.returncode else 0


if __name__ == "__main__":
    sys.exit(main())
