"""The clients of the soak. Each is one thread with one exchange under way at a time, and notes what it saw of every one."""

from __future__ import annotations

import json
import random
import socket
import struct
import threading
import time
from dataclasses import dataclass

from lib.http import Closed, Connection

CHAT = "/v1/chat/completions"
CANARY = "canary-7c1e-of-the-prompt"  # stands in every prompt, and may stand nowhere else
PROMPT = f"{CANARY}: " + "The doorkeeper counts whoever passes and writes it down. " * 5  # more tokens than any usage has
PATIENCE = 20.0


@dataclass
class Exchange:
    """What a client saw of one; times are time.monotonic()."""

    who: str
    began: float
    connected: float = 0.0  # when its connection was made
    stream: bool = False
    key: str = ""
    id: str | None = None
    status: int = 0
    whole: bool = False    # the answer came to its end, and a stream to its [DONE]
    left: bool = False     # on purpose
    fault: str = ""        # what was wrong with the answer itself
    ended: float = 0.0


class Load:
    """What all clients share."""

    def __init__(self, gate, least_rest=0.0):
        """least_rest: seconds that each client waits at least between its exchanges."""
        self.gate, self.least_rest = gate, least_rest
        self.stopping = False
        self.open = threading.Event()
        self.open.set()
        self.seen, self.clients = [], []

    def add(self, kind, name, key, **more):
        client = kind(self, name, key, random.Random(name), **more)
        self.clients.append(client)
        return client

    def start(self):
        for c in self.clients:
            c.start()

    def pause(self, timeout=PATIENCE + 5):
        """Every client ends what it has under way and closes its connection; the names of those that do not."""
        self.open.clear()
        end = time.monotonic() + timeout
        return [c.name for c in self.clients if not c.resting.wait(max(0.0, end - time.monotonic()))]

    def go_on(self):
        self.open.set()

    def stop(self):
        self.stopping = True
        self.open.set()
        for c in self.clients:
            c.join(PATIENCE + 5)
        return [c.name for c in self.clients if c.is_alive()]


class Client(threading.Thread):
    """Asks one thing after the other on one connection. Subclasses differ in how they take the answer."""

    def __init__(self, load, name, key, chance, model="metered", rest=0.0, streams=0.5, pause_ms=0):
        super().__init__(name=name, daemon=True)
        self.load, self.key, self.chance = load, key, chance
        self.model, self.between, self.streams, self.pause_ms = model, rest, streams, pause_ms
        self.connection, self.resting, self.connected = None, threading.Event(), 0.0

    def run(self):
        while not self.load.stopping:
            if not self.load.open.is_set():
                self.close()
                self.resting.set()
                self.load.open.wait(0.5)
                continue
            self.resting.clear()
            self.turn()
            time.sleep(max(self.between, self.load.least_rest))
        self.close()
        self.resting.set()

    def turn(self):
        seen = Exchange(self.name, time.monotonic(), key=self.key)
        try:
            self.exchange(seen)
        except (OSError, Closed, AssertionError, ValueError) as e:  # the gate was killed, the service died
            self.close()
            if not seen.left and not seen.fault:
                seen.fault = f"{type(e).__name__}: {str(e)[:120]}"
            time.sleep(0.02)
        seen.ended = time.monotonic()
        self.load.seen.append(seen)

    def exchange(self, seen):
        body = self.body(seen)
        c = self.connect()
        seen.connected = self.connected
        c.send_request("POST", CHAT, self.load.gate.headers(key=seen.key), body)
        answer = self.head(c, seen)
        self.read(c, answer)
        self.judge(seen, answer, json.loads(body))
        cut = seen.status == 200 and not seen.whole  # after which the gate closes
        if cut or (answer.header("connection") or "").lower() == "close":
            self.close()

    def connect(self, **more):
        if self.connection is None:
            self.connection = Connection(self.load.gate.port, PATIENCE, **more)
            self.connected = time.monotonic()
        return self.connection

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def body(self, seen, words=None):
        seen.stream = self.chance.random() < self.streams
        words = words or self.chance.randrange(1, 12)
        value = {"model": self.model, "messages": [{"role": "user", "content": PROMPT}], "max_tokens": 40 + 2 * words,
                 "x_words": words, "x_pause_ms": self.pause_ms}
        if seen.stream:
            value["stream"] = True
            if self.chance.random() < 0.3:
                value["stream_options"] = {"include_usage": True}
        return json.dumps(value).encode()

    @staticmethod
    def head(c, seen):
        answer = c.read_head()
        seen.status, seen.id = answer.status, answer.id
        return answer

    def read(self, c, answer):
        for _ in c.body_pieces(answer):
            pass

    def judge(self, seen, answer, asked):
        """An answer must be whole, belong to its request, and show the usage exactly where that was asked for."""
        if seen.status != 200:
            return
        if not seen.stream:
            seen.whole = True
            if answer.json()["choices"][0]["message"]["content"] != seen.id:
                seen.fault = "the answer of another exchange"
            return
        events = answer.events()
        seen.whole = bool(events) and events[-1] == "[DONE]"
        if not seen.whole:
            return
        chunks = [json.loads(e) for e in events[:-1]]
        text = "".join(c["choices"][0]["delta"].get("content") or "" for c in chunks if c["choices"])
        if text != seen.id + " word" * asked["x_words"]:
            seen.fault = f"the stream of another exchange, or not all of it: {text[:60]!r}"
        elif any(c.get("usage") for c in chunks) != ("stream_options" in asked):
            seen.fault = "the usage was shown to whoever did not ask, or not to whoever did"


class SlowReader(Client):
    """Takes a long stream in sips, with a small window, so that the service is held up."""

    def connect(self, **more):
        return super().connect(receive_buffer=4096)

    def body(self, seen, words=None):
        return super().body(seen, 300)

    def read(self, c, answer):
        for _ in c.body_pieces(answer):
            time.sleep(0.03)


class Leaver(Client):
    """Leaves in the middle: of its own request, before the answer, in the stream, with and without a reset."""

    def exchange(self, seen):
        self.close()
        body, c = self.body(seen, 60), self.connect()
        seen.left = True
        how = self.chance.randrange(4)
        headers = {**self.load.gate.headers(key=seen.key), "Content-Length": str(len(body))}
        c.send_request("POST", CHAT, headers, body[:len(body) // 2] if how == 0 else body)
        if how == 3:
            next(c.body_pieces(self.head(c, seen)), None)
        elif how == 2:
            self.head(c, seen)
        if self.chance.random() < 0.5:
            c.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()
