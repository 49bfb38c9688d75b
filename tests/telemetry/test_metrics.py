"""What /metrics shows: to whom, in a form that Prometheus' own tool finds nothing wrong with, and true."""

import re
import shutil
import subprocess
import time

import pytest

from lib.gate import Gate, service
from lib.http import request
from lib.upstream import Upstream

OPENMETRICS = "application/openmetrics-text;version=1.0.0,text/plain;q=0.5"


@pytest.fixture
def up():
    with Upstream() as up:
        yield up


def scrape(gate, key=None, accept="text/plain", status=200):
    headers = {"Accept": accept, **({"Authorization": f"Bearer {key}"} if key else {})}
    answer = request(gate.port, "GET", "/metrics", headers)
    assert answer.status == status, answer
    return answer


def samples(answer):
    """{(name, frozenset of labels): value}"""
    found = {}
    for line in answer.body.decode().splitlines():
        if line.startswith("#"):
            continue
        name, labels, value = re.fullmatch(r"([a-z_]+)(?:\{(.*)\})? (\S+)", line).groups()
        found[name, frozenset(re.findall(r'(\w+)="([^"]*)"', labels or ""))] = float(value)
    return found


def total(found, name, **labels):
    return sum(v for (n, has), v in found.items() if n == name and set(labels.items()) <= has)


def test_counters_say_how_many_exchanges_there_were(up):
    with Gate([service(up), service(up, "spare")], more={"telemetry": {"metrics": True}}) as gate:
        before = samples(scrape(gate))
        assert total(before, "ostiary_exchanges_total") == 0
        for _ in range(5):
            assert gate.chat("ok").status == 200
        last = gate.chat("json-400")
        assert last.status == 400
        gate.outcome(last.id)
        after = samples(scrape(gate))
        assert total(after, "ostiary_exchanges_total") == 6
        assert total(after, "ostiary_exchanges_total", service="main", outcome="complete") == 5
        assert total(after, "ostiary_exchange_duration_seconds_count") == 6
        assert total(after, "ostiary_tries_total", result="client_error") == 1
        for id in ("main", "spare"):
            for name in ("breaker_state", "queued", "outstanding"):
                assert after[f"ostiary_service_{name}", frozenset({("service", id)})] == 0
        for name in ("projection_lag_records", "projection_lag_seconds", "ledger_gap_exchanges",
                     "ledger_unrecorded_exchanges_total", "ledger_records", "build_info"):
            assert f"ostiary_{name}" in {n for n, _ in after}


def test_an_open_breaker_shows(up):
    with Gate([service(up, breaker={"failures": 1, "rate": 0, "open": "1m"}, retries=0)]) as gate:
        gate.chat("json-500")
        found = samples(scrape(gate))
        assert found["ostiary_service_breaker_state", frozenset({("service", "main")})] == 2


def test_witnesses_that_fail_are_counted(up, tmp_path):
    lost = tmp_path / "not" / "there" / "notes"
    with Gate([service(up)], more={"ledger": {"witness": [{"file": str(lost), "every": "1s"}]}}) as gate:
        gate.chat("ok")
        for _ in range(100):
            found = samples(scrape(gate))
            if total(found, "ostiary_witness_failures_total") >= 1:
                return
            time.sleep(0.1)
    raise AssertionError("no failure was counted")


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool (Debian: prometheus) is not installed")
def test_prometheus_own_check_finds_nothing(up):
    with Gate([service(up)]) as gate:
        gate.chat("ok")
        text = scrape(gate).body
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, timeout=30)
    assert (done.returncode, done.stdout + done.stderr) == (0, b"")


def test_openmetrics_is_given_to_whoever_prefers_it(up):
    with Gate([service(up)]) as gate:
        answer = scrape(gate, accept=OPENMETRICS)
        assert answer.header("Content-Type").startswith("application/openmetrics-text; version=1.0.0")
        assert answer.body.endswith(b"# EOF\n")
        assert scrape(gate, accept="*/*").header("Content-Type").startswith("text/plain; version=0.0.4")


def test_with_metrics_open_no_a_key_that_reads_is_needed(up):
    with Gate([service(up)], more={"telemetry": {"metrics_open": "no"}}) as gate:
        keys = {scope: gate.json_of("key", "create", "--team", "t", "--user", scope, "--scope", scope)["key"]
                for scope in ("use", "team:t", "read", "admin")}
        assert "ostiary_" not in scrape(gate, status=401).body.decode().replace("ost_", "")
        for scope, key in keys.items():
            scrape(gate, key, status=200 if scope in ("read", "admin") else 403)


def test_metrics_that_are_off_are_not_there_and_that_is_said(up):
    with Gate([service(up)], more={"telemetry": {"metrics": False}}) as gate:
        answer = scrape(gate, status=404)
        assert "telemetry.metrics" in answer.error["message"]
        assert gate.chat("ok").status == 200
