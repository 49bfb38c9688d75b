"""What of the ledger goes with time and what must not: erasure, holds, retention, rotation, beside a running gate and without one."""

import json

import pytest

from lib.gate import Gate, run, service, verify
from lib.upstream import Upstream

NAME = "augusta.ada.king@example.com"


def holding(data, needle):
    """The files of a data folder that hold these bytes anywhere."""
    return [str(p) for p in data.rglob("*") if p.is_file() and needle.encode() in p.read_bytes()]


def keeping(data, *arguments):
    """ostiary ledger …: the CompletedProcess, JSON."""
    return run("ledger", *arguments, "--data", data, "--format", "json")


def keys_of(data):
    """The digest keys by exchange id, read without the binary; None where erased."""
    keys = {}
    for path in sorted((data / "digest-keys").glob("*.keys")):
        entries = path.read_bytes()[16:]
        for at in range(0, len(entries) - 47, 48):
            raw = entries[at:at + 16].hex()
            id = "-".join((raw[:8], raw[8:12], raw[12:16], raw[16:20], raw[20:]))
            key = entries[at + 16:at + 48]
            keys[id] = None if key == bytes(32) else key
    return keys


def assert_verifies(data):
    verified = verify(data)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    return json.loads(verified.stdout)


@pytest.mark.parametrize("running", [True, False])
def test_an_erased_name_is_in_no_file_its_keys_open_nothing_and_every_proof_stays_valid(tmp_path, running):
    with Upstream() as up:
        gate = Gate([service(up)], data=tmp_path / "data")
        gate.start()
        hers, others = gate.new_key(user=NAME), gate.new_key(user="bob")
        ids = [gate.post("/v1/chat/completions", {"model": "ok", "messages": []}, key=hers["key"]).id for _ in range(5)]
        kept = [gate.post("/v1/chat/completions", {"model": "ok", "messages": []}, key=others["key"]).id for _ in range(5)]
        for id in ids + kept:
            gate.outcome(id)
        if not running:
            gate.stop()
        assert holding(gate.data, NAME)
        done = keeping(gate.data, "erase", "--user", NAME)
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
        assert told["kind"] == "erasure" and told["keys"] == 5 and told["subject"] == hers["subject"]
        if running:
            assert gate.post("/v1/chat/completions", {"model": "ok", "messages": []}, key=hers["key"]).status == 401
            assert gate.post("/v1/chat/completions", {"model": "ok", "messages": []}, key=others["key"]).status == 200
            assert not holding(gate.data, NAME), "while the gate runs"
            gate.stop()
        assert not holding(gate.data, NAME)
        keys = keys_of(gate.data)
        assert all(keys[id] is None for id in ids) and all(keys[id] for id in kept)
        assert_verifies(gate.data)
        said = [r for r in gate.tail() if r["kind"] == "erasure"]
        assert [r["state"] for r in said] == ["begun", "done"]
        assert said[1]["subject"] == hers["subject"] and said[1]["by"].startswith("uid:") and said[1]["keys"] == 5
        again = keeping(gate.data, "erase", "--user", NAME)
        assert again.returncode == 2 and NAME not in again.stderr


def test_one_exchange_is_erased_and_a_second_time_there_is_nothing_to_erase(tmp_path):
    with Upstream() as up, Gate([service(up)], data=tmp_path / "data") as gate:
        gone, stays = gate.chat("ok").id, gate.chat("ok").id
        assert keeping(gate.data, "erase", "--exchange", gone).returncode == 0
        keys = keys_of(gate.data)
        assert keys[gone] is None and keys[stays]
        again = keeping(gate.data, "erase", "--exchange", gone)
        assert again.returncode == 2 and "erased" in again.stderr
        assert keeping(gate.data, "erase").returncode == 2
        assert keeping(gate.data, "erase", "--exchange", "nonsense").returncode == 2
        assert_verifies(gate.data)
