"""A small HTTP/1.1 client on a raw socket: it sends any bytes it is told to and says when each came back."""

from __future__ import annotations

import json
import socket
import time


class Closed(Exception):
    """The peer closed before the message was whole; .got is what had come."""

    def __init__(self, got=b""):
        super().__init__(f"closed after {len(got)} bytes: {bytes(got[-200:])!r}")
        self.got = bytes(got)


class Response:
    def __init__(self):
        self.status = 0
        self.headers = []
        self.body = b""
        self.pieces = []     # (seconds since the connection began, bytes) of the decoded body as they arrived
        self.complete = False
        self.interim = []    # 1xx statuses

    def header(self, name):
        found = [v for k, v in self.headers if k.lower() == name.lower()]
        return ", ".join(found) if found else None

    @property
    def id(self):
        return self.header("x-ostiary-id")

    def json(self):
        return json.loads(self.body)

    @property
    def error(self):
        return self.json()["error"]

    def events(self):
        return sse(self.body)

    def __repr__(self):
        return f"<{self.status} {self.headers} {self.body[:400]!r}>"


def sse(data):
    """The data of each event as the WHATWG rules read it (bytes in, list of str out); unfinished events are dropped."""
    text = data.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    out, lines = [], []
    for line in text.split("\n")[:-1]:
        if line == "":
            if lines:
                out.append("\n".join(lines))
            lines = []
        elif line.startswith("data:"):
            lines.append(line[5:].removeprefix(" "))
    return out


class Connection:
    """One TCP connection. Every read has a deadline (`timeout` seconds from the call)."""

    def __init__(self, port, timeout=15, host="127.0.0.1", receive_buffer=None):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if receive_buffer:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.sock.settimeout(timeout)
        self.sock.connect((host, port))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.timeout = timeout
        self.buffer = bytearray()
        self.began = time.monotonic()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.sock.close()

    def send(self, data):
        self.sock.sendall(data)

    def send_request(self, method, path, headers=None, body=None):
        self.send(head(method, path, headers, body) + (body or b""))

    def fill(self, end):
        """Reads some more; False at the end of the stream."""
        left = end - time.monotonic()
        if left <= 0:
            raise TimeoutError(f"nothing more came; so far {bytes(self.buffer[:300])!r}")
        self.sock.settimeout(left)
        try:
            data = self.sock.recv(1 << 16)
        except ConnectionResetError:
            data = b""
        self.buffer += data
        return bool(data)

    def closed_within(self, seconds):
        """True when the peer closes within that time (what it still sends is kept)."""
        end = time.monotonic() + seconds
        try:
            while self.fill(end):
                pass
            return True
        except TimeoutError:
            return False

    def read_head(self, timeout=None):
        end = time.monotonic() + (timeout or self.timeout)
        response = Response()
        while True:
            while (at := self.buffer.find(b"\r\n\r\n")) < 0:
                if not self.fill(end):
                    raise Closed(self.buffer)
            lines = bytes(self.buffer[:at]).decode("latin-1").split("\r\n")
            del self.buffer[:at + 4]
            version, status, *_ = lines[0].split(" ", 2)
            assert version == "HTTP/1.1", lines[0]
            if 100 <= int(status) < 200:
                response.interim.append(int(status))
                continue
            response.status = int(status)
            response.headers = [(k, v.strip()) for k, v in (line.split(":", 1) for line in lines[1:])]
            return response

    def body_pieces(self, response, timeout=None):
        """Yields the decoded body piece by piece as it arrives; sets response.complete at a proper end."""
        end = time.monotonic() + (timeout or self.timeout)

        def note(data):
            response.body += data
            response.pieces.append((time.monotonic() - self.began, data))
            return data

        def need(condition):
            while not condition():
                if not self.fill(end):
                    raise Closed(response.body)

        if response.status in (204, 304):
            response.complete = True
            return
        if "chunked" in (response.header("transfer-encoding") or "").lower():
            while True:
                need(lambda: b"\r\n" in self.buffer)
                line, _, _ = bytes(self.buffer).partition(b"\r\n")
                size = int(line.split(b";")[0], 16)
                del self.buffer[:len(line) + 2]
                if size == 0:
                    need(lambda: len(self.buffer) >= 2)
                    if self.buffer[:2] != b"\r\n":  # trailers
                        need(lambda: b"\r\n\r\n" in self.buffer)
                        del self.buffer[:self.buffer.find(b"\r\n\r\n") + 4]
                    else:
                        del self.buffer[:2]
                    response.complete = True
                    return
                while size:
                    need(lambda: self.buffer)
                    data = bytes(self.buffer[:size])
                    del self.buffer[:size]
                    size -= len(data)
                    yield note(data)
                need(lambda: len(self.buffer) >= 2)
                assert self.buffer[:2] == b"\r\n", bytes(self.buffer[:20])
                del self.buffer[:2]
        length = response.header("content-length")
        if length is not None:
            left = int(length)
            while left:
                need(lambda: self.buffer)
                data = bytes(self.buffer[:left])
                del self.buffer[:left]
                left -= len(data)
                yield note(data)
            response.complete = True
            return
        while True:
            if self.buffer:
                data = bytes(self.buffer)
                self.buffer.clear()
                yield note(data)
            elif not self.fill(end):
                response.complete = True
                return

    def read(self, timeout=None):
        response = self.read_head(timeout)
        for _ in self.body_pieces(response, timeout):
            pass
        return response


def head(method, path, headers=None, body=None):
    fields = {"Host": "localhost", **(headers or {})}
    names = {k.lower() for k in fields}
    if body is not None and "content-length" not in names and "transfer-encoding" not in names:
        fields["Content-Length"] = str(len(body))
    return (f"{method} {path} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in fields.items()) + "\r\n").encode("latin-1")


def request(port, method, path, headers=None, body=None, timeout=15):
    with Connection(port, timeout) as c:
        c.send_request(method, path, headers, body)
        return c.read()
