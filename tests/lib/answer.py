"""What a scripted service sees of a request, and its answer on a raw socket."""

from __future__ import annotations

import base64
import json
import select
import socket
import ssl
import struct
import time
from dataclasses import dataclass, field

from .scripts import dumps


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
