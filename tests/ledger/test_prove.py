"""Proofs of inclusion and consistency, judged by implementations that are not ours."""

import base64
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from lib.gate import Gate, run, service, tail
from lib.upstream import Upstream

import rfc9162

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A closed data folder of several segments, checkpoints kept at two sizes, and the ids of its exchanges."""
    base = tmp_path_factory.mktemp("prove")
    ids = []
    with Upstream() as up:
        gate = Gate([service(up)], data=base / "data", ledger={"checkpoint_interval": "100ms", "segment_bytes": "16KiB"})
        for part in range(3):
            gate.start()
            ids += [gate.chat("ok", n=1, seed=n).id for n in range(13 + part)]
            gate.stop()
            shutil.copy(base / "data" / "ledger" / "checkpoint", base / f"checkpoint-{part}")
    assert len(list((base / "data" / "ledger").glob("*.leaf"))) > 2
    return base, ids


@pytest.fixture(scope="module")
def key(house):
    return (house[0] / "data" / "ledger" / "verify-key").read_text().strip()


@pytest.fixture(scope="module")
def peers(tmp_path_factory):
    """The Go program that checks with torchwood and the Go checksum database's packages."""
    go = shutil.which("go")
    if not go:
        pytest.skip("no go: proofs are not checked with torchwood")
    program = tmp_path_factory.mktemp("peers") / "peers"
    done = subprocess.run([go, "build", "-o", program, "."], cwd=HERE / "peers", capture_output=True, text=True, timeout=280,
                          env={**os.environ, "GOFLAGS": "-buildvcs=false -mod=readonly", "GOTOOLCHAIN": "local"})
    if done.returncode != 0:
        pytest.skip("torchwood cannot be built here: " + (done.stderr.strip().splitlines() or ["?"])[-1])
    return program


def prove(data, *arguments):
    done = run("ledger", "prove", "--data", data, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_record_is_proved_to_a_verifier_written_from_the_rfc(house, key):
    base, _ = house
    records = tail(base / "data")
    for index in range(len(records)):
        proof = prove(base / "data", "--index", index)
        got, record, tree = rfc9162.check_tlog_proof(proof, key)
        assert got == index and json.loads(record) == records[index] and tree.size == len(records)


def test_an_exchange_is_proved_by_its_id_the_outcome_first(house, key):
    base, ids = house
    for kind, arguments in (("outcome", ()), ("intent", ("--kind", "intent")), ("outcome", ("--kind", "outcome"))):
        _, record, _ = rfc9162.check_tlog_proof(prove(base / "data", "--id", ids[7], *arguments), key)
        record = json.loads(record)
        assert record["id"] == ids[7] and record["kind"] == kind


def test_growth_is_proved_to_a_verifier_written_from_the_rfc(house, key):
    base, _ = house
    for part in range(3):
        kept = base / f"checkpoint-{part}"
        old, new = rfc9162.check_growth(prove(base / "data", "--consistency", kept), kept.read_text(), key)
        assert old.size <= new.size == len(tail(base / "data"))
    between = prove(base / "data", "--consistency", base / "checkpoint-0", "--checkpoint", base / "checkpoint-1")
    rfc9162.check_growth(between, (base / "checkpoint-0").read_text(), key)


def test_the_verifier_of_the_tests_refuses_what_is_changed(house, key):
    base, _ = house
    proof = prove(base / "data", "--index", 5)
    lines = proof.split("\n")
    with pytest.raises(rfc9162.Bad):
        rfc9162.check_tlog_proof(proof.replace("index 5", "index 6"), key)
    with pytest.raises(rfc9162.Bad):
        rfc9162.check_tlog_proof("\n".join(lines[:3] + lines[4:]), key)
    with pytest.raises(rfc9162.Bad):
        rfc9162.check_tlog_proof(proof, key, record=b"{}")


@pytest.mark.timeout(300)
def test_torchwood_and_the_go_checksum_database_take_the_proofs(house, key, peers, tmp_path):
    base, ids = house
    proof = tmp_path / "p.tlog-proof"
    for arguments in (("--index", 0), ("--index", 20), ("--id", ids[-1])):
        prove(base / "data", *arguments, "-o", proof)
        done = subprocess.run([peers, "inclusion", key, proof], capture_output=True, text=True, timeout=20)
        assert done.returncode == 0, done.stderr
    wrong = tmp_path / "wrong"
    wrong.write_text(proof.read_text().replace("index ", "index 1"))
    assert subprocess.run([peers, "inclusion", key, wrong], capture_output=True, timeout=20).returncode == 1
    for part in range(3):
        kept = base / f"checkpoint-{part}"
        prove(base / "data", "--consistency", kept, "-o", proof)
        done = subprocess.run([peers, "consistency", key, proof, kept], capture_output=True, text=True, timeout=20)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_proof_is_checked_without_the_ledger(house, key, tmp_path, form):
    base, _ = house
    proof = tmp_path / "proof"
    prove(base / "data", "--index", 11, "--format", form, "-o", proof)
    nowhere = ("--data", tmp_path / "nothing")
    done = run("ledger", "prove", "--check", proof, "--key", key, "--format", "json", *nowhere)
    value = json.loads(done.stdout)
    assert done.returncode == 0 and value["ok"] and value["index"] == 11 and value["kind"] == "proof-check"
    assert value["record"] == tail(base / "data")[11]
    assert run("ledger", "prove", "--check", proof, *nowhere).returncode == 2, "without a key nothing is proved"
    prove(base / "data", "--consistency", base / "checkpoint-0", "--format", form, "-o", proof)
    more = ("--consistency", base / "checkpoint-0") if form == "text" else ()
    done = run("ledger", "prove", "--check", proof, "--key", key, *more, *nowhere)
    assert done.returncode == 0 and "only grown" in done.stdout, done.stderr


def test_a_changed_proof_is_exit_1_and_says_why(house, key, tmp_path):
    base, _ = house
    text = prove(base / "data", "--index", 11)
    record = base64.b64decode(text.split("\n")[1][6:])
    forged = base64.b64encode(record.replace(b'"test"', b'"best"')).decode()
    proof = tmp_path / "proof"
    proof.write_text("\n".join(["c2sp.org/tlog-proof@v1", "extra " + forged] + text.split("\n")[2:]))
    done = run("ledger", "prove", "--check", proof, "--key", key)
    assert done.returncode == 1 and "does not hold" in done.stdout
    assert run("ledger", "prove", "--check", base / "checkpoint-0", "--key", key).returncode == 2


def test_the_record_can_stay_out_of_the_proof(house, key, tmp_path):
    base, _ = house
    proof, record = tmp_path / "proof", tmp_path / "record"
    prove(base / "data", "--index", 3, "--without-record", "-o", proof)
    assert "extra" not in proof.read_text()
    record.write_text(run("ledger", "tail", "--data", base / "data", "-n", "1000", "--format", "json").stdout.split("\n")[3] + "\n")
    assert run("ledger", "prove", "--check", proof, "--key", key).returncode == 2
    assert run("ledger", "prove", "--check", proof, "--key", key, "--record", record).returncode == 0


def test_no_proof_is_given_of_a_ledger_that_was_changed(house, tmp_path):
    base, _ = house
    data = tmp_path / "data"
    shutil.copytree(base / "data", data)
    leaf = sorted((data / "ledger").glob("*.leaf"))[0]
    content = bytearray(leaf.read_bytes())
    content[16 + 32 * 2] ^= 1
    leaf.write_bytes(content)
    done = run("ledger", "prove", "--data", data, "--index", 30)
    assert done.returncode == 1 and "ledger verify" in done.stderr and done.stdout == ""


@pytest.mark.parametrize("arguments", [
    (), ("--index", "x"), ("--id", "x"), ("--index", "999999"), ("--id", "01890000-0000-7000-8000-000000000000"),
    ("--index", "1", "--id", "01890000-0000-7000-8000-000000000000"), ("--consistency", "/nonexistent"), ("--kind", "intent", "--index", "1"),
])
def test_a_wrong_call_is_exit_2_with_one_line(house, arguments):
    done = run("ledger", "prove", "--data", house[0] / "data", *arguments)
    assert done.returncode == 2 and done.stderr.startswith("ostiary: ") and done.stderr.count("\n") == 1
