"""The call itself: configuration, keys, the data folder, starting and stopping, what is recorded."""

import hashlib
import json
import os
import re
import subprocess

import pytest

from lib.gate import BINARY, Gate, environment, run, segments, service, yaml
from lib.http import Connection, request
from lib.upstream import Upstream

CHAT = "/v1/chat/completions"


def fake_secret():
    return f"not-a-secret-{os.urandom(6).hex()}"


@pytest.fixture
def up():
    with Upstream() as up:
        yield up


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
