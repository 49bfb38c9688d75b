"""Bad input: each gets the right 4xx within a deadline, in the caller's error shape, leaves a record, and grows nothing."""

import gzip
import json
import socket
import time
import uuid

import pytest

from lib.gate import Gate, service
from lib.http import Closed, Connection, head
from lib.upstream import Upstream

HEAD_LIMIT, BODY_LIMIT, DEPTH = 16384, 1 << 20, 64
HEAD_TIME, BODY_TIME = 1.0, 1.0
DEADLINE = 5.0


@pytest.fixture(scope="module")
def up():
    with Upstream() as up:
        yield up


@pytest.fixture(scope="module")
def gate(up):
    limits = {"max_body_bytes": "1MiB", "max_head_bytes": "16KiB", "max_depth": DEPTH, "head_timeout": "1s",
              "body_timeout": "1s", "idle_timeout": "3s"}
    with Gate([service(up)], gate=limits) as gate:
        yield gate


CHAT = "/v1/chat/completions"
GOOD = b'{"model":"ok","messages":[]}'


def exchange(gate, data, timeout=DEADLINE):
    """Sends bytes as they are; the answer, and whether the gate closed after it."""
    with Connection(gate.port, timeout) as c:
        try:
            c.send(data)
        except (BrokenPipeError, ConnectionResetError):
            pass
        response = c.read()
        return response, c


def raw(gate, lines, body=b"", key=True):
    """A request from header lines as given (bytes, without line ends)."""
    fields = [b"Host: gate.test", b"Content-Type: application/json"]
    if key:
        fields.append(b"Authorization: Bearer " + gate.key.encode())
    return b"POST " + CHAT.encode() + b" HTTP/1.1\r\n" + b"".join(x + b"\r\n" for x in [*fields, *lines]) + b"\r\n" + body


def refused(gate, up, response, status, recorded=True):
    """The right status in OpenAI's shape, nothing reached the service, and the ledger has it."""
    wanted = status if isinstance(status, tuple) else (status,)
    assert response.status in wanted, response
    assert response.header("content-type").startswith("application/json")
    error = response.error
    assert isinstance(error["message"], str) and error["message"]
    assert isinstance(error["type"], str) and "param" in error and "code" in error
    assert gate.alive()
    if recorded:
        assert response.id, "a refusal carries its exchange id"
        record = gate.outcome(response.id)
        assert record["outcome"] == "refused"
        assert not [r for r in up.requests if r.id == response.id], "it reached the service"
    return error


def count(up):
    return len(up.requests)


# Smuggling.

SMUGGLING = {
    "content-length and transfer-encoding": [b"Content-Length: 28", b"Transfer-Encoding: chunked"],
    "transfer-encoding and content-length": [b"Transfer-Encoding: chunked", b"Content-Length: 28"],
    "two different content-lengths": [b"Content-Length: 28", b"Content-Length: 5"],
    "two equal content-lengths": [b"Content-Length: 28", b"Content-Length: 28"],
    "content-length list": [b"Content-Length: 28, 28"],
    "content-length with a plus": [b"Content-Length: +28"],
    "content-length negative": [b"Content-Length: -1"],
    "content-length in hex": [b"Content-Length: 0x1c"],
    "content-length empty": [b"Content-Length: "],
    "content-length beyond 64 bits": [b"Content-Length: 18446744073709551644"],
    "transfer-encoding twice": [b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"],
    "transfer-encoding identity": [b"Transfer-Encoding: identity", b"Content-Length: 28"],
    "transfer-encoding not chunked last": [b"Transfer-Encoding: chunked, identity"],
    "transfer-encoding xchunked": [b"Transfer-Encoding: xchunked"],
    "transfer-encoding unknown": [b"Transfer-Encoding: gzip, chunked"],
    "space before the colon": [b"Content-Length : 28"],
    "obs-fold": [b"X-Folded: one", b" two", b"Content-Length: 28"],
    "obs-fold with a tab": [b"X-Folded: one", b"\ttwo", b"Content-Length: 28"],
    "obs-fold of transfer-encoding": [b"Transfer-Encoding:", b" chunked"],
    "NUL in a header value": [b"X-Nul: a\x00b", b"Content-Length: 28"],
    "NUL in a header name": [b"X-N\x00ul: ab", b"Content-Length: 28"],
    "control character in a header value": [b"X-Bell: a\x07b", b"Content-Length: 28"],
    "bare CR in a header value": [b"X-Cr: a\rContent-Length: 5", b"Content-Length: 28"],
    "empty header name": [b": nothing", b"Content-Length: 28"],
    "header without a colon": [b"just words", b"Content-Length: 28"],
    "header name with a space": [b"X Y: z", b"Content-Length: 28"],
}


@pytest.mark.parametrize("lines", SMUGGLING.values(), ids=SMUGGLING.keys())
def test_a_smuggling_shaped_head_is_refused_and_the_connection_closed(gate, up, lines):
    before = count(up)
    response, c = exchange(gate, raw(gate, lines, GOOD))
    refused(gate, up, response, (400, 411, 413, 501))
    assert (response.header("connection") or "").lower() == "close"
    assert count(up) == before


@pytest.mark.parametrize("lines", [SMUGGLING["content-length and transfer-encoding"], SMUGGLING["two different content-lengths"],
                                   SMUGGLING["obs-fold of transfer-encoding"]])
def test_nothing_behind_a_refused_head_is_read_as_a_request(gate, up, lines):
    before = count(up)
    smuggled = raw(gate, [b"Content-Length: %d" % len(GOOD)], GOOD)
    with Connection(gate.port, DEADLINE) as c:
        c.send(raw(gate, lines, b"0\r\n\r\n" + smuggled))
        assert c.read().status >= 400
        assert c.closed_within(3)
        assert b"HTTP/1.1" not in bytes(c.buffer)
    assert count(up) == before


def test_bare_lf_as_line_end_of_the_head_is_refused(gate, up):
    data = raw(gate, [b"Content-Length: %d" % len(GOOD)])
    response, _ = exchange(gate, data.replace(b"\r\n", b"\n") + GOOD)
    refused(gate, up, response, 400)


def test_a_single_bare_lf_in_the_head_is_refused(gate, up):
    data = raw(gate, [b"X-A: b\nX-C: d", b"Content-Length: %d" % len(GOOD)], GOOD)
    response, _ = exchange(gate, data)
    refused(gate, up, response, 400)


CHUNKS = {
    "size not hex": b"zz\r\nhello\r\n0\r\n\r\n",
    "size empty": b"\r\nhello\r\n0\r\n\r\n",
    "size with a sign": b"+5\r\nhello\r\n0\r\n\r\n",
    "size with 0x": b"0x5\r\nhello\r\n0\r\n\r\n",
    "size with a blank before": b" 5\r\nhello\r\n0\r\n\r\n",
    "size beyond 64 bits": b"10000000000000005\r\nhello\r\n0\r\n\r\n",
    "size wraps to zero": b"10000000000000000\r\n\r\n",
    "size ended by a bare LF": b"5\nhello\r\n0\r\n\r\n",
    "data longer than its size": b"1c\r\n" + GOOD + b"XX\r\n0\r\n\r\n",
    "data ended by a bare LF": b"1c\r\n" + GOOD + b"\n0\r\n\r\n",
    "a NUL in the size line": b"1c\x00\r\n" + GOOD + b"\r\n0\r\n\r\n",
    "a bare LF in an extension": b"1c;a=b\nc\r\n" + GOOD + b"\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("chunks", CHUNKS.values(), ids=CHUNKS.keys())
def test_a_tricky_chunk_is_refused(gate, up, chunks):
    before = count(up)
    response, _ = exchange(gate, raw(gate, [b"Transfer-Encoding: chunked"], chunks))
    refused(gate, up, response, (400, 413))
    assert count(up) == before


def test_a_chunked_body_in_good_order_passes_byte_for_byte(gate, up):
    chunks = b"5\r\n" + GOOD[:5] + b"\r\n" + b"%X;note=1\r\n" % (len(GOOD) - 5) + GOOD[5:] + b"\r\n0\r\n\r\n"
    response, _ = exchange(gate, raw(gate, [b"Transfer-Encoding: chunked"], chunks))
    assert response.status == 200
    assert up.requests[-1].body == GOOD
    assert up.requests[-1].header("content-length") == str(len(GOOD)) or up.requests[-1].header("transfer-encoding")


def test_an_endless_chunk_extension_is_refused(gate, up):
    response, _ = exchange(gate, raw(gate, [b"Transfer-Encoding: chunked"], b"1c;" + b"a" * (HEAD_LIMIT + 4096)))
    refused(gate, up, response, (400, 413, 431))


def test_endless_trailers_are_refused(gate, up):
    chunks = b"1c\r\n" + GOOD + b"\r\n0\r\n" + b"X-T: y\r\n" * (HEAD_LIMIT // 4)
    response, _ = exchange(gate, raw(gate, [b"Transfer-Encoding: chunked"], chunks))
    refused(gate, up, response, (400, 413, 431))


REQUEST_LINES = {
    "no version": b"POST /v1/chat/completions",
    "a blank too many": b"POST  /v1/chat/completions HTTP/1.1",
    "version 3": b"POST /v1/chat/completions HTTP/3.0",
    "version nonsense": b"POST /v1/chat/completions HTTPS/1.1",
    "a NUL in the path": b"POST /v1/chat/\x00completions HTTP/1.1",
    "a method of odd characters": b"P(ST /v1/chat/completions HTTP/1.1",
    "no method": b" /v1/chat/completions HTTP/1.1",
    "tls": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "the http2 preface": b"PRI * HTTP/2.0",
}


@pytest.mark.parametrize("line", REQUEST_LINES.values(), ids=REQUEST_LINES.keys())
def test_a_bad_request_line_is_refused(gate, up, line):
    before = count(up)
    data = line + b"\r\nHost: gate.test\r\nAuthorization: Bearer " + gate.key.encode() + b"\r\nContent-Length: 28\r\n\r\n" + GOOD
    with Connection(gate.port, DEADLINE) as c:
        c.send(data)
        response = c.read()
    assert response.status in (400, 404, 405, 501, 505)
    assert count(up) == before and gate.alive()


def test_http_1_1_without_a_host_is_refused(gate, up):
    data = raw(gate, [b"Content-Length: %d" % len(GOOD)], GOOD).replace(b"Host: gate.test\r\n", b"")
    response, _ = exchange(gate, data)
    refused(gate, up, response, 400)


def test_two_hosts_are_refused(gate, up):
    response, _ = exchange(gate, raw(gate, [b"Host: other.test", b"Content-Length: %d" % len(GOOD)], GOOD))
    refused(gate, up, response, 400)


# Too much.

def test_an_oversized_head_is_a_431(gate, up):
    response, _ = exchange(gate, raw(gate, [b"X-Big: " + b"a" * (HEAD_LIMIT + 100), b"Content-Length: 28"], GOOD))
    refused(gate, up, response, 431)


def test_too_many_headers_are_a_431(gate, up):
    response, _ = exchange(gate, raw(gate, [b"X-%d: a" % i for i in range(3000)] + [b"Content-Length: 28"], GOOD))
    refused(gate, up, response, 431)


def test_a_head_that_never_ends_is_refused_at_the_limit(gate, up):
    with Connection(gate.port, DEADLINE) as c:
        try:
            c.send(b"POST " + CHAT.encode() + b" HTTP/1.1\r\nX-A: ")
            for _ in range(64):
                c.send(b"a" * 4096)
        except (BrokenPipeError, ConnectionResetError):
            pass
        try:
            assert c.read().status == 431
        except Closed:
            pass  # the unread rest may reset the connection before the answer was read
        assert c.closed_within(2)


def test_an_oversized_path_is_refused(gate, up):
    response, _ = exchange(gate, head("GET", "/v1/" + "a" * (HEAD_LIMIT + 10), gate.headers()))
    refused(gate, up, response, (414, 431))


def test_an_announced_oversized_body_is_a_413_before_it_is_read(gate, up):
    with Connection(gate.port, DEADLINE) as c:
        c.send(raw(gate, [b"Content-Length: %d" % (BODY_LIMIT + 1)]))
        response = c.read()
    refused(gate, up, response, 413)


def test_an_oversized_body_without_a_length_is_a_413_at_the_limit(gate, up):
    before = gate.rss_kib("RssAnon")
    with Connection(gate.port, DEADLINE) as c:
        try:
            c.send(raw(gate, [b"Transfer-Encoding: chunked"]))
            for _ in range(100):
                c.send(b"10000\r\n" + b"a" * 65536 + b"\r\n")
        except (BrokenPipeError, ConnectionResetError):
            pass
        try:
            refused(gate, up, c.read(), 413)
        except Closed:
            pass
        assert c.closed_within(3)
    assert gate.rss_kib("RssAnon") - before < 8192


def test_a_body_at_the_limit_passes(gate, up):
    text = json.dumps({"model": "ok", "messages": [{"role": "user", "content": ""}]}).encode()
    body = text.replace(b'""', b'"' + b"a" * (BODY_LIMIT - len(text)) + b'"')
    assert len(body) == BODY_LIMIT
    response = gate.post(CHAT, body)
    assert response.status == 200 and up.requests[-1].body == body


def test_expect_100_continue_is_answered_and_refused_when_too_big(gate, up):
    with Connection(gate.port, DEADLINE) as c:
        c.send(raw(gate, [b"Content-Length: %d" % len(GOOD), b"Expect: 100-continue"]))
        time.sleep(0.1)
        c.send(GOOD)
        response = c.read()
        assert response.status == 200 and response.interim in ([100], [])
    with Connection(gate.port, DEADLINE) as c:
        c.send(raw(gate, [b"Content-Length: %d" % (BODY_LIMIT * 4), b"Expect: 100-continue"]))
        response = c.read()
        assert response.status in (413, 417) and response.interim == []


# Truncated.

@pytest.mark.parametrize("lines,body", [([b"Content-Length: 1000"], GOOD), ([b"Transfer-Encoding: chunked"], b"1c\r\n" + GOOD[:9])])
def test_a_truncated_body_is_recorded_as_refused_and_never_forwarded(gate, up, lines, body):
    before = count(up)
    mark = {r["id"] for r in gate.tail() if r["kind"] == "outcome"}
    with Connection(gate.port, DEADLINE) as c:
        c.send(raw(gate, lines, body))
        c.sock.shutdown(socket.SHUT_WR)
        try:
            response = c.read()
            assert response.status == 400 and response.error["message"]
        except Closed:
            pass  # nobody is left to be told
    record = gate.wait_record(lambda r: r["kind"] == "outcome" and r["id"] not in mark)
    assert record and record["outcome"] in ("refused", "cancelled")
    assert count(up) == before


# JSON.

def nested(depth):
    return b'{"model":"ok","messages":[],"x":' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"


BROKEN = {
    "empty": b"",
    "blank": b"   ",
    "not an object": b"[1,2]",
    "a string": b'"ok"',
    "null": b"null",
    "truncated": GOOD[:-1],
    "two values": GOOD + GOOD,
    "text behind": GOOD + b" x",
    "a trailing comma": b'{"model":"ok","messages":[],}',
    "a comment": b'{"model":"ok"/* no */,"messages":[]}',
    "single quotes": b"{'model':'ok','messages':[]}",
    "a bare word": b'{"model":"ok","messages":[],"x":nul}',
    "NaN": b'{"model":"ok","messages":[],"temperature":NaN}',
    "a number with a leading zero": b'{"model":"ok","messages":[],"x":01}',
    "a number without digits": b'{"model":"ok","messages":[],"x":-}',
    "a number with a bare point": b'{"model":"ok","messages":[],"x":1.}',
    "a raw control character in a string": b'{"model":"ok","messages":[],"x":"a\nb"}',
    "a bad escape": b'{"model":"ok","messages":[],"x":"\\q"}',
    "a cut unicode escape": b'{"model":"ok","messages":[],"x":"\\u12"}',
    "a broken value in a skipped field": b'{"model":"ok","messages":[],"metadata":{"a":[1,2,{"b":tru}]}}',
    "a broken string in a skipped field": b'{"metadata":{"a":"\x01"},"model":"ok","messages":[]}',
    "a missing colon in a skipped field": b'{"metadata":{"a" 1},"model":"ok","messages":[]}',
    "unbalanced in a skipped field": b'{"metadata":{"a":[1},"model":"ok","messages":[]}',
    "a key that is no string": b'{"metadata":{1:2},"model":"ok","messages":[]}',
    "a byte order mark": b"\xef\xbb\xbf" + GOOD,
    "a NUL behind": GOOD + b"\x00",
    "utf-16": GOOD.decode().encode("utf-16"),
}


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN.keys())
def test_broken_json_is_a_400_and_never_forwarded(gate, up, body):
    before = count(up)
    refused(gate, up, gate.post(CHAT, body), 400)
    assert count(up) == before


NOT_UTF8 = {"a stray byte": b"\xff", "a cut character": b"\xe4\xb8", "an overlong slash": b"\xc0\xaf",
            "a surrogate": b"\xed\xa0\x80", "beyond unicode": b"\xf4\x90\x80\x80", "latin-1": "für".encode("latin-1")}


@pytest.mark.parametrize("text", NOT_UTF8.values(), ids=NOT_UTF8.keys())
@pytest.mark.parametrize("template", [b'{"model":"ok","messages":[{"role":"user","content":"%s"}]}', b'{"model":"ok","messages":[],"%s":1}',
                                      b'{"model":"ok%s","messages":[]}'], ids=["in a text", "in a key", "in the model"])
def test_text_that_is_not_utf8_is_a_400(gate, up, template, text):
    before = count(up)
    refused(gate, up, gate.post(CHAT, template % text), 400)
    assert count(up) == before


DUPLICATES = {
    "model": b'{"model":"ok","messages":[],"model":"other"}',
    "model with the same value": b'{"model":"ok","messages":[],"model":"ok"}',
    "model written with an escape": b'{"model":"ok","messages":[],"mod\\u0065l":"other"}',
    "messages": b'{"model":"ok","messages":[],"messages":[{"role":"user","content":"x"}]}',
    "stream": b'{"model":"ok","stream":false,"messages":[],"stream":true}',
    "content of a message": b'{"model":"ok","messages":[{"role":"user","content":"a","content":"b"}]}',
    "role of a message": b'{"model":"ok","messages":[{"role":"user","role":"system","content":"b"}]}',
}


@pytest.mark.parametrize("body", DUPLICATES.values(), ids=DUPLICATES.keys())
def test_a_duplicate_key_at_a_level_that_the_gate_reads_is_refused(gate, up, body):
    before = count(up)
    error = refused(gate, up, gate.post(CHAT, body), 400)
    assert any(w in error["message"].lower() for w in ("duplicate", "twice", "already")), "it is told what is wrong"
    assert count(up) == before


def test_nesting_up_to_the_limit_passes_and_beyond_is_a_400(gate, up):
    response = gate.post(CHAT, nested(DEPTH))
    assert response.status == 200 and up.requests[-1].body == nested(DEPTH)
    refused(gate, up, gate.post(CHAT, nested(DEPTH + 1)), 400)


def test_a_hundred_thousand_levels_do_not_fell_the_gate(gate, up):
    refused(gate, up, gate.post(CHAT, b'{"model":"ok","x":' + b"[" * 100000 + b"]" * 100000 + b"}"), 400)
    refused(gate, up, gate.post(CHAT, b'{"a":' * 100000), 400)


@pytest.mark.parametrize("body", [b'{"messages":[]}', b'{"model":null,"messages":[]}', b'{"model":5,"messages":[]}', b'{"model":"","messages":[]}',
                                  b'{"model":["ok"],"messages":[]}'])
def test_a_request_without_a_usable_model_is_a_400(gate, up, body):
    error = refused(gate, up, gate.post(CHAT, body), (400, 404))
    assert error["param"] in ("model", None)


def test_unusual_but_valid_json_reaches_the_service_byte_for_byte(gate, up):
    body = (b' \n{ "x" : [ 1.50e+2 , -0.0 , 1E400, 12345678901234567890123 ] ,\t"model"\r\n:\t"o\\u006b" , "messages":[ { "role":"user",'
            b'"content":"\\ud83e\\udd89 \\/ \\u0000 \x7f" } ], "unknown":{"a":1,"b":2}, "":{"":[]} } \n')
    response = gate.post(CHAT, body)
    assert response.status == 200
    assert up.requests[-1].body == body


@pytest.mark.parametrize("name", ["\\ud800", "\\u0000", "a\\nb", "../../x", "ok\\u202e", "x" * 5000])
def test_an_odd_model_name_harms_neither_gate_nor_ledger(gate, up, name):
    response = gate.post(CHAT, b'{"model":"' + name.encode() + b'","messages":[]}')
    assert response.status in (200, 400, 404)
    assert gate.outcome(response.id)["outcome"] in ("complete", "refused")
    assert all(len(json.dumps(r)) < 4096 for r in gate.records(response.id)), "a name fills the ledger"


def test_a_compressed_request_body_is_refused_or_read_but_never_passed_unread(gate, up):
    before = count(up)
    response = gate.post(CHAT, gzip.compress(GOOD), headers={"Content-Encoding": "gzip"})
    if response.status != 200:
        refused(gate, up, response, (400, 415))
        assert count(up) == before


def test_a_body_on_get_is_not_forwarded_as_a_second_request(gate, up):
    before = count(up)
    with Connection(gate.port, DEADLINE) as c:
        c.send_request("GET", "/v1/models", gate.headers(), raw(gate, [b"Content-Length: 28"], GOOD))
        assert c.read().status in (200, 400)
        c.closed_within(0.5)
        assert b"HTTP/1.1" not in bytes(c.buffer)
    assert count(up) - before <= 1


# Slow.

def test_a_head_that_trickles_in_ends_at_its_deadline(gate, up):
    with Connection(gate.port, 10) as c:
        data = raw(gate, [b"Content-Length: 28"])
        ended = trickle(c, data, HEAD_TIME)
        assert HEAD_TIME * 0.7 < ended < HEAD_TIME + 2.5
        response = answer_if_any(c)
        if response:
            refused(gate, up, response, 408)


def test_a_body_that_trickles_in_ends_at_its_deadline(gate, up):
    mark = {r["id"] for r in gate.tail() if r["kind"] == "outcome"}
    before = count(up)
    with Connection(gate.port, 10) as c:
        c.send(raw(gate, [b"Content-Length: 28"]))
        ended = trickle(c, GOOD, BODY_TIME)
        assert BODY_TIME * 0.7 < ended < BODY_TIME + 2.5
        response = answer_if_any(c)
        assert response is not None, "a slow body is told that it was too slow"
        refused(gate, up, response, 408)
    assert gate.wait_record(lambda r: r["kind"] == "outcome" and r["id"] not in mark)["outcome"] == "refused"
    assert count(up) == before


def trickle(c, data, deadline):
    """A byte every tenth of the deadline; seconds until the gate answered or closed."""
    began = time.monotonic()
    for i in range(len(data)):
        try:
            c.send(data[i:i + 1])
        except OSError:
            break
        try:
            c.fill(time.monotonic() + deadline / 10)
            break
        except TimeoutError:
            pass
        if time.monotonic() - began > deadline + 4:
            break
    return time.monotonic() - began


def answer_if_any(c):
    try:
        return c.read(2)
    except (Closed, TimeoutError):
        return None


def test_many_slow_connections_do_not_keep_others_out(gate, up):
    slow = []
    try:
        for _ in range(200):
            c = Connection(gate.port, 5)
            c.send(b"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nX-")
            slow.append(c)
        began = time.monotonic()
        assert gate.chat("ok").status == 200
        assert time.monotonic() - began < 1
        end = time.monotonic() + HEAD_TIME + 3
        assert all(c.closed_within(end - time.monotonic()) for c in slow)
    finally:
        for c in slow:
            c.close()


def test_an_idle_connection_is_closed_in_time(gate):
    with Connection(gate.port, 10) as c:
        c.send_request("POST", CHAT, gate.headers(), GOOD)
        assert c.read().status == 200
        began = time.monotonic()
        assert c.closed_within(3 + 3)
        assert time.monotonic() - began > 1


# Who asks for what.

@pytest.mark.parametrize("key", ["", "ost_wrong", "sk-" + "0" * 20, "ost_" + "a" * 5000])
def test_a_wrong_key_is_a_401_in_the_callers_shape(gate, up, key):
    before = count(up)
    response = gate.post(CHAT, GOOD, headers={"Authorization": f"Bearer {key}"})
    error = refused(gate, up, response, 401)
    assert error["code"] == "invalid_api_key"
    if len(key) > 20:
        assert key not in response.body.decode()
    assert count(up) == before


def test_no_key_is_a_401(gate, up):
    response, _ = exchange(gate, raw(gate, [b"Content-Length: 28"], GOOD, key=False))
    refused(gate, up, response, 401)


def test_a_key_with_one_character_changed_is_a_401(gate, up):
    last = "0" if gate.key[-1] != "0" else "1"
    refused(gate, up, gate.post(CHAT, GOOD, key=gate.key[:-1] + last), 401)


@pytest.mark.parametrize("method,path,status", [("GET", CHAT, 405), ("POST", "/v1/nothing", 404), ("POST", "/v2/chat/completions", 404),
                                                ("DELETE", "/v1/models", 405), ("POST", "/v1/../v1/chat/completions", (400, 404)),
                                                ("POST", "/v1/chat%2fcompletions", (400, 404)), ("BREW", CHAT, (400, 405, 501))])
def test_an_unknown_path_or_method_is_answered_in_the_callers_shape(gate, up, method, path, status):
    before = count(up)
    response = gate.send(method, path, GOOD)
    wanted = status if isinstance(status, tuple) else (status,)
    assert response.status in wanted
    assert response.error["message"]
    assert count(up) == before


def test_no_key_and_no_prompt_text_reaches_ledger_or_log(gate, up):
    marker = f"marker-{uuid.uuid4()}"
    response = gate.post(CHAT, json.dumps({"model": "ok", "messages": [{"role": "user", "content": marker}]}).encode())
    broken = gate.post(CHAT, b'{"model":"ok","messages":["' + marker.encode() + b'",]}')
    assert gate.outcome(response.id) and gate.outcome(broken.id)
    secret = gate.key.rsplit("_", 1)[1]
    kept = b"".join(p.read_bytes() for p in gate.data.rglob("*") if p.is_file())
    for text in (marker, secret):
        assert text.encode() not in kept
        assert text not in gate.stderr
    assert marker not in broken.body.decode()


def test_the_gate_still_serves_after_all_that(gate):
    assert gate.chat("ok").status == 200
    assert gate.rss_kib("RssAnon") < 100 * 1024
