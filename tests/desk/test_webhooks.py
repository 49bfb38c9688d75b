"""Webhooks out and in, against a running gate."""

import hashlib
import hmac
import json
import time

import pytest

from lib.gate import Gate, run, service
from lib.http import request
from lib.receiver import Receiver, documented_verify, secret
from lib.upstream import Upstream


def ask(gate, text, *more):
    return gate.json_of("desk", "ask", text, *more)["question"]


def hooked(*hooks, data=None, env=None, more=None, **entry):
    """A gate without a policy, so that questions wait for people."""
    out = [hook.entry(f"hook{n}", **entry) for n, hook in enumerate(hooks)]
    return Gate(data=data, more={"policy": "none", "webhooks": {"out": out}, **(more or {})},
                env={**(hooks[0].env if hooks else {}), **(env or {})})


def questions(events):
    return [event.data["what"] for event in events]


def test_an_event_is_signed_as_the_page_says_and_holds_the_question():
    with Receiver() as hook, hooked(hook) as gate:
        number = ask(gate, "may I use Whisper?", "--tool", "whisper", "--classes", "personal")
        event, = hook.wait(1)
        assert event.type == "question.asked" and event.data["what"] == number
        assert event.data["question"]["text"] == "may I use Whisper?" and event.data["question"]["state"] == "open"
        assert event.data["question"]["data_classes"] == ["personal"]
        verify = documented_verify()
        assert verify(secret("k"), event.headers, event.raw)
        assert not verify(secret("x"), event.headers, event.raw)
        assert not verify(secret("k"), event.headers, event.raw + b" ")
        run("desk", "answer", number, "--deny", "--because", "not with names", "--data", gate.data)
        event = hook.wait(2)[1]
        assert event.type == "question.answered" and event.data["question"]["answer"]["reason"] == "not with names"


def test_two_secrets_sign_while_one_takes_the_others_place():
    with Receiver() as hook, hooked(hook, env={"OLD_SECRET": secret("o")}, previous_secret={"env": "OLD_SECRET"}) as gate:
        ask(gate, "may I?")
        event, = hook.wait(1)
        verify = documented_verify()
        assert verify(secret("k"), event.headers, event.raw) and verify(secret("o"), event.headers, event.raw)


def test_nothing_is_lost_and_the_order_stays_while_the_receiver_is_down_and_the_gate_is_killed():
    with Receiver(status=503) as hook:
        gate = hooked(hook)
        gate.start()
        asked = [ask(gate, f"may I do {n}?") for n in range(3)]
        assert hook.wait_refused(1)
        gate.kill()
        port = hook.port
        hook.close()  # nobody is there at all
        gate.start()
        asked += [ask(gate, f"may I do {n}?") for n in range(3, 6)]
        gate.kill()
        with Receiver(port=port) as back:
            gate.start()
            events = back.wait(6)
            assert questions(events) == asked
            assert len({event.id for event in events}) == 6
            time.sleep(1)
            assert len(back.wait(6)) == 6, "what was taken does not come again"
        gate.stop()


def test_an_event_is_not_lost_where_the_gate_is_killed_right_after_the_question_was_put():
    """The record is in the ledger before the answer goes out; what was not handed on is, at the next start."""
    with Receiver() as hook:
        gate = hooked(hook)
        gate.start()
        asked = []
        for n in range(5):
            asked.append(ask(gate, f"may I do {n}?"))
            gate.kill()
            gate.start()
        end = time.monotonic() + 20
        while len(set(questions(events := hook.wait(5)))) < 5 and time.monotonic() < end:  # some come twice
            time.sleep(0.05)
        gate.stop()
        told = list(dict.fromkeys(questions(events)))  # at least once, and in order
        assert told == asked
        by_id = {}
        for event in events:
            by_id.setdefault(event.id, []).append(event.data["what"])
        assert all(len(set(whats)) == 1 for whats in by_id.values()), "an id stands for one event"


def test_a_receiver_that_never_answers_holds_nothing_up():
    with Receiver(status=0) as silent, Receiver() as other:
        gate = hooked(silent, other)
        gate.start()
        began = time.monotonic()
        for n in range(5):
            ask(gate, f"may I do {n}?")
        assert len(other.wait(5)) == 5
        assert gate.get("/v1/models").status == 200
        assert silent.wait_refused(1)
        assert gate.stop() == 0 and time.monotonic() - began < 15


def test_what_fails_is_shown_without_the_urls_path_or_the_secret():
    with Receiver(status=500) as hook, hooked(hook) as gate:
        ask(gate, "may I?")
        assert hook.wait_refused(1)
        admin = gate.json_of("key", "create", "--team", "t", "--user", "u", "--scope", "admin")["key"]
        end = time.monotonic() + 5
        while (shown := gate.get("/api/v1/webhooks", key=admin)).json()["webhooks"][0]["error"] is None and time.monotonic() < end:
            time.sleep(0.05)
        state, = shown.json()["webhooks"]
        assert state["error"] == "it answered 500 Internal Server Error" and state["waiting"] == 1
        assert state["origin"] == f"http://127.0.0.1:{hook.port}"
        assert gate.says("webhook hook0: an event cannot be delivered")
        for text in (shown.body.decode(), gate.stderr, gate.get("/api/v1/configuration", key=admin).body.decode()):
            assert "t0p" not in text and secret("k") not in text and secret("k")[6:] not in text


def test_a_reload_changes_webhooks_and_a_bad_secret_leaves_all_as_it_was():
    with Receiver() as hook, hooked(hook, env={"BAD": "nothing"}) as gate:
        admin = gate.json_of("key", "create", "--team", "t", "--user", "u", "--scope", "admin")["key"]
        path = gate.data.parent / f"{gate.data.name}.yaml"
        good = path.read_text()
        path.write_text(good.replace("HOOK_SECRET", "BAD"))
        refused = gate.post("/api/v1/configuration/reload", None, key=admin)
        assert refused.status == 409 and "whsec_" in refused.json()["error"]["message"] and "nothing" not in refused.body.decode()
        ask(gate, "may I?")
        assert len(hook.wait(1)) == 1
        path.write_text(good.replace("webhooks", "# webhooks").split("# webhooks")[0])
        assert gate.post("/api/v1/configuration/reload", None, key=admin).status == 200
        ask(gate, "may I too?")
        time.sleep(1)
        assert len(hook.wait(1)) == 1


# In.

GITHUB = "hub" + "-secret"


def issue(number=12, action="opened", title="AI: may I use Whisper?", login="octocat", **more):
    return {"action": action, "repository": {"full_name": "example/app"}, "sender": {"login": login}, **more,
            "issue": {"html_url": f"https://github.example/example/app/issues/{number}", "number": number,
                      "title": title, "body": "Two teams wait.\n\n### Tool\n\nwhisper\n", "labels": [],
                      "user": {"login": "octocat"}, "state": "open", "updated_at": str(time.time_ns())}}


class Hub:
    """Delivers as GitHub does."""

    def __init__(self, gate):
        self.gate, self.count = gate, 0

    def deliver(self, payload, event="issues", key=GITHUB, id=None, signature=None):
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        self.count += 1
        signature = signature or "sha256=" + hmac.new(key.encode(), body, hashlib.sha256).hexdigest()
        return request(self.gate.port, "POST", "/api/v1/hooks/github", {
            "Content-Type": "application/json", "X-GitHub-Event": event, "X-Hub-Signature-256": signature,
            "X-GitHub-Delivery": id or f"d-{self.count}"}, body)


IN = {"github": {"secret": {"env": "HUB"}, "title_prefix": "AI:", "team": "platform"},
      "gitlab": {"secret": {"env": "LAB"}}, "generic": {"forms": {"secret": {"env": "FORMS"}}}}


@pytest.fixture()
def inward():
    with Receiver() as hook:
        gate = Gate(more={"policy": "none", "webhooks": {"out": [hook.entry("chat")], "in": IN}},
                    env={**hook.env, "HUB": GITHUB, "LAB": "lab" + "-token", "FORMS": secret("f")})
        with gate:
            yield gate, Hub(gate), hook


def test_an_issue_becomes_a_question_and_its_answer_goes_out(inward):
    gate, hub, hook = inward
    asked = hub.deliver(issue())
    assert asked.status == 200 and asked.json()["result"] == "asked", asked.body
    number = asked.json()["question"]
    question = gate.json_of("desk", "status", number)
    assert question["text"].startswith("may I use Whisper?") and question["tool"] == "whisper"
    assert question["origin"] == "github" and question["team"] == "platform" and question["asker"].startswith("sub_")
    assert question["link"] == "https://github.example/example/app/issues/12"
    assert hub.deliver(issue(action="reopened")).json()["question"] == number, "the same issue is the same question"
    gate.json_of("desk", "ask-back", number, "whose voices?")
    comment = {**issue(action="created"), "comment": {"user": {"login": "octocat"}, "body": "ours only"}}
    assert hub.deliver(comment, "issue_comment").json()["result"] == "noted"
    stranger = {**comment, "comment": {"user": {"login": "mallory"}, "body": "allow it"}}
    assert hub.deliver(stranger, "issue_comment").json()["result"] == "ignored"
    assert gate.json_of("desk", "status", number)["state"] == "open"
    gate.json_of("desk", "answer", number, "--allow", "--because", "fine")
    answered = [e for e in hook.wait(2) if e.type == "question.answered"][-1]
    assert answered.data["question"]["link"].endswith("/issues/12")
    assert hub.deliver(issue(action="closed")).json()["result"] == "ignored", "an answer stays"
    appeal = {**comment, "comment": {"user": {"login": "octocat"}, "body": "/appeal for how long?"}}
    assert hub.deliver(appeal, "issue_comment").json()["result"] == "noted"
    other = hub.deliver(issue(13, title="AI: may I draw owls?")).json()["question"]
    assert other != number
    assert hub.deliver(issue(13, "closed", title="AI: may I draw owls?")).json()["result"] == "noted"
    assert gate.json_of("desk", "status", other)["state"] == "withdrawn"


def test_what_is_not_proven_or_came_before_is_refused(inward):
    gate, hub, _ = inward
    payload = json.dumps(issue()).encode()
    assert hub.deliver(payload, key="another").status == 401
    assert hub.deliver(payload, signature="sha256=").status == 401
    assert hub.deliver(b"\x00not json").status == 400
    assert hub.deliver(payload, id="d-x").status == 200
    assert hub.deliver(payload, id="d-x").status == 409
    assert hub.deliver(payload, id="d-y").status == 409, "the id is not signed"
    assert len(gate.json_of("desk", "list")["questions"]) == 1
    headers = {"Content-Type": "application/json"}
    assert request(gate.port, "POST", "/api/v1/hooks/gitlab", {**headers, "X-Gitlab-Token": "wrong"}, b"{}").status == 401
    good = request(gate.port, "POST", "/api/v1/hooks/gitlab", {**headers, "X-Gitlab-Token": "lab" + "-token"}, b'{"object_kind":"push"}')
    assert good.status == 200 and good.json() == {"question": None, "result": "ignored"}
    assert request(gate.port, "POST", "/api/v1/hooks/generic/nobody", headers, b"{}").status == 404


def sign(body, id, at, key="f"):
    import base64
    raw = base64.b64decode(secret(key)[6:])
    mac = hmac.new(raw, f"{id}.{at}.".encode() + body, hashlib.sha256).digest()
    return {"Content-Type": "application/json", "webhook-id": id, "webhook-timestamp": str(at),
            "webhook-signature": "v1," + base64.b64encode(mac).decode()}


def test_a_form_of_ones_own_is_signed_as_ours_are_and_of_now(inward):
    gate, _, _ = inward
    now = int(time.time())
    body = json.dumps({"action": "ask", "link": "https://forms.example/1", "by": "ada",
                       "question": {"text": "may I?\u001b[31m\u202e", "data_classes": ["public"]}}).encode()
    path = "/api/v1/hooks/generic/forms"
    asked = request(gate.port, "POST", path, sign(body, "m1", now), body)
    assert asked.status == 200 and asked.json()["result"] == "asked", asked.body
    assert request(gate.port, "POST", path, sign(body, "m1", now), body).status == 409
    assert request(gate.port, "POST", path, sign(body, "m2", now - 400), body).status == 401
    assert request(gate.port, "POST", path, sign(body, "m3", now, "x"), body).status == 401
    shown = run("desk", "list", "--data", gate.data).stdout
    assert "may I?" in shown and "\x1b" not in shown and "\u202e" not in shown
    wrong = json.dumps({"action": "answer", "link": "https://forms.example/1", "by": "ada"}).encode()
    assert request(gate.port, "POST", path, sign(wrong, "m4", now), wrong).status == 400


def test_a_body_over_a_mebibyte_is_refused_and_hostile_text_is_only_text(inward):
    gate, hub, _ = inward
    assert hub.deliver(b"{" + b" " * (1 << 20) + b"}").status == 413
    nasty = issue(99, title="AI: '; DROP TABLE questions; -- <script>alert(1)</script> \x1b]0;x\x07 ${jndi:x} " + "A" * 5000)
    number = hub.deliver(nasty).json()["question"]
    question = gate.json_of("desk", "status", number)
    assert "DROP TABLE" in question["text"] and len(question["text"].encode()) <= 4000 and "\x1b" not in question["text"]
    assert gate.json_of("desk", "list")["questions"]


NOTICE = """---
title: Rules of the test
version: "1"
status: draft
owner: Head
contact: desk@example.org
review-by: 2020-01-01
default: allow
---

# Rules

## Owls

```policy
- id: tell-of-owls
  when:
    target.model: owl
  then: allow
  obligations:
    - notify: hook0
  because: Somebody wants to know of owls.
- id: no-heron
  when:
    target.model: heron
  then: deny
  obligations:
    - notify: hook0
  because: Herons are not for us.
```
"""


def test_the_webhook_that_a_rule_names_is_told_of_an_exchange_and_of_a_policy_that_changed(tmp_path):
    document = tmp_path / "policy.md"
    document.write_text(NOTICE)
    with Upstream() as up, Receiver() as legal, Receiver() as other:
        gate = hooked(legal, other, data=tmp_path / "data", more={"policy": str(document), "services": [service(up)]})
        with gate:
            exchange = gate.chat("owl")
            assert exchange.status == 200 and gate.chat("ok").status == 200
            refused = gate.chat("heron")
            assert refused.status == 403
            notices = [e for e in legal.wait(3) if e.type == "exchange.notice"]
            assert [n.data["exchange"] for n in notices] == [exchange.id, refused.id]
            assert notices[0].data["model"] == "owl" and notices[0].data["decision"]["rules"][0]["id"] == "tell-of-owls"
            assert "Grüezi" not in notices[0].raw.decode()
            assert {e.type for e in other.wait(1)} == {"review.due"}, "its review date has passed; notices go to whom they name"
            admin = gate.json_of("key", "create", "--team", "t", "--user", "u", "--scope", "admin")["key"]
            document.write_text(NOTICE.replace('version: "1"', 'version: "2"').replace("owl\n", "eagle\n"))
            assert gate.post("/api/v1/configuration/reload", None, key=admin).status == 200
            changed = [e for e in other.wait(2) if e.type == "policy.changed"]
            assert changed and changed[0].data["detail"]["diff"]["changed"] == ["tell-of-owls"]
        events = [e.type for e in other.events]
        with gate:
            time.sleep(1)
            assert [e.type for e in other.events].count("review.due") <= events.count("review.due") + 1
