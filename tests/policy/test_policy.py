"""The policy document decides at the gate: effects, what is only observed, ways out, hot reload, records."""

import json
import re
import signal
import time

import openai
import pytest

from lib.gate import Gate, GateFailed, run, service, yaml
from lib.tokens import github_token
from lib.upstream import Upstream

TOKEN = github_token()
MAIL = "ada.lovelace" + "@" + "acme-corp.io"

FRONT = """---
title: Rules of the test
version: "{version}"
owner: Ada
contact: ada@example.org
review-by: 2999-01-01
default: deny
{more}---

# Rules of the test

## What goes

```policy
- id: approved
  when: {{target.service: [far, own]}}
  then: allow
```

"""

RULES = """
## What does not

```policy
- id: no-secrets
  when: {data.classes: [secret], target.hosting: {none-of: [own]}}
  then: deny
  because: A key stays in the house.
  instead: Say in words what it opens.
- id: mask-people
  when: {data.classes: [personal], target.hosting: {none-of: [own]}}
  then: redact
  redact: [personal]
- id: customers
  when: {output.use: customer}
  then: reroute
  to: own
- id: lonely-agents
  when: {agent.unattended: true}
  then: ask
  obligations: [{log: warn}]
- id: shells
  mode: observe
  when: {agent.tools: [shell]}
  then: deny
- id: demo
  when: {purpose: demo}
  then: allow
  obligations: [{header: x-ai=seen}, {disclose: An AI helped}]
```

```policy-data
assumed: {output.use: internal, agent.unattended: false, purpose: work}
```
"""

TESTS = """
```policy-test
- {name: goes, given: {target.service: far, target.hosting: provider, data.classes: [], agent.tools: []}, expect: allow, by: approved}
```
"""


def document(rules=RULES, version="1", more="", tests=TESTS):
    return FRONT.format(version=version, more=more) + rules + tests


@pytest.fixture
def ups():
    with Upstream() as far, Upstream() as own:
        yield far, own


@pytest.fixture
def policy(tmp_path):
    file = tmp_path / "policy.md"
    file.write_text(document())
    return file


def gate_with(ups, policy, **more):
    far, own = ups
    return Gate([service(far, "far"), service(own, "own", surface="self-hosted")],
                more={"policy": str(policy), **more})


def client(gate):
    return openai.OpenAI(api_key=gate.key, base_url=gate.url + "/v1", max_retries=0, timeout=20)


def ask(gate, text="hello", headers=None, **more):
    """Through the official client: the answer with its head."""
    with client(gate) as openai_client:
        return openai_client.chat.completions.with_raw_response.create(
            model="ok", messages=[{"role": "user", "content": text}], extra_headers=headers, **more)


def refused(gate, text="hello", headers=None, **more):
    with pytest.raises(openai.PermissionDeniedError) as error:
        ask(gate, text, headers, **more)
    return error.value


def ids(error):
    return [rule["id"] for rule in error.body["rules"]]


def outcome(gate, answer):
    return gate.outcome(answer.headers["x-ostiary-id"])


def reload(gate, says="reloaded"):
    before = gate.stderr.count(says)
    gate.process.send_signal(signal.SIGHUP)
    assert gate.says(says, before + 1)


def changes(gate):
    return [r for r in gate.tail() if r["kind"] == "change" and r["action"] == "policy-changed"]


def test_what_a_rule_allows_passes_and_its_record_names_rule_clause_and_document(ups, policy):
    with gate_with(ups, policy) as gate:
        answer = ask(gate)
        assert answer.headers["x-ostiary-decision"] == "allow"
        decision = outcome(gate, answer)["decision"]
        assert decision["rules"] == [{"clause": "what-goes", "id": "approved"}]
        assert decision["policy"]["version"] == "1"
        assert decision["policy"]["digest"] == changes(gate)[0]["detail"]["to"]


def test_a_denial_tells_the_clause_the_reason_and_the_nearest_way(ups, policy):
    far, own = ups
    with gate_with(ups, policy) as gate:
        error = refused(gate, f"why does {TOKEN} not work")
        body = error.body
        assert body["code"] == "policy_denied"
        assert body["rules"] == [{"clause": "what-does-not", "id": "no-secrets"}]
        assert body["alternative"] == "use the service 'own'"
        assert body["instead"] == "Say in words what it opens."
        assert "A key stays in the house." in body["message"]
        assert body["findings"][0]["location"]["pointer"] == "/messages/0/content"
        assert TOKEN not in json.dumps(body) and not far.requests and not own.requests
        record = gate.outcome(error.response.headers["x-ostiary-id"])
        assert record["outcome"] == "refused" and record["decision"]["alternative"] == "use the service 'own'"
        passed = ask(gate, f"why does {TOKEN} not work", {"x-ostiary-service": "own"})
        assert passed.headers["x-ostiary-service"] == "own" and TOKEN in own.requests[0].body.decode()


def test_what_must_be_masked_leaves_masked(ups, policy):
    far, _ = ups
    with gate_with(ups, policy) as gate:
        answer = ask(gate, f"write to {MAIL}")
        assert answer.headers["x-ostiary-decision"] == "redact"
        assert MAIL not in far.requests[0].body.decode() and "‹personal:" in far.requests[0].json()["messages"][0]["content"]
        assert {"clause": "what-does-not", "id": "mask-people"} in outcome(gate, answer)["decision"]["rules"]


def test_a_header_says_what_the_output_is_for_and_goes_no_further(ups, policy):
    far, own = ups
    with gate_with(ups, policy) as gate:
        answer = ask(gate, headers={"x-ostiary-output-use": "customer", "x-ostiary-purpose": "report"})
        assert answer.headers["x-ostiary-decision"] == "reroute" and answer.headers["x-ostiary-service"] == "own"
        assert not far.requests and b"ostiary-output" not in own.requests[0].head.lower()
        facts = {f["name"]: f for f in outcome(gate, answer)["decision"]["facts"]}
        assert facts["target.service"]["value"] == "own"
        with pytest.raises(openai.BadRequestError, match="one of customer, internal"):
            ask(gate, headers={"x-ostiary-output-use": "fun"})


def test_what_is_asked_about_is_a_403_of_its_own_and_the_log_has_its_line(ups, policy):
    with gate_with(ups, policy) as gate:
        error = refused(gate, headers={"x-ostiary-unattended": "true"})
        assert error.body["code"] == "approval_required"
        assert gate.says("policy: ask for exchange " + error.response.headers["x-ostiary-id"])


def test_an_observed_rule_stops_nothing_and_says_what_would_be(ups, policy):
    far, _ = ups
    tools = [{"type": "function", "function": {"name": "shell", "parameters": {"type": "object"}}}]
    with gate_with(ups, policy) as gate:
        answer = ask(gate, tools=tools)
        assert answer.headers["x-ostiary-decision"] == "deny; mode=observe"
        decision = outcome(gate, answer)["decision"]
        assert decision["effect"] == "deny" and decision["mode"] == "observe"
        policy.write_text(document(rules=""))
        reload(gate)
        ask(gate, tools=tools)
        assert far.requests[0].body == far.requests[1].body


def test_a_whole_document_may_be_observed(ups, policy):
    far, _ = ups
    policy.write_text(document(more="mode: observe\n"))
    with gate_with(ups, policy) as gate:
        answer = ask(gate, f"why does {TOKEN} not work")
        assert answer.headers["x-ostiary-decision"] == "deny; mode=observe"
        assert TOKEN in far.requests[0].body.decode()
        assert outcome(gate, answer)["decision"]["rules"] == [{"clause": "what-does-not", "id": "no-secrets"}]


def test_obligations_go_with_the_answer(ups, policy):
    with gate_with(ups, policy) as gate:
        answer = ask(gate, headers={"x-ostiary-purpose": "demo"})
        assert answer.headers["x-ai"] == "seen" and answer.headers["x-ostiary-disclosure"] == "An AI helped"
        assert "x-ai" not in ask(gate).headers


def test_what_the_operator_configures_only_tightens(ups, policy):
    with gate_with(ups, policy, data_classes={"personal": "deny", "secret": "allow"}) as gate:
        assert {"clause": "", "id": "data_classes.personal"} in refused(gate, f"write to {MAIL}").body["rules"]
        assert ids(refused(gate, TOKEN)) == ["no-secrets"]


def test_a_new_document_is_in_force_from_a_reload_on_and_its_change_is_recorded(ups, policy):
    with gate_with(ups, policy) as gate:
        ask(gate)
        before = policy.read_bytes()
        policy.write_text(document(rules=RULES.replace("then: redact\n  redact: [personal]", "then: deny")
                                   .replace("- id: demo", "- id: show"), version="2"))
        reload(gate)
        assert refused(gate, f"write to {MAIL}").body["rules"][0]["id"] == "mask-people"
        first, second = changes(gate)
        assert first["detail"]["by"] == "start" and first["detail"]["from"] is None
        detail = second["detail"]
        assert detail["by"] == "signal" and detail["version"] == "2" and detail["from"] == first["detail"]["to"]
        assert detail["diff"] == {"added": ["show"], "changed": ["mask-people"], "removed": ["demo"]}
        assert any("mask-people" in sentence for sentence in detail["words"])
        kept = gate.data / "policy" / (detail["from"].removeprefix("sha256:") + ".md")
        assert kept.read_bytes() == before
        reload(gate)
        gate.stop()
        gate.start()
        assert len(changes(gate)) == 2  # it is the same document still
        policy.write_text(document(version="3"))
        gate.stop()
        gate.start()
        assert changes(gate)[2]["detail"]["by"] == "start" and changes(gate)[2]["detail"]["diff"]["added"] == ["demo"]


BROKEN = {
    "a slip": (RULES.replace("then: redact", "then: refuse"), TESTS, r"policy\.md:\d+:\d+: 'then' must be"),
    "an unknown fact": (RULES.replace("output.use: customer", "output.usage: customer"), TESTS, "no fact 'output.usage'"),
    "a test that fails": (RULES, TESTS.replace("expect: allow", "expect: deny"), "test 'goes': expected deny"),
    "what cannot be carried out": (RULES.replace("log: warn", "cap-retention: 3d"), TESTS, "does not carry out 'cap-retention'"),
}


@pytest.mark.parametrize("rules, tests, why", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_document_leaves_the_old_one_in_force_and_says_why_and_where(ups, policy, rules, tests, why):
    with gate_with(ups, policy) as gate:
        policy.write_text(document(rules, "2", tests=tests))
        reload(gate, "not reloaded")
        assert re.search(r"not reloaded.*policy\.md:\d+:\d+: ", gate.stderr) and re.search(why, gate.stderr)
        answer = ask(gate)
        assert outcome(gate, answer)["decision"]["policy"]["version"] == "1"
        assert len(changes(gate)) == 1
        again = gate.send("POST", "/api/v1/configuration/reload", key=gate.json_of(
            "key", "create", "--team", "ops", "--user", "ada", "--scope", "admin")["key"])
        assert again.status == 409 and re.search(why, again.body.decode())
        gate.stop()
        gate.start()  # a restart changes nothing of it
        assert gate.says("stays in force: mend the document and reload") and re.search(why, gate.stderr)
        assert outcome(gate, ask(gate))["decision"]["policy"]["version"] == "1" and len(changes(gate)) == 1
        policy.write_text(document(version="3"))
        reload(gate)
        assert outcome(gate, ask(gate))["decision"]["policy"]["version"] == "3"


def test_where_no_document_was_in_force_a_broken_one_stops_the_start(ups, policy):
    with gate_with(ups, policy) as gate:
        gate.stop()
        policy.write_text(document(RULES.replace("then: redact", "then: refuse")))
        kept = gate.data / "policy"
        whole = (kept / "in-force").read_bytes()
        (kept / "in-force").unlink()
        with pytest.raises(GateFailed, match="'then' must be"):
            gate.start()
        (kept / "in-force").write_bytes(whole)
        for file in kept.glob("*.md"):  # what somebody changed there is no document that was in force
            file.write_text(file.read_text().replace("deny", "allow"))
        with pytest.raises(GateFailed, match="'then' must be"):
            gate.start()


def test_every_error_of_a_document_is_told_with_its_place(ups, policy):
    with gate_with(ups, policy) as gate:
        policy.write_text(document(RULES.replace("then: redact", "then: refuse").replace("then: ask", "then: perhaps")))
        reload(gate, "not reloaded")
        assert len(re.findall(r"policy\.md:\d+:\d+", gate.stderr)) >= 2


def test_without_a_word_the_built_in_document_is_in_force(ups):
    far, own = ups
    with Gate([service(far, "far"), service(own, "free", surface="api-free", models=["free"])]) as gate:
        del gate.config["policy"]
        gate.stop()
        gate.start()
        answer = ask(gate, f"why does {TOKEN} not work")
        assert answer.headers["x-ostiary-decision"] == "redact" and TOKEN not in far.requests[0].body.decode()
        assert outcome(gate, answer)["decision"]["policy"]["version"]
        assert "policy: built-in" in gate.stderr


def test_with_none_there_is_no_document(ups):
    far, own = ups
    with Gate([service(far, "far")], more={"policy": "none"}) as gate:
        answer = ask(gate, f"why does {TOKEN} not work")
        assert answer.headers["x-ostiary-decision"] == "allow" and TOKEN in far.requests[0].body.decode()
        assert not changes(gate)


def test_where_nothing_is_inspected_what_is_said_of_classes_holds(ups, policy):
    with gate_with(ups, policy, inspect=False) as gate:
        assert gate.says("nothing is inspected")
        error = refused(gate)
        assert ids(error) == ["mask-people", "no-secrets"]
        assert gate.outcome(error.response.headers["x-ostiary-id"])["decision"]["missing"] == ["data.classes"]


def test_the_facts_of_a_service_are_what_the_configuration_says(ups, policy, tmp_path):
    far, own = ups
    policy.write_text(document("""
```policy
- id: only-eu
  when: {target.region: {none-of: [eu]}}
  then: deny
- id: open-models
  when: {target.model_licence_category: {none-of: [permissive]}}
  then: deny
- id: no-training
  when: {target.terms.trains: true}
  then: deny
```
""", tests=""))
    known = {"region": "eu", "model_licences": {"ok": {"expression": "Apache-2.0", "category": "permissive"}},
             "terms": {"trains": False}}
    with Gate([service(far, "far", **known)], more={"policy": str(policy)}) as gate:
        assert ask(gate).headers["x-ostiary-decision"] == "allow"
    with Gate([service(far, "far", **{**known, "terms": {}})], more={"policy": str(policy)}) as gate:
        assert refused(gate).body["rules"] == [{"clause": "what-goes", "id": "no-training"}]


REPLAYED = """
## What does not

```policy
- id: customers
  when: {output.use: {none-of: [internal, upstream]}}
  then: deny
- id: no-secrets
  when: {data.classes: [secret], target.hosting: {none-of: [own]}}
  then: deny
- id: mask-people
  when: {data.classes: [personal], target.hosting: {none-of: [own]}}
  then: redact
  redact: [personal]
- id: searches
  when: {agent.tools: [web_search]}
  then: ask
- id: plans
  when: {purpose: planning}
  then: reroute
  to: own
- id: drafts
  when: {purpose: draft}
  then: reroute
  to: narrow
- id: large
  when: {data.tokens: {over: 100000}}
  then: deny
```

```policy-data
assumed: {purpose: work}
```
"""


def test_replaying_the_document_in_force_changes_nothing(ups, policy, tmp_path):
    far, own = ups
    policy.write_text(document(REPLAYED, tests=""))
    unread = [{"role": "user", "content": [{"type": "text", "text": "read this"}, {"type": "file", "file": {
        "filename": "a.bin", "file_data": "data:application/octet-stream;base64,AAECAwQFBgc="}}]}]
    internal = {"x-ostiary-output-use": "internal"}
    services = [service(far, "far"), service(own, "own", surface="self-hosted"), service(own, "narrow", models=["other"])]
    with Gate(services, more={"policy": str(policy)}) as gate:
        seen = []
        for text, headers, more in [
                ("hello", None, {}), ("hello", internal, {}), ("hello", {"x-ostiary-output-use": "customer"}, {}),
                (TOKEN, internal, {}), (f"write to {MAIL}", {"x-ostiary-output-use": "upstream"}, {}),
                ("hello", internal | {"x-ostiary-purpose": "planning"}, {}),
                (TOKEN, internal | {"x-ostiary-purpose": "planning"}, {}),
                ("hello", internal | {"x-ostiary-purpose": "draft"}, {}),
                ("hello", internal, {"web_search_options": {}}),
                ("read", internal, {"messages": unread}),
                ("read", internal | {"x-ostiary-service": "own"}, {"messages": unread})]:
            body = {"model": "ok", "messages": [{"role": "user", "content": text}], **more}
            answer = gate.post("/v1/chat/completions", body, headers=headers)
            seen.append(answer.header("x-ostiary-decision"))
        assert {"allow", "deny", "redact", "reroute", "ask"} <= set(seen), seen
        gate.outcomes(len(seen))
        config = tmp_path / "gate.yaml"
        config.write_text(yaml(gate.config))
        done = run("policy", "replay", str(policy), "--data", str(gate.data), "-c", str(config), "--format", "json")
        assert done.returncode == 0, done.stderr
        report = json.loads(done.stdout)
        assert report["exchanges"] == len(seen) and report["undecided"] == 0
        assert report["changes"] == [] and report["changed"] == 0, (seen, report)
