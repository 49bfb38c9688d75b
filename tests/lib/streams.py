"""Streams that the scripted service can send: cut, stalled, split and spelt in every way."""

from __future__ import annotations

import time

from .scripts import DONE, PAUSE, chat_events, delta, dumps, event, script, stream, wants_usage

HUGE_EVENTS = 1 << 14
HUGE_PAD = "x" * 8192


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
