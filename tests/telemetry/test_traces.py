"""Spans: what a collector gets, and what happens to the gate when it does not take it."""

import base64
import http.server
import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import time

import pytest

from lib.gate import Gate, service
from lib.upstream import Upstream

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
TRACEPARENT = f"00-{TRACE}-{PARENT}-01"


class Collector:
    """An OTLP/HTTP endpoint that keeps what it is sent."""

    def __init__(self, status=200):
        self.requests, self.status = [], status
        kept = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                kept.requests.append((self.path, dict(self.headers), body))
                self.send_response(kept.status)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def spans(self, count, timeout=5.0):
        """The first `count` spans, waiting for them."""
        end = time.monotonic() + timeout
        while True:
            found = [span for _, _, body in list(self.requests) for r in json.loads(body)["resourceSpans"]
                     for s in r["scopeSpans"] for span in s["spans"]]
            if len(found) >= count or time.monotonic() > end:
                assert len(found) >= count, found
                return found
            time.sleep(0.02)


def tracing(endpoint, **more):
    return {"telemetry": {"traces": {"endpoint": endpoint, **more}}}


def attributes(span):
    return {a["key"]: next(iter(a["value"].values())) for a in span["attributes"]}


def by_kind(spans, kind):
    return [span for span in spans if span["kind"] == kind]


@pytest.fixture
def collector():
    with Collector() as collector:
        yield collector


@pytest.fixture
def up():
    with Upstream() as up:
        yield up


def test_an_exchange_is_a_server_span_with_a_client_span_for_its_service(up, collector):
    with Gate([service(up, provider="mistral")], more=tracing(collector.url)) as gate:
        answer = gate.chat("ok")
        spans = collector.spans(2)
        usage = gate.outcome(answer.id)["usage"]
    [server], [client] = by_kind(spans, 2), by_kind(spans, 3)
    path, headers, _ = collector.requests[0]
    assert path == "/v1/traces" and headers["Content-Type"] == "application/json"
    assert server["name"] == "POST /v1/chat/completions"
    assert server["traceId"] == answer.id.replace("-", "")
    assert client["parentSpanId"] == server["spanId"] and client["traceId"] == server["traceId"]
    assert client["name"] == "chat ok"
    told = attributes(client)
    assert told["gen_ai.provider.name"] == told["gen_ai.system"] == "mistral_ai"
    assert told["server.address"] == "127.0.0.1" and told["ostiary.service"] == "main"
    assert told["http.response.status_code"] == "200" and told["ostiary.decision"] == "allow"
    assert told["gen_ai.usage.input_tokens"] == str(usage["input"])
    assert told["gen_ai.usage.output_tokens"] == str(usage["output"])


def test_the_document_is_the_opentelemetry_protocols(up, collector):
    json_format = pytest.importorskip("google.protobuf.json_format")
    service_pb2 = pytest.importorskip("opentelemetry.proto.collector.trace.v1.trace_service_pb2")
    with Gate([service(up, "bad", models=["json-500"]), service(up)], more=tracing(collector.url)) as gate:
        gate.post("/v1/chat/completions", {"model": "ok", "messages": [], "stream": True},
                  headers={"traceparent": TRACEPARENT, "tracestate": "rojo=1"})
        gate.chat("json-500")
        gate.get("/v1/models")
        collector.spans(6)
    seen = 0
    for _, _, body in collector.requests:
        document = json.loads(body)
        for resource in document["resourceSpans"]:
            for scope in resource["scopeSpans"]:
                for span in scope["spans"]:  # OTLP's JSON writes ids in hexadecimal, protobuf's own in base64
                    for name, size in (("traceId", 16), ("spanId", 8), ("parentSpanId", 8)):
                        if name in span:
                            raw = bytes.fromhex(span[name])
                            assert len(raw) == size and any(raw) and span[name] == span[name].lower()
                            span[name] = base64.b64encode(raw).decode()
        request = json_format.Parse(json.dumps(document), service_pb2.ExportTraceServiceRequest(),
                                    ignore_unknown_fields=False)
        for resource in request.resource_spans:
            assert {a.key: a.value.string_value for a in resource.resource.attributes}["service.name"] == "ostiary"
            for span in resource.scope_spans[0].spans:
                assert 0 < span.start_time_unix_nano <= span.end_time_unix_nano
                assert abs(span.start_time_unix_nano / 1e9 - time.time()) < 120
                seen += 1
    assert seen >= 6


def test_a_real_collector_takes_them(up, tmp_path):
    """One that is not ours: OSTIARY_TEST_COLLECTOR, or an otelcol on the path."""
    names = (os.environ.get("OSTIARY_TEST_COLLECTOR"), "otelcol", "otelcol-contrib", "otelcorecol")
    program = next((found for name in names if name and (found := shutil.which(name))), None)
    if not program:
        pytest.skip("no OpenTelemetry collector on the path, none in OSTIARY_TEST_COLLECTOR")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (tmp_path / "collector.yaml").write_text(f"""
receivers: {{otlp: {{protocols: {{http: {{endpoint: "127.0.0.1:{port}"}}}}}}}}
exporters: {{debug: {{verbosity: detailed}}}}
service:
  telemetry: {{metrics: {{level: none}}}}
  pipelines: {{traces: {{receivers: [otlp], exporters: [debug]}}}}
""")
    log = tmp_path / "collector.log"
    with log.open("w") as out:
        process = subprocess.Popen([program, "--config", str(tmp_path / "collector.yaml")], stdout=out, stderr=out)
    try:
        with Gate([service(up)], more=tracing(f"http://127.0.0.1:{port}")) as gate:
            gate.post("/v1/chat/completions", {"model": "ok", "messages": []}, headers={"traceparent": TRACEPARENT})
            end = time.monotonic() + 30
            while TRACE not in log.read_text() and time.monotonic() < end:
                time.sleep(0.1)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)
    text = log.read_text()
    for wanted in (TRACE, PARENT, "chat ok", "POST /v1/chat/completions", "gen_ai.request.model: Str(ok)", "service.name: Str(ostiary)"):
        assert wanted in text


def test_services_learn_of_the_trace_only_where_that_is_configured(up, collector):
    sent = {"traceparent": TRACEPARENT, "tracestate": "rojo=1"}
    body = {"model": "ok", "messages": []}
    with Gate([service(up)], more=tracing(collector.url)) as gate:
        gate.post("/v1/chat/completions", body, headers=sent)
    assert "traceparent" not in {k.lower() for k, _ in up.requests[-1].headers}
    with Gate([service(up)], more=tracing(collector.url, propagate=True)) as gate:
        gate.post("/v1/chat/completions", body, headers=sent)
        client = by_kind(collector.spans(4), 3)[-1]
    got = {k.lower(): v for k, v in up.requests[-1].headers}
    assert got["traceparent"] == f"00-{TRACE}-{client['spanId']}-01" and got["tracestate"] == "rojo=1"


def test_a_fallback_shows_every_try(up, collector):
    with Upstream("second") as second:
        services = [service(up, "first", retries=0), service(second, "second")]
        with Gate(services, more=tracing(collector.url)) as gate:
            gate.chat("json-500")
            clients = by_kind(collector.spans(3), 3)
    assert [attributes(c)["ostiary.service"] for c in clients] == ["first", "second"]
    assert [attributes(c)["error.type"] for c in clients] == ["500", "500"]
    assert all(c["status"]["code"] == 2 for c in clients)


def test_headers_for_the_collector_come_from_a_file_and_stay_out_of_the_log(up, collector, tmp_path):
    secret = f"not-a-secret-{os.urandom(6).hex()}"
    (tmp_path / "headers").write_text(f"Authorization: Bearer {secret}\nX-Tenant: a b\n")
    collector.status = 401
    with Gate([service(up)], more=tracing(collector.url, headers={"file": str(tmp_path / "headers")})) as gate:
        gate.chat("ok")
        collector.spans(2)
        end = time.monotonic() + 5
        while "401" not in gate.stderr and time.monotonic() < end:
            time.sleep(0.05)
        log = gate.stderr
    _, headers, _ = collector.requests[0]
    assert headers["Authorization"] == f"Bearer {secret}" and headers["X-Tenant"] == "a b"
    assert "status 401" in log and secret not in log


def test_a_collector_that_never_answers_costs_the_gate_nothing(up):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(8)
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with Gate([service(up)], more=tracing(endpoint, queue=16, timeout="60s")) as gate:
            for _ in range(60):
                began = time.monotonic()
                assert gate.chat("ok").status == 200
                assert time.monotonic() - began < 2
            began = time.monotonic()
            assert gate.stop() == 0
            assert time.monotonic() - began < 8


def test_what_is_queued_when_the_gate_stops_is_still_sent(up, collector):
    with Gate([service(up)], more=tracing(collector.url)) as gate:
        for _ in range(20):
            gate.chat("ok")
        assert gate.stop() == 0
    assert len(collector.spans(40)) == 40


def test_no_span_holds_what_was_said_or_who_said_it(up, collector):
    with Gate([service(up)], more=tracing(collector.url)) as gate:
        said = gate.chat("ok").json()["choices"][0]["message"]["content"]
        collector.spans(2)
        subject = next(r["subject"] for r in gate.tail() if r.get("subject"))
        for _, _, body in collector.requests:
            text = body.decode()
            for word in ("Grüezi", said, subject, gate.key):
                assert word not in text
