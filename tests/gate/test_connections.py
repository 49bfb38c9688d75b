"""What goes over the wire to services and back: headers, connections, TLS."""

import hashlib
import os
import time

import pytest

from lib.certs import Authority, openssl
from lib.gate import Gate, service
from lib.http import Connection
from lib.scripts import TEXT
from lib.upstream import Upstream

CHAT = "/v1/chat/completions"


@pytest.fixture
def up():
    with Upstream() as up:
        yield up


def said(response):
    assert response.status == 200, response
    return response.json()["choices"][0]["message"]["content"]


# Headers.

DROPPED = {"Cookie": "session=1", "X-Forwarded-For": "10.1.2.3", "X-Real-Ip": "10.1.2.3", "Forwarded": "for=10.1.2.3", "Via": "1.1 desk",
           "User-Agent": "tool/1.0 (somebody's laptop)", "X-Stainless-Os": "Linux", "X-Stainless-Lang": "python", "Referer": "http://intranet.test/x",
           "Origin": "http://intranet.test", "Keep-Alive": "timeout=5", "TE": "trailers", "Proxy-Authorization": "Basic eDp5", "Upgrade": "h2c",
           "X-Hop": "1"}


def test_hop_by_hop_and_identifying_headers_are_dropped(up):
    with Gate([service(up)]) as gate:
        response = gate.post(CHAT, {"model": "ok", "messages": []}, headers={**DROPPED, "Connection": "keep-alive, X-Hop"})
        assert response.status == 200
        sent = up.requests[-1]
        for name, value in DROPPED.items():
            assert value not in (sent.header(name) or ""), name
        assert "x-hop" not in sent.names()
        assert sent.header("host") == f"127.0.0.1:{up.port}"


def test_headers_that_the_protocol_needs_pass(up):
    with Gate([service(up)]) as gate:
        kept = {"OpenAI-Beta": "assistants=v2", "Idempotency-Key": "a-1", "Accept": "application/json"}
        assert gate.post(CHAT, {"model": "ok", "messages": []}, headers=kept).status == 200
        for name, value in kept.items():
            assert up.requests[-1].header(name) == value, name
        assert up.requests[-1].header("content-type") == "application/json"


def test_a_header_named_in_connection_is_dropped_in_answers_too_and_cookies_are_not_set(up):
    with Gate([service(up)]) as gate:
        response = gate.chat("set-cookie")
        assert response.header("set-cookie") is None and response.header("x-drop-me") is None and response.header("keep-alive") is None
        assert response.header("x-ratelimit-remaining-requests") == "41"
        assert response.header("openai-processing-ms") == "12"


def test_services_are_asked_for_identity_encoding(up):
    with Gate([service(up)]) as gate:
        assert gate.post(CHAT, {"model": "gzip-if-asked", "messages": []}, headers={"Accept-Encoding": "gzip, br, zstd"}).status == 200
        assert up.requests[-1].header("accept-encoding") in (None, "identity")


def test_every_request_to_a_service_carries_the_id_that_the_answer_and_the_ledger_carry(up):
    with Gate([service(up)]) as gate:
        response = gate.chat("ok")
        assert up.requests[-1].id == response.id
        kinds = [r["kind"] for r in gate.records(response.id)] if gate.outcome(response.id) else []
        assert kinds == ["intent", "outcome"]
        other = gate.post(CHAT, {"model": "ok", "messages": []}, headers={"x-ostiary-id": response.id})
        assert other.id != response.id and up.requests[-1].id == other.id


def test_the_outcome_holds_what_the_interface_promises(up):
    with Gate([service(up)]) as gate:
        record = gate.outcome(gate.chat("ok").id)
        for name in ("id", "at", "subject", "team", "service", "provider", "surface", "model", "decision", "findings", "usage", "timings",
                     "outcome", "request_digest", "response_digest"):
            assert name in record, name
        assert record["service"] == "main" and record["provider"] == "test" and record["surface"] == "api" and record["model"] == "ok"
        assert record["decision"]["effect"] == "allow"


# Connections.

def test_connections_to_a_service_are_kept_and_used_again(up):
    with Gate([service(up)]) as gate:
        for _ in range(20):
            assert gate.chat("ok").status == 200
            assert gate.chat("ok", stream=True).status == 200
        assert len(up.requests) == 40
        assert up.connections <= 2 * max(2, os.cpu_count() or 1)


def test_one_client_connection_serves_many_requests(up):
    with Gate([service(up)]) as gate, Connection(gate.port) as c:
        for n in range(50):
            c.send_request("POST", CHAT, gate.headers(), b'{"model":"ok","messages":[]}')
            assert c.read().status == 200
        assert up.connections <= 2


def test_pipelined_requests_are_answered_in_order(up):
    with Gate([service(up)]) as gate, Connection(gate.port) as c:
        for n in range(5):
            c.send_request("POST", CHAT, gate.headers(), b'{"model":"digest","messages":[],"n":%d}' % n)
        for n in range(5):
            assert said(c.read()) == hashlib.sha256(b'{"model":"digest","messages":[],"n":%d}' % n).hexdigest()


def test_two_requests_at_once_do_not_wait_for_each_other(up):
    with Gate([service(up)]) as gate, Connection(gate.port) as a:
        a.send_request("POST", CHAT, gate.headers(), b'{"model":"wait-1500","messages":[]}')
        began = time.monotonic()
        for _ in range(10):
            assert gate.chat("ok").status == 200
        assert time.monotonic() - began < 1.2
        assert a.read().status == 200


# TLS.

@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("ca"))


def test_tls_with_a_custom_ca_is_verified_and_names_the_server(authority):
    with Upstream(tls=authority.server("good", "DNS:localhost")) as up:
        with Gate([service(up.url_as("localhost"), ca_file=str(authority.certificate))]) as gate:
            assert said(gate.chat("ok")) == TEXT
            assert gate.chat("stream-split-every-byte", stream=True).events()[-1] == "[DONE]"
            assert up.handshakes[0]["sni"] == "localhost"
            assert up.handshakes[0]["version"] in ("TLSv1.3", "TLSv1.2")
            assert up.requests[0].header("host") == f"localhost:{up.port}"


def test_tls_to_an_address_is_verified_against_the_address(authority):
    with Upstream(tls=authority.server("address", "IP:127.0.0.1")) as up, Gate([service(up, ca_file=str(authority.certificate))]) as gate:
        assert gate.chat("ok").status == 200
        assert up.handshakes[0]["sni"] is None


def test_tls_sessions_are_used_again(authority):
    with Upstream(tls=authority.server("again", "DNS:localhost")) as up:
        with Gate([service(up.url_as("localhost"), ca_file=str(authority.certificate))]) as gate:
            for _ in range(8):
                assert gate.chat("ok").status == 200
                up.drop_connections()
                time.sleep(0.1)
            assert len(up.handshakes) == 8
            assert any(h["reused"] for h in up.handshakes[1:]), up.handshakes


@pytest.mark.parametrize("what", ["unknown authority", "wrong host", "expired"])
def test_tls_that_does_not_verify_is_refused_and_no_byte_of_the_request_is_sent(authority, tmp_path, what):
    if what == "expired":
        pair = expired(authority)
    else:
        pair = authority.server("other" if what == "wrong host" else "strange", "DNS:elsewhere.test" if what == "wrong host" else "DNS:localhost")
    ca = authority if what != "unknown authority" else Authority(tmp_path / "ca2", "Another CA")
    with Upstream(tls=pair) as up, Gate([service(up.url_as("localhost"), retries=0, ca_file=str(ca.certificate))]) as gate:
        response = gate.chat("ok")
        assert response.status == 502 and response.error["message"]
        assert not up.requests
        assert gate.outcome(response.id)["outcome"] == "failed"


def expired(authority):
    pair = authority.server("expired", "DNS:localhost")
    (authority.folder / "index.txt").write_text("")
    (authority.folder / "expired.cnf").write_text(
        "[ca]\ndefault_ca=x\n[x]\ndatabase=index.txt\nnew_certs_dir=.\nserial=expired.srl\ndefault_md=sha256\npolicy=p\nunique_subject=no\n"
        "[p]\ncommonName=supplied\n")
    (authority.folder / "expired.srl").write_text("7001\n")
    openssl("ca", "-batch", "-config", "expired.cnf", "-in", "expired.csr", "-cert", "ca.pem", "-keyfile", "ca.key", "-out", "expired.pem",
         "-extfile", "expired.ext", "-startdate", "20200101000000Z", "-enddate", "20200102000000Z", "-notext", cwd=authority.folder)
    return pair


def test_tls_without_a_ca_file_uses_the_system_store_and_refuses_an_unknown_ca(authority):
    with Upstream(tls=authority.server("system", "DNS:localhost")) as up, Gate([service(up.url_as("localhost"), retries=0)]) as gate:
        assert gate.chat("ok").status == 502
        assert not up.requests
