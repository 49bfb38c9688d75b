"""What the scripted service can say: ordinary answers and those that are not what one hopes for.

SCRIPTS maps a model's name to function(answer, body); it is for chat/completions and, where it makes sense, the others.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
import struct

from .meter import metered_usage

TEXT = "Grüße aus der Pförtnerloge: 世界 🦉 ok."
USAGE = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
CREATED = 1700000000
PAUSE = 1.5  # seconds that a paused script waits


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


@script("metered")
def metered(a, body):
    """Answers with the exchange's id and the usage that belongs to it (meter.py); x_words and x_pause_ms make it longer and slower."""
    meter, exchange, pause = a.up.meter, a.seen.id, body.get("x_pause_ms", 0) / 1000
    usage = metered_usage(exchange, body["max_tokens"])
    with meter.work(a.up, body["model"]) as end:
        if not wants_stream(body):
            a.pause(pause)
            end()
            meter.report(exchange, usage)
            return a.json(completion(body["model"], {"content": exchange}, usage=usage))
        a.sse_head()
        for e in chat_events(body["model"], exchange + " word" * body.get("x_words", 3)):
            a.chunk(event(e))
            a.pause(pause)
        end()
        if wants_usage(body):
            meter.report(exchange, usage)
            a.chunk(event(delta(body["model"], choices=[], usage=usage)))
        else:
            meter.no_usage_asked()
        a.chunk(DONE)
        a.last_chunk()


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
