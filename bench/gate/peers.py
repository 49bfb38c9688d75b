"""Installs the peers that come from package registries into a folder under build/."""

import json
import os
import shutil
import subprocess
from pathlib import Path

PORTKEY = "1.15.2"
PORTKEY_PINS = {"hono": "4.9.7", "@hono/node-server": "1.13.5"}
GOMODEL = "github.com/enterpilot/gomodel/cmd/gomodel"
LIMIT_S = 240


class Unavailable(Exception):
    """A peer that this machine can't have; the message says why, in a few words."""


def run_installer(command: list[str], folder: Path, env: dict[str, str]) -> None:
    try:
        done = subprocess.run(command, cwd=folder, env=os.environ | env, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=LIMIT_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"{command[0]}: {error}") from error
    if done.returncode != 0:
        lines = [line for line in done.stdout.decode(errors="replace").split("\n") if line.strip()]
        raise Unavailable(f"{command[0]} {command[1]} failed: {lines[-1].strip() if lines else done.returncode}")


def portkey(folder: Path, install: bool) -> Path:
    """The start script of Portkey's gateway."""
    script = folder / "portkey/node_modules/@portkey-ai/gateway/build/start-server.js"
    if not script.exists():
        if not shutil.which("npm"):
            raise Unavailable("npm is not installed")
        if not install:
            raise Unavailable("not installed, and --no-install was given")
        (folder / "portkey").mkdir(parents=True, exist_ok=True)
        package = {"private": True, "dependencies": {"@portkey-ai/gateway": PORTKEY}, "overrides": PORTKEY_PINS}
        (folder / "portkey/package.json").write_text(json.dumps(package))
        run_installer(["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund"], folder / "portkey", {})
    if not script.exists():
        raise Unavailable("the npm package holds no build/start-server.js")
    return script


def gomodel(folder: Path, install: bool) -> Path:
    binary = folder / "gomodel/gomodel"
    if not binary.exists():
        if not shutil.which("go"):
            raise Unavailable("go is not installed")
        if not install:
            raise Unavailable("not installed, and --no-install was given")
        binary.parent.mkdir(parents=True, exist_ok=True)
        run_installer(["go", "install", f"{GOMODEL}@latest"], binary.parent, {"GOBIN": str(binary.parent.resolve())})
    return binary
