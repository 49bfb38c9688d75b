"""A receiver of webhooks that keeps what comes, and answers as a test wants.

    with Receiver() as hook:
        gate = Gate(more={"webhooks": {"out": [hook.entry("chat")]}}, env=hook.env)
        ...
        events = hook.wait(1)
"""

import base64
import json
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .gate import ROOT


def secret(letter="k"):
    """A secret that looks like none in this file."""
    return "whsec" + "_" + base64.b64encode(letter.encode() * 32).decode()


def documented_verify():
    """verify() as docs/webhooks.md shows it."""
    page = (ROOT / "docs" / "webhooks.md").read_text()
    code = re.search(r"```python\n(.*?)```", page, re.S).group(1)
    scope = {}
    exec(code, scope)
    return scope["verify"]


class Event:
    def __init__(self, headers, body):
        self.headers, self.raw = headers, body
        value = json.loads(body)
        self.id, self.type, self.data, self.timestamp = headers["webhook-id"], value["type"], value["data"], value["timestamp"]

    def __repr__(self):
        return f"{self.id} {self.type}"


class Receiver:
    """`status` may be changed at any time; 0: it takes requests and never answers."""

    def __init__(self, status=204, port=0, key="k"):
        self.status, self.key, self.events, self.refused = status, key, [], 0
        self._changed, self._end = threading.Condition(), threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = receiver.status
                with receiver._changed:
                    if 200 <= status < 300:
                        receiver.events.append(Event(self.headers, body))
                    else:
                        receiver.refused += 1
                    receiver._changed.notify_all()
                if status == 0:
                    receiver._end.wait(60)
                    return
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        ThreadingHTTPServer.allow_reuse_address = True
        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._end.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def env(self):
        return {"HOOK_SECRET": secret(self.key)}

    def entry(self, name, **more):
        return {"name": name, "url": f"http://127.0.0.1:{self.port}/in/t0p", "secret": {"env": "HOOK_SECRET"}, **more}

    def wait(self, count, timeout=10.0):
        """The events so far, as soon as there are so many."""
        end = time.monotonic() + timeout
        with self._changed:
            while len(self.events) < count and time.monotonic() < end:
                self._changed.wait(0.1)
            return list(self.events)

    def wait_refused(self, count, timeout=10.0):
        end = time.monotonic() + timeout
        with self._changed:
            while self.refused < count and time.monotonic() < end:
                self._changed.wait(0.1)
            return self.refused
