"""What of the ledger goes with time and what must not: erasure, holds, retention, rotation, beside a running gate and without one."""

import json
import os
import re
import resource
import subprocess
import time

import pytest

from lib.gate import Gate, run, segments, service, verify
from lib.http import request
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


def lift(gate, limit):
    """Gives a running gate room for files of so many bytes; -1: any."""
    hard = resource.prlimit(gate.process.pid, resource.RLIMIT_FSIZE)[1]
    resource.prlimit(gate.process.pid, resource.RLIMIT_FSIZE, (limit if limit >= 0 else hard, hard))


def fill(gate):
    """Lets the ledger's segment grow by a few records and no further."""
    size = segments(gate.data)[-1].stat().st_size
    lift(gate, size + 2500)


@pytest.mark.parametrize("when_full", ["close", "open"])
def test_a_disk_that_fills_in_the_middle_of_a_segment(tmp_path, when_full):
    """No half record; closed it says 503, open it counts; when there is room again all goes on without a restart."""
    with Upstream() as up, Gate([service(up)], data=tmp_path / "data", ledger={"when_full": when_full}) as gate:
        for _ in range(20):
            assert gate.chat("ok").status == 200
        fill(gate)
        before = len(up.requests)
        answers = [gate.chat("ok") for _ in range(30)]
        assert_verifies(gate.data)
        passed = [a for a in answers if a.status == 200]
        assert len(up.requests) - before == len(passed)
        if when_full == "close":
            assert answers[-1].status == 503 and answers[-1].error["code"] == "ledger_unavailable"
        else:
            assert len(passed) == 30 and answers[-1].id
            assert gate.says("exchanges go on unrecorded") and gate.stderr.count("exchanges go on unrecorded") == 1
        lift(gate, -1)
        if when_full == "open":
            assert gate.wait_record(lambda r: r["kind"] == "gap")
        else:
            deadline = time.monotonic() + 5
            while gate.chat("ok").status != 200 and time.monotonic() < deadline:
                time.sleep(0.1)  # it tries ten times a second
        after = gate.chat("ok")
        assert after.status == 200 and gate.records(after.id, "intent")
        assert gate.outcome(after.id)["outcome"] == "complete"
        gaps = [r for r in gate.tail() if r["kind"] == "gap"]
        intents = {r["id"] for r in gate.tail() if r["kind"] == "intent"}
        unrecorded = [a for a in passed if a.id not in intents]
        if when_full == "close":
            assert not gaps and not unrecorded
        else:
            assert sum(g["exchanges"] for g in gaps) == len(unrecorded) > 0
            assert all(g["reason"] == "disk-full" and g["from"] <= g["to"] for g in gaps)
            # Their outcomes were owed, so that they are recorded after all, behind the gap.
            assert all(gate.outcome(a.id) for a in unrecorded)
        gate.stop()
        assert_verifies(gate.data)


def test_readiness_names_a_gap_as_long_as_its_record_is_owed(tmp_path):
    def readiness(gate):
        answer = request(gate.port, "GET", "/readyz", {"Host": "localhost"})
        return answer.status, answer.json()["reasons"]

    with Upstream() as up, Gate([service(up)], data=tmp_path / "data", ledger={"when_full": "open"}) as gate:
        assert gate.chat("ok").status == 200
        assert readiness(gate) == (200, [])
        reader = gate.json_of("key", "create", "--team", "t", "--user", "u", "--scope", "read")["key"]
        fill(gate)
        for _ in range(20):
            assert gate.chat("ok").status == 200
        status, reasons = readiness(gate)
        assert status == 200, "it goes on, and so it stays where requests are sent"
        assert len(reasons) == 1 and re.fullmatch(r"[1-9]\d* exchanges went out unrecorded, as the ledger's disk was full", reasons[0])
        health = gate.get("/api/v1/health", key=reader).json()
        assert health["ledger"]["gap"] == int(reasons[0].split()[0])
        lift(gate, -1)
        assert gate.wait_record(lambda r: r["kind"] == "gap", timeout=5)
        assert readiness(gate) == (200, [])


def test_a_gap_is_recorded_by_the_next_start_where_the_gate_ends_before_there_is_room(tmp_path):
    with Upstream() as up:
        gate = Gate([service(up)], data=tmp_path / "data", ledger={"when_full": "open"})
        gate.start()
        gate.chat("ok")
        fill(gate)
        ids = [gate.chat("ok").id for _ in range(20)]
        intents = {r["id"] for r in gate.tail() if r["kind"] == "intent"}
        gate.kill()
        gate.start()
        gate.stop()
        assert_verifies(gate.data)
        gaps = [r for r in gate.tail() if r["kind"] == "gap"]
        assert [g["exchanges"] for g in gaps] == [len([i for i in ids if i not in intents])]


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small file system takes root")
def test_a_small_file_system_that_fills_and_is_emptied(tmp_path):
    """The real thing: ENOSPC on a tmpfs, for the ledger and everything beside it."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", disk]).returncode != 0:
        pytest.skip("mounting is not allowed here")
    try:
        with Upstream() as up, Gate([service(up)], data=disk / "data", ledger={"when_full": "open"}) as gate:
            gate.chat("ok")
            ballast = disk / "ballast"
            with open(ballast, "wb", buffering=0) as f:
                try:
                    while f.write(bytes(4096)):
                        pass
                except OSError:
                    pass
            answers = [gate.chat("ok") for _ in range(60)]
            assert all(a.status == 200 for a in answers)
            ballast.unlink()
            assert gate.wait_record(lambda r: r["kind"] == "gap", timeout=5)
            intents = {r["id"] for r in gate.tail() if r["kind"] == "intent"}
            gaps = [r for r in gate.tail() if r["kind"] == "gap"]
            assert sum(g["exchanges"] for g in gaps) == len([a for a in answers if a.id not in intents]) > 0
            gate.stop()
            assert_verifies(gate.data)
    finally:
        subprocess.run(["umount", "-l", disk])


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 6 MiB."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system takes root")
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", disk]).returncode != 0:
        pytest.skip("mounting is not allowed here")
    yield disk
    subprocess.run(["umount", "-l", disk])


def fill_disk(disk):
    """Takes the last byte of a file system; the file that does."""
    ballast = disk / "ballast"
    for size in (65536, 4096, 1):
        with open(ballast, "ab", buffering=0) as f:
            try:
                while f.write(bytes(size)):
                    pass
            except OSError:
                pass
    return ballast


@pytest.mark.timeout(60)
@pytest.mark.parametrize("end", [None, "stop", "kill"])
def test_a_full_disk_is_mended_by_removing_old_records(small_disk, end):
    """Beside a gate that stands still for want of room, and without one, whether it ended well or was killed."""
    with Upstream() as up:
        gate = Gate([service(up)], data=small_disk / "data")
        gate.start()
        for _ in range(150):
            assert gate.chat("ok").status == 200
        assert json.loads(keeping(gate.data, "rotate").stdout)["rotated"] is True
        gate.outcome(gate.chat("ok").id)
        if end:
            gate.kill() if end == "kill" else gate.stop()
        fill_disk(small_disk)
        if not end:
            answers = [gate.chat("ok").status for _ in range(40)]
            assert answers[-1] == 503, "the disk is full"
        first = gate.data / "ledger" / f"{0:020}.log"
        freed = first.stat().st_size
        done = keeping(gate.data, "retain", "--older-than", "1ms", "--now")
        assert done.returncode == 0, done.stderr
        assert not first.exists() and first.with_suffix(".leaf").exists() and freed > 100_000
        if end:
            gate.start()
        assert any(r["kind"] == "retention" for r in gate.tail())
        deadline = time.monotonic() + 5
        while gate.chat("ok").status != 200:
            assert time.monotonic() < deadline, "there is room again"
            time.sleep(0.1)
        gate.stop()
        assert assert_verifies(gate.data)["removed"] > 0


@pytest.mark.timeout(90)
def test_records_go_for_their_age_beside_a_running_gate_and_every_proof_of_the_rest_stays_valid(tmp_path):
    """Segments are closed for their age and removed for it; the leaf hashes stay, the keys go, the gate starts again."""
    with Upstream() as up:
        gate = Gate([service(up)], data=tmp_path / "data", ledger={"retention": "2s", "segment_age": "1s"})
        gate.start()
        old = gate.chat("ok").id
        gate.outcome(old)
        kept = tmp_path / "kept"
        time.sleep(1.2)
        kept.write_bytes((gate.data / "ledger" / "checkpoint").read_bytes())
        first = gate.data / "ledger" / f"{0:020}.log"
        deadline = time.monotonic() + 15
        while first.exists() and time.monotonic() < deadline:
            gate.chat("ok")
            time.sleep(0.2)
        assert not first.exists() and first.with_suffix(".leaf").exists()
        assert keys_of(gate.data)[old] is None
        new = gate.chat("ok").id
        gate.outcome(new)
        gate.stop()
        assert assert_verifies(gate.data)["removed"] > 0
        assert verify(gate.data, kept).returncode == 0, "a checkpoint from before the removal"
        assert any(r["kind"] == "retention" and r["by"] == "retention" for r in gate.tail())
        (gate.data / "ledger" / "resume").unlink()
        gate.start()
        assert gate.chat("ok").status == 200
        gate.stop()
        assert_verifies(gate.data)


def test_a_hold_stands_in_the_way_of_erasure_and_removal_until_it_is_released(tmp_path):
    with Upstream() as up, Gate([service(up)], data=tmp_path / "data") as gate:
        key = gate.new_key(team="search", user=NAME)
        id = gate.post("/v1/chat/completions", {"model": "ok", "messages": []}, key=key["key"]).id
        gate.outcome(id)
        added = keeping(gate.data, "hold", "add", "--team", "search", "--reason", "case 17")
        assert added.returncode == 0, added.stderr
        hold = json.loads(added.stdout)
        assert hold["kind"] == "hold" and hold["team"] == "search" and hold["by"].startswith("uid:")
        for what in (("--user", NAME), ("--exchange", id)):
            refused = keeping(gate.data, "erase", *what)
            assert refused.returncode == 2 and hold["hold"] in refused.stderr and NAME not in refused.stderr
        time.sleep(0.05)
        assert json.loads(keeping(gate.data, "rotate").stdout)["rotated"] is True
        shown = json.loads(keeping(gate.data, "retain", "--older-than", "1ms").stdout)
        assert shown["dry_run"] and [s["held_by"] for s in shown["segments"]] == [hold["hold"]]
        assert keeping(gate.data, "retain", "--older-than", "1ms", "--now").returncode == 0
        assert (gate.data / "ledger" / f"{0:020}.log").exists() and holding(gate.data, NAME)
        listed = json.loads(keeping(gate.data, "hold", "list").stdout)["holds"]
        assert [h["hold"] for h in listed] == [hold["hold"]]
        assert keeping(gate.data, "hold", "release", hold["hold"]).returncode == 0
        assert keeping(gate.data, "hold", "release", hold["hold"]).returncode == 2
        assert keeping(gate.data, "erase", "--user", NAME).returncode == 0
        assert keeping(gate.data, "retain", "--older-than", "1ms", "--now").returncode == 0
        assert not (gate.data / "ledger" / f"{0:020}.log").exists()
        assert [r["state"] for r in gate.tail() if r["kind"] == "hold"] == ["released"], "the other went with its segment"
        gate.stop()
        assert not holding(gate.data, NAME)
        assert_verifies(gate.data)


def test_without_a_gate_the_same_calls_work_on_the_folder(tmp_path):
    with Upstream() as up:
        gate = Gate([service(up)], data=tmp_path / "data")
        gate.start()
        gate.chat("ok")
        gate.stop()
        assert json.loads(keeping(gate.data, "rotate").stdout)["rotated"] is True
        assert json.loads(keeping(gate.data, "rotate").stdout)["rotated"] is False
        assert keeping(gate.data, "retain").returncode == 2, "no age is configured"
        hold = keeping(gate.data, "hold", "add", "--from", "2020-01-01", "--to", "2099-12-31", "--reason", "all")
        assert hold.returncode == 0, hold.stderr
        time.sleep(0.01)
        shown = json.loads(keeping(gate.data, "retain", "--older-than", "1ms", "--now").stdout)
        assert shown["records"] == 0 and shown["segments"][0]["held_by"] == json.loads(hold.stdout)["hold"]
        assert keeping(gate.data, "hold", "add", "--reason", "nothing").returncode == 2
        assert keeping(gate.data, "hold", "add", "--from", "yesterday", "--reason", "x").returncode == 2
        assert_verifies(gate.data)
