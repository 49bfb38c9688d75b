"""Witnesses hold checkpoints outside the data folder, and tell a ledger that was set back or written anew."""

import json
import shutil
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from lib.gate import Gate, run, service, tail
from lib.upstream import Upstream

needs_git = pytest.mark.skipif(not shutil.which("git"), reason="no git here")


class Hook:
    """A webhook that keeps what is posted; `silent`: it takes requests and never answers."""

    def __init__(self, silent=False):
        self.notes, self.asked, self._end = [], threading.Event(), threading.Event()
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                hook.notes.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
                hook.asked.set()
                if silent:
                    hook._end.wait(50)
                    return
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook/t0ken"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._end.set()
        self._server.shutdown()
        self._server.server_close()


def verify(data, *arguments):
    done = run("ledger", "verify", "--data", data, "--format", "json", *arguments)
    return done, json.loads(done.stdout) if done.stdout else None


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    """A ledger with a file and a git repository as witnesses, and what its folder was before the last exchanges."""
    base = tmp_path_factory.mktemp("witness")
    witnesses = [{"file": str(base / "kept"), "every": "1s"}]
    if shutil.which("git"):
        subprocess.run(["git", "init", "-q", "--bare", base / "repo"], check=True)
        witnesses.append({"git": str(base / "repo"), "every": "1s"})
    with Upstream() as up, Hook() as hook:
        witnesses.append({"webhook": hook.url, "every": "1s"})
        gate = Gate([service(up)], data=base / "data", ledger={"checkpoint_interval": "50ms", "witness": witnesses})
        for part in range(2):
            gate.start()
            for n in range(6):
                gate.chat("ok", n=1, seed=n)
            time.sleep(1.3)
            gate.chat("ok")
            gate.stop()
            if part == 0:
                shutil.copytree(base / "data", base / "older")
        notes = list(hook.notes)
    return base, notes


def test_every_witness_has_the_last_checkpoint_when_the_gate_has_ended(story):
    base, notes = story
    newest = (base / "data" / "ledger" / "checkpoint").read_text()
    assert (base / "kept").read_text() == newest
    assert notes[-1] == newest
    sizes = [int(note.split("\n")[1]) for note in notes]
    assert sizes == sorted(sizes) and len(set(sizes)) >= 4, "after a start the newest is handed over again"
    log = [json.loads(line) for line in (base / "kept.log").read_text().splitlines()]
    assert log[0] == {"ostiary-checkpoints": 1} and log[-1]["checkpoint"] == newest
    if (base / "repo").exists():
        git = ["git", "-C", str(base / "repo")]
        assert subprocess.check_output([*git, "show", "ostiary-ledger:checkpoint"], text=True) == newest
        assert int(subprocess.check_output([*git, "rev-list", "--count", "ostiary-ledger"])) >= 4


@pytest.mark.parametrize("witness", ["kept", "kept.log", pytest.param("repo", marks=needs_git)])
def test_the_honest_ledger_agrees_with_its_witness_and_a_ledger_set_back_does_not(story, witness):
    base, _ = story
    done, value = verify(base / "data", "--witness", base / witness)
    assert done.returncode == 0 and value["ok"], done.stdout
    assert run("ledger", "verify", "--data", base / "older").returncode == 0, "by itself the older state is good"
    done, value = verify(base / "older", "--witness", base / witness)
    assert done.returncode == 1 and {p["what"] for p in value["problems"]} == {"truncated"}


@pytest.mark.parametrize("witness", ["kept", pytest.param("repo", marks=needs_git)])
def test_a_ledger_written_anew_is_found(story, tmp_path, witness):
    base, _ = story
    count = len(tail(base / "data"))
    with Upstream() as up:
        gate = Gate([service(up)], data=tmp_path / "data")
        gate.start()
        for n in range(count):
            gate.chat("ok", seed=n)
        gate.stop()
    assert run("ledger", "verify", "--data", tmp_path / "data").returncode == 0
    done, value = verify(tmp_path / "data", "--witness", base / witness)
    assert done.returncode == 1 and value["problems"], done.stdout


def test_a_webhook_that_never_answers_delays_neither_the_gate_nor_its_end(tmp_path):
    with Upstream() as up, Hook(silent=True) as hook:
        gate = Gate([service(up)], data=tmp_path / "data",
                    ledger={"checkpoint_interval": "50ms", "sync": "always", "witness": [
                        {"webhook": hook.url, "every": "1s"}, {"file": str(tmp_path / "kept"), "every": "1s"}]})
        gate.start()
        assert hook.asked.wait(10)
        started = time.monotonic()
        for n in range(30):
            assert gate.chat("ok", seed=n).status == 200
        assert time.monotonic() - started < 10
        started = time.monotonic()
        gate.stop()
        assert time.monotonic() - started < 10
    assert (tmp_path / "kept").read_text() == (tmp_path / "data" / "ledger" / "checkpoint").read_text()
    assert "t0ken" not in gate.stderr


def test_a_witness_that_cannot_be_reached_is_said_once(tmp_path):
    with Upstream() as up:
        gate = Gate([service(up)], data=tmp_path / "data",
                    ledger={"checkpoint_interval": "50ms", "witness": [{"file": str(tmp_path / "no" / "such" / "place"), "every": "1s"}]})
        gate.start()
        for n in range(4):
            assert gate.chat("ok", seed=n).status == 200
            time.sleep(1)
        gate.stop()
    assert gate.stderr.count("cannot be handed over") == 1


def test_a_witness_without_a_checkpoint_is_a_wrong_call(story, tmp_path):
    base, _ = story
    (tmp_path / "empty").write_text("")
    for witness in (tmp_path / "empty", tmp_path / "nothing", tmp_path):
        done = run("ledger", "verify", "--data", base / "data", "--witness", witness)
        assert done.returncode in (2, 3) and done.stderr.count("\n") == 1, done.stderr


@pytest.mark.parametrize("witness,says", [
    ([{"file": "a", "git": "b"}], "exactly one"), ([{}], "exactly one"), ([{"webhook": "ftp://x"}], "URL"),
    ([{"git": "a", "branch": "-x"}], "branch"), ([{"file": "a", "push": "origin"}], "git alone"), ([{"flie": "a"}], "file"),
    ([{"file": "a"}, {"file": "a"}], "twice"), ([{"file": "a", "every": "1ms"}], "every"),
])
def test_a_wrong_witness_is_told_with_its_line(tmp_path, witness, says):
    config = tmp_path / "ostiary.yaml"
    config.write_text("ledger:\n  witness: " + json.dumps(witness) + "\n")
    done = run("serve", "-c", config, "--data", tmp_path / "data")
    assert done.returncode == 2 and says in done.stderr and f"{config}:2:" in done.stderr, done.stderr
