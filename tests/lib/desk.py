"""The desk's verbs, for tests of what they do and of what leads to them."""

import json

from lib.gate import run


def desk(gate, *arguments, key=None, fails=None):
    """The verb, over the network with a key, or at the folder."""
    where = ("--gate", gate.url) if key else ("--data", gate.data)
    done = run("desk", *arguments, *where, "--format", "json", env={"OSTIARY_KEY": key} if key else None)
    if fails is not None:
        assert done.returncode == fails and len(done.stderr.splitlines()) == 1, done.stderr
        return done.stderr
    assert done.returncode == 0, f"{arguments}: exit {done.returncode}: {done.stderr}"
    return json.loads(done.stdout)
