"""The official Python client, through the gate, against a real llama.cpp server: what comes out is what it says itself."""

import asyncio
import json
import os
import struct
import subprocess
import threading
import time
import urllib.request
from pathlib import Path

import openai
import pytest

from conftest import DIRECT
from lib.gate import Gate, service

HERE = Path(__file__).parent
ASK = [{"role": "user", "content": "Tell me about doors. Ä 🦉"}]
STEADY = {"temperature": 0, "seed": 5}


@pytest.fixture(scope="module")
def llama(tmp_path_factory):
    if os.environ.get("OSTIARY_REAL_SERVER") == "0":
        pytest.skip("OSTIARY_REAL_SERVER=0")
    installed = subprocess.run([str(HERE / "install.sh")], capture_output=True, text=True, timeout=400)
    if installed.returncode:
        pytest.skip("no real server: " + (installed.stderr.strip().splitlines() or ["?"])[-1])
    folder = tmp_path_factory.mktemp("llama")
    with open(folder / "log", "w") as log:
        process = subprocess.Popen([installed.stdout.strip(), str(HERE / "serve.py"), str(folder)], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=log, text=True)
    lines = []
    reader = threading.Thread(target=lambda: lines.extend(iter(process.stdout.readline, "")), daemon=True)
    reader.start()
    end = time.monotonic() + 60
    found = None
    while time.monotonic() < end and process.poll() is None and not found:
        found = next((x for x in lines if x.startswith('{"chat"')), None)
        time.sleep(0.05)
    if not found:
        process.kill()
        pytest.skip(f"the real server does not start here (exit {process.poll()})")
    yield json.loads(found)
    process.stdin.close()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()


@pytest.fixture(scope="module")
def gate(llama):
    if DIRECT:
        yield None
        return
    with Gate([service(llama["chat"] + "/v1", "llama", models=["tiny"]),
               service(llama["embedding"] + "/v1", "llama-embedding", models=["tiny-embedding"])]) as gate:
        yield gate


@pytest.fixture(scope="module")
def client(llama, gate):
    base, key = (llama["chat"] + "/v1", "x") if DIRECT else (gate.url + "/v1", gate.key)
    with openai.OpenAI(api_key=key, base_url=base, max_retries=0, timeout=30) as client:
        yield client


@pytest.fixture(scope="module")
def straight(llama):
    """The same client without the gate."""
    with openai.OpenAI(api_key="x", base_url=llama["chat"] + "/v1", max_retries=0, timeout=30) as client:
        yield client


def streamed(client, **more):
    text, finish, usage = "", None, None
    for chunk in client.chat.completions.create(model="tiny", messages=ASK, stream=True, **more):
        usage = chunk.usage or usage
        for choice in chunk.choices:
            text += choice.delta.content or ""
            finish = choice.finish_reason or finish
    return text, finish, usage


def test_chat_says_what_the_server_says_itself(client, straight):
    ours, its = (c.chat.completions.create(model="tiny", messages=ASK, max_tokens=24, **STEADY) for c in (client, straight))
    assert ours.choices[0].message.content == its.choices[0].message.content != ""
    assert ours.choices[0].finish_reason == "length"
    assert ours.usage.completion_tokens == 24 and ours.usage.prompt_tokens == its.usage.prompt_tokens


def test_a_stream_says_the_same_as_a_whole_answer(client, straight):
    text, finish, usage = streamed(client, max_tokens=24, stream_options={"include_usage": True}, **STEADY)
    assert text == streamed(straight, max_tokens=24, **STEADY)[0] != ""
    assert finish == "length" and usage.completion_tokens == 24


def test_a_long_stream_arrives_whole(client):
    text, finish, _ = streamed(client, max_tokens=700, **STEADY)
    assert finish == "length" and len(text) > 100


def test_many_streams_at_once_arrive_whole(client):
    results = []
    threads = [threading.Thread(target=lambda: results.append(streamed(client, max_tokens=60, **STEADY))) for _ in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join(60)
    assert len(results) == 8 and all(r[1] == "length" and r[0] for r in results)


def test_structured_output_follows_its_schema(client):
    schema = {"type": "object", "properties": {"door": {"enum": ["open", "shut"]}}, "required": ["door"], "additionalProperties": False}
    answer = client.chat.completions.create(model="tiny", messages=ASK, max_tokens=400, **STEADY, response_format={
        "type": "json_schema", "json_schema": {"name": "door", "strict": True, "schema": schema}})
    assert json.loads(answer.choices[0].message.content)["door"] in ("open", "shut")


def test_legacy_completions_whole_and_streamed(client, straight):
    ours, its = (c.completions.create(model="tiny", prompt="Once", max_tokens=12, **STEADY) for c in (client, straight))
    assert ours.choices[0].text == its.choices[0].text
    chunks = client.completions.create(model="tiny", prompt="Once", max_tokens=12, stream=True, **STEADY)
    assert "".join(c.choices[0].text for c in chunks if c.choices)


def test_embeddings_as_floats_and_as_base64(client):
    if DIRECT:
        pytest.skip("another server")
    import base64
    floats = client.embeddings.create(model="tiny-embedding", input=["a door", "a gate"], encoding_format="float").data
    assert len(floats) == 2 and len(floats[0].embedding) == 64
    packed = client.embeddings.create(model="tiny-embedding", input="a door", encoding_format="base64").data[0].embedding
    assert struct.unpack("<64f", base64.b64decode(packed)) == pytest.approx(floats[0].embedding, abs=1e-5)
    assert client.embeddings.create(model="tiny-embedding", input="a door").data[0].embedding == pytest.approx(floats[0].embedding, abs=1e-5)


def test_responses_whole_and_streamed(client):
    answer = client.responses.create(model="tiny", input="Tell me about doors.", max_output_tokens=12)
    assert answer.status in ("completed", "incomplete") and answer.output_text
    events = [e.type for e in client.responses.create(model="tiny", input="Tell me about doors.", max_output_tokens=12, stream=True)]
    assert events[0] == "response.created" and events[-1] in ("response.completed", "response.incomplete")


def test_models_are_listed(client):
    assert "tiny" in [m.id for m in client.models.list().data]


def test_its_errors_keep_their_status(client):
    with pytest.raises(openai.BadRequestError):
        client.chat.completions.create(model="tiny", messages=[{"role": "user", "content": "x " * 40000}], max_tokens=5)
    with pytest.raises(openai.APIStatusError) as caught:
        client.chat.completions.create(model="tiny", messages="none", max_tokens=5)
    assert caught.value.status_code in (400, 500)


def busy_slots(llama):
    with urllib.request.urlopen(llama["chat"] + "/slots", timeout=5) as answer:
        return [s["id"] for s in json.load(answer) if s["is_processing"]]


def test_leaving_a_stream_stops_the_server(llama, client):
    async def leave():
        c = openai.AsyncOpenAI(api_key=client.api_key, base_url=str(client.base_url), max_retries=0)
        stream = await c.chat.completions.create(model="tiny", messages=ASK, max_tokens=100000, stream=True, **STEADY,
                                                 extra_body={"ignore_eos": True, "n_predict": 100000})
        async for _ in stream:
            break
        await stream.close()
        await c.close()
    assert not busy_slots(llama)
    asyncio.run(leave())
    end = time.monotonic() + 1  # generating on to the end of its context takes it several seconds
    while time.monotonic() < end:
        if not busy_slots(llama):
            return
        time.sleep(0.05)
    pytest.fail("it still generates for a client that left")


def test_each_exchange_stands_in_the_ledger_with_the_servers_own_count(client, gate):
    if DIRECT:
        pytest.skip("says something about the gate only")
    raw = client.chat.completions.with_raw_response.create(model="tiny", messages=ASK, max_tokens=5, **STEADY)
    record = gate.outcome(raw.headers["x-ostiary-id"])
    usage = raw.parse().usage
    assert record["outcome"] == "complete"
    assert (record["usage"]["input"], record["usage"]["output"]) == (usage.prompt_tokens, usage.completion_tokens)
