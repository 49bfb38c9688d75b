"""The desk by verbs and by the API, beside a running gate and on the folder alone."""

import json

import pytest

from lib.desk import desk
from lib.gate import Gate, run

NO_POLICY = {"policy": "none"}
DOCUMENT = """---
title: Rules of the test
version: "1"
status: draft
owner: Head
contact: desk@example.org
review-by: 2999-01-01
default: ask
---

# Rules

## Logs

What logs may be sent where is decided case by case.

```policy
- id: no-heron
  when:
    target.model: heron
  then: deny
  because: Herons are not for us.
```

```policy-data
answer-targets:
  usual: {first-answer: 4h, decision: 2d}
desk:
  lanes:
    usual: {risk: high, owner: head, when: always}
```
"""


@pytest.fixture(scope="module")
def gate(tmp_path_factory):
    document = tmp_path_factory.mktemp("policy") / "policy.md"
    document.write_text(DOCUMENT)
    with Gate(more={"policy": str(document)}) as gate:
        yield gate


@pytest.fixture(scope="module")
def keys(gate):
    return {user: gate.json_of("key", "create", "--team", team, "--user", user, "--scope", scope)["key"]
            for user, team, scope in (("ada", "blue", "use"), ("bob", "red", "use"), ("lea", "legal", "desk"),
                                      ("rea", "audit", "read"))}


def test_a_question_goes_its_way_from_asking_to_precedent(gate, keys):
    asked = desk(gate, "ask", "may I send logs to a model?", "--classes", "internal,confidential", "--use", "internal",
                 "--blocked", "3", "--reversible", "no", "--deadline", "2031-12-01", key=keys["ada"])
    number = asked["question"]
    assert asked["kind"] == "question" and asked["state"] == "open" and asked["people_blocked"] == 3
    assert asked["data_classes"] == ["confidential", "internal"] and asked["reversible"] is False
    assert asked["deadline"] == "2031-12-01T23:59:59.000Z" and asked["origin"] == "api" and asked["team"] == "blue"
    again = desk(gate, "ask", "may I send logs to a model?", "--classes", "internal,confidential", "--use", "internal",
                 "--reversible", "no", key=keys["ada"])
    assert again["question"] == number and again["times"] == 2
    assert [q["question"] for q in desk(gate, "list", "--queue", key=keys["lea"])["questions"]][0] == number
    assert desk(gate, "assign", number, "legal", key=keys["lea"])["owner"] == "legal"
    assert desk(gate, "ask-back", number, "which logs?", key=keys["lea"])["state"] == "waiting-for-asker"
    assert desk(gate, "reply", number, "of the build", key=keys["ada"])["state"] == "open"
    answered = desk(gate, "answer", number, "--allow-with", "no host names", "--because", "builds are public",
                    "--expires", "90d", key=keys["lea"])
    assert answered["answer"]["ruling"] == "allow-with-conditions" and answered["answer"]["conditions"] == "no host names"
    assert answered["answer"]["by"].startswith("sub_") and not answered["answer"]["automatic"]
    desk(gate, "precedent", number, "--title", "build logs", "--clause", "logs", key=keys["lea"])
    proposed = desk(gate, "propose", number, key=keys["lea"])
    assert proposed["diff"].startswith("---") and "q-" in proposed["rule"] and "## Logs" in proposed["document"]
    assert [q["title"] for q in desk(gate, "precedent", key=keys["lea"])["questions"]] == ["build logs"]
    other = desk(gate, "ask", "may I send logs to a model?", "--classes", "internal,confidential", "--use", "internal",
                 "--reversible", "no", key=keys["bob"])
    assert other["question"] != number and other["answer"]["automatic"] and other["answer"]["precedent"] == number
    appealed = desk(gate, "appeal", other["question"], "mine are of customers", key=keys["bob"])
    assert appealed["state"] == "open"
    assert desk(gate, "withdraw", other["question"], "no need", key=keys["bob"])["state"] == "withdrawn"
    kinds = [event["kind"] for event in desk(gate, "status", number, key=keys["ada"])["events"]]
    assert kinds == ["asked", "repeated", "assigned", "asked-back", "replied", "answered", "precedent"]
    stats = desk(gate, "stats", "--since", "1d", key=keys["rea"])
    assert stats["kind"] == "desk-stats" and stats["asked"] >= 2 and stats["automatic"] >= 0
    desk(gate, "precedent", number, "--end", "--because", "the contract ended", key=keys["lea"])
    assert desk(gate, "precedent", key=keys["rea"])["questions"] == []


def test_people_see_their_own_and_only_who_answers_answers(gate, keys):
    number = desk(gate, "ask", "may I use a tool of my own?", key=keys["ada"])["question"]
    assert "no" in desk(gate, "status", number, key=keys["bob"], fails=2)
    assert number not in [q["question"] for q in desk(gate, "list", key=keys["bob"])["questions"]]
    assert number in [q["question"] for q in desk(gate, "list", key=keys["ada"])["questions"]]
    assert number in [q["question"] for q in desk(gate, "list", key=keys["rea"])["questions"]]
    for who in ("ada", "bob", "rea"):
        desk(gate, "answer", number, "--allow", "--because", "why not", key=keys[who], fails=2)
    desk(gate, "list", "--queue", key=keys["ada"], fails=2)
    own = gate.get("/api/v1/self/questions", key=keys["ada"]).json()["questions"]
    assert number in [q["question"] for q in own] and all(q["team"] == "blue" for q in own)
    assert desk(gate, "answer", number, "--deny", "--because", "not yet", key=keys["lea"])["state"] == "answered"


def test_lists_are_paged_and_filtered(gate, keys):
    numbers = [desk(gate, "ask", f"may I do the {n}th thing?", key=keys["bob"])["question"] for n in range(5)]
    seen, cursor = [], None
    for _ in range(20):
        query = "?limit=2&team=red&state=open" + (f"&cursor={cursor}" if cursor else "")
        page = gate.get("/api/v1/questions" + query, key=keys["lea"]).json()
        seen += [q["question"] for q in page["questions"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert set(numbers) <= set(seen) and len(seen) == len(set(seen))
    assert all(q["state"] == "open" for q in desk(gate, "list", "--state", "open")["questions"])


def test_wrong_calls_say_what_is_wrong_in_one_line(gate, keys):
    assert "Q-9999" in desk(gate, "status", "Q-9999", fails=2) or "no" in desk(gate, "status", "Q-9999", fails=2)
    assert "no question's number" in desk(gate, "status", "seventeen", fails=2)
    number = desk(gate, "ask", "may I be wrong?")["question"]
    assert "--allow" in desk(gate, "answer", number, "--because", "so", fails=2)
    assert "no time" in desk(gate, "answer", number, "--deny", "--because", "so", "--expires", "soon", fails=2)
    assert "NAME=VALUE" in desk(gate, "ask", "may I?", "--fact", "unattended", fails=2)
    assert "output use" in desk(gate, "ask", "may I say it?", "--use", "whatever", fails=2)
    assert "answer" in desk(gate, "propose", number, fails=2)


def test_what_people_write_cannot_steer_a_terminal(gate):
    number = desk(gate, "ask", "may I \x1b[2J\x1b]0;owned\x07 clear\u202e it?", "--for", "a\x1b[31mred")["question"]
    for arguments in (("status", number), ("list",), ("list", "--queue"), ("stats",)):
        shown = run("desk", *arguments, "--data", gate.data).stdout
        assert shown and not any(c in shown for c in "\x1b\x07\u202e"), arguments


def test_the_folder_alone_will_do_and_the_ledger_has_no_text(tmp_path):
    gate = Gate(data=tmp_path / "data", more=NO_POLICY)
    gate.start()
    number = desk(gate, "ask", "may I write the word heliotrope?", "--user", "ada", "--team", "blue",
                  "--tool", "heliotrope", "--model", "heliotrope-2", "--classes", "heliotrope")["question"]
    gate.stop()
    assert desk(gate, "status", number)["state"] == "open"
    assert desk(gate, "answer", number, "--allow", "--because", "heliotrope is fine", "--user", "lea")["state"] == "answered"
    other = desk(gate, "ask", "may I ask with no gate?", "--user", "ada")
    assert other["origin"] == "cli"
    gate.start()
    assert desk(gate, "status", number)["answer"]["ruling"] == "allow"
    records = [r for r in gate.tail() if r["kind"] == "change" and r["action"].startswith("question-")]
    gate.stop()
    assert [r["action"] for r in records if r["what"] == number] == ["question-asked", "question-answered"]
    assert "heliotrope" not in json.dumps(records)
    assert run("ledger", "verify", "--data", gate.data).returncode == 0


def test_verbs_complete_and_tell_their_example():
    for verb in ("ask", "list", "status", "answer", "assign", "reply", "ask-back", "appeal", "withdraw", "precedent",
                 "propose", "stats"):
        shown = run("desk", verb, "--help").stdout
        assert "Example:" in shown and f"ostiary desk {verb}" in shown, verb
    offered = run("__complete", "desk", "").stdout.split()
    assert {"ask", "answer", "precedent", "stats"} <= set(offered)
