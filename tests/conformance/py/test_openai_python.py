"""The conformance suite through the official Python client."""

import asyncio
import json
import time
from pathlib import Path

import httpx2
import openai
import pydantic
import pytest

from conftest import DIRECT
from lib.gate import Gate, service
from lib.upstream import Upstream

SUITE = json.loads((Path(__file__).parents[1] / "cases.json").read_text())
MODELS = ["ok", "tools"]
PROMPT = 1.0  # seconds within which a service must see that its client left


class House(pydantic.BaseModel):
    name: str
    year: int
    tags: list[str]


class Tap(httpx2.HTTPTransport):
    """Keeps the bodies that go over the wire, and breaks them when told to."""

    def __init__(self):
        super().__init__()
        self.sent, self.corrupt = [], False

    def handle_request(self, request):
        body = request.read()
        if self.corrupt:
            body = body[:-1] + b",}"
            request = httpx2.Request(request.method, request.url, content=body, headers=[
                (k, v) for k, v in request.headers.raw if k.lower() != b"content-length"])
        self.sent.append(body)
        return super().handle_request(request)


class AsyncTap(httpx2.AsyncHTTPTransport):
    def __init__(self):
        super().__init__()
        self.sent = []

    async def handle_async_request(self, request):
        self.sent.append(await request.aread())
        return await super().handle_async_request(request)


class Target:
    def __init__(self, up, base, key):
        self.up, self.base, self.key = up, base, key


@pytest.fixture(scope="module")
def target():
    with Upstream(models=MODELS) as up:
        if DIRECT:
            yield Target(up, up.url, "direct")
        else:
            with Gate([service(up, models=SUITE["models"])]) as gate:
                yield Target(up, gate.url + "/v1", gate.key)


def expand(value, names):
    if isinstance(value, str):
        for name, saved in names.items():
            value = value.replace("${" + name + "}", saved)
        return SUITE["text"] if value == "$text" else value
    if isinstance(value, list):
        return [expand(v, names) for v in value]
    if isinstance(value, dict):
        if set(value) == {"repeat", "times"}:
            return value["repeat"] * value["times"]
        return {k: expand(v, names) for k, v in value.items()}
    return value


def dig(value, path):
    for part in path.split("."):
        if isinstance(value, list):
            value = value[int(part)]
        elif isinstance(value, dict):
            value = value[part]
        else:
            value = getattr(value, part)
    return value


def check(result, expected, names):
    for path, want in expected.items():
        got, want = dig(result, path), expand(want, names)
        if isinstance(want, dict) and "length" in want:
            assert len(got) == want["length"], path
        elif isinstance(want, dict) and "json" in want:
            assert json.loads(got) == want["json"], path
        elif isinstance(want, dict) and "contains" in want:
            assert set(want["contains"]) <= set(got), path
        else:
            assert got == want, path


def fold_chat(stream, into):
    into.update(text="", finish_reason=None, usage=None, chunks=0, tool_calls=[])
    for chunk in stream:
        into["chunks"] += 1
        if getattr(chunk, "usage", None):
            into["usage"] = chunk.usage
        for choice in chunk.choices:
            into["finish_reason"] = choice.finish_reason or into["finish_reason"]
            if hasattr(choice, "text"):
                into["text"] += choice.text
                continue
            into["text"] += choice.delta.content or ""
            for call in choice.delta.tool_calls or []:
                while len(into["tool_calls"]) <= call.index:
                    into["tool_calls"].append({"id": None, "name": None, "arguments": ""})
                entry = into["tool_calls"][call.index]
                entry["id"] = call.id or entry["id"]
                entry["name"] = call.function.name or entry["name"]
                entry["arguments"] += call.function.arguments or ""


def fold_responses(stream, into):
    into.update(text="", types=[], last_type=None, status=None, usage=None)
    for event in stream:
        into["types"].append(event.type)
        into["last_type"] = event.type
        if event.type == "response.output_text.delta":
            into["text"] += event.delta
        if event.type == "response.completed":
            into["status"], into["usage"] = event.response.status, event.response.usage


def call(client, step, names, into):
    """Runs one step; a folded stream goes to `into`, so that what came before an error is seen."""
    params, op = expand(step["params"], names), step["op"]
    if step.get("extra"):
        params["extra_body"] = step["extra"]
    if op == "models.list":
        page = client.models.list()
        return {"ids": [m.id for m in page.data]}
    if op == "models.retrieve":
        return client.models.retrieve(params["id"])
    if op == "responses.retrieve":
        return client.responses.retrieve(params["id"])
    if op == "responses.delete":
        client.responses.delete(params["id"])
        return {}
    if op == "chat.completions.parse":
        return client.chat.completions.parse(response_format=House, **params)
    method = {"chat.completions.create": client.chat.completions.create, "completions.create": client.completions.create,
              "embeddings.create": client.embeddings.create, "responses.create": client.responses.create}[op]
    result = method(**params)
    if not params.get("stream"):
        return result
    (fold_responses if op.startswith("responses") else fold_chat)(result, into)
    return into


def check_error(error, want):
    names = want["class"] if isinstance(want["class"], list) else [want["class"]]
    assert any(isinstance(error, getattr(openai, n)) for n in names), f"{type(error).__name__}: {error}"
    if "status" in want:
        assert error.status_code == want["status"]
    for name in ("code", "param"):
        if name in want:
            assert getattr(error, name) == want[name]
    if "message" in want:
        assert want["message"] in str(error)
    for name, value in want.get("headers", {}).items():
        assert error.response.headers[name] == value
    if want.get("json_at_gate") and not DIRECT:
        assert error.response.headers["content-type"].startswith("application/json")
        assert set(error.response.json()["error"]) >= {"message", "type", "param", "code"}
        assert "<" not in error.response.json()["error"]["message"][:1]


@pytest.mark.parametrize("case", SUITE["cases"], ids=[c["id"] for c in SUITE["cases"]])
def test_case(case, target):
    if DIRECT and case.get("gate_only"):
        pytest.skip("says something about the gate only")
    first = len(target.up.requests)
    if any("cancel" in s for s in case["steps"]):
        for step in case["steps"]:
            asyncio.run(cancelled(step, target))
        return
    tap = Tap()
    key = "ost_wrong" if case.get("key") == "wrong" else target.key
    names = {}
    with openai.OpenAI(api_key=key, base_url=target.base, max_retries=0, timeout=20,
                       http_client=httpx2.Client(transport=tap)) as client:
        for step in case["steps"]:
            tap.corrupt = step.get("corrupt", False)
            into = {}
            if "error" in step:
                with pytest.raises(Exception) as caught:
                    call(client, step, names, into)
                check_error(caught.value, step["error"])
                check(into, step.get("partial", {}), names)
                continue
            result = call(client, step, names, into)
            check(result, step.get("expect", {}), names)
            for name, path in step.get("save", {}).items():
                names[name] = dig(result, path)
    reached = target.up.requests[first:]
    expected = case.get("upstream", len(case["steps"]))
    if all(s["op"].startswith("models") for s in case["steps"]):
        return  # the gate may answer from what it knows
    if expected == "any":
        assert reached and {r.body for r in reached} == set(tap.sent)
    else:
        assert len(reached) == expected
        if expected:
            assert [r.body for r in reached] == tap.sent
    for r, step in zip(reached, case["steps"]):
        assert r.method == step.get("method", "POST")
        if not DIRECT:
            assert r.id, "each request to a service carries the id of its exchange"


async def cancelled(step, target):
    first = len(target.up.requests)
    client = openai.AsyncOpenAI(api_key=target.key, base_url=target.base, max_retries=0,
                                http_client=httpx2.AsyncClient(transport=AsyncTap(), timeout=20))
    method = client.responses.create if step["op"].startswith("responses") else client.chat.completions.create
    if step["cancel"] == "mid-stream":
        stream = await method(**step["params"])
        seen = 0
        async for _ in stream:
            seen += 1
            if seen == 3:
                break
        left = time.monotonic()
        await stream.close()
    else:
        task = asyncio.create_task(method(**step["params"]))
        for _ in range(1000):
            if len(target.up.requests) > first and target.up.requests[first].complete:
                break
            await asyncio.sleep(0.005)
        await asyncio.sleep(0.1)
        left = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    reached = target.up.requests[first:]
    assert len(reached) == 1
    for _ in range(600):
        if reached[0].peer_closed_at:
            break
        await asyncio.sleep(0.005)
    assert reached[0].peer_closed_at, "the service never saw that the client left"
    assert reached[0].peer_closed_at - left < PROMPT
    await client.close()
