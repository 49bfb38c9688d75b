"""Services: routing, fallback, retries, credentials, headers, TLS, keys, configuration."""

import hashlib
import json
import os
import re
import socket
import subprocess
import time

import pytest

from lib.certs import Authority, openssl
from lib.gate import BINARY, Gate, environment, run, segments, service, yaml
from lib.http import Connection, request
from lib.upstream import TEXT, Upstream, completion, ok

CHAT = "/v1/chat/completions"


def fake_secret():
    return f"not-a-secret-{os.urandom(6).hex()}"


@pytest.fixture
def up():
    with Upstream() as up:
        yield up


def said(response):
    assert response.status == 200, response
    return response.json()["choices"][0]["message"]["content"]


# Fallback and retries.

def two(first, second, **more):
    return [service(first, "first", **more), service(second, "second")]


def test_services_of_one_model_are_asked_in_the_order_of_the_configuration():
    with Upstream("a") as a, Upstream("b") as b, Gate(two(a, b)) as gate:
        for _ in range(5):
            response = gate.chat("who")
            assert said(response) == "a" and response.header("x-ostiary-service") == "first"
        assert not b.requests


@pytest.mark.parametrize("kind", ["503", "502", "429", "close", "reset"])
def test_a_failing_service_falls_back_to_the_next(kind):
    with Upstream("a") as a, Upstream("b") as b, Gate(two(a, b, retries=0)) as gate:
        b.override = lambda answer, body: answer.json(completion("m", {"content": "b"}))
        response = gate.chat(f"flaky-99-{kind}")
        assert said(response) == "b" and response.header("x-ostiary-service") == "second"
        assert len(a.requests) == 1 and len(b.requests) == 1
        assert a.requests[0].body == b.requests[0].body
        record = gate.outcome(response.id)
        assert record["service"] == "second" and record["outcome"] == "complete"


def test_a_service_that_refuses_connections_falls_back_to_the_next():
    with Upstream("gone") as gone, Upstream("b") as b:
        url = gone.url
        gone.close()
        with Gate(two(url, b)) as gate:
            assert said(gate.chat("who")) == "b"


@pytest.mark.parametrize("model", ["json-400", "json-401", "json-403", "json-404", "json-422"])
def test_an_answer_that_is_the_callers_own_fault_is_neither_retried_nor_sent_elsewhere(model):
    with Upstream("a") as a, Upstream("b") as b, Gate([service(a, "first"), service(b, "second")]) as gate:
        assert gate.chat(model).status == int(model[-3:])
        assert len(a.requests) == 1 and not b.requests


@pytest.mark.parametrize("kind", ["503", "close", "reset"])
def test_a_request_without_an_answer_is_retried_as_often_as_configured(kind):
    with Upstream("a") as a, Gate([service(a, retries=2)]) as gate:
        assert said(gate.chat(f"flaky-2-{kind}")) == "a"
        assert len(a.requests) == 3
        assert len({r.id for r in a.requests}) == 1, "the tries of one exchange carry one id"
        assert len({r.body for r in a.requests}) == 1
        gaps = [y.first_byte_at - x.first_byte_at for x, y in zip(a.requests, a.requests[1:])]
        assert all(0 < g < 5 for g in gaps)
    with Upstream("a") as a, Gate([service(a, retries=0)]) as gate:
        assert gate.chat(f"flaky-2-{kind}").status in (502, 503)
        assert len(a.requests) == 1


def test_the_last_error_is_told_when_every_service_fails():
    with Upstream("a") as a, Upstream("b") as b, Gate([service(a, "first", retries=0), service(b, "second", retries=0)]) as gate:
        response = gate.chat("html-503-retry-after")
        assert response.status == 503 and response.header("retry-after") == "7" and response.error["message"]
        assert len(a.requests) == len(b.requests) == 1
        assert gate.outcome(response.id)["outcome"] == "failed"


def test_a_stored_response_is_not_created_twice_by_a_retry_after_it_may_have_been_made():
    """responses are kept by the service: a try whose fate is unknown is not repeated."""
    with Upstream("a") as a, Gate([service(a, retries=2)]) as gate:
        a.override = lambda answer, body: answer.cut()
        response = gate.post("/v1/responses", {"model": "m", "input": "x", "store": True})
        assert response.status == 502
        assert len(a.requests) == 1


def test_content_that_was_delivered_is_never_followed_by_another_services():
    with Upstream("a") as a, Upstream("b") as b, Gate(two(a, b)) as gate:
        response = gate.chat("flaky-9-sse-cut", stream=True)
        assert response.status == 200 and "error" in json.loads(response.events()[-1])
        assert len(a.requests) == 1 and not b.requests


def test_an_error_before_the_first_event_of_a_stream_still_falls_back():
    with Upstream("a") as a, Upstream("b") as b, Gate(two(a, b, retries=0)) as gate:
        b.override = ok
        response = gate.chat("flaky-9-503", stream=True)
        assert response.status == 200 and response.events()[-1] == "[DONE]"
        assert response.header("x-ostiary-service") == "second"


def test_a_pooled_connection_that_the_service_closed_costs_no_request(up):
    with Gate([service(up, retries=0)]) as gate:
        assert gate.chat("ok").status == 200
        up.drop_connections()
        time.sleep(0.2)
        for _ in range(3):
            assert gate.chat("ok").status == 200
        assert len(up.requests) == 4


def test_connect_has_a_timeout_of_its_own():
    # A listener whose queue is full answers no handshake.
    with socket.socket() as blocked:
        blocked.bind(("127.0.0.1", 0))
        blocked.listen(0)
        url = f"http://127.0.0.1:{blocked.getsockname()[1]}/v1"
        fillers = []
        for _ in range(4):
            s = socket.socket()
            s.setblocking(False)
            try:
                s.connect(blocked.getsockname())
            except BlockingIOError:
                pass
            fillers.append(s)
        time.sleep(0.2)
        with Upstream("b") as b, Gate([service(url, "first", retries=0, timeouts={"connect": "500ms"}), service(b, "second")]) as gate:
            began = time.monotonic()
            assert said(gate.chat("who")) == "b"
            assert 0.3 < time.monotonic() - began < 3
        for s in fillers:
            s.close()


# Responses stay where they are.

def test_previous_response_id_stays_with_its_service():
    with Upstream("a") as a, Upstream("b") as b:
        with Gate([service(a, "first", models=["m-a"]), service(b, "second", models=["m-b", "m-a"])]) as gate:
            for _ in range(20):  # at once: the place is known before the answer is out
                made = gate.post("/v1/responses", {"model": "m-b", "input": "x"})
                assert made.header("x-ostiary-service") == "second"
                identity = made.json()["id"]
                again = gate.post("/v1/responses", {"model": "m-a", "input": "y", "previous_response_id": identity})
                assert again.status == 200 and again.header("x-ostiary-service") == "second"
            assert gate.get(f"/v1/responses/{identity}").json()["id"] == identity
            assert not [r for r in a.requests if r.method == "GET" or b"previous" in r.body]
            assert gate.send("DELETE", f"/v1/responses/{identity}").json()["deleted"] is True


def test_previous_response_id_stays_with_its_service_over_a_restart_and_for_streams(tmp_path):
    with Upstream("a") as a, Upstream("b") as b:
        services = [service(a, "first", models=["m-a", "m"]), service(b, "second", models=["m-b", "m"])]
        with Gate(services, data=tmp_path / "data") as gate:
            made = gate.post("/v1/responses", {"model": "m-b", "input": "x", "stream": True})
            identity = json.loads(made.events()[0])["response"]["id"]
            gate.stop()
            gate.start()
            again = gate.post("/v1/responses", {"model": "m", "input": "y", "previous_response_id": identity})
            assert again.status == 200 and again.header("x-ostiary-service") == "second"


# Models.

def test_models_are_merged_over_the_services():
    with Upstream("a", models=["m1", "m2"]) as a, Upstream("b", models=["m2", "m3"]) as b:
        with Gate([service(a, "first"), service(b, "second")]) as gate:
            listed = gate.get("/v1/models").json()
            assert listed["object"] == "list"
            names = [m["id"] for m in listed["data"]]
            assert sorted(names) == ["m1", "m2", "m3"]
            assert all(m["object"] == "model" for m in listed["data"])
            assert gate.get("/v1/models/m3").json()["id"] == "m3"
            assert gate.get("/v1/models/m4").status == 404


def test_models_are_listed_though_one_service_is_down():
    with Upstream("gone") as gone, Upstream("b", models=["m3"]) as b:
        url = gone.url
        gone.close()
        with Gate([service(url, "first"), service(b, "second")]) as gate:
            assert "m3" in [m["id"] for m in gate.get("/v1/models").json()["data"]]


def test_only_configured_models_are_listed_and_served(up):
    up.models = ["chat-1", "chat-2", "draw-1"]
    with Gate([service(up, models=["chat-*"])]) as gate:
        assert sorted(m["id"] for m in gate.get("/v1/models").json()["data"]) == ["chat-1", "chat-2"]
        assert gate.chat("chat-2").status == 200
        response = gate.chat("draw-1")
        assert response.status == 404 and response.error["code"] == "model_not_found"
        assert gate.outcome(response.id)["outcome"] == "refused"


def test_a_model_under_another_name_is_spliced_and_nothing_else_changes(up):
    with Gate([service(up, models=[{"name": "house", "as": "upstream/name-7b"}])]) as gate:
        body = '{ "x":[1.0,{"model":"house"}],\n "model" : "house" ,"messages":[{"role":"user","content":"house \\u00e4 ü"}], "z":1e2}'.encode()
        response = gate.post(CHAT, body)
        assert response.status == 200
        assert up.requests[-1].body == body.replace(b'"model" : "house"', b'"model" : "upstream/name-7b"')
        assert up.requests[-1].header("content-length") == str(len(up.requests[-1].body))
        assert "house" in [m["id"] for m in gate.get("/v1/models").json()["data"]]
        assert gate.chat("upstream/name-7b").status == 404


def test_base_url_is_a_prefix_with_any_path(up):
    url = up.url.replace("/v1", "/openai/deployments/x/v2")
    with Gate([service(url)]) as gate:
        assert gate.chat("ok").status == 200
        assert up.requests[-1].target == "/openai/deployments/x/v2/chat/completions"


def test_a_query_is_passed_on(up):
    with Gate([service(up)]) as gate:
        assert gate.post(CHAT + "?api-version=2024-10-21", {"model": "ok", "messages": []}).status == 200
        assert up.requests[-1].target == "/v1/chat/completions?api-version=2024-10-21"


# Credentials.

def test_credential_from_the_environment(up):
    secret = fake_secret()
    up.require = ("authorization", f"Bearer {secret}")
    with Gate([service(up, credential={"env": "TEST_CREDENTIAL"})], env={"TEST_CREDENTIAL": secret}) as gate:
        assert gate.chat("ok").status == 200


def test_credential_from_a_file_without_its_line_end(up, tmp_path):
    secret = fake_secret()
    (tmp_path / "secret").write_text(secret + "\n")
    up.require = ("authorization", f"Bearer {secret}")
    with Gate([service(up, credential={"file": str(tmp_path / "secret")})]) as gate:
        assert gate.chat("ok").status == 200


def test_credential_from_a_command(up):
    secret = fake_secret()
    up.require = ("authorization", f"Bearer {secret}")
    with Gate([service(up, credential={"command": f"printf '%s\\n' {secret}"})]) as gate:
        assert gate.chat("ok").status == 200


@pytest.mark.parametrize("header", ["api-key", "x-api-key"])
def test_credential_in_another_header(up, header):
    secret = fake_secret()
    up.require = (header, secret)
    with Gate([service(up, credential={"env": "TEST_CREDENTIAL"}, credential_header=header)], env={"TEST_CREDENTIAL": secret}) as gate:
        assert gate.chat("ok").status == 200
        assert up.requests[-1].header("authorization") is None


def test_a_missing_credential_is_named_and_its_value_never_shown(up, tmp_path):
    with Gate([service(up, credential={"env": "TEST_CREDENTIAL"})], env={"TEST_CREDENTIAL": fake_secret()}) as gate:
        secret = gate.env["TEST_CREDENTIAL"]
        response = gate.chat("ok")
        assert secret not in str(response.headers) + response.body.decode() + gate.stderr
        kept = b"".join(p.read_bytes() for p in gate.data.rglob("*") if p.is_file())
        assert secret.encode() not in kept
    (tmp_path / "missing.yaml").write_text(yaml({"services": [service(up, credential={"env": "TEST_CREDENTIAL_NOT_SET"})]}))
    done = run_serve(tmp_path / "missing.yaml", tmp_path / "missing")
    assert "TEST_CREDENTIAL_NOT_SET" in done


def run_serve(config, data, *arguments, env=None):
    """Starts serve for a moment; everything it printed, whether it stopped by itself or not."""
    process = subprocess.Popen([str(BINARY), "serve", "-c", str(config), "--listen", "127.0.0.1:0", "--data", str(data),
                                "--format", "json", *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                               env=environment(env))
    try:
        out, _ = process.communicate(timeout=1.5)
    except subprocess.TimeoutExpired:
        process.terminate()
        out, _ = process.communicate(timeout=10)
    return out


def test_no_credential_means_no_credential_header(up):
    with Gate([service(up, credential="none")]) as gate:
        assert gate.chat("ok").status == 200
        assert {"authorization", "x-api-key", "api-key"}.isdisjoint(up.requests[-1].names())


def test_the_clients_own_credential_passes_through_with_x_ostiary_key(up):
    own = fake_secret()
    with Gate([service(up, credential="client")]) as gate:
        response = gate.post(CHAT, {"model": "ok", "messages": []}, headers={"Authorization": f"Bearer {own}", "x-ostiary-key": gate.key})
        assert response.status == 200
        assert up.requests[-1].header("authorization") == f"Bearer {own}"
        assert gate.key.encode() not in up.requests[-1].head


def test_the_clients_own_credential_passes_through_with_the_key_in_the_base_url(up):
    own = fake_secret()
    with Gate([service(up, credential="client")]) as gate:
        response = gate.post(f"/k/{gate.key}{CHAT}", {"model": "ok", "messages": []}, headers={"Authorization": f"Bearer {own}"})
        assert response.status == 200
        assert up.requests[-1].header("authorization") == f"Bearer {own}"
        assert up.requests[-1].target == CHAT
        assert gate.key.encode() not in up.requests[-1].head


def test_the_gates_own_key_never_reaches_a_service(up):
    with Gate([service(up, "own", credential="client", models=["c"]), service(up, "none", models=["n"])]) as gate:
        for model in ("c", "n"):
            for headers, path in (({}, CHAT), ({"Authorization": "", "x-api-key": gate.key}, CHAT),
                                  ({"Authorization": "", "x-ostiary-key": gate.key}, CHAT),
                                  ({"Authorization": ""}, f"/k/{gate.key}{CHAT}")):
                h = {k: v for k, v in {**gate.headers(), **headers}.items() if v}
                request(gate.port, "POST", path, h, json.dumps({"model": model, "messages": []}).encode())
        assert up.requests
        assert all(gate.key.encode() not in r.head + r.body for r in up.requests)


# Keys.

@pytest.mark.parametrize("how", ["authorization", "x-api-key", "x-ostiary-key", "base url"])
def test_the_key_is_taken_from(up, how):
    with Gate([service(up)]) as gate:
        headers = {"Content-Type": "application/json"}
        path = CHAT
        if how == "base url":
            path = f"/k/{gate.key}{CHAT}"
        else:
            headers[how] = f"Bearer {gate.key}" if how == "authorization" else gate.key
        body = b'{"model":"ok","messages":[]}'
        assert request(gate.port, "POST", path, headers, body).status == 200
        bad = path.replace(gate.key, gate.key[:-2]), {k: v.replace(gate.key, gate.key[:-2]) for k, v in headers.items()}
        assert request(gate.port, "POST", bad[0], bad[1], body).status == 401


def test_the_first_start_makes_a_key_and_later_ones_do_not(up, tmp_path):
    with Gate([service(up)], data=tmp_path / "data") as gate:
        key = gate.ready["key"]
        assert re.fullmatch(r"ost_[A-Za-z0-9]+_[A-Za-z0-9]+", key)
        gate.stop()
        gate.start()
        assert gate.ready["key"] is None
        assert gate.chat("ok").status == 200


def test_a_key_made_while_the_gate_serves_works_at_once_and_a_revoked_one_no_longer(up):
    with Gate([service(up)]) as gate:
        made = gate.new_key("research", "ada")
        assert (made["kind"], made["team"], made["user"]) == ("key", "research", "ada")
        assert gate.post(CHAT, {"model": "ok", "messages": []}, key=made["key"]).status == 200
        done = run("key", "revoke", made["id"], "--data", gate.data, "--format", "json")
        assert done.returncode == 0, done.stderr
        response = gate.post(CHAT, {"model": "ok", "messages": []}, key=made["key"])
        assert response.status == 401
        assert gate.outcome(response.id)["outcome"] == "refused"
        assert gate.chat("ok").status == 200


def test_keys_are_listed_without_their_secret_and_stored_only_as_a_digest(up):
    with Gate([service(up)]) as gate:
        made = gate.new_key("research", "ada")
        done = run("key", "list", "--data", gate.data, "--format", "json")
        assert done.returncode == 0 and made["id"] in done.stdout and "research" in done.stdout
        secret = made["key"].rsplit("_", 1)[1]
        assert secret not in done.stdout
        gate.stop()
        kept = b"".join(p.read_bytes() for p in gate.data.rglob("*") if p.is_file())
        assert secret.encode() not in kept and made["key"].encode() not in kept


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


# Passing through.

def test_other_paths_pass_only_if_configured(up):
    with Gate([service(up)]) as gate:
        response = gate.post("/v1/moderations", {"model": "ok", "input": "x"})
        assert response.status == 404 and response.error["message"]
        assert not up.requests
    with Gate([service(up)], gate={"pass_through": True}) as gate:
        response = gate.post("/v1/moderations", {"model": "ok", "input": "x"})
        assert response.status == 200 and response.json()["path"] == "/v1/moderations"
        assert gate.outcome(response.id)["outcome"] == "complete"


# The call itself.

@pytest.fixture
def config(tmp_path):
    def write(value):
        path = tmp_path / "ostiary.yaml"
        path.write_text(value if isinstance(value, str) else yaml(value))
        return path
    return write


@pytest.mark.parametrize("listen", ["0.0.0.0:0", "[::]:0"])
def test_listening_beyond_loopback_is_refused_without_the_flag_that_names_the_risk(config, tmp_path, listen):
    path = config({"services": [service("http://127.0.0.1:9/v1")]})
    done = run("serve", "-c", path, "--listen", listen, "--data", tmp_path / "d", "--format", "json", timeout=10)
    assert done.returncode == 2
    assert "--allow-remote" in done.stderr and done.stdout == ""


def test_an_unknown_key_of_the_configuration_is_exit_2_with_place_and_suggestion(config, tmp_path):
    path = config("gate:\n  max_body_byts: 1MiB\nservices: []\n")
    done = run("serve", "-c", path, "--listen", "127.0.0.1:0", "--data", tmp_path / "d", timeout=10)
    assert done.returncode == 2
    assert "max_body_byts" in done.stderr and "max_body_bytes" in done.stderr
    assert re.search(r"ostiary\.yaml:2:\d+", done.stderr)


@pytest.mark.parametrize("text", ["gate:\n  max_depth: deep\n", "gate:\n  head_timeout: 10 parsecs\n", "services:\n  - id: x\n", "gate: [\n",
                                  "services:\n  - id: x\n    base_url: ftp://x/\n", "ledger:\n  sync: sometimes\n",
                                  "services:\n  - {id: x, base_url: 'http://127.0.0.1:9/v1'}\n  - {id: x, base_url: 'http://127.0.0.1:9/v1'}\n"])
def test_a_wrong_value_of_the_configuration_is_exit_2_with_its_place(config, tmp_path, text):
    path = config(text)
    done = run("serve", "-c", path, "--listen", "127.0.0.1:0", "--data", tmp_path / "d", timeout=10)
    assert done.returncode == 2, done.stderr
    assert re.search(r"ostiary\.yaml:\d+:\d+", done.stderr), done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr


def test_print_config_prints_every_key_with_its_default_and_can_be_read_back(config, tmp_path):
    done = run("serve", "--print-config", timeout=10)
    assert done.returncode == 0
    for text in ("max_body_bytes", "max_head_bytes", "max_depth", "head_timeout", "body_timeout", "idle_timeout", "pass_through", "sync",
                 "checkpoint_interval", "segment_bytes", "64MiB", "32KiB", "interval"):
        assert text in done.stdout, text
    assert "#" in done.stdout, "each key is documented"
    path = config(done.stdout)
    again = run("serve", "-c", path, "--print-config", timeout=10)
    assert again.returncode == 0, again.stderr


def test_a_missing_configuration_file_is_exit_2(tmp_path):
    done = run("serve", "-c", tmp_path / "none.yaml", "--listen", "127.0.0.1:0", "--data", tmp_path / "d", timeout=10)
    assert done.returncode == 2 and "none.yaml" in done.stderr


def test_a_data_folder_serves_one_process(up, tmp_path):
    with Gate([service(up)], data=tmp_path / "data") as gate:
        done = run("serve", "-c", tmp_path / "data.yaml", "--listen", "127.0.0.1:0", "--data", gate.data, "--format", "json", timeout=10)
        assert done.returncode in (2, 3) and str(gate.data) in done.stderr
        assert gate.chat("ok").status == 200


def test_a_newer_data_folder_is_refused_with_a_clear_word(up, tmp_path):
    with Gate([service(up)], data=tmp_path / "data") as gate:
        gate.chat("ok")
    marker = segments(tmp_path / "data")[-1]
    text = marker.read_bytes()
    line, rest = text.split(b"\n", 1)
    marker.write_bytes(re.sub(rb"\d+", b"9999", line, count=1) + b"\n" + rest)
    done = run("serve", "-c", tmp_path / "data.yaml", "--listen", "127.0.0.1:0", "--data", tmp_path / "data", "--format", "json", timeout=10)
    assert done.returncode in (2, 3) and "newer" in done.stderr
    assert marker.read_bytes().endswith(rest)


def test_it_is_ready_in_a_moment_and_stops_in_order(up):
    with Gate([service(up)]) as gate:
        assert gate.start_seconds < 2
        assert gate.chat("ok").status == 200
        assert gate.stop() == 0


def test_a_stop_lets_running_streams_end_or_records_them(up, tmp_path):
    with Gate([service(up)], data=tmp_path / "data") as gate:
        c = Connection(gate.port)
        c.send_request("POST", CHAT, gate.headers(), b'{"model":"stream-slow","stream":true,"messages":[]}')
        identity = c.read_head().id
        gate.stop(30)
        c.close()
        assert [r["kind"] for r in gate.records(identity)] == ["intent", "outcome"]


def bare_serve(tmp_path, **env):
    """serve with no configuration at all: (process, what its ready line says)."""
    process = subprocess.Popen([str(BINARY), "serve", "--listen", "127.0.0.1:0", "--data", str(tmp_path / "fresh"), "--format", "json"],
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment(env), cwd=tmp_path)
    return process, json.loads(process.stdout.readline())


def test_without_configuration_the_replay_service_answers(tmp_path):
    process, ready = bare_serve(tmp_path)
    try:
        assert "replay" in ready["services"]
        port = int(ready["listen"][0].rsplit(":", 1)[1])
        headers = {"Authorization": f"Bearer {ready['key']}", "Content-Type": "application/json"}
        models = request(port, "GET", "/v1/models", headers).json()["data"]
        assert models
        body = json.dumps({"model": models[0]["id"], "messages": [{"role": "user", "content": "Hello"}]}).encode()
        response = request(port, "POST", CHAT, headers, body)
        assert response.status == 200 and response.header("x-ostiary-service") == "replay"
        streamed = request(port, "POST", CHAT, headers, body[:-1] + b',"stream":true}')
        assert streamed.status == 200 and streamed.events()[-1] == "[DONE]"
    finally:
        process.terminate()
        process.wait(10)


def test_without_configuration_services_are_found_by_their_credentials_in_the_environment(tmp_path):
    """Only the ready line is read: nothing is asked of the services."""
    process, ready = bare_serve(tmp_path)
    process.terminate()
    process.wait(10)
    process, found = bare_serve(tmp_path, OPENAI_API_KEY=fake_secret(), MISTRAL_API_KEY=fake_secret())
    process.terminate()
    process.wait(10)
    new = " ".join(set(found["services"]) - set(ready["services"]))
    assert "openai" in new and "mistral" in new and "replay" in found["services"]


def test_the_ledger_names_a_pseudonym_and_not_the_user(up):
    with Gate([service(up)]) as gate:
        key = gate.new_key("research", "ada.lovelace")["key"]
        first, second = (gate.outcome(gate.post(CHAT, {"model": "ok", "messages": []}, key=key).id) for _ in range(2))
        other = gate.outcome(gate.chat("ok").id)
        assert first["subject"] == second["subject"] != other["subject"]
        assert first["team"] == "research"
        kept = b"".join(p.read_bytes() for p in (gate.data / "ledger").iterdir())
        assert b"lovelace" not in kept


def test_request_and_response_digests_tell_texts_apart_but_cannot_be_guessed(up):
    """The same text twice has two digests: each exchange has its own key."""
    with Gate([service(up)]) as gate:
        body = {"model": "ok", "messages": [{"role": "user", "content": "yes"}]}
        one, two = (gate.outcome(gate.post(CHAT, body).id) for _ in range(2))
        assert one["request_digest"] != two["request_digest"] and one["response_digest"] != two["response_digest"]
        plain = hashlib.sha256(json.dumps(body, ensure_ascii=False).encode()).hexdigest()
        assert plain not in json.dumps(one)
