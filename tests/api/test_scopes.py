"""Who may do what: every operation of openapi.json times every kind of key. A new operation needs a line here."""

import json
import time

import pytest

from lib.gate import Gate, run
from lib.http import request

PUBLIC = {"nobody", "use", "team", "desk", "inventory", "read", "admin"}
KEY = {"use", "team", "desk", "inventory", "read", "admin"}
SEE = {"team", "read", "admin"}
RUN = {"team", "admin"}
READ = {"read", "admin"}
ADMIN = {"admin"}
DESK = {"desk", "admin"}
SEE_DESK = {"desk", "read", "admin"}
INVENTORY = {"inventory", "admin"}
SEE_INVENTORY = {"inventory", "read", "admin"}

# Who is heard. What they then see of it is tested where it is made (src/console/*_test.cc).
EXPECTED = {
    "live": PUBLIC, "ready": PUBLIC, "version": PUBLIC, "document": PUBLIC, "metrics": PUBLIC,
    "listServices": READ, "showService": READ,
    "listKeys": SEE, "showKey": SEE, "createKey": RUN, "revokeKey": RUN,
    "listTeams": SEE, "showTeam": SEE,
    "showTeamLimits": SEE, "setTeamLimits": ADMIN, "clearTeamLimits": ADMIN,
    "showKeyLimits": SEE, "setKeyLimits": RUN, "clearKeyLimits": RUN, "listBudgets": SEE,
    "listInvitations": RUN, "createInvitation": RUN, "withdrawInvitation": RUN,
    "markFalseAlarm": KEY, "listAllowed": KEY, "listFalseAlarms": SEE, "decideFalseAlarm": ADMIN,
    "listWebhooks": READ, "listUndelivered": ADMIN, "retryUndelivered": ADMIN, "forgetUndelivered": ADMIN,
    "askQuestion": KEY, "listQuestions": KEY, "listOwnQuestions": KEY, "showQuestion": KEY, "raiseQuestion": KEY,
    "replyToQuestion": KEY, "appealAnswer": KEY, "withdrawQuestion": KEY,
    "listQueue": SEE_DESK, "listPrecedents": SEE_DESK, "showDeskStats": SEE_DESK,
    "answerQuestion": DESK, "askBack": DESK, "assignQuestion": DESK, "makePrecedent": DESK, "endPrecedent": DESK,
    "proposeRule": DESK,
    "listUses": SEE_INVENTORY, "showUse": SEE_INVENTORY, "addUse": INVENTORY, "editUse": INVENTORY, "removeUse": INVENTORY,
    "reconcileInventory": INVENTORY, "importUses": INVENTORY, "answerInventory": SEE_INVENTORY,
    "exportInventory": SEE_INVENTORY, "exportInventoryCsv": SEE_INVENTORY, "exportInventoryXlsx": SEE_INVENTORY,
    "showInventoryReport": SEE_INVENTORY, "inventoryReportPage": SEE_INVENTORY, "inventoryReportText": SEE_INVENTORY,
    "receiveGithub": PUBLIC, "receiveGitlab": PUBLIC, "receiveGeneric": PUBLIC,
    "listExchanges": SEE, "showExchange": SEE, "streamExchanges": SEE,
    "showLedger": READ, "tailLedger": READ, "verifyLedger": READ, "proveRecord": READ, "listCheckpoints": READ, "showHealth": READ,
    "showConfiguration": READ, "reloadConfiguration": ADMIN,
    "policyPage": PUBLIC, "showPolicy": READ, "listPolicyDue": READ,
    "showSelf": KEY, "listOwnExchanges": KEY, "showKept": KEY, "createOwnKey": KEY, "showOwnBudget": KEY,
}
BODIES = {
    "createKey": {"team": "blue", "user": "somebody"},
    "createInvitation": {},
    "createOwnKey": {"grace": 3600},
    "setTeamLimits": {"concurrent": 100},
    "setKeyLimits": {"spend_per_month": 5},
    "markFalseAlarm": {"because": "a sample"},
    "decideFalseAlarm": {"because": "a sample", "state": "rejected"},
    "askQuestion": {"text": "may I?"}, "raiseQuestion": {}, "replyToQuestion": {"note": "yes"},
    "appealAnswer": {"note": "why"}, "withdrawQuestion": {"note": "no need"},
    "answerQuestion": {"ruling": "deny", "reason": "no"}, "askBack": {"note": "which?"},
    "assignQuestion": {"owner": "legal"}, "makePrecedent": {"title": "so"}, "proposeRule": {},
    "addUse": {"tool": "x"}, "editUse": {"tool": "x"}, "reconcileInventory": {}, "importUses": {"rows": []},
    "answerInventory": {"provider": "x"},
    "receiveGithub": {}, "receiveGitlab": {}, "receiveGeneric": {},
}
VALUES = {"id": "AAAAAAAA", "name": "blue", "fingerprint": "0123456789abcdef", "event": "msg_1", "number": "Q-9999"}
UUIDS = {"showExchange", "showUse", "editUse", "removeUse"}


@pytest.fixture(scope="module")
def gate():
    with Gate([]) as gate:
        yield gate


@pytest.fixture(scope="module")
def keys(gate):
    made = {"nobody": None}
    for kind, scope in (("use", "use"), ("team", "team:blue"), ("desk", "desk"), ("inventory", "inventory"), ("read", "read"), ("admin", "admin")):
        made[kind] = gate.json_of("key", "create", "--team", "blue", "--user", kind, "--scope", scope)["key"]
    return made


def call(gate, method, path, key=None, body=None, headers=None):
    headers = {**({"Authorization": f"Bearer {key}"} if key else {}), **(headers or {})}
    if body is not None:
        headers["Content-Type"] = "application/json"
        body = json.dumps(body).encode()
    return request(gate.port, method, path, headers, body)


def status_only(gate, method, path, key):
    """Of an answer without an end."""
    from lib.http import Connection
    with Connection(gate.port) as c:
        c.send_request(method, path, {"Host": "localhost", **({"Authorization": f"Bearer {key}"} if key else {})})
        return c.read_head().status


def operations(gate):
    document = call(gate, "GET", "/api/v1/openapi.json").json()
    for path, ways in document["paths"].items():
        for method, operation in ways.items():
            yield operation["operationId"], method.upper(), path


def test_every_operation_hears_those_it_is_for_and_nobody_else(gate, keys):
    known = list(operations(gate))
    assert {name for name, _, _ in known} == set(EXPECTED), "an operation without an expectation, or the reverse"
    wrong = []
    for name, method, path in known:
        values = {**VALUES, "id": "01a21443-cf1b-707c-bee3-0ee98cdf902d"} if name in UUIDS else VALUES
        path = path.format(**values)
        for kind, key in keys.items():
            if name == "streamExchanges":
                status = status_only(gate, method, path, key)
            else:
                status = call(gate, method, path, key, BODIES.get(name)).status
            refused = 401 if kind == "nobody" else 403
            heard = status not in (401, 403)
            if heard != (kind in EXPECTED[name]) or (not heard and status != refused):
                wrong.append(f"{method} {path} as {kind}: {status}")
    assert not wrong, "\n".join(wrong)


def test_no_operation_hears_a_key_that_was_revoked_or_has_expired(gate):
    made = {way: gate.json_of("key", "create", "--team", "blue", "--user", way, "--scope", "admin", "--scope", "use",
                              *(("--expires", "1s") if way == "expired" else ()))
            for way in ("revoked", "expired")}
    assert call(gate, "GET", "/api/v1/self", made["revoked"]["key"]).status == 200
    assert run("key", "revoke", made["revoked"]["id"], "--data", gate.data).returncode == 0
    end = time.monotonic() + 5
    while call(gate, "GET", "/api/v1/self", made["expired"]["key"]).status == 200 and time.monotonic() < end:
        time.sleep(0.05)
    wrong = []
    for name, method, path in operations(gate):
        values = {**VALUES, "id": "01a21443-cf1b-707c-bee3-0ee98cdf902d"} if name in UUIDS else VALUES
        for way, key in made.items():
            status = call(gate, method, path.format(**values), key["key"], BODIES.get(name)).status
            # What needs no key at all says nothing that a key would open; webhooks are known by their signature.
            if status != 401 and name not in ("live", "ready", "version", "document", "policyPage") and not name.startswith("receive"):
                wrong.append(f"{name} with a key that is {way}: {status}")
    assert not wrong, "\n".join(wrong)
    for key in made.values():
        answer = gate.post("/v1/chat/completions", {"model": "m", "messages": []}, key=key["key"])
        assert answer.status == 401


def test_a_key_without_use_opens_no_exchange(gate, keys):
    body = {"model": "m", "messages": []}
    for kind in ("team", "desk", "read", "admin"):
        answer = gate.post("/v1/chat/completions", body, key=keys[kind])
        assert (answer.status, answer.error["code"]) == (403, "key_without_use")


def test_a_name_of_somebody_elses_is_not_heard_on_loopback(gate, keys):
    answer = call(gate, "GET", "/api/v1/services", keys["admin"], headers={"Host": "rebound.example"})
    assert answer.status == 421
    assert answer.header("Access-Control-Allow-Origin") is None


@pytest.mark.parametrize("body, type, status", [
    (b"", "application/json", 400),
    (b"null", "application/json", 400),
    (b"[" * 100_000, "application/json", 400),
    (b'{"team":"a","team":"b","user":"c"}', "application/json", 400),
    (b'{"team":"a","user":"b\xff"}', "application/json", 400),
    (b'{"team":"a","user":"b","scopes":["admin\\u0000"]}', "application/json", 400),
    (b'{"team":"' + b"x" * 500_000 + b'","user":"b"}', "application/json", 400),
    (b'{"team":"a","user":"b"}', "text/plain", 415),
    (b'{"team":"a","user":"b"}', "application/x-www-form-urlencoded", 415),
    (b" " * (2 << 20), "application/json", 413),
])
def test_hostile_bodies_are_refused_and_the_gate_lives(gate, keys, body, type, status):
    headers = {"Authorization": f"Bearer {keys['admin']}", "Content-Type": type}
    answer = request(gate.port, "POST", "/api/v1/keys", headers, body)
    assert answer.status == status
    assert answer.error["message"]
    assert set(answer.error) <= {"code", "message", "parameter", "pointer"}
    assert gate.alive()


def test_the_control_socket_and_the_command_line_are_administrators(gate):
    made = gate.json_of("key", "create", "--team", "red", "--user", "eve", "--scope", "use", "--scope", "team:red",
                        "--expires", "1h")
    listed = {k["id"]: k for k in gate.json_of("key", "list")["keys"]}
    assert listed[made["id"]]["scopes"] == ["team:red", "use"]
    assert listed[made["id"]]["state"] == "valid"


def test_a_developer_gets_a_key_by_an_invitation_and_sees_what_is_kept(gate):
    invitation = gate.json_of("team", "invite", "green")["invitation"]
    done = run("key", "request", "--gate", gate.url, "--invite", invitation, "--user", "ada", "--quiet")
    assert done.returncode == 0, done.stderr
    key = done.stdout.strip()
    again = run("key", "request", "--gate", gate.url, "--invite", invitation, "--user", "bob")
    assert again.returncode == 2 and invitation not in again.stderr
    me = run("me", "--gate", gate.url + "/v1", "--format", "json", env={"OSTIARY_KEY": key})
    assert me.returncode == 0, me.stderr
    assert json.loads(me.stdout)["team"] == "green"
    kept = run("me", "kept", "--gate", gate.url, env={"OSTIARY_KEY": key})
    assert kept.returncode == 0 and "digest-keys" in kept.stdout
    renewed = run("key", "request", "--gate", gate.url, "--quiet", env={"OSTIARY_KEY": key})
    assert renewed.returncode == 0 and renewed.stdout.startswith("ost_")


def test_a_revoked_key_takes_those_renewed_from_it_along_unless_it_is_to_be_alone(gate):
    def renew(key):
        done = run("key", "request", "--gate", gate.url, "--quiet", env={"OSTIARY_KEY": key})
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def opens(key):
        return gate.get("/v1/models", key=key).status == 200

    first = gate.json_of("key", "create", "--team", "blue", "--user", "careless")["key"]
    second = renew(first)
    third = renew(second)
    ids = [key[4:12] for key in (first, second, third)]
    listed = {k["id"]: k["origin"] for k in gate.json_of("key", "list")["keys"]}
    assert [listed[id] for id in ids] == [ids[0]] * 3
    alone = gate.json_of("key", "revoke", ids[0], "--only")
    assert alone["also_revoked"] == []
    assert [opens(k) for k in (first, second, third)] == [False, True, True]
    revoked = gate.json_of("key", "revoke", ids[1])
    assert revoked["also_revoked"] == [ids[2]]
    assert not any(opens(k) for k in (first, second, third))


def test_who_holds_a_key_makes_no_others_without_bound(gate):
    key = gate.json_of("key", "create", "--team", "blue", "--user", "collector")["key"]
    for _ in range(4):
        assert run("key", "request", "--gate", gate.url, env={"OSTIARY_KEY": key}).returncode == 0
    more = run("key", "request", "--gate", gate.url, env={"OSTIARY_KEY": key})
    assert more.returncode == 2 and "--grace 0s" in more.stderr and "console.own_keys" in more.stderr
    instead = run("key", "request", "--gate", gate.url, "--grace", "0s", "--quiet", env={"OSTIARY_KEY": key})
    assert instead.returncode == 0, instead.stderr
    assert gate.get("/v1/models", key=key).status == 401
    assert gate.get("/v1/models", key=instead.stdout.strip()).status == 200


def test_a_developer_sees_their_budget_on_the_command_line(gate, keys):
    made = gate.json_of("key", "create", "--team", "thrifty", "--user", "eve")
    for path, limits in (("teams/thrifty", {"spend_per_month": 50}), (f"keys/{made['id']}", {"requests_per_minute": 7})):
        assert call(gate, "PUT", f"/api/v1/{path}/limits", keys["admin"], limits).status == 200
    asked = ("me", "budget", "--gate", gate.url)
    shown = run(*asked, env={"OSTIARY_KEY": made["key"]})
    assert shown.returncode == 0, shown.stderr
    rows = [line.split() for line in shown.stdout.splitlines()]
    assert rows[0][:4] == ["OF", "LIMIT", "MOST", "USED"]
    assert ["key", "requests_per_minute", "7"] in [row[:3] for row in rows]
    assert ["team", "spend_per_month", "50"] in [row[:3] for row in rows]
    told = run(*asked, "--format", "json", env={"OSTIARY_KEY": made["key"]})
    document = json.loads(told.stdout)
    assert (document["ostiary"], document["kind"]) == (1, "self-budget")
    of_api = call(gate, "GET", "/api/v1/self/budget", made["key"]).json()
    assert {name: limit["limit"] for name, limit in document["key"]["limits"].items()} == \
        {name: limit["limit"] for name, limit in of_api["key"]["limits"].items()}
    refused = run(*asked, env={"OSTIARY_KEY": made["key"][:-1] + ("0" if made["key"][-1] != "0" else "1")})
    assert refused.returncode != 0 and refused.stdout == ""


def test_a_stream_ends_with_a_word_when_its_key_is_revoked(gate):
    from lib.http import Connection
    made = gate.json_of("key", "create", "--team", "blue", "--user", "leaver", "--scope", "read")
    with Connection(gate.port) as c:
        c.send_request("GET", "/api/v1/exchanges/stream", {"Host": "localhost", "Authorization": f"Bearer {made['key']}"})
        assert c.read_head().status == 200
        assert run("key", "revoke", made["id"], "--data", gate.data).returncode == 0
        began = time.monotonic()
        while b"0\r\n\r\n" not in c.buffer and c.fill(began + 3):
            pass
        assert b"event: error\ndata: {\"error\":{\"code\":\"unauthorized\"" in c.buffer
        assert c.buffer.endswith(b"0\r\n\r\n"), "the answer is whole"
        assert time.monotonic() - began < 1.5


def test_exchanges_are_streamed_as_they_end(gate, keys):
    from lib.http import Connection
    with Connection(gate.port) as c:
        c.send_request("GET", "/api/v1/exchanges/stream", {"Host": "localhost",
                                                           "Authorization": f"Bearer {keys['admin']}"})
        assert c.read_head().status == 200
        answer = gate.post("/v1/chat/completions", {"model": "none", "messages": []}, key=keys["use"])
        end = time.monotonic() + 5
        while answer.id.encode() not in c.buffer and time.monotonic() < end:
            try:
                c.fill(time.monotonic() + 0.5)
            except TimeoutError:
                pass
        assert answer.id.encode() in c.buffer


def test_the_configuration_says_where_each_value_is_from(gate, keys):
    settings = {s["path"]: s for s in call(gate, "GET", "/api/v1/configuration", keys["read"]).json()["settings"]}
    assert settings["listen"]["source"] == "flag"
    assert settings["ledger.sync"]["source"] == "default"


def test_the_document_is_what_the_command_line_prints(gate):
    assert run("docs", "openapi").stdout.encode() == call(gate, "GET", "/api/v1/openapi.json").body
