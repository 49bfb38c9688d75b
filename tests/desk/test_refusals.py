"""What the gate refuses is a question, and an answer lets the same request pass: by the official client."""

import json
import time

import openai
import pytest

from lib.desk import desk
from lib.gate import Gate, service
from lib.upstream import Upstream

DOCUMENT = """---
title: Rules of the test
version: "1"
status: draft
owner: Head
contact: desk@example.org
review-by: 2999-01-01
default: allow
---

# Rules

## Personal data

Ask before data about people leaves.

```policy
- id: ask-about-people
  when:
    data.classes: [personal]
    target.service: main
  then: ask
  because: Data about people needs a word first.
```

## Size

```policy
- id: no-heron
  when:
    target.model: heron
  then: deny
  because: Herons are not for us.
  instead: use another model
```

## Desk

```policy-data
answer-targets:
  usual: {first-answer: 4h, decision: 2d}
desk:
  lanes:
    usual: {risk: high, owner: legal, when: always}
```
"""

PERSONAL = "Write to anna.schmidt" + "@" + "gmail.com about her contract."


@pytest.fixture(scope="module")
def gate(tmp_path_factory):
    document = tmp_path_factory.mktemp("policy") / "policy.md"
    document.write_text(DOCUMENT)
    with Upstream() as up, Gate([service(up)], more={"policy": str(document)}) as gate:
        yield gate


def client(gate, key):
    return openai.OpenAI(base_url=f"{gate.url}/v1", api_key=key, max_retries=0)


def ask_model(gate, key, content=PERSONAL, model="ok"):
    """The refusal, or None where the request passed."""
    try:
        client(gate, key).chat.completions.create(model=model, messages=[{"role": "user", "content": content}])
        return None
    except openai.PermissionDeniedError as refused:
        return refused


def number_of(refused):
    assert refused is not None, "it passed"
    number = refused.response.headers["x-ostiary-question"]
    assert number.startswith("Q-") and number in refused.response.text
    return number


def soon(what, seconds=5.0):
    end = time.monotonic() + seconds
    while (found := what()) is None or found is False:
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.05)
    return found


def test_a_refusal_is_a_question_with_everything_filled_in(gate):
    key = gate.new_key(user="filled")["key"]
    refused = ask_model(gate, key)
    number = number_of(refused)
    assert refused.body["code"] == "approval_required"
    question = desk(gate, "status", number)
    assert question["state"] == "open" and question["origin"] == "gate"
    assert question["exchange"] == refused.response.headers["x-ostiary-id"]
    assert question["service"] == "main" and question["model"] == "ok" and question["team"] == "tests"
    assert question["data_classes"] == ["personal"] and question["lane"] == "usual" and question["owner"] == "legal"
    assert [rule["id"] for rule in question["decision"]["rules"]] == ["ask-about-people"]
    assert question["decision"]["rules"][0]["clause"] == "personal-data"
    assert question["clocks"]["decision"]["due"] is not None
    assert "anna" not in json.dumps(question), "nothing of the request's text is kept"
    outcome = gate.outcome(question["exchange"])
    assert outcome["decision"]["effect"] == "ask"


def test_an_approval_lets_the_same_request_of_the_same_person_pass(gate):
    key, other = gate.new_key(user="ada")["key"], gate.new_key(user="bob")["key"]
    number = number_of(ask_model(gate, key))
    assert number_of(ask_model(gate, key)) == number, "the same refusal has the same number"
    desk(gate, "answer", number, "--allow", "--because", "she agreed", "--expires", "1h")
    assert ask_model(gate, key) is None
    assert ask_model(gate, key, PERSONAL + " And be kind.") is None, "the same rules, target and data"
    assert number_of(ask_model(gate, other)) != number, "an approval is of one person"
    assert number_of(ask_model(gate, key, model="other")) != number, "and for one model"
    desk(gate, "answer", number, "--deny", "--because", "she took it back")
    assert number_of(ask_model(gate, key)) == number, "a reversal takes effect at once"
    assert desk(gate, "status", number)["earlier"][0]["ruling"] == "allow"


def test_an_approval_ends_when_it_expires(gate):
    key = gate.new_key(user="expiring")["key"]
    number = number_of(ask_model(gate, key))
    answered = desk(gate, "answer", number, "--allow", "--because", "for now", "--expires", "3s")
    assert answered["answer"]["expires"] is not None
    assert ask_model(gate, key) is None
    refused = soon(lambda: ask_model(gate, key), 8)
    assert refused.body["code"] == "approval_required"


def test_a_precedent_answers_the_same_refusal_of_others(gate):
    first, second = gate.new_key(user="first")["key"], gate.new_key(user="second")["key"]
    number = number_of(ask_model(gate, first, model="precedent"))
    desk(gate, "answer", number, "--allow-with", "only names", "--because", "the contract covers it")
    desk(gate, "precedent", number, "--title", "names in contracts")
    repeated = number_of(ask_model(gate, second, model="precedent"))
    answer = desk(gate, "status", repeated)["answer"]
    assert answer["automatic"] and answer["precedent"] == number and answer["clause"] == "personal-data"
    assert ask_model(gate, second, model="precedent") is None
    desk(gate, "precedent", number, "--end", "--because", "the contract ended")
    assert ask_model(gate, second, model="precedent") is not None


def test_a_denial_waits_for_its_asker_and_no_answer_lifts_it(gate):
    key = gate.new_key(user="denied")
    refused = ask_model(gate, key["key"], "Hello", model="heron")
    number = number_of(refused)
    assert desk(gate, "status", number)["state"] == "offered"
    assert number not in [q["question"] for q in desk(gate, "list", "--queue")["questions"]]
    assert desk(gate, "ask", number, "--for", "a study of herons", key=key["key"])["state"] == "open"
    assert number in [q["question"] for q in desk(gate, "list", "--queue")["questions"]]
    desk(gate, "answer", number, "--allow", "--because", "herons are fine")
    assert ask_model(gate, key["key"], "Hello", model="heron") is not None, "the document must change for that"


def test_questions_and_approvals_outlive_the_gate(tmp_path):
    document = tmp_path / "policy.md"
    document.write_text(DOCUMENT)
    with Upstream() as up:
        gate = Gate([service(up)], data=tmp_path / "data", more={"policy": str(document)})
        gate.start()
        key = gate.key
        number = number_of(ask_model(gate, key))
        desk(gate, "answer", number, "--allow", "--because", "she agreed")
        gate.kill()
        gate.start()
        assert ask_model(gate, key) is None
        gate.stop()
        records = [r for r in gate.tail() if r["kind"] == "change" and r["what"] == number]
        assert [r["action"] for r in records] == ["question-asked", "question-answered"]
        assert records[1]["detail"]["use"]["service"] == "main"
