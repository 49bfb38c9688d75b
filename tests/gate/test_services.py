"""Services: routing, fallback, retries, models, credentials, passing through."""

import json
import os
import socket
import subprocess
import time

import pytest

from lib.gate import BINARY, Gate, environment, service, yaml
from lib.http import request
from lib.scripts import completion, ok
from lib.upstream import Upstream

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
