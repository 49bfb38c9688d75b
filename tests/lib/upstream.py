"""A scripted OpenAI-compatible server that misbehaves on request.

What it does with a request is chosen by the request's model name (see SCRIPTS and `script_for`), so a
test says `{"model": "stream-crlf", …}` and gets exactly that. It works on raw sockets, one thread a
connection, so that it can split bytes anywhere, stall, cut and send what no HTTP library would.

Every request is kept as a `Seen` from its first byte on: head, raw body, times, connection, and when the
peer closed before the answer was finished. With `log_file` a line goes out (flushed) as soon as the
x-ostiary-id of a request was read, before anything is answered.

    with Upstream() as up:
        … up.url …; up.requests[0].body

Standalone, for a look with curl: python3 -m lib.upstream
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import itertools
import json
import os
import re
import select
import socket
import ssl
import struct
import threading
import time
import uuid
from dataclasses import dataclass, field

ID = re.compile(rb"\r\nx-ostiary-id:[ \t]*([0-9a-fA-F-]{36})\r\n", re.I)

TEXT = "Grüße aus der Pförtnerloge: 世界 🦉 ok."
USAGE = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
CREATED = 1700000000
PAUSE = 1.5  # seconds that a paused script waits
HUGE_EVENTS = 1 << 14
HUGE_PAD = "x" * 8192


@dataclass
class Seen:
    """One request as it arrived. Times are time.monotonic(); None where it has not happened."""

    connection: int
    first_byte_at: float
    method: str = ""
    target: str = ""
    headers: list = field(default_factory=list)
    head: bytes = b""
    body: bytes = b""
    id: str | None = None
    complete: bool = False
    model: str | None = None
    status: int | None = None
    sent: int = 0
    done_at: float | None = None
    peer_closed_at: float | None = None
    tls: dict | None = None
    up: str = ""

    def header(self, name):
        """The value of a header, or None; several are joined by a comma."""
        found = [v for k, v in self.headers if k.lower() == name.lower()]
        return ", ".join(found) if found else None

    def names(self):
        return [k.lower() for k, _ in self.headers]

    @property
    def path(self):
        return self.target.split("?", 1)[0]

    def json(self):
        return json.loads(self.body)

    def as_dict(self):
        return {
            "connection": self.connection, "method": self.method, "target": self.target, "id": self.id,
            "headers": self.headers, "body_base64": base64.b64encode(self.body).decode(),
            "complete": self.complete, "model": self.model, "status": self.status, "sent": self.sent,
            "done": self.done_at is not None, "peer_closed": self.peer_closed_at is not None,
            "seconds_open": (self.peer_closed_at or self.done_at or time.monotonic()) - self.first_byte_at,
            "up": self.up,
        }


class PeerGone(Exception):
    pass


class Answer:
    """What a script writes with: raw bytes out, and an eye on whether the peer is still there."""

    def __init__(self, upstream, sock, seen):
        self.up, self.sock, self.seen = upstream, sock, seen
        self.keep_alive = True

    def gone(self):
        poll = select.poll()
        poll.register(self.sock, select.POLLRDHUP | select.POLLHUP | select.POLLERR)
        return bool(poll.poll(0))

    def send(self, data):
        """Sends all of data, or raises PeerGone as soon as the peer closed."""
        view = memoryview(data)
        poll = select.poll()
        poll.register(self.sock, select.POLLOUT | select.POLLRDHUP | select.POLLHUP | select.POLLERR)
        while view:
            if self.up.closing:
                raise PeerGone
            for _, event in poll.poll(200):
                if event & (select.POLLRDHUP | select.POLLHUP | select.POLLERR):
                    self._gone()
                try:
                    if isinstance(self.sock, ssl.SSLSocket):
                        self.sock.sendall(view)
                        sent = len(view)
                    else:
                        sent = self.sock.send(view, socket.MSG_DONTWAIT)
                except (BlockingIOError, ssl.SSLWantWriteError):
                    sent = 0
                except OSError:
                    self._gone()
                self.seen.sent += sent
                view = view[sent:]

    def pause(self, seconds):
        """Waits; raises PeerGone the moment the peer closes."""
        poll = select.poll()
        poll.register(self.sock, select.POLLRDHUP | select.POLLHUP | select.POLLERR)
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and not self.up.closing:
            if poll.poll(min(left, 0.2) * 1000):
                self._gone()

    def _gone(self):
        if self.seen.peer_closed_at is None:
            self.seen.peer_closed_at = time.monotonic()
        raise PeerGone

    def head(self, status=200, headers=(), reason="x"):
        self.seen.status = status
        lines = [f"HTTP/1.1 {status} {reason}"] + [f"{k}: {v}" for k, v in headers]
        self.send(("\r\n".join(lines) + "\r\n\r\n").encode())

    def raw(self, status, kind, body, headers=()):
        self.seen.status = status
        lines = [f"HTTP/1.1 {status} x", f"Content-Type: {kind}", f"Content-Length: {len(body)}",
                 "x-request-id: req_scripted"] + [f"{k}: {v}" for k, v in headers]
        self.send(("\r\n".join(lines) + "\r\n\r\n").encode() + body)

    def json(self, value, status=200, headers=()):
        self.raw(status, "application/json", dumps(value), headers)

    def error(self, status, message, kind="invalid_request_error", code=None, param=None, headers=()):
        self.json({"error": {"message": message, "type": kind, "param": param, "code": code}}, status, headers)

    def sse_head(self, headers=()):
        self.head(200, [("Content-Type", "text/event-stream; charset=utf-8"), ("Cache-Control", "no-cache"),
                        ("Transfer-Encoding", "chunked"), *headers])

    def chunk(self, data):
        if data:
            self.send(b"%x\r\n%s\r\n" % (len(data), data))

    def last_chunk(self):
        self.send(b"0\r\n\r\n")

    def cut(self, reset=False):
        """Closes without the end of the message; with reset by a TCP RST."""
        self.keep_alive = False
        if reset:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.sock.close()
            return
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def dumps(value):
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:  # a lone surrogate
        return json.dumps(value, separators=(",", ":")).encode()


def event(value, end=b"\n"):
    data = value if isinstance(value, bytes) else dumps(value)
    return b"data: " + data + end + end


DONE = event(b"[DONE]")


def completion(model, message, finish="stop", usage=None):
    return {"id": "chatcmpl-scripted", "object": "chat.completion", "created": CREATED, "model": model,
            "choices": [{"index": 0, "message": {"role": "assistant", **message}, "logprobs": None,
                         "finish_reason": finish}],
            "usage": usage or USAGE, "system_fingerprint": "fp_scripted", "x_unknown_to_gates": {"kept": [1, 2.50]}}


def delta(model, piece=None, finish=None, usage="absent", choices=None, **extra):
    value = {"id": "chatcmpl-scripted", "object": "chat.completion.chunk", "created": CREATED, "model": model,
             "choices": choices if choices is not None else
             [{"index": 0, "delta": piece if piece is not None else {}, "logprobs": None, "finish_reason": finish}]}
    if usage != "absent":
        value["usage"] = usage
    value.update(extra)
    return value


def words(text):
    return re.findall(r"\S+\s*", text)


def chat_events(model, text=TEXT, usage=None, finish="stop"):
    """The events of a plain stream, as values; usage 'own' or 'last' says where the usage stands."""
    out = [delta(model, {"role": "assistant", "content": ""})]
    out += [delta(model, {"content": w}) for w in words(text)]
    out.append(delta(model, {}, finish, usage=USAGE if usage == "last" else "absent"))
    if usage == "own":
        out.append(delta(model, choices=[], usage=USAGE))
    return out


def wants_stream(body):
    return isinstance(body, dict) and body.get("stream") is True


def wants_usage(body):
    return bool(isinstance(body, dict) and (body.get("stream_options") or {}).get("include_usage"))


# Scripts: name -> function(answer, body). SCRIPTS is for chat/completions and, where it makes sense, the others.
SCRIPTS = {}


def script(name):
    def add(f):
        SCRIPTS[name] = f
        return f
    return add


def stream(a, events, end=True, pieces=None):
    a.sse_head()
    for e in events:
        a.chunk(e if isinstance(e, bytes) else event(e))
    if end:
        a.chunk(DONE)
        a.last_chunk()


@script("ok")
def ok(a, body):
    model = body.get("model", "ok")
    path = a.seen.path
    if path.endswith("/chat/completions"):
        if wants_stream(body):
            return stream(a, chat_events(model, usage="own" if wants_usage(body) else None))
        return a.json(completion(model, {"content": TEXT, "refusal": None}))
    if path.endswith("/completions"):
        return legacy(a, body)
    if path.endswith("/embeddings"):
        return embeddings(a, body)
    if path.endswith("/responses"):
        return a.up.make_response(a, body)
    return a.error(404, f"no such path: {path}", code="not_found")


def legacy(a, body):
    model = body["model"]

    def value(text, finish, usage="absent"):
        v = {"id": "cmpl-scripted", "object": "text_completion", "created": CREATED, "model": model,
             "choices": [{"index": 0, "text": text, "logprobs": None, "finish_reason": finish}]}
        if usage != "absent":
            v["usage"] = usage
        return v

    if wants_stream(body):
        return stream(a, [value(w, None) for w in words(TEXT)] + [value("", "stop")])
    a.json(value(TEXT, "stop", USAGE))


def vector(text, dimensions):
    """A small vector that depends on the text, exact in float32 and in decimal."""
    digest = hashlib.sha256(text.encode() if isinstance(text, str) else dumps(text)).digest()
    return [(digest[i % 32] - 128) / 64 for i in range(dimensions)]


def embeddings(a, body):
    given = body["input"]
    several = given if isinstance(given, list) and given and isinstance(given[0], (str, list)) else [given]
    data = []
    for i, text in enumerate(several):
        v = vector(text, body.get("dimensions", 8))
        if body.get("encoding_format") == "base64":
            v = base64.b64encode(struct.pack(f"<{len(v)}f", *v)).decode()
        data.append({"object": "embedding", "index": i, "embedding": v})
    a.json({"object": "list", "data": data, "model": body["model"], "usage": {"prompt_tokens": 5, "total_tokens": 5}})


@script("digest")
def digest(a, body):
    a.json(completion(body["model"], {"content": hashlib.sha256(a.seen.body).hexdigest()}))


@script("who")
def who(a, body):
    """Answers with the name of this upstream."""
    if wants_stream(body):
        return stream(a, chat_events(body["model"], a.up.name))
    a.json(completion(body["model"], {"content": a.up.name}))


CALLS = [("call_1", "get_weather", '{"city":"Zürich","unit":"C"}'), ("call_2", "get_time", '{"zone":"CET"}')]


@script("tools")
def tools(a, body):
    names = {t["function"]["name"] for t in body.get("tools", [])}
    calls = [c for c in CALLS if c[1] in names]
    if any(m.get("role") == "tool" for m in body["messages"]):
        result = [m["content"] for m in body["messages"] if m.get("role") == "tool"]
        return a.json(completion(body["model"], {"content": "tool said: " + " | ".join(result)}))
    if not wants_stream(body):
        return a.json(completion(body["model"], {"content": None, "tool_calls": [
            {"id": i, "type": "function", "function": {"name": n, "arguments": g}} for i, n, g in calls]}, "tool_calls"))
    events = [delta(body["model"], {"role": "assistant", "content": None})]
    for index, (i, n, g) in enumerate(calls):
        events.append(delta(body["model"], {"tool_calls": [
            {"index": index, "id": i, "type": "function", "function": {"name": n, "arguments": ""}}]}))
        events += [delta(body["model"], {"tool_calls": [{"index": index, "function": {"arguments": g[k:k + 5]}}]})
                   for k in range(0, len(g), 5)]
    stream(a, events + [delta(body["model"], {}, "tool_calls")])


@script("structured")
def structured(a, body):
    schema = body.get("response_format") or {}
    if schema.get("type") != "json_schema" or "schema" not in schema.get("json_schema", {}):
        return a.error(400, "response_format with a json_schema expected", param="response_format")
    text = '{"name":"Ostiary","year":2025,"tags":["gate","ledger"]}'
    if wants_stream(body):
        return stream(a, chat_events(body["model"], text))
    a.json(completion(body["model"], {"content": text, "refusal": None}))


@script("refusal")
def refusal(a, body):
    a.json(completion(body["model"], {"content": None, "refusal": "I will not."}))


@script("vision")
def vision(a, body):
    parts = [p for m in body["messages"] if isinstance(m["content"], list) for p in m["content"]]
    urls = [p["image_url"]["url"] for p in parts if p["type"] == "image_url"]
    if not urls:
        return a.error(400, "no image part", param="messages")
    seen = []
    for url in urls:
        kind, data = re.fullmatch(r"data:([^;]+);base64,(.*)", url, re.S).groups()
        seen.append(f"{kind} {hashlib.sha256(base64.b64decode(data)).hexdigest()[:16]}")
    a.json(completion(body["model"], {"content": "; ".join(seen)}))


@script("legacy")
def legacy_script(a, body):
    legacy(a, body)


# Answers that are not what one hopes for.

@script("html-502")
def html_502(a, body):
    a.raw(502, "text/html", b"<html><head><title>502 Bad Gateway</title></head><body><h1>Bad</h1></body></html>")


@script("html-503-retry-after")
def html_503(a, body):
    a.raw(503, "text/html; charset=utf-8", b"<!doctype html><p>busy</p>", [("Retry-After", "7")])


@script("html-200")
def html_200(a, body):
    a.raw(200, "text/html", b"<!doctype html><p>a captive portal says hello</p>")


@script("json-429-retry-after")
def json_429(a, body):
    a.error(429, "slow down", "rate_limit_error", "rate_limit_exceeded", headers=[("Retry-After", "3")])


@script("json-400")
def json_400(a, body):
    a.error(400, "temperature is too hot", param="temperature", code="invalid_value")


@script("json-401")
def json_401(a, body):
    a.error(401, "Incorrect API key provided", "invalid_request_error", "invalid_api_key")


@script("json-403")
def json_403(a, body):
    a.error(403, "no", "permission_error", "forbidden")


@script("json-404")
def json_404(a, body):
    a.error(404, "The model does not exist", "invalid_request_error", "model_not_found", "model")


@script("json-422")
def json_422(a, body):
    a.json({"detail": [{"loc": ["body", "x"], "msg": "field required"}]}, 422)


@script("json-500")
def json_500(a, body):
    a.error(500, "it broke", "server_error")


@script("json-503")
def json_503(a, body):
    a.error(503, "busy", "server_error", "overloaded")


@script("gzip-body")
def gzip_body(a, body):
    """Compresses whatever was asked for: the gate must decode it, whole or streamed."""
    if wants_stream(body):
        text = b"".join(event(e) for e in chat_events(body["model"])) + DONE
        packed = gzip.compress(text)
        a.sse_head([("Content-Encoding", "gzip")])
        for i in range(0, len(packed), 50):
            a.chunk(packed[i:i + 50])
        return a.last_chunk()
    a.raw(200, "application/json", gzip.compress(dumps(completion(body["model"], {"content": TEXT}))),
          [("Content-Encoding", "gzip")])


@script("gzip-if-asked")
def gzip_if_asked(a, body):
    if "gzip" in (a.seen.header("accept-encoding") or ""):
        return gzip_body(a, body)
    ok(a, {**body, "model": "ok"})


@script("chunked-json")
def chunked_json(a, body):
    a.head(200, [("Content-Type", "application/json"), ("Transfer-Encoding", "chunked")])
    data = dumps(completion(body["model"], {"content": TEXT}))
    for i in range(0, len(data), 7):
        a.chunk(data[i:i + 7])
    a.last_chunk()


@script("until-close")
def until_close(a, body):
    """HTTP/1.0 manners: no length, the end of the connection ends the body."""
    a.head(200, [("Content-Type", "application/json"), ("Connection", "close")])
    a.send(dumps(completion(body["model"], {"content": TEXT})))
    a.cut()


@script("big-json")
def big_json(a, body):
    a.json(completion(body["model"], {"content": "y" * (4 << 20)}))


@script("close-before-response")
def close_before(a, body):
    a.cut()


@script("reset-before-response")
def reset_before(a, body):
    a.cut(reset=True)


@script("half-status-line")
def half_status(a, body):
    a.send(b"HTTP/1.1 20")
    a.cut()


@script("not-http")
def not_http(a, body):
    a.send(b"SSH-2.0-OpenSSH_9.2p1\r\n")
    a.cut()


@script("cut-json")
def cut_json(a, body):
    data = dumps(completion(body["model"], {"content": TEXT}))
    a.head(200, [("Content-Type", "application/json"), ("Content-Length", str(len(data)))])
    a.send(data[:len(data) // 2])
    a.cut()


@script("slow-first-byte")
def slow_first_byte(a, body):
    a.pause(30)
    ok(a, {**body, "model": "ok"})


@script("bad-chunk-size")
def bad_chunk(a, body):
    a.sse_head()
    a.chunk(event(delta(body["model"], {"role": "assistant", "content": "one "})))
    a.send(b"zz\r\noops\r\n")
    a.cut()


@script("set-cookie")
def set_cookie(a, body):
    a.json(completion(body["model"], {"content": TEXT}), headers=[
        ("Set-Cookie", "upstream-session=1"), ("Keep-Alive", "timeout=5"), ("x-ratelimit-remaining-requests", "41"),
        ("X-Drop-Me", "1"), ("Connection", "keep-alive, X-Drop-Me"), ("openai-processing-ms", "12")])


# Streams.

@script("stream-split-every-byte")
def split_every_byte(a, body):
    text = b"".join(event(e) for e in chat_events(body["model"], usage="own" if wants_usage(body) else None)) + DONE
    a.sse_head()
    for i in range(len(text)):
        a.chunk(text[i:i + 1])
        if i % 16 == 0:
            time.sleep(0.0005)  # so that the pieces do not all meet in one read
    a.last_chunk()


@script("stream-split-in-utf8")
def split_in_utf8(a, body):
    """Two pieces around each boundary inside a character, with time for each to be read alone."""
    a.sse_head()
    for e in chat_events(body["model"]):
        data, start = event(e), 0
        for i, byte in enumerate(data):
            if byte & 0xC0 == 0x80:
                a.chunk(data[start:i])
                a.pause(0.01)
                start = i
        a.chunk(data[start:])
    a.chunk(DONE)
    a.last_chunk()


@script("stream-crlf")
def crlf(a, body):
    a.sse_head()
    for e in chat_events(body["model"], usage="own"):
        a.chunk(event(e, b"\r\n"))
    a.chunk(event(b"[DONE]", b"\r\n"))
    a.last_chunk()


@script("stream-cr-lf-apart")
def cr_lf_apart(a, body):
    """CRLF line ends with the CR and the LF in different packets."""
    a.sse_head()
    for e in [*chat_events(body["model"]), b"[DONE]"]:
        data = event(e, b"\r\n")
        a.chunk(data[:-3])
        a.pause(0.01)
        a.chunk(data[-3:-1])
        a.pause(0.01)
        a.chunk(data[-1:])
    a.last_chunk()


@script("stream-comments")
def comments(a, body):
    a.sse_head()
    a.chunk(b": OPENROUTER PROCESSING\n\n")
    for e in chat_events(body["model"], usage="own"):
        a.chunk(b": ping\n\n")
        a.chunk(b"event: ping\ndata: {\"type\": \"ping\"}\n\n" if body.get("x_ping_events") else b":\n")
        a.chunk(event(e))
    a.chunk(b": bye\n\n" + DONE)
    a.last_chunk()


@script("stream-no-space")
def no_space(a, body):
    """`data:` without the blank, plus id: and retry: fields."""
    a.sse_head()
    a.chunk(b"retry: 3000\n\n")
    for n, e in enumerate(chat_events(body["model"])):
        a.chunk(b"id: %d\ndata:%s\n\n" % (n, dumps(e)))
    a.chunk(b"data:[DONE]\n\n")
    a.last_chunk()


@script("stream-done-without-empty-line")
def done_without_empty_line(a, body):
    stream(a, chat_events(body["model"]), end=False)
    a.chunk(b"data: [DONE]\n")
    a.last_chunk()


@script("stream-usage-own-chunk")
def usage_own(a, body):
    stream(a, chat_events(body["model"], usage="own"))


@script("stream-usage-last-chunk")
def usage_last(a, body):
    stream(a, chat_events(body["model"], usage="last"))


@script("stream-empty-choices")
def empty_choices(a, body):
    """As Azure does: a first chunk with no choice, and another one in the middle."""
    first = delta(body["model"], choices=[], prompt_filter_results=[{"prompt_index": 0}])
    rest = chat_events(body["model"])
    stream(a, [first, *rest[:3], delta(body["model"], choices=[]), *rest[3:]])


@script("stream-one-packet")
def one_packet(a, body):
    a.sse_head()
    a.chunk(b"".join(event(e) for e in chat_events(body["model"])) + DONE)
    a.last_chunk()


@script("stream-cut-mid-event")
def cut_mid_event(a, body):
    events = [event(e) for e in chat_events(body["model"])]
    a.sse_head()
    a.chunk(b"".join(events[:3]))
    a.pause(0.05)
    a.chunk(events[3][:len(events[3]) // 2])
    a.pause(0.05)
    a.cut()


@script("stream-cut-mid-utf8")
def cut_mid_utf8(a, body):
    data = event(delta(body["model"], {"content": "🦉"}))
    a.sse_head()
    a.chunk(event(delta(body["model"], {"role": "assistant", "content": "an owl "})))
    a.pause(0.05)
    a.chunk(data[:data.index("🦉".encode()) + 2])
    a.pause(0.05)
    a.cut()


@script("stream-cut-between-events")
def cut_between(a, body):
    a.sse_head()
    for e in chat_events(body["model"])[:4]:
        a.chunk(event(e))
    a.pause(0.05)
    a.cut()


@script("stream-reset")
def stream_reset(a, body):
    a.sse_head()
    for e in chat_events(body["model"])[:4]:
        a.chunk(event(e))
    a.pause(0.1)
    a.cut(reset=True)


@script("stream-no-done")
def no_done(a, body):
    """A well-formed end of the HTTP message, but neither a finish_reason nor [DONE]."""
    a.sse_head()
    for e in chat_events(body["model"])[:4]:
        a.chunk(event(e))
    a.last_chunk()


@script("stream-empty")
def stream_empty(a, body):
    a.sse_head()
    a.last_chunk()


@script("stream-half-event-then-pause")
def half_then_pause(a, body):
    events = [event(e) for e in chat_events(body["model"])]
    a.sse_head()
    a.chunk(b"".join(events[:3]))
    a.chunk(events[3][:20])
    a.pause(PAUSE)
    a.chunk(events[3][20:])
    for e in [*events[4:], DONE]:
        a.chunk(e)
    a.last_chunk()


@script("stream-slow")
def stream_slow(a, body):
    a.sse_head()
    for e in chat_events(body["model"]):
        a.chunk(event(e))
        a.pause(0.15)
    a.chunk(DONE)
    a.last_chunk()


@script("stream-head-then-pause")
def head_then_pause(a, body):
    a.sse_head()
    a.pause(30)


@script("stream-stall")
def stream_stall(a, body):
    a.sse_head()
    for e in chat_events(body["model"])[:3]:
        a.chunk(event(e))
    a.pause(30)


@script("stream-forever")
def stream_forever(a, body):
    a.sse_head()
    for n in range(1200):
        a.chunk(event(delta(body["model"], {"content": f"{n} "})))
        a.pause(0.05)


@script("stream-error-event")
def error_event(a, body):
    """The upstream itself reports an error in the stream, then ends."""
    a.sse_head()
    for e in chat_events(body["model"])[:3]:
        a.chunk(event(e))
    a.chunk(event({"error": {"message": "the model fell over", "type": "server_error", "code": "boom", "param": None}}))
    a.last_chunk()


@script("huge-stream")
def huge_stream(a, body):
    a.sse_head()
    data = event(delta(body["model"], {"content": HUGE_PAD}))
    for _ in range(HUGE_EVENTS):
        a.chunk(data)
    a.chunk(event(delta(body["model"], {}, "stop")) + DONE)
    a.last_chunk()


@script("huge-event")
def huge_event(a, body):
    """One event of 64 MiB that never ends by itself."""
    a.sse_head()
    a.chunk(event(delta(body["model"], {"content": "start"})))
    a.chunk(b'data: {"id":"x","choices":[{"index":0,"delta":{"content":"')
    for _ in range(1 << 10):
        a.chunk(b"z" * 65536)
    a.chunk(b'"}}]}\n\n' + DONE)
    a.last_chunk()


@script("stream-length")
def stream_length(a, body):
    """A stream with a Content-Length, as some replaying servers send it."""
    data = b"".join(event(e) for e in chat_events(body["model"])) + DONE
    a.raw(200, "text/event-stream", data)


@script("stream-until-close")
def stream_until_close(a, body):
    a.head(200, [("Content-Type", "text/event-stream"), ("Connection", "close")])
    for e in chat_events(body["model"]):
        a.send(event(e))
    a.send(DONE)
    a.cut()


def script_for(upstream, model):
    """The script of a model name; also the patterns flaky-N-KIND[-tag], wait-MS[-tag] and words-N[-tag]."""
    if not isinstance(model, str):
        return ok
    if model in SCRIPTS:
        return SCRIPTS[model]
    if m := re.fullmatch(r"flaky-(\d+)-(503|502|429|500|close|reset|sse-cut)(-.*)?", model):
        with upstream.lock:
            n = upstream.tries[model] = upstream.tries.get(model, 0) + 1
        if n > int(m[1]):
            return who
        return {"503": json_503, "502": html_502, "429": json_429, "500": json_500, "close": close_before,
                "reset": reset_before, "sse-cut": cut_between}[m[2]]
    if m := re.fullmatch(r"wait-(\d+)(-.*)?", model):
        def wait(a, body):
            a.pause(int(m[1]) / 1000)
            ok(a, body)
        return wait
    if m := re.fullmatch(r"words-(\d+)(-.*)?", model):
        return lambda a, body: stream(a, chat_events(model, "word " * int(m[1]), usage="own"))
    return ok


class Upstream:
    """The server. Starts on construction, on 127.0.0.1 port 0; thread safe."""

    def __init__(self, name="main", tls=None, log_file=None, require=None, models=(), host="127.0.0.1",
                 responses_prefix=""):
        """tls: (cert file, key file); require: (header, value) that each request must carry, or 401."""
        self.name, self.require, self.models = name, require, list(models)
        self.requests, self.handshakes, self.tls_errors = [], [], []
        self.connections = 0
        self.tries, self.responses = {}, {}
        self.lock = threading.Lock()
        self.closing = False
        self.override = None  # function(answer, body): set by a test to answer everything itself
        self.log = open(log_file, "a", buffering=1) if log_file else None
        self.context = None
        if tls:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(*tls)
            self.context.sni_callback = self._sni
        self.listener = socket.create_server((host, 0), backlog=1024)
        self.port = self.listener.getsockname()[1]
        self.host = host
        self.prefix = responses_prefix or f"resp_{name}"
        self._sockets = set()
        self._numbers = itertools.count(1)
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self):
        return f"{'https' if self.context else 'http'}://{self.host}:{self.port}/v1"

    def url_as(self, host):
        return f"{'https' if self.context else 'http'}://{host}:{self.port}/v1"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.closing = True
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
        self.drop_connections()
        if self.log:
            self.log.close()

    def reset(self):
        with self.lock:
            self.requests, self.tries, self.handshakes, self.tls_errors = [], {}, [], []
            self.connections = 0

    def drop_connections(self):
        """Closes every open connection, as a server does with idle ones."""
        with self.lock:
            sockets = list(self._sockets)
        for s in sockets:
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def wait(self, condition, timeout=5.0):
        """Waits until condition(self) holds; returns its last value."""
        end = time.monotonic() + timeout
        while not (value := condition(self)) and time.monotonic() < end:
            time.sleep(0.005)
        return value

    def with_model(self, model):
        return [r for r in self.requests if r.model == model]

    def ids(self):
        """The exchange ids of every request of which any byte arrived; None where the id was cut off."""
        with self.lock:
            return [r.id for r in self.requests]

    def _sni(self, sock, name, _context):
        sock.sni = name

    def _accept(self):
        while not self.closing:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                self.connections += 1
            threading.Thread(target=self._connection, args=(sock, next(self._numbers)), daemon=True).start()

    def _connection(self, sock, number):
        with self.lock:
            self._sockets.add(sock)
        raw, tls = sock, None
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.context:
                sock.settimeout(10)
                try:
                    sock = self.context.wrap_socket(sock, server_side=True)
                except (ssl.SSLError, OSError) as e:
                    with self.lock:
                        self.tls_errors.append(str(e))
                    return
                tls = {"sni": getattr(sock, "sni", None), "version": sock.version(), "reused": sock.session_reused}
                with self.lock:
                    self.handshakes.append(tls)
                    self._sockets.discard(raw)
                    self._sockets.add(sock)
                sock.settimeout(None)
            buffer = bytearray()
            while not self.closing and self._request(sock, number, buffer, tls):
                pass
        except (PeerGone, ConnectionError, TimeoutError, ssl.SSLError, OSError, ValueError):
            pass
        finally:
            with self.lock:
                self._sockets -= {raw, sock}
            for s in (sock, raw):
                try:
                    s.close()
                except OSError:
                    pass

    def _fill(self, sock, buffer, seen):
        data = sock.recv(65536)
        if data:
            buffer += data
        elif seen is not None:
            seen.peer_closed_at = time.monotonic()
        return bool(data)

    def _request(self, sock, number, buffer, tls):
        """Reads one request and answers it. False ends the connection."""
        if not buffer and not self._fill(sock, buffer, None):
            return False
        seen = Seen(number, time.monotonic(), up=self.name, tls=tls)
        control = bytes(buffer[:20]).split(b" ")[1:2] and bytes(buffer[:20]).split(b" ")[1].startswith(b"/__")
        if not control:
            with self.lock:
                self.requests.append(seen)
        noted = False
        while True:
            end = buffer.find(b"\r\n\r\n")
            if not noted and (m := ID.search(buffer)):
                seen.id, noted = m[1].decode(), True
                self._note(seen)
            if end >= 0:
                break
            if not self._fill(sock, buffer, seen):
                if not noted:
                    self._note(seen)
                return False
        if not noted and not control:
            self._note(seen)
        seen.head = bytes(buffer[:end + 2])
        del buffer[:end + 4]
        lines = seen.head.decode("latin-1").split("\r\n")[:-1]
        seen.method, seen.target, _ = lines[0].split(" ", 2)
        seen.headers = [(k, v.strip()) for k, v in (line.split(":", 1) for line in lines[1:])]
        seen.body = self._body(sock, buffer, seen)
        if seen.body is None:
            seen.body = b""
            return False
        seen.complete = True
        answer = Answer(self, sock, seen)
        try:
            self._answer(answer)
        finally:
            seen.done_at = time.monotonic()
        return answer.keep_alive and (seen.header("connection") or "").lower() != "close"

    def _note(self, seen):
        if self.log:
            try:
                self.log.write(f"{seen.id or '?'} {seen.connection}\n")
            except ValueError:
                pass

    def _body(self, sock, buffer, seen):
        if "chunked" in (seen.header("transfer-encoding") or "").lower():
            body = bytearray()
            while True:
                while (end := buffer.find(b"\r\n")) < 0:
                    if not self._fill(sock, buffer, seen):
                        return None
                size = int(bytes(buffer[:end]).split(b";")[0], 16)
                while len(buffer) < end + 2 + size + 2:
                    if not self._fill(sock, buffer, seen):
                        return None
                body += buffer[end + 2:end + 2 + size]
                del buffer[:end + 2 + size + 2]
                if size == 0:
                    return bytes(body)
        size = int(seen.header("content-length") or 0)
        while len(buffer) < size:
            if not self._fill(sock, buffer, seen):
                return None
        body = bytes(buffer[:size])
        del buffer[:size]
        return body

    def _answer(self, a):
        seen = a.seen
        if seen.path.startswith("/__"):
            return self._control(a)
        body = {}
        if seen.body:
            try:
                body = json.loads(seen.body)
            except ValueError:
                return a.error(400, "We could not parse the JSON body of your request.", code="invalid_json")
        if isinstance(body, dict):
            seen.model = body.get("model")
        if self.require and seen.header(self.require[0]) != self.require[1]:
            return a.error(401, "Incorrect API key provided", code="invalid_api_key")
        if self.override:
            return self.override(a, body)
        path = seen.path
        if seen.method == "GET" and path.endswith("/models"):
            return a.json({"object": "list", "data": [self._model(m) for m in self.models]})
        if seen.method == "GET" and "/models/" in path:
            name = path.rsplit("/models/", 1)[1]
            if name in self.models:
                return a.json(self._model(name))
            return a.error(404, f"The model '{name}' does not exist", code="model_not_found", param="model")
        if m := re.search(r"/responses/(resp_[^/]+)(/.*)?$", path):
            return self._stored(a, m[1], m[2] or "")
        if seen.method != "POST":
            return a.json({"you": "asked", "method": seen.method, "path": path})
        if not any(path.endswith(p) for p in ("/chat/completions", "/completions", "/embeddings", "/responses")):
            return a.json({"path": path, "bytes": len(seen.body)})
        if path.endswith("/responses") and not (isinstance(seen.model, str) and seen.model.startswith(
                ("html-", "json-", "close-", "reset-", "slow-", "flaky-", "cut-", "wait-", "not-", "half-"))):
            return self.make_response(a, body)
        script_for(self, seen.model)(a, body)

    def _model(self, name):
        return {"id": name, "object": "model", "created": CREATED, "owned_by": self.name}

    # The Responses API.

    def make_response(self, a, body):
        previous = body.get("previous_response_id")
        if previous and previous not in self.responses:
            return a.error(400, f"Previous response with id '{previous}' not found.",
                           code="previous_response_not_found", param="previous_response_id")
        model = body["model"]
        identity = f"{self.prefix}_{uuid.uuid4().hex}"
        turns = self.responses[previous]["x_turns"] + 1 if previous else 1
        text = f"turn {turns}: {TEXT}"
        value = {"id": identity, "object": "response", "created_at": CREATED, "status": "completed", "error": None,
                 "incomplete_details": None, "instructions": body.get("instructions"), "model": model,
                 "previous_response_id": previous, "parallel_tool_calls": True, "tool_choice": "auto", "tools": [],
                 "temperature": 1.0, "top_p": 1.0, "metadata": body.get("metadata") or {}, "truncation": "disabled",
                 "store": True, "x_turns": turns, "text": {"format": {"type": "text"}}, "output": [
                     {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [
                         {"type": "output_text", "text": text, "annotations": [], "logprobs": []}]}],
                 "usage": {"input_tokens": 11, "input_tokens_details": {"cached_tokens": 3}, "output_tokens": 7,
                           "output_tokens_details": {"reasoning_tokens": 2}, "total_tokens": 18}}
        if body.get("tools") and body.get("tool_choice") == "required":
            value["output"] = [{"id": "fc_1", "type": "function_call", "call_id": "call_1", "status": "completed",
                                "name": body["tools"][0]["name"], "arguments": '{"city":"Zürich"}'}]
        if body.get("store") is not False:
            self.responses[identity] = value
        if not wants_stream(body):
            return a.json(value)
        events = self.response_events(value, text)
        a.sse_head()
        if model == "stream-forever":
            for e in events[:4]:
                a.chunk(e)
            a.pause(30)
        if model in ("stream-no-done", "stream-cut-between-events"):
            for e in events[:6]:
                a.chunk(e)
            return a.last_chunk() if model == "stream-no-done" else a.cut()
        if model == "stream-split-every-byte":
            for byte in b"".join(events):
                a.chunk(bytes([byte]))
        else:
            for e in events:
                a.chunk(e)
        a.last_chunk()

    @staticmethod
    def response_events(value, text):
        sequence = itertools.count()

        def typed(kind, **fields):
            return (b"event: %s\n" % kind.encode()) + event({"type": kind, "sequence_number": next(sequence), **fields})

        begun = {**value, "status": "in_progress", "output": [], "usage": None}
        at = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
        empty = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
        return [typed("response.created", response=begun), typed("response.in_progress", response=begun),
                typed("response.output_item.added", output_index=0, item={
                    "id": "msg_1", "type": "message", "role": "assistant", "status": "in_progress", "content": []}),
                typed("response.content_part.added", **at, part=empty),
                *[typed("response.output_text.delta", **at, delta=w, logprobs=[]) for w in words(text)],
                typed("response.output_text.done", **at, text=text, logprobs=[]),
                typed("response.content_part.done", **at, part={**empty, "text": text}),
                typed("response.output_item.done", output_index=0, item=value["output"][0]),
                typed("response.completed", response=value)]

    def _stored(self, a, identity, rest):
        if identity not in self.responses:
            return a.error(404, f"Response with id '{identity}' not found.", code="not_found")
        if rest == "/input_items":
            return a.json({"object": "list", "data": [], "has_more": False, "first_id": None, "last_id": None})
        if a.seen.method == "DELETE":
            del self.responses[identity]
            return a.json({"id": identity, "object": "response", "deleted": True})
        a.json(self.responses[identity])

    # For tests in another process: GET /__log, POST /__reset.

    def _control(self, a):
        if a.seen.path == "/__log":
            with self.lock:
                value = [r.as_dict() for r in self.requests]
            return a.json(value)
        if a.seen.path == "/__reset":
            self.reset()
            return a.json({})
        a.error(404, "no such control")


def main():
    up = Upstream(models=["ok", "tools"], log_file=os.environ.get("UPSTREAM_LOG"))
    print(json.dumps({"kind": "ready", "url": up.url, "scripts": sorted(SCRIPTS)}), flush=True)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        up.close()


if __name__ == "__main__":
    main()
