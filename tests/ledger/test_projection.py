"""The exchange table is the ledger: no exchange missing, none twice, whatever dies in between."""

import random
import sqlite3
import time

import pytest

from lib.gate import Gate, each_written, run, service, verify
from lib.upstream import Upstream
from ledger.test_kill import Load

COLUMNS = ["id", "at", "status", "attempts", "stream", "input", "output", "cached", "request_bytes", "response_bytes",
           "intent_index", "outcome_index", "subject", "team", "key", "endpoint", "service", "model", "effect", "outcome",
           "error"]


def connect(data):
    """The table as it stands, read by a program that is not ours."""
    db = sqlite3.connect(f"file:{data}/exchanges.sqlite?mode=ro", uri=True, timeout=10)
    db.row_factory = sqlite3.Row
    return db


def rows(data):
    db = connect(data)
    try:
        sql = f"SELECT {', '.join(COLUMNS)} FROM (SELECT e.*, f.subject, f.team, f.key, f.endpoint, f.service, f.model, " \
              "f.effect, f.outcome FROM exchanges e JOIN facets f ON f.id = e.facet) ORDER BY id"
        return {row["id"].hex(): dict(row) for row in db.execute(sql)}
    finally:
        db.close()


def wait_for_rows(data, condition, seconds):
    """Whether the table comes to hold such rows in time; it may be in the making."""
    end = time.monotonic() + seconds
    while True:
        try:
            if condition(rows(data)):
                return True
        except sqlite3.OperationalError:
            pass
        if time.monotonic() > end:
            return False
        time.sleep(0.02)


def everything(data):
    """All rows of all tables that say something; facets by what they hold, for their numbers are nobody's business."""
    db = connect(data)
    try:
        texts = "f.subject, f.team, f.key, f.tool, f.endpoint, f.service, f.provider, f.surface, f.model, f.effect, f.mode, f.outcome"
        facets = [tuple(r) for r in db.execute(f"SELECT {texts}, e.* FROM exchanges e JOIN facets f ON f.id = e.facet ORDER BY e.id")]
        without_number = [r[:13] + r[14:] for r in facets]
        return {"exchanges": without_number,
                "months": [tuple(r) for r in db.execute("SELECT * FROM usage_months ORDER BY 1, 2, 3")],
                "open": [tuple(r) for r in db.execute("SELECT * FROM intents ORDER BY 1")],
                "position": [tuple(r) for r in db.execute("SELECT next_index, leaf FROM position")]}
    finally:
        db.close()


def expected(data):
    """What the table must hold, read from the ledger's lines in the plainest way."""
    open_intents, table = {}, {}

    def put(record, outcome, intent_index, outcome_index):
        usage = record["usage"] if outcome_index is not None else record.get("reserved", {})
        table[record["id"].replace("-", "")] = {
            "status": record.get("status", 0), "attempts": record.get("attempts", 0), "stream": int(record.get("stream", False)),
            "input": usage.get("input"), "output": usage.get("output"), "cached": usage.get("cached"),
            "request_bytes": record["request_bytes"], "response_bytes": record.get("response_bytes", 0),
            "intent_index": intent_index, "outcome_index": outcome_index, "subject": record["subject"] or "",
            "team": record["team"] or "", "key": record["key"] or "", "endpoint": record["endpoint"] or "",
            "service": record["service"] or "", "model": record["model"] or "", "outcome": outcome,
            "effect": (record["decision"] or {}).get("effect") or "", "error": record.get("error")}

    for index, record in enumerate(each_written(data)):
        kind = record["kind"]
        if kind == "intent":
            open_intents[record["id"]] = (index, record)
        elif kind == "outcome":
            intent = open_intents.pop(record["id"], (None, None))[0]
            put(record, record["outcome"], intent, index)
        elif kind == "recovery" or (kind == "change" and record["action"] == "started"):
            for intent, left in open_intents.values():
                put(left, "unknown", intent, None)
            open_intents = {}
    assert not open_intents, "an exchange is still open"
    return table


def compare(data):
    got, want = rows(data), expected(data)
    assert got.keys() == want.keys(), f"missing {want.keys() - got.keys()}, too many {got.keys() - want.keys()}"
    for id, row in want.items():
        assert {k: got[id][k] for k in row} == row
    months = {(r["key"], r["team"]): r for r in connect(data).execute("SELECT * FROM usage_months")}
    for (key, team), month in months.items():
        mine = [r for r in want.values() if (r["key"], r["team"]) == (key, team)]
        assert month["exchanges"] == len(mine)
        assert month["input"] == sum(r["input"] or 0 for r in mine)
        assert month["output"] == sum(r["output"] or 0 for r in mine)
    assert len(want) == sum(r["exchanges"] for r in months.values())
    return want


def rebuild(data, *arguments):
    done = run("ledger", "project", *arguments, "--data", data)
    assert done.returncode == 0, done.stderr


@pytest.mark.timeout(150)
def test_after_kills_under_load_the_table_is_the_ledger(tmp_path):
    chance = random.Random(5)
    with Upstream() as up:
        gate = Gate([service(up)], data=tmp_path / "data",
                    ledger={"checkpoint_interval": "200ms", "segment_bytes": "256KiB"})
        for round in range(6):
            gate.start()
            load = Load(gate, round)
            time.sleep(chance.uniform(0.4, 1.5))
            gate.kill()
            load.stop()
        gate.start()
        assert gate.chat("ok").status == 200
        gate.stop()
        want = compare(gate.data)
        outcomes = [row["outcome"] for row in want.values()]
        assert len(outcomes) > 50 and "unknown" in outcomes, "no kill met an exchange under way"
        grown = everything(gate.data)
        assert not grown["open"]
        rebuild(gate.data, "--rebuild")
        assert everything(gate.data) == grown
        assert verify(gate.data).returncode == 0, "projecting touches nothing of the ledger"


@pytest.mark.timeout(60)
def test_a_deleted_table_comes_back_by_itself(tmp_path):
    with Upstream() as up:
        gate = Gate([service(up)], data=tmp_path / "data")
        gate.start()
        for _ in range(20):
            assert gate.chat("ok").status == 200
        gate.kill()
        (gate.data / "exchanges.sqlite").unlink()  # and its log stays, which belongs to another file now
        gate.start()
        try:
            assert len(rows(gate.data)) == 20, "what little is missing is there before the gate opens"
        finally:
            gate.stop()
        compare(gate.data)
        for path in gate.data.glob("exchanges.sqlite*"):
            path.unlink()
        rebuild(gate.data)
        compare(gate.data)


@pytest.mark.timeout(60)
def test_the_table_follows_within_two_seconds(tmp_path):
    with Upstream() as up, Gate([service(up)], data=tmp_path / "data") as gate:
        id = gate.chat("ok").id.replace("-", "")
        assert wait_for_rows(gate.data, lambda table: id in table, 2)


@pytest.mark.timeout(60)
def test_a_table_that_cannot_be_written_holds_nothing_up(tmp_path):
    with Upstream() as up:
        gate = Gate([service(up)], data=tmp_path / "data")
        gate.data.mkdir(mode=0o700)
        gate.start()
        gate.stop()
        for path in gate.data.glob("exchanges.sqlite*"):
            path.unlink()
        (gate.data / "exchanges.sqlite").mkdir()
        gate.start()
        try:
            for _ in range(5):
                assert gate.chat("ok").status == 200
            assert gate.says("nothing can be projected")
            time.sleep(1.5)
            assert gate.stderr.count("nothing can be projected") == 1, "it is said once"
            (gate.data / "exchanges.sqlite").rmdir()
            assert wait_for_rows(gate.data, lambda table: len(table) == 5, 10), "it was not tried again"
        finally:
            gate.stop()
        compare(gate.data)


def test_rebuilding_needs_the_data_folder_for_itself(tmp_path):
    with Upstream() as up, Gate([service(up)], data=tmp_path / "data") as gate:
        done = run("ledger", "project", "--rebuild", "--data", gate.data)
        assert done.returncode == 3 and "in use" in done.stderr
        missing = run("ledger", "project", "--data", tmp_path / "none")
        assert missing.returncode == 2
