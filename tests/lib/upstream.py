"""A scripted OpenAI-compatible server that misbehaves on request.

What it does with a request is chosen by the request's model name (scripts.py, streams.py and `script_for`), so a
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

import itertools
import json
import os
import re
import socket
import ssl
import threading
import time
import uuid

from .answer import Answer, PeerGone, Seen
from .meter import Meter
from .scripts import (CREATED, SCRIPTS, TEXT, chat_events, close_before, event, html_502, json_429, json_500,
                      json_503, metered, ok, reset_before, stream, wants_stream, who, words)
from .streams import cut_between

ID = re.compile(rb"\r\nx-ostiary-id:[ \t]*([0-9a-fA-F-]{36})\r\n", re.I)


def script_for(upstream, model):
    """The script of a model name; also the patterns flaky-N-KIND[-tag], wait-MS[-tag], words-N[-tag] and metered-TAG."""
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
    if model.startswith("metered-"):
        return metered
    if m := re.fullmatch(r"words-(\d+)(-.*)?", model):
        return lambda a, body: stream(a, chat_events(model, "word " * int(m[1]), usage="own"))
    return ok


class Upstream:
    """The server. Starts on construction, on 127.0.0.1 and a free port unless told; thread safe."""

    def __init__(self, name="main", tls=None, log_file=None, require=None, models=(), host="127.0.0.1",
                 responses_prefix="", port=0, meter=None):
        """tls: (cert file, key file); require: (header, value) that each request must carry, or 401; port: that of
        one that was closed, to come back as it; meter: its count, so that it goes on over that."""
        self.name, self.require, self.models = name, require, list(models)
        self.requests, self.handshakes, self.tls_errors = [], [], []
        self.connections = 0
        self.tries, self.responses = {}, {}
        self.lock = threading.Lock()
        self.closing = False
        self.meter = meter or Meter()
        self.override = None  # function(answer, body): set by a test to answer everything itself
        self.log = open(log_file, "a", buffering=1) if log_file else None
        self.context = None
        if tls:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(*tls)
            self.context.sni_callback = self._sni
        self.listener = socket.create_server((host, port), backlog=1024)
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
        seen.head = bytes(buffer[:end + 2])
        del buffer[:end + 4]
        lines = seen.head.decode("latin-1").split("\r\n")[:-1]
        seen.method, seen.target, _ = lines[0].split(" ", 2)
        if not noted and not control:
            self._note(seen)
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
                self.log.write(f"{seen.id or '?'} {seen.connection} {seen.method} {seen.target}\n")
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
