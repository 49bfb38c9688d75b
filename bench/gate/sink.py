"""A collector of spans that answers 200 and keeps nothing: prints its port, and when ended how much came."""

import json
import signal
import socket
import sys
import threading

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


class Sink:
    """Takes POSTs with a Content-Length on connections that stay open."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.requests = self.bytes = 0
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self) -> None:
        while True:
            connection, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection: socket.socket) -> None:
        waste = bytearray(1 << 20)
        try:
            with connection, connection.makefile("rb", buffering=1 << 16) as source:
                while source.readline():
                    left = 0
                    while (line := source.readline()) not in (b"\r\n", b""):
                        name, _, value = line.partition(b":")
                        if name.strip().lower() == b"content-length":
                            left = int(value)
                    self.bytes += left
                    while left > 0:
                        got = source.readinto(memoryview(waste)[:left])
                        if not got:
                            return
                        left -= got
                    self.requests += 1
                    connection.sendall(ANSWER)
        except (OSError, ValueError):
            pass


def main() -> None:
    sink, over = Sink(), threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    print(json.dumps({"port": sink.port}), flush=True)
    over.wait()
    print(json.dumps({"requests": sink.requests, "bytes": sink.bytes}), flush=True)


if __name__ == "__main__":
    sys.exit(main())
