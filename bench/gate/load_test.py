"""gate_load must notice every answer that is not the one asked for."""

import json
import os
import socketserver
import subprocess
import threading
import unittest
from pathlib import Path

import prompts

LOAD = os.environ["GATE_LOAD"]
CHUNK = 'data: {"id":"x","choices":[{"index":0,"delta":{"content":"a"}}]}\n\n'


def chunked(data: str) -> bytes:
    return f"{len(data):x}\r\n{data}\r\n".encode()


def answer(body: bytes, status: int = 200) -> bytes:
    return f"HTTP/1.1 {status} X\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body


def stream(events: int, done: bool = True, ended: bool = True) -> bytes:
    data = chunked(CHUNK) * events + (chunked("data: [DONE]\n\n") if done else b"")
    return b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + data + (b"0\r\n\r\n" if ended else b"")


class Handler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        while True:
            size = 0
            while (line := self.rfile.readline()) not in (b"\r\n", b""):
                if line.lower().startswith(b"content-length:"):
                    size = int(line.split(b":")[1])
            if not line or not self.rfile.read(size):
                return
            self.wfile.write(self.server.answer)
            if self.server.closes:
                return


def load_against(reply: bytes, *options: str, closes: bool = False) -> dict:
    folder = Path(os.environ.get("TMPDIR", "/tmp"))
    body = folder / f"gate-load-test-{os.getpid()}.json"
    body.write_bytes(prompts.body(1024, "--stream" in options))
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.answer, server.closes = reply, closes
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        done = subprocess.run([LOAD, "--port", str(server.server_address[1]), "--body", str(body), "--connections", "2",
                               "--warmup-ms", "10", "--window-ms", "100", "--drain-ms", "300", *options],
                              stdout=subprocess.PIPE, timeout=20, check=True)
    finally:
        server.shutdown()
        server.server_close()
        body.unlink()
    return json.loads(done.stdout)


class LoadTest(unittest.TestCase):
    def test_takes_whole_streams(self):
        result = load_against(stream(50), "--stream")
        self.assertEqual(result["errors"], 0, result["first_error"])
        self.assertGreater(result["requests"], 0)
        self.assertGreaterEqual(result["events"], result["requests"])

    def test_takes_any_chat_completion_unless_asked_for_the_exact_one(self):
        body = b'{"object":"chat.completion","choices":[]}'
        self.assertEqual(load_against(answer(body))["errors"], 0)
        self.assertIn("not the upstream's", load_against(answer(body), "--exact")["first_error"])

    def test_notices_a_missing_event(self):
        self.assertIn("49 events", load_against(stream(49), "--stream")["first_error"])

    def test_notices_a_missing_end_marker(self):
        self.assertIn("[DONE]", load_against(stream(50, done=False), "--stream")["first_error"])

    def test_notices_a_stream_that_breaks_off(self):
        result = load_against(stream(20, ended=False), "--stream", closes=True)
        self.assertGreater(result["errors"], 0)
        self.assertEqual(result["completed"], 0)

    def test_notices_a_stream_that_never_ends(self):
        self.assertEqual(load_against(stream(20, ended=False), "--stream")["unfinished"], 2)

    def test_notices_an_error_status(self):
        self.assertIn("status 503: busy", load_against(answer(b"busy", 503))["first_error"])

    def test_notices_bytes_after_the_answer(self):
        body = answer(b'{"object":"chat.completion"}') + b"more"
        self.assertIn("bytes after the end", load_against(body)["first_error"])


if __name__ == "__main__":
    unittest.main()
