"""`ledger export`: JSON Lines, exactly as recorded, as the filters say."""

import json

import pytest

from lib.gate import Gate, run, segments, service
from lib.upstream import Upstream


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("export") / "data"
    with Upstream() as up:
        gate = Gate([service(up), service(up, id="second", models=["other"])], data=folder,
                    ledger={"segment_bytes": "8KiB"})
        gate.start()
        for n in range(12):
            gate.chat("ok", n=1, seed=n)
        gate.stop()
    return folder


def stored(data):
    return [line for path in segments(data) for line in path.read_text().splitlines()[1:]]


def export(data, *arguments):
    done = run("ledger", "export", "--data", data, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_everything_comes_out_byte_for_byte_in_order_and_twice_the_same(data):
    assert len(segments(data)) > 1
    assert export(data) == stored(data) == export(data, "--format", "json")


@pytest.mark.parametrize("flag,value,wanted", [
    ("--kind", "outcome", lambda r: r["kind"] == "outcome"), ("--kind", "change", lambda r: r["kind"] == "change"),
    ("--kind", "nonsense", lambda r: False), ("--service", "main", lambda r: r.get("service") == "main"),
    ("--service", "second", lambda r: False), ("--model", "ok", lambda r: r.get("model") == "ok"),
    ("--outcome", "complete", lambda r: r.get("outcome") == "complete"),
    ("--decision", "allow", lambda r: (r.get("decision") or {}).get("effect") == "allow"),
    ("--since", "2020-01-01", lambda r: True), ("--until", "2020-01-01", lambda r: False),
])
def test_a_filter_gives_what_it_names(data, flag, value, wanted):
    assert export(data, flag, value) == [line for line in stored(data) if wanted(json.loads(line))]


def test_filters_hold_together_and_times_bound_half_open(data):
    lines = stored(data)
    middle = json.loads(lines[len(lines) // 2])["at"]
    early, late = export(data, "--until", middle), export(data, "--since", middle)
    assert sorted(early + late) == sorted(lines) and early and late
    outcome = next(json.loads(line) for line in lines if json.loads(line)["kind"] == "outcome")
    assert len(export(data, "--id", outcome["id"])) == 2
    assert export(data, "--id", outcome["id"], "--kind", "intent", "--team", outcome["team"])


def test_the_file_is_whole_or_not_there(data, tmp_path):
    out = tmp_path / "out.jsonl"
    assert export(data, "-o", out) == []
    assert out.read_text().splitlines() == stored(data)
    assert [p.name for p in tmp_path.iterdir()] == ["out.jsonl"]
    out.write_text("before")
    done = run("ledger", "export", "--data", tmp_path / "nothing", "-o", out)
    assert done.returncode == 2 and out.read_text() == "before" and len(list(tmp_path.iterdir())) == 1
    assert run("ledger", "export", "--data", data, "-o", tmp_path / "no" / "folder").returncode in (2, 3)


@pytest.mark.parametrize("arguments", [("--since", "yesterday"), ("--until", "2026-13-01"), ("--id", "7")])
def test_a_wrong_call_is_exit_2_with_one_line(data, arguments):
    done = run("ledger", "export", "--data", data, *arguments)
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and done.stdout == ""
