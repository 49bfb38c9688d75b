"""What of an answer reaches an official client: masked, given back, held back, refused."""

import json

import openai
import pytest

from lib.gate import Gate, service
from lib.scripts import DONE, completion, delta, event, stream, wants_stream
from lib.tokens import github_token
from lib.upstream import Upstream

TOKEN = github_token()
MASK = "‹secret:github-token:1›"
OTHER = github_token("Zt4Kx8Wq2Mv6Rb1Nc5Jd9Lf3Hg7Ps0")


@pytest.fixture
def up():
    with Upstream() as up:
        yield up


def echo(words_of):
    """An upstream that streams what words_of makes of the prompt, in pieces of three characters."""
    def answer(a, body):
        text = words_of(body["messages"][-1]["content"])
        if not wants_stream(body):
            return a.json(completion("m", {"content": text, "refusal": None}))
        pieces = [text[at:at + 3] for at in range(0, len(text), 3)]
        stream(a, [delta("m", {"role": "assistant", "content": ""})] +
               [delta("m", {"content": piece}) for piece in pieces] + [delta("m", {}, "stop")])
    return answer


def client_of(gate):
    return openai.OpenAI(api_key=gate.key, base_url=gate.url + "/v1", max_retries=0, timeout=20)


def ask(gate, content, **more):
    with client_of(gate) as client:
        chunks = client.chat.completions.create(model="m", stream=True,
                                                messages=[{"role": "user", "content": content}], **more)
        return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


PROMPT = f'my key "{TOKEN}" does not work; say it once more: {TOKEN}'
MASKED = f'my key "{MASK}" does not work; say it once more: {MASK}'


@pytest.mark.parametrize("setting", ["deny", "redact", "restore"])
def test_a_key_in_a_prompt_is_refused_masked_or_given_back(up, setting):
    up.override = echo(lambda prompt: f"you said: {prompt}.")
    more = {"data_classes": {"secret": "deny" if setting == "deny" else "redact"},
            "restore": ["secret"] if setting == "restore" else []}
    with Gate([service(up)], more=more) as gate:
        if setting == "deny":
            with pytest.raises(openai.PermissionDeniedError) as refused:
                ask(gate, PROMPT)
            assert refused.value.status_code == 403 and TOKEN not in str(refused.value)
            assert up.requests == []
        else:
            got = ask(gate, PROMPT)
            assert got == f"you said: {PROMPT if setting == 'restore' else MASKED}."
            [seen] = up.requests
            assert seen.json()["messages"][0]["content"] == MASKED
            assert TOKEN.encode() not in seen.head + seen.body
        assert gate.outcomes(1) and all(TOKEN not in json.dumps(record) for record in gate.tail())


def test_values_are_given_back_in_whole_answers_and_never_masked_again(up):
    up.override = echo(lambda prompt: prompt)
    more = {"data_classes": {"secret": "redact"}, "restore": ["secret"], "answer_classes": {"secret": "redact"}}
    with Gate([service(up)], more=more) as gate, client_of(gate) as client:
        got = client.chat.completions.create(model="m", messages=[{"role": "user", "content": PROMPT}])
        assert got.choices[0].message.content == PROMPT
        assert ask(gate, PROMPT) == PROMPT


def test_a_placeholder_that_the_request_did_not_make_is_left_alone(up):
    up.override = echo(lambda prompt: f"{MASK} ‹secret:github-token:2› ‹personal:email:1›")
    with Gate([service(up)], more={"data_classes": {"secret": "redact"}, "restore": ["secret"]}) as gate:
        assert ask(gate, "nothing here") == f"{MASK} ‹secret:github-token:2› ‹personal:email:1›"
        assert ask(gate, PROMPT) == f"{TOKEN} ‹secret:github-token:2› ‹personal:email:1›"


def test_a_secret_of_the_model_is_masked_in_streams_and_whole_answers(up):
    up.override = echo(lambda prompt: f"take {OTHER} or {TOKEN}, not {OTHER}.")
    more = {"data_classes": {"secret": "redact"}, "answer_classes": {"secret": "redact"}}
    with Gate([service(up)], more=more) as gate, client_of(gate) as client:
        masked = f"take ‹secret:github-token:2› or {MASK}, not ‹secret:github-token:2›."
        assert ask(gate, PROMPT) == masked
        whole = client.chat.completions.create(model="m", messages=[{"role": "user", "content": PROMPT}])
        assert whole.choices[0].message.content == masked
        records = gate.outcomes(2)
        assert all(OTHER not in json.dumps(r) for r in records)
        for record in records:
            found = [f for f in record["findings"] if f["location"].get("file") == "answer"]
            assert len(found) == 3 and all(f["detector"] == "github-personal-token" for f in found)


def test_what_answers_hold_is_recorded_though_nothing_is_masked(up):
    up.override = echo(lambda prompt: f"take {OTHER}.")
    with Gate([service(up)]) as gate:
        assert ask(gate, "a key please") == f"take {OTHER}."
        [record] = gate.outcomes(1)
        assert [f["location"]["file"] for f in record["findings"]] == ["answer"]
        assert OTHER not in json.dumps(record)


def test_tool_arguments_are_masked_and_stay_json(up):
    arguments = json.dumps({"path": "a.env", "text": f"TOKEN={OTHER}\n\"quoted\"", "again": OTHER})

    def call(a, body):
        first = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "save_it", "arguments": ""}}
        stream(a, [delta("m", {"role": "assistant", "content": None, "tool_calls": [first]})] +
               [delta("m", {"tool_calls": [{"index": 0, "function": {"arguments": c}}]}) for c in arguments] +
               [delta("m", {}, "tool_calls")])

    up.override = call
    with Gate([service(up)], more={"answer_classes": {"secret": "redact"}}) as gate, client_of(gate) as client:
        with client.chat.completions.stream(model="m", messages=[{"role": "user", "content": "hi"}]) as chunks:
            message = chunks.get_final_completion().choices[0].message
        [made] = message.tool_calls
        assert made.function.name == "save_it" and made.id == "call_1"
        assert json.loads(made.function.arguments) == {
            "path": "a.env", "text": f"TOKEN={MASK}\n\"quoted\"", "again": MASK}


def test_responses_are_masked_in_all_their_events(up):
    def respond(a, body):
        a.sse_head()
        text = f"take {OTHER} then"
        response = {"id": "resp_1", "object": "response", "created_at": 1, "model": "m", "output": [],
                    "parallel_tool_calls": True, "tool_choice": "auto", "tools": []}
        message = {"id": "m1", "type": "message", "role": "assistant", "status": "completed",
                   "content": [{"type": "output_text", "text": text, "annotations": []}]}

        def say(kind, **value):
            a.chunk(f"event: {kind}\ndata: {json.dumps({'type': kind, 'sequence_number': 1, **value})}\n\n".encode())

        say("response.created", response={**response, "status": "in_progress"})
        place = {"item_id": "m1", "output_index": 0, "content_index": 0}
        for at in range(0, len(text), 4):
            say("response.output_text.delta", delta=text[at:at + 4], logprobs=[], **place)
        say("response.output_text.done", text=text, logprobs=[], **place)
        say("response.completed", response={**response, "status": "completed", "output": [message]})
        a.last_chunk()

    up.override = respond
    with Gate([service(up)], more={"answer_classes": {"secret": "redact"}}) as gate, client_of(gate) as client:
        events = list(client.responses.create(model="m", input="hi", stream=True))
        assert OTHER[:12] not in json.dumps([e.to_dict() for e in events])
        assert "".join(e.delta for e in events if e.type == "response.output_text.delta") == f"take {MASK} then"
        assert events[-1].response.output_text == f"take {MASK} then"


def test_a_paused_service_holds_no_settled_text_and_a_beginning_is_masked_at_the_deadline(up):
    def pause(a, body):
        a.sse_head()
        a.chunk(event(delta("m", {"content": "all of this, " + OTHER[:14]})))
        a.pause(1.5)
        a.chunk(event(delta("m", {"content": OTHER[14:] + " is gone. "})))
        a.chunk(event(delta("m", {}, "stop")))
        a.chunk(DONE)
        a.last_chunk()

    up.override = pause
    with Gate([service(up)], more={"answer_classes": {"secret": "redact"}, "answer_hold": "400ms"}) as gate:
        answer = gate.chat("m", stream=True)
        all_of_it = answer.body.decode()
        [first_at] = [at for at, data in answer.pieces if "all of this, " in data.decode()]
        [masked_at] = [at for at, data in answer.pieces if "‹opaque:unfinished:1›" in data.decode()]
        assert first_at < masked_at - 0.2 and masked_at < 1.4
        assert not any(OTHER[at:at + 5] in all_of_it for at in range(len(OTHER) - 5))
        assert " is gone. " in all_of_it and answer.events()[-1] == "[DONE]"


def test_an_answer_that_cannot_be_read_is_refused_where_a_class_is_masked(up):
    up.override = lambda a, body: a.json(completion("m", {"content": "x" * 3_000_000, "refusal": None}))
    for classes, status in (({"secret": "redact"}, 502), ({}, 200)):
        with Gate([service(up)], gate={"max_response_copy_bytes": "16KiB"}, more={"answer_classes": classes}) as gate:
            answer = gate.post("/v1/chat/completions", {"model": "m", "messages": []})
            assert answer.status == status
            if status == 502:
                assert answer.json()["error"]["code"] == "answer_not_inspected"
                assert gate.outcome(answer.id)["outcome"] == "refused"


def test_the_service_is_asked_for_an_answer_without_coding_and_a_coded_one_is_read(up):
    import gzip

    def packed(a, body):
        text = json.dumps(completion("m", {"content": f"take {OTHER}", "refusal": None})).encode()
        a.raw(200, "application/json", gzip.compress(text), [("Content-Encoding", "gzip")])

    up.override = packed
    with Gate([service(up)], more={"answer_classes": {"secret": "redact"}}) as gate, client_of(gate) as client:
        got = client.chat.completions.create(model="m", messages=[{"role": "user", "content": "hi"}])
        assert got.choices[0].message.content == f"take {MASK}"
        assert up.requests[0].header("accept-encoding") == "identity"
