"""An organisation's own detectors, lists and allow-rules; why something fired; false alarms."""

import hashlib
import json
import os
import zlib

import pytest

from lib.gate import Gate, run, service
from lib.upstream import Upstream

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def github_token(body):
    """A token with GitHub's checksum; it opens nothing."""
    crc, check = zlib.crc32(body.encode()), ""
    while crc:
        crc, digit = divmod(crc, 62)
        check = DIGITS[digit] + check
    return "ghp" + "_" + body + check.rjust(6, "0")


TOKEN = github_token("q7Rk2VtXc9LmZp4Wn8YbS3dFgH6jE1")
OTHER = github_token("Zk8Rk2VtXc9LmZp4Wn8YbS3dFgH6j1")
BADGE = """id: acme-badge
name: Acme badge
class: secret
opens: doors
keywords: [acb_]
pattern: 'acb_[0-9a-f]{16}'
confidence: high
fires: ['badge acb_⟦+⟧0f3a9c5e7b1d2468']
silent: ['acb_0f3a']
"""
NAMES = """id: names
name: Code names
kind: code-names
entries: [Blue Heron]
file: more.txt
"""


@pytest.fixture(scope="module")
def up():
    with Upstream() as up:
        yield up


@pytest.fixture
def rules(tmp_path):
    folder = tmp_path / "inspection"
    for kind in ("detector", "list", "allow"):
        (folder / kind).mkdir(parents=True)
    (folder / "detector/acme-badge.yaml").write_text(BADGE)
    (folder / "list/names.yaml").write_text(NAMES)
    (folder / "list/more.txt").write_text("# of last year\nSilver Otter\n")
    return folder


def cache(tmp_path):
    return {"XDG_CACHE_HOME": str(tmp_path / "cache")}


def found(*arguments, **more):
    done = run("inspect", "--format", "json", *arguments, **more)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def detectors(result):
    return [f["detector"] for f in result["findings"]]


TEXT = "badge acb_0f3a9c5e7b1d2469 for blue heron, silver otter and blueherons\n"


def test_own_detectors_and_lists_find_beside_the_catalogues(rules, tmp_path):
    env = cache(tmp_path)
    result = found("--rules", rules, input=TEXT + TOKEN, env=env)
    assert detectors(result) == ["acme-badge", "names", "names", "github-personal-token"]
    assert result["findings"][1]["class"] == "marker"
    assert set(result["classes"]) == {"internal", "secret"}
    assert detectors(found(input=TEXT, env=env)) == []
    assert "‹marker:code-name:1›" in run("inspect", "--rules", rules, "--redact", input=TEXT, env=env).stdout


def test_a_damaged_cache_is_made_anew_and_a_changed_folder_counts_at_once(rules, tmp_path):
    env = cache(tmp_path)
    expected = detectors(found("--rules", rules, input=TEXT, env=env))
    [kept] = (tmp_path / "cache/ostiary").iterdir()
    whole = kept.read_bytes()
    for damaged in (whole[:-1], whole[:200], b"", whole[:300] + bytes([whole[300] ^ 1]) + whole[301:], b"x" * 4096):
        kept.write_bytes(damaged)
        assert detectors(found("--rules", rules, input=TEXT, env=env)) == expected
        assert kept.read_bytes() == whole
    (rules / "list/more.txt").write_text("Golden Lynx\n")
    assert detectors(found("--rules", rules, input=TEXT + "golden lynx", env=env)) == ["acme-badge", "names", "names"]
    assert list((tmp_path / "cache/ostiary").iterdir()) == [kept]


def test_without_a_place_for_the_cache_it_works_all_the_same(rules, tmp_path):
    (tmp_path / "file").write_text("")
    result = found("--rules", rules, input=TEXT, env={"XDG_CACHE_HOME": str(tmp_path / "file/no")})
    assert len(result["findings"]) == 3


@pytest.mark.parametrize("name, text, said", [
    ("detector/acme-badge.yaml", BADGE.replace("{16}'", "{16'"), "acme-badge.yaml:6:10: "),
    ("detector/acme-badge.yaml", BADGE.replace("0f3a9c5e7b1d2468", "0f3a"), "acme-badge.yaml:8:8: example 1"),
    ("detector/acme-badge.yaml", BADGE.replace("keywords", "keyword"), "acme-badge.yaml:5:1: unknown field 'keyword'"),
    ("list/names.yaml", NAMES.replace("code-names", "codenames"), "names.yaml:3:7: 'kind' cannot be"),
    ("allow/a.yaml", "id: a\nby: x\nbecause: y\nuntil: 2031-01-01\n", "a.yaml:1:1: it would allow everything"),
    ("lists/a.yaml", "id: a\n", "did you mean 'list'?"),
])
def test_what_is_wrong_is_told_in_one_line_with_its_place(rules, tmp_path, name, text, said):
    (rules / name).parent.mkdir(exist_ok=True)
    (rules / name).write_text(text)
    done = run("inspect", "--rules", rules, input="x", env=cache(tmp_path))
    assert done.returncode == 2 and done.stdout == ""
    assert said in done.stderr and done.stderr.count("\n") == 1


def allow(rules, name, **members):
    members = {"id": name, "because": "a test key", "by": "Ada", "until": "2999-12-31", **members}
    (rules / f"allow/{name}.yaml").write_text("".join(f"{k}: '{v}'\n" for k, v in members.items()))


def test_allow_rules_accept_what_they_name_until_their_day(rules, tmp_path):
    env = cache(tmp_path)
    text = tmp_path / "src" / "deploy.env"
    text.parent.mkdir()
    text.write_text(f"deploy_token={TOKEN}\n")
    [finding] = found("--rules", rules, text, env=env)["findings"]
    for rule in ({"value_sha256": hashlib.sha256(TOKEN.encode()).hexdigest()}, {"fingerprint": finding["fingerprint"]},
                 {"path": "src/*.env"}, {"key": "DEPLOY_TOKEN"}):
        allow(rules, "one", **rule)
        result = found("--rules", rules, text, env=env)
        assert result["findings"] == [] and result["classes"] == [], rule
        assert {a["rule"] for a in result["allowed"]} == {"one"} and TOKEN not in json.dumps(result)
    allow(rules, "one", detector=finding["detector"])
    assert finding["detector"] not in detectors(found("--rules", rules, text, env=env)), "what is less sure comes up"
    allow(rules, "one", path="src/*.env", key="other")
    assert len(found("--rules", rules, text, env=env)["findings"]) == 1
    allow(rules, "one", path="src/*.env", until="2020-01-31")
    done = run("inspect", "--rules", rules, text, env=env)
    assert finding["fingerprint"] in done.stdout and "'one' has expired on 2020-01-31" in done.stderr
    allow(rules, "one", path="src/*.env")
    sarif = json.loads(run("inspect", "--rules", rules, "--format", "sarif", text, env=env).stdout)
    [result] = sarif["runs"][0]["results"]
    assert "a test key" in json.dumps(result["suppressions"])


def test_explain_tells_what_decided_and_never_the_value(rules, tmp_path):
    env = cache(tmp_path)
    text = tmp_path / "a.txt"
    text.write_text(f"one {TOKEN}\nacb_0f3a\npassword = \"changeme\"\n")
    done = run("inspect", "--explain", "--format", "json", "--rules", rules, text, env=env)
    assert done.returncode == 0 and TOKEN not in done.stdout and "changeme" not in done.stdout
    told = json.loads(done.stdout)
    assert told["kind"] == "explanation"
    by = {(p["detector"], p["outcome"], p["step"]) for p in told["places"]}
    assert ("github-personal-token", "finding", "taken") in by
    assert ("acme-badge", "none", "pattern") in by
    damped = [p for p in told["places"] if p["location"]["line"] == 3 and p["outcome"] == "none"]
    assert damped and all(p["why"] for p in damped)
    lines = run("inspect", "--explain", "--rules", rules, text, env=env).stdout
    assert f"{text}:1:5  github-personal-token  finding, high" in lines and TOKEN not in lines
    assert run("inspect", "--explain", "--redact", text).returncode == 2


def test_an_allow_rule_that_names_no_detector_is_refused_with_its_place_and_the_nearest(rules, tmp_path):
    rule = rules / "allow/wrong.yaml"
    rule.parent.mkdir(exist_ok=True)
    rule.write_text("id: wrong\npath: docs/*\ndetector: acme-bagde\nbecause: b\nby: Ada\nuntil: 2099-01-01\n")
    done = run("inspect", "--rules", rules, "-", input="x\n")
    assert done.returncode == 2
    assert f"{rule}:3:11: there is no detector 'acme-bagde'; did you mean 'acme-badge'?" in done.stderr
    rule.write_text(rule.read_text().replace("acme-bagde", "github-personal-token"))
    assert run("inspect", "--rules", rules, "-", input="x\n").returncode == 0


# The gate.


def chat(gate, text, **more):
    return gate.post("/v1/chat/completions", {"model": "m", "messages": [{"role": "user", "content": text}]}, **more)


def test_the_gate_takes_a_changed_folder_at_a_reload_and_keeps_the_old_one_while_it_is_wrong(up, rules):
    with Gate([service(up)], more={"inspection": str(rules), "data_classes": {"internal": "deny"}}) as gate:
        assert chat(gate, "about Blue Heron").status == 403
        assert chat(gate, "about Golden Lynx").status == 200
        assert (gate.data / "inspection").read_bytes().startswith(b"ostiary-inspection 1\n")
        (rules / "list/more.txt").write_text("Golden Lynx\nno\n")
        admin = gate.json_of("key", "create", "--team", "t", "--user", "k", "--scope", "admin")["key"]
        refused = gate.send("POST", "/api/v1/configuration/reload", key=admin)
        assert refused.status == 409 and b"more.txt:2:1" in refused.body
        assert chat(gate, "about Silver Otter").status == 403, "what was read before is in force"
        (rules / "list/more.txt").write_text("Golden Lynx\n")
        assert gate.send("POST", "/api/v1/configuration/reload", key=admin).status == 200
        assert chat(gate, "about Golden Lynx").status == 403
        assert chat(gate, "about Silver Otter").status == 200
        gate.stop()
        gate.start()
        assert chat(gate, "about Golden Lynx").status == 403


def test_a_false_alarm_goes_from_the_refusal_to_a_reviewer_and_passes_once_accepted(up, tmp_path):
    with Gate([service(up)], more={"data_classes": {"secret": "deny"}}) as gate:
        prompt = f"the sample {TOKEN} of the manual"
        refused = chat(gate, prompt)
        assert refused.status == 403
        message = refused.error["message"]
        print_ = refused.json()["error"]["findings"][0]["fingerprint"] if "findings" in refused.json()["error"] else None
        assert "ostiary inspect --false-alarm " in message
        fingerprint = message.split("--false-alarm ")[1].split()[0]
        assert print_ in (None, fingerprint)
        mine = {"OSTIARY_KEY": gate.key}
        marked = run("inspect", "--false-alarm", fingerprint, "--because", "the vendor's sample", "--gate", gate.url,
                     env=mine)
        assert marked.returncode == 0 and marked.stdout == f"{fingerprint} open\n", marked.stderr
        assert chat(gate, prompt).status == 403, "nobody has reviewed it"
        assert run("inspect", "--accept", fingerprint, "--because", "x", "--gate", gate.url, env=mine).returncode == 2
        listed = json.loads(run("inspect", "--false-alarms", "--format", "json", "--data", gate.data).stdout)
        assert [a["fingerprint"] for a in listed["false_alarms"]] == [fingerprint]
        accepted = run("inspect", "--accept", fingerprint, "--because", "is in the manual", "--until", "2027-06-30",
                       "--data", gate.data, env={"USER": "kim"})
        assert accepted.returncode == 0, accepted.stderr
        assert chat(gate, prompt).status == 200
        assert chat(gate, prompt.replace(TOKEN, OTHER)).status == 403, "another value is another finding"
        records = [r for r in gate.tail() if r["kind"] == "disposition"]
        assert [r["state"] for r in records] == ["marked", "accepted"]
        assert all(r["fingerprint"] == fingerprint and r["subject"].startswith("sub_") for r in records)
        assert TOKEN not in json.dumps(records)
        # After a restart, too; and taken back at once.
        gate.stop()
        gate.start()
        assert chat(gate, prompt).status == 200
        back = run("inspect", "--reject", fingerprint, "--because", "it was used after all", "--data", gate.data)
        assert back.returncode == 0, back.stderr
        by = [r["subject"] for r in gate.tail() if r["kind"] == "disposition"][1:]
        assert by[0] == by[1] and by[0].startswith("sub_"), "the account's name, whatever USER says"
        assert chat(gate, prompt).status == 403


def test_the_command_line_uses_what_reviewers_accepted(tmp_path, up):
    with Gate([service(up)]) as gate:
        text = f"token {TOKEN}\n"
        [finding] = found(input=text)["findings"]
        for verb in ("--false-alarm", "--accept"):
            done = run("inspect", verb, finding["fingerprint"], "--because", "a sample", "--data", gate.data)
            assert done.returncode == 0, done.stderr
        for how in (("--data", gate.data), ("--gate", gate.url)):
            result = found("--accepted", *how, input=text, env={"OSTIARY_KEY": gate.key})
            assert result["findings"] == [] and result["allowed"][0]["because"] == "a sample"
        assert len(found(input=text)["findings"]) == 1


@pytest.mark.parametrize("call", [["--false-alarm", "xyz", "--because", "x"], ["--false-alarm", "0" * 16],
                                  ["--accept", "0" * 16, "--false-alarms"],
                                  ["--false-alarm", "0" * 16, "--because", "x", "--gate", "http://127.0.0.1:9"],
                                  ["--false-alarm", "0" * 16, "--because", "x", "--data", "/no/such/folder"],
                                  ["--accept", "0" * 16, "--because", "x", "--until", "soon"]])
def test_a_wrong_marking_is_told_in_one_line(call):
    env = {name: value for name, value in os.environ.items() if name != "OSTIARY_KEY"}
    done = run("inspect", *call, env={**env, "OSTIARY_KEY": ""})
    assert done.returncode == 2 and done.stdout == "" and done.stderr.count("\n") == 1
