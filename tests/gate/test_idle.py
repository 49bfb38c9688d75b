"""What clients that rest cost."""

import resource
import ssl
import time

import pytest

from lib.certs import Authority
from lib.gate import Gate, service
from lib.http import Connection
from lib.upstream import Upstream

MOST, LIMIT_KIB = 10_000, 20


def room(wanted):
    """How many connections fit under the limit of descriptors: the gate keeps one free for a service for each client."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return wanted if hard == resource.RLIM_INFINITY else min(wanted, (hard - 400) // 2)


@pytest.mark.parametrize("secure, wanted, seconds", [(False, MOST, 90), (True, 1000, 90)], ids=["plain", "tls"])
def test_an_idle_client_costs_less_than_20_kib(tmp_path, secure, wanted, seconds):
    count = room(wanted)
    if count < 500:
        pytest.skip(f"the limit of descriptors leaves room for {count} connections only")
    authority = Authority(tmp_path)
    certificate, key = authority.server("gate", "IP:127.0.0.1")
    context = ssl.create_default_context(cafile=str(authority.certificate))
    more = {"tls": {"certificate": certificate, "key": key}} if secure else {}
    with Upstream() as up, Gate([service(up)], gate={"idle_timeout": "10m"}, more=more) as gate:
        def connect():
            c = Connection(gate.port)
            if secure:
                c.sock = context.wrap_socket(c.sock, server_hostname="127.0.0.1")
            c.send_request("GET", "/v1/models", gate.headers())
            assert c.read().status == 200
            return c

        clients = [connect() for _ in range(100)]  # what the gate keeps for whoever comes is there now
        time.sleep(0.3)
        before, end = gate.rss_kib("RssAnon"), time.monotonic() + seconds
        while len(clients) < count and time.monotonic() < end:
            clients.append(connect())
        time.sleep(0.3)
        each = (gate.rss_kib("RssAnon") - before) / (len(clients) - 100)
        print(f"{len(clients)} clients, {each:.1f} KiB each")
        try:
            assert each < LIMIT_KIB
            clients[0].send_request("GET", "/v1/models", gate.headers())
            assert clients[0].read().status == 200
        finally:
            for c in clients:
                c.close()
