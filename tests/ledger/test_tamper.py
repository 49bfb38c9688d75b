"""What `ledger verify` finds: a flipped bit, a removed record, and against a kept checkpoint a truncated tail."""

import base64
import hashlib
import json
import random
import shutil
import time

import pytest

from lib.gate import Gate, GateFailed, run, segments, service, tail, verify
from lib.upstream import Upstream


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """A closed data folder with a few dozen exchanges, and an older copy of it with its checkpoint."""
    base = tmp_path_factory.mktemp("ledger")
    with Upstream() as up:
        gate = Gate([service(up)], data=base / "data", ledger={"checkpoint_interval": "100ms"})
        gate.start()
        for n in range(20):
            gate.chat("ok", n=1, seed=n)
        gate.stop()
        shutil.copytree(base / "data", base / "older")
        gate.start()
        for n in range(20):
            gate.chat("words-10", stream=True, seed=n)
        gate.stop()
    shutil.copy(base / "data" / "ledger" / "checkpoint", base / "kept-checkpoint")
    shutil.copy(base / "older" / "ledger" / "checkpoint", base / "old-checkpoint")
    return base


@pytest.fixture
def data(original, tmp_path):
    shutil.copytree(original / "data", tmp_path / "data")
    return tmp_path / "data"


def lines_of(path):
    return path.read_bytes().splitlines(keepends=True)


def reported(done):
    assert done.returncode == 1, f"exit {done.returncode}: {done.stdout}{done.stderr}"
    value = json.loads(done.stdout)
    assert value["ostiary"] == 1
    return value


def test_an_untouched_ledger_verifies_whole_and_against_every_kept_checkpoint(original, data):
    assert verify(data).returncode == 0
    assert verify(data, original / "kept-checkpoint").returncode == 0
    assert verify(data, original / "old-checkpoint").returncode == 0
    assert len(tail(data)) >= 80


def test_verify_needs_no_network_no_key_and_no_configuration_and_changes_nothing(data):
    before = {p: p.read_bytes() for p in data.rglob("*") if p.is_file()}
    assert verify(data).returncode == 0
    assert {p: p.read_bytes() for p in data.rglob("*") if p.is_file()} == before


@pytest.mark.parametrize("where", [0.0, 0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9, 0.97, 1.0])
def test_a_flipped_bit_in_a_record_is_found(data, where):
    path = segments(data)[0]
    content = bytearray(path.read_bytes())
    start = content.index(b"\n") + 1
    at = start + int((len(content) - start - 2) * where)
    content[at] ^= 1 << random.Random(where).randrange(7)
    path.write_bytes(content)
    reported(verify(data))


def test_a_flipped_bit_anywhere_is_found(data):
    path = segments(data)[0]
    content = path.read_bytes()
    start = content.index(b"\n") + 1
    chance = random.Random(11)
    for _ in range(40):
        at, bit = chance.randrange(start, len(content)), chance.randrange(8)
        changed = bytearray(content)
        changed[at] ^= 1 << bit
        path.write_bytes(changed)
        done = verify(data)
        assert done.returncode == 1, f"bit {bit} of byte {at} ({content[at:at + 1]!r}): exit {done.returncode}"


def test_a_flipped_bit_in_the_header_is_found(data):
    path = segments(data)[0]
    content = bytearray(path.read_bytes())
    content[2] ^= 1
    path.write_bytes(content)
    assert verify(data).returncode in (1, 2, 3)


def test_a_flipped_bit_in_a_leaf_is_found(data):
    path = sorted((data / "ledger").glob("*.leaf"))[0]
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    path.write_bytes(content)
    assert verify(data).returncode == 1


@pytest.mark.parametrize("part", ["tree size", "root", "signature"])
def test_a_changed_checkpoint_is_found(data, part):
    path = data / "ledger" / "checkpoint"
    lines = path.read_text().split("\n")
    if part == "tree size":
        lines[1] = str(int(lines[1]) - 1)
    elif part == "root":
        lines[2] = ("A" if lines[2][0] != "A" else "B") + lines[2][1:]
    else:
        at = lines.index("") + 1
        mark = lines[at].rindex(" ") + 20
        lines[at] = lines[at][:mark] + ("A" if lines[at][mark] != "A" else "B") + lines[at][mark + 1:]
    path.write_text("\n".join(lines))
    assert verify(data).returncode == 1


def test_the_checkpoint_is_a_signed_note(data):
    lines = (data / "ledger" / "checkpoint").read_text().split("\n")
    assert lines[0] and int(lines[1]) == len(tail(data))
    assert len(base64.b64decode(lines[2])) == 32
    assert lines[lines.index("") + 1].startswith("\u2014 ")


def rewrite(data, change):
    """An attacker who can write: changes records and recomputes every leaf, so that the files agree with each other."""
    path = segments(data)[0]
    header, *before = lines_of(path)
    after = change(before)
    assert after != before
    path.write_bytes(header + b"".join(after))
    leaf = path.with_suffix(".leaf")
    if leaf.exists():
        old = leaf.read_bytes()
        front = old[:len(old) - 32 * len(before)]
        assert hashlib.sha256(b"\0" + before[0].rstrip(b"\n")).digest() == old[len(front):len(front) + 32]
        leaf.write_bytes(front + b"".join(hashlib.sha256(b"\0" + r.rstrip(b"\n")).digest() for r in after))


@pytest.mark.parametrize("n", [0, 7, 40, -1])
def test_a_removed_record_is_found(data, n):
    path = segments(data)[0]
    lines = lines_of(path)
    index = n + 1 if n >= 0 else len(lines) - 1
    path.write_bytes(b"".join(lines[:index] + lines[index + 1:]))
    reported(verify(data))


@pytest.mark.parametrize("name,change", [
    ("removed", lambda r: r[:9] + r[10:]), ("swapped", lambda r: r[:9] + [r[10], r[9]] + r[11:]), ("doubled", lambda r: r[:9] + [r[9]] + r[9:]),
    ("replaced", lambda r: r[:9] + [r[9].replace(b'"test"', b'"best"')] + r[10:]), ("cut at the end", lambda r: r[:-4]),
])
def test_a_change_is_found_though_the_leaves_were_made_to_agree(data, name, change):
    rewrite(data, change)
    reported(verify(data))


def test_a_tail_truncated_together_with_its_checkpoint_is_found_against_a_kept_checkpoint(original, tmp_path):
    shutil.copytree(original / "older", tmp_path / "data")
    alone = verify(tmp_path / "data")
    assert alone.returncode == 0, "the older state is good in itself; only a checkpoint kept elsewhere can tell"
    value = reported(verify(tmp_path / "data", original / "kept-checkpoint"))
    assert value


def test_a_rewritten_history_is_found_against_a_kept_checkpoint(original, tmp_path):
    """Another ledger altogether, honestly made, does not pass for the one of the checkpoint."""
    with Upstream() as up:
        gate = Gate([service(up)], data=tmp_path / "data", ledger={"checkpoint_interval": "100ms"})
        gate.start()
        for n in range(60):
            gate.chat("ok", seed=n)
        gate.stop()
    assert verify(tmp_path / "data").returncode == 0
    assert verify(tmp_path / "data", original / "old-checkpoint").returncode == 1


def test_a_forged_ledger_without_its_checkpoints_is_found_and_no_start_signs_it(data):
    rewrite(data, lambda r: r[:9] + [r[9].replace(b'"test"', b'"best"')] + r[10:])
    for name in ("checkpoint", "checkpoints.log", "resume"):
        (data / "ledger" / name).unlink()
    assert {p["what"] for p in reported(verify(data))["problems"]} == {"checkpoint-missing"}
    with Upstream() as up, pytest.raises(GateFailed, match="checkpoints are missing"):
        Gate([service(up)], data=data).start()
    assert verify(data).returncode == 1
    assert not (data / "ledger" / "checkpoint").exists()


def test_a_forgery_behind_an_older_genuine_checkpoint_is_called_unsigned_and_found_against_a_kept_one(original, data):
    signed = int((original / "old-checkpoint").read_text().split("\n")[1])
    for name in ("checkpoint", "checkpoints.log"):
        shutil.copy(original / "older" / "ledger" / name, data / "ledger" / name)
    (data / "ledger" / "resume").unlink()
    rewrite(data, lambda r: r[:-9] + [r[-9].replace(b'"test"', b'"best"')] + r[-8:])
    said = run("ledger", "verify", "--data", data).stdout
    count = len(tail(data))
    assert "is what was written." not in said and f"{count - signed} of {count} records are not signed" in said
    assert "running gate" not in said
    assert verify(data, original / "kept-checkpoint").returncode == 1
    with Upstream() as up:
        gate = Gate([service(up)], data=data)
        gate.start()
        gate.stop()
    assert "behind the last checkpoint" in gate.stderr
    recovery, = [r for r in tail(data) if r["kind"] == "recovery"]
    assert recovery["records_unsigned"] == count - signed


@pytest.mark.parametrize("content", ["", "nonsense\n", "a/b\n3\nAAAA\n\n\u2014 a/b AAAA\n"])
def test_a_kept_checkpoint_that_is_none_is_not_taken_for_good(data, tmp_path, content):
    (tmp_path / "cp").write_text(content)
    assert verify(data, tmp_path / "cp").returncode in (1, 2)


def test_a_missing_segment_is_found(data):
    segments(data)[0].unlink()
    assert verify(data).returncode in (1, 2, 3)


def test_a_missing_ledger_is_not_a_good_one(tmp_path):
    (tmp_path / "empty").mkdir()
    assert verify(tmp_path / "empty").returncode in (1, 2, 3)


@pytest.fixture
def killed(tmp_path):
    """A data folder whose gate was killed with records behind its last checkpoint."""
    with Upstream() as up:
        gate = Gate([service(up)], data=tmp_path / "data", ledger={"checkpoint_interval": "1h", "sync": "os"})
        gate.start()
        for n in range(6):
            gate.chat("ok", seed=n)
        gate.kill()
        yield gate


@pytest.mark.parametrize("cut", [1, 2, 40, 200])
def test_a_torn_tail_is_truncated_at_the_start_and_that_is_said(killed, cut):
    path = segments(killed.data)[-1]
    content = path.read_bytes()
    whole = len(lines_of(path))
    path.write_bytes(content[:-cut])
    killed.start()
    assert killed.chat("ok").status == 200
    killed.stop()
    assert verify(killed.data).returncode == 0
    said = killed.stderr.lower()
    assert "torn" in said or "truncat" in said or "recover" in said
    records = tail(killed.data)
    assert any(r["kind"] == "recovery" for r in records)
    assert len(lines_of(path)) >= whole


def test_half_a_record_behind_the_last_is_truncated_at_the_start(killed):
    path = segments(killed.data)[-1]
    with open(path, "ab") as f:
        f.write(b'{"at":"2025-01-01T00:00:00Z","decision":{"eff')
    killed.start()
    killed.stop()
    assert verify(killed.data).returncode == 0
    assert any(r["kind"] == "recovery" for r in tail(killed.data))


def test_a_tail_lost_behind_the_own_checkpoint_is_not_recovered_in_silence(data, original):
    """A cut into what the checkpoint already signed is no torn tail: the start refuses or verify keeps saying so."""
    path = segments(data)[-1]
    lines = lines_of(path)
    path.write_bytes(b"".join(lines[:-10]))
    with Upstream() as up:
        gate = Gate([service(up)], data=data)
        try:
            gate.start()
            gate.stop()
        except Exception:
            pass
    assert verify(data, original / "kept-checkpoint").returncode == 1


def test_tail_prints_the_last_records_as_canonical_json_lines(data):
    done = run("ledger", "tail", "--data", data, "-n", "5", "--format", "json")
    lines = done.stdout.splitlines()
    assert done.returncode == 0 and len(lines) == 5
    for line in lines:
        value = json.loads(line)
        assert line == json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    stored = [x.decode().rstrip("\n") for x in lines_of(segments(data)[-1])[-5:]]
    assert lines == stored


def test_tail_works_while_the_gate_serves(tmp_path):
    with Upstream() as up, Gate([service(up)]) as gate:
        identity = gate.chat("ok").id
        assert gate.outcome(identity)["kind"] == "outcome"
        time.sleep(0.1)
        assert verify(gate.data).returncode == 0
