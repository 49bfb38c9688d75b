"""Streams done right: one test a promise, at the level of the socket."""

import json
import socket
import struct
import time

import pytest

from lib.gate import Gate, service
from lib.http import Closed, Connection, sse
from lib.scripts import DONE, PAUSE, TEXT, chat_events, dumps, event
from lib.streams import HUGE_EVENTS
from lib.upstream import Upstream


@pytest.fixture(scope="module")
def up():
    with Upstream() as up:
        yield up


@pytest.fixture(scope="module")
def gate(up):
    with Gate([service(up, retries=2, timeouts={"connect": "2s", "first_byte": "20s", "idle": "10s", "total": "60s"})]) as gate:
        yield gate


def body(model, **more):
    return json.dumps({"model": model, "stream": True, "messages": [{"role": "user", "content": "x"}], **more}).encode()


def open_stream(gate, model, timeout=20, receive_buffer=None, path="/v1/chat/completions", content=None, **more):
    c = Connection(gate.port, timeout, receive_buffer=receive_buffer)
    c.send_request("POST", path, gate.headers(), content or body(model, **more))
    return c


def stream(gate, model, **more):
    with open_stream(gate, model, **more) as c:
        return c.read()


def text_of(events):
    out = ""
    for e in events:
        if e != "[DONE]":
            for choice in json.loads(e).get("choices", []):
                out += choice["delta"].get("content") or ""
    return out


def finishes(events):
    return [c.get("finish_reason") for e in events if e != "[DONE]" for c in json.loads(e).get("choices", [])
            if c.get("finish_reason")]


def expected_events(model, **more):
    return [json.loads(dumps(e)) for e in chat_events(model, **more)]


def assert_whole(response, model, **more):
    assert response.status == 200 and response.complete
    events = response.events()
    assert events[-1] == "[DONE]"
    assert [json.loads(e) for e in events[:-1]] == expected_events(model, **more)


# Events split anywhere.

@pytest.mark.parametrize("model", ["stream-split-every-byte", "stream-split-in-utf8", "stream-one-packet", "stream-length",
                                   "stream-until-close", "gzip-body"])
def test_events_arrive_whole_however_the_service_splits_them(gate, model):
    assert_whole(stream(gate, model), model)


def test_a_stream_that_needs_no_change_is_forwarded_byte_for_byte(gate):
    model = "stream-split-every-byte"
    assert stream(gate, model).body == b"".join(event(e) for e in chat_events(model)) + DONE


def test_a_character_split_over_two_packets_is_not_damaged(gate):
    response = stream(gate, "stream-split-in-utf8")
    assert "\ufffd" not in response.body.decode("utf-8")
    assert text_of(response.events()) == TEXT


@pytest.mark.parametrize("model", ["stream-crlf", "stream-cr-lf-apart"])
def test_crlf_line_ends_are_understood(gate, model):
    response = stream(gate, model)
    assert_whole(response, model, usage="own" if model == "stream-crlf" else None)
    record = gate.outcome(response.id)
    assert record["outcome"] == "complete"


def test_comments_and_pings_pass_and_disturb_nothing(gate):
    response = stream(gate, "stream-comments")
    assert_whole(response, "stream-comments", usage="own")
    assert gate.outcome(response.id)["outcome"] == "complete"


def test_fields_without_a_blank_are_understood(gate):
    response = stream(gate, "stream-no-space")
    assert_whole(response, "stream-no-space")
    assert gate.outcome(response.id)["outcome"] == "complete"


def test_an_end_marker_without_its_empty_line_is_an_end_marker(gate):
    response = stream(gate, "stream-done-without-empty-line")
    assert text_of([e for e in sse(response.body + b"\n") if e != "[DONE]"]) == TEXT
    assert b"error" not in response.body
    assert gate.outcome(response.id)["outcome"] == "complete"


def test_chunks_with_empty_choices_pass(gate):
    response = stream(gate, "stream-empty-choices")
    events = response.events()
    assert [json.loads(e)["choices"] for e in events[:-1]].count([]) == 2
    assert text_of(events) == TEXT and gate.outcome(response.id)["outcome"] == "complete"


@pytest.mark.parametrize("model,where", [("stream-usage-own-chunk", "own"), ("stream-usage-last-chunk", "last")])
def test_usage_on_its_own_or_on_the_last_chunk_is_forwarded_and_recorded(gate, model, where):
    response = stream(gate, model)
    assert_whole(response, model, usage=where)
    usage = gate.outcome(response.id)["usage"]
    assert (usage["input"], usage["output"]) == (11, 7)


def test_usage_of_a_plain_answer_is_recorded(gate):
    usage = gate.outcome(gate.chat("ok").id)["usage"]
    assert (usage["input"], usage["output"]) == (11, 7)


def test_usage_of_a_typed_responses_stream_is_recorded(gate):
    with open_stream(gate, "ok", path="/v1/responses", content=b'{"model":"ok","input":"x","stream":true}') as c:
        response = c.read()
    record = gate.outcome(response.id)
    assert record["outcome"] == "complete"
    assert (record["usage"]["input"], record["usage"]["output"], record["usage"]["cached"]) == (11, 7, 3)


# As they arrive.

def test_bytes_are_forwarded_as_they_arrive(gate):
    response = stream(gate, "stream-slow")
    assert_whole(response, "stream-slow")
    first = next(t for t, data in response.pieces if data)
    assert first < 0.15 * 4, "the first event waited for later ones"
    assert len({round(t, 1) for t, _ in response.pieces}) >= 5, "events came in lumps"


def test_whole_events_are_not_held_back_by_a_half_one(gate):
    with open_stream(gate, "stream-half-event-then-pause") as c:
        response = c.read_head()
        got, arrived = b"", None
        for data in c.body_pieces(response):
            got += data
            if arrived is None and got.count(b"\n\n") >= 3:
                arrived = time.monotonic() - c.began
        assert arrived < PAUSE / 2
    assert_whole(response, "stream-half-event-then-pause")


def test_the_head_of_a_stream_does_not_wait_for_its_first_event(gate):
    with open_stream(gate, "stream-head-then-pause") as c:
        response = c.read_head(3)
        assert response.status == 200 and response.header("content-type").startswith("text/event-stream")
        assert time.monotonic() - c.began < 2


def test_answers_say_what_they_are(gate):
    response = stream(gate, "ok")
    assert response.header("content-type").startswith("text/event-stream")
    assert len(response.id) == 36
    assert response.header("x-ostiary-service") == "main"
    assert response.header("x-ostiary-decision") == "allow"


# Backpressure.

def test_a_slow_reader_slows_the_service_and_costs_little_memory(gate, up):
    before = gate.rss_kib("RssAnon")
    with open_stream(gate, "huge-stream", receive_buffer=16384) as c:
        c.read_head()
        up.wait(lambda u: u.with_model("huge-stream"))
        seen = up.with_model("huge-stream")[-1]
        last, still = -1, 0
        for _ in range(100):
            time.sleep(0.1)
            still = still + 1 if seen.sent == last else 0
            last = seen.sent
            if still >= 5:
                break
        assert still >= 5, "the service was never slowed down"
        assert last < 24 << 20, f"{last} bytes were taken from the service for a client that read none"
        assert gate.rss_kib("RssAnon") - before < 8192
        # Reading on sets it going again.
        c.sock.settimeout(5)
        for _ in range(400):
            c.sock.recv(1 << 16)
        assert up.wait(lambda u: seen.sent > last)
    assert up.wait(lambda u: seen.peer_closed_at)


def test_a_huge_stream_arrives_whole_with_bounded_memory(gate):
    before = gate.rss_kib("RssAnon")
    size = peak = 0
    with open_stream(gate, "huge-stream", timeout=50) as c:
        response = c.read_head()
        ending = b""
        for n, data in enumerate(c.body_pieces(response)):
            size += len(data)
            ending = (ending + data)[-200:]
            response.body, response.pieces = b"", []
            if n % 500 == 0:
                peak = max(peak, gate.rss_kib("RssAnon"))
    assert response.complete and ending.endswith(DONE)
    assert size > HUGE_EVENTS * 8192
    assert peak - before < 16384


def test_one_event_without_an_end_does_not_grow_memory(gate):
    before, peak = gate.rss_kib("RssAnon"), 0
    with open_stream(gate, "huge-event", timeout=40) as c:
        response = c.read_head()
        try:
            for n, _ in enumerate(c.body_pieces(response)):
                response.body, response.pieces = b"", []
                if n % 100 == 0:
                    peak = max(peak, gate.rss_kib("RssAnon"))
        except Closed:
            pass
    assert peak - before < 40 * 1024, f"{(peak - before) >> 10} MiB of an event of 64 were kept"


# A client that leaves.

@pytest.mark.parametrize("model,streamed", [("stream-forever", True), ("stream-stall", True), ("stream-head-then-pause", True),
                                            ("slow-first-byte", True), ("slow-first-byte", False)])
def test_a_client_that_leaves_cancels_the_service_at_once(gate, up, model, streamed):
    first = len(up.requests)
    content = json.dumps({"model": model, "stream": streamed, "messages": []}).encode()
    with open_stream(gate, model, content=content) as c:
        if model == "stream-forever":
            response = c.read_head()
            next(iter(c.body_pieces(response)))
        up.wait(lambda u: len(u.requests) > first and u.requests[first].complete)
        time.sleep(0.1)
    left = time.monotonic()
    seen = up.requests[first]
    assert up.wait(lambda u: seen.peer_closed_at), "the service was not told"
    assert seen.peer_closed_at - left < 1.0
    assert len(up.requests) == first + 1, "a cancelled request was tried again"
    assert gate.outcome(seen.id)["outcome"] == "cancelled"


def test_a_client_that_resets_its_connection_cancels_too(gate, up):
    first = len(up.requests)
    c = open_stream(gate, "stream-forever")
    c.read_head()
    c.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    c.close()
    left = time.monotonic()
    seen = up.requests[first]
    assert up.wait(lambda u: seen.peer_closed_at)
    assert seen.peer_closed_at - left < 1.0
    assert gate.outcome(seen.id)["outcome"] == "cancelled"


def test_a_client_that_leaves_disturbs_no_other(gate, up):
    with open_stream(gate, "stream-slow") as other:
        with open_stream(gate, "stream-forever") as c:
            c.read_head()
        assert_whole(other.read(), "stream-slow")


# A service that ends early.

TRUNCATING = ["stream-cut-mid-event", "stream-cut-mid-utf8", "stream-cut-between-events", "stream-reset", "stream-no-done",
              "bad-chunk-size"]


@pytest.mark.parametrize("model", TRUNCATING)
def test_a_stream_without_its_end_marker_ends_in_an_error_event_and_is_recorded_as_truncated(gate, up, model):
    first = len(up.requests)
    response = stream(gate, model)
    assert response.status == 200 and response.complete, "the error must be readable: the message has its proper end"
    events = response.events()
    error = json.loads(events[-1])["error"]
    assert error["message"] and error["type"] and "code" in error
    assert "[DONE]" not in events
    assert finishes([e for e in events[:-1] if valid(e)]) == [], "no made-up finish_reason"
    assert gate.outcome(response.id)["outcome"] == "truncated"
    assert len(up.requests) == first + 1, "no second try after content was delivered"


def valid(e):
    try:
        json.loads(e)
        return True
    except ValueError:
        return False


@pytest.mark.parametrize("model", ["stream-cut-mid-event", "stream-cut-mid-utf8"])
def test_every_event_before_the_error_is_valid_json(gate, model):
    events = stream(gate, model).events()
    assert len(events) >= 2 and all(valid(e) for e in events)


def test_a_responses_stream_without_its_end_event_ends_in_an_error_event(gate):
    with open_stream(gate, "x", path="/v1/responses", content=b'{"model":"stream-no-done","input":"x","stream":true}') as c:
        response = c.read()
    assert response.complete
    last = json.loads(response.events()[-1])
    assert last.get("type") in ("error", "response.failed") and "response.completed" not in response.body.decode()
    assert gate.outcome(response.id)["outcome"] == "truncated"


def test_an_answer_with_no_event_at_all_is_not_a_complete_stream(gate):
    response = stream(gate, "stream-empty")
    if response.status == 200:
        assert "error" in json.loads(response.events()[-1])
    else:
        assert response.status == 502 and response.error["message"]
    assert gate.outcome(response.id)["outcome"] in ("truncated", "failed")


def test_the_services_own_error_event_passes_as_it_is(gate):
    response = stream(gate, "stream-error-event")
    errors = [json.loads(e)["error"] for e in response.events() if e != "[DONE]" and "error" in json.loads(e)]
    assert errors[0] == {"message": "the model fell over", "type": "server_error", "code": "boom", "param": None}
    assert gate.outcome(response.id)["outcome"] in ("failed", "truncated")


def test_a_json_answer_that_is_cut_is_never_passed_off_as_whole(gate):
    try:
        with Connection(gate.port) as c:
            c.send_request("POST", "/v1/chat/completions", gate.headers(), b'{"model":"cut-json","messages":[]}')
            response = c.read()
        assert response.status == 502 and response.error["message"]
        identity = response.id
    except Closed:
        identity = gate.wait_record(lambda r: r["kind"] == "outcome" and r.get("model") == "cut-json")["id"]
    assert gate.outcome(identity)["outcome"] in ("truncated", "failed")


def test_a_service_that_falls_silent_is_ended_by_the_idle_timeout():
    with Upstream() as up, Gate([service(up, timeouts={"connect": "2s", "first_byte": "5s", "idle": "700ms", "total": "30s"})]) as gate:
        began = time.monotonic()
        response = stream(gate, "stream-stall")
        assert 0.5 < time.monotonic() - began < 4
        assert "error" in json.loads(response.events()[-1])
        assert gate.outcome(response.id)["outcome"] == "truncated"
        assert up.wait(lambda u: u.requests[0].peer_closed_at)


def test_a_service_that_never_ends_is_ended_by_the_total_timeout():
    with Upstream() as up, Gate([service(up, timeouts={"connect": "2s", "first_byte": "5s", "idle": "5s", "total": "1s"})]) as gate:
        began = time.monotonic()
        response = stream(gate, "stream-forever")
        assert 0.8 < time.monotonic() - began < 4
        assert "error" in json.loads(response.events()[-1])
        assert gate.outcome(response.id)["outcome"] == "truncated"


def test_a_service_without_a_first_byte_is_a_504():
    with Upstream() as up, Gate([service(up, retries=0, timeouts={"connect": "2s", "first_byte": "600ms", "idle": "5s", "total": "9s"})]) as gate:
        began = time.monotonic()
        response = gate.chat("slow-first-byte")
        assert 0.4 < time.monotonic() - began < 4
        assert response.status == 504 and response.error["message"]
        assert gate.outcome(response.id)["outcome"] == "failed"
        assert up.wait(lambda u: u.requests[0].peer_closed_at)


def test_no_failover_after_content_was_delivered():
    with Upstream("first") as first, Upstream("second") as second:
        with Gate([service(first, "first"), service(second, "second")]) as gate:
            response = stream(gate, "stream-cut-between-events")
            assert "error" in json.loads(response.events()[-1])
            assert len(first.requests) == 1 and len(second.requests) == 0


# Errors of the service.

@pytest.mark.parametrize("model,status,retry_after", [("html-502", 502, None), ("html-503-retry-after", 503, "7")])
@pytest.mark.parametrize("streamed", [True, False])
def test_an_html_error_becomes_a_json_error_with_the_services_status_and_retry_after(gate, model, status, retry_after, streamed):
    response = gate.chat(model, stream=streamed)
    assert response.status == status
    assert response.header("content-type").startswith("application/json")
    assert set(response.error) >= {"message", "type", "param", "code"}
    assert response.header("retry-after") == retry_after
    assert gate.outcome(response.id)["outcome"] == "failed"


def test_a_json_error_of_the_service_passes_with_its_status_and_retry_after(gate):
    response = gate.chat("json-429-retry-after", stream=True)
    assert response.status == 429 and response.header("retry-after") == "3"
    assert response.error == {"message": "slow down", "type": "rate_limit_error", "param": None, "code": "rate_limit_exceeded"}


def test_html_with_status_200_is_not_passed_off_as_an_answer(gate):
    response = gate.chat("html-200")
    assert response.status == 502 and response.header("content-type").startswith("application/json")
    assert response.error["message"]


@pytest.mark.parametrize("model", ["close-before-response", "reset-before-response", "half-status-line", "not-http"])
def test_a_service_that_speaks_no_http_is_a_502(gate, model):
    response = gate.chat(model)
    assert response.status == 502 and response.error["message"]
    assert gate.outcome(response.id)["outcome"] == "failed"


def test_a_connection_serves_the_next_request_after_a_stream(gate):
    with open_stream(gate, "ok") as c:
        assert_whole(c.read(), "ok")
        c.send_request("POST", "/v1/chat/completions", gate.headers(), b'{"model":"ok","messages":[]}')
        assert c.read().status == 200


def test_after_a_truncated_stream_a_connection_is_closed_or_serves_the_next_request(gate):
    with open_stream(gate, "stream-no-done") as c:
        c.read()
        try:
            c.send_request("POST", "/v1/chat/completions", gate.headers(), b'{"model":"ok","messages":[]}')
            assert c.read().json()["choices"][0]["message"]["content"] == TEXT
        except (Closed, BrokenPipeError) as e:
            assert not getattr(e, "got", b"")
