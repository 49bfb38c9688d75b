"""What texts hold: on the command line, and what of a request reaches the service."""

import json
import os
import subprocess

import openai
import pytest

from lib.gate import Gate, run, service
from lib.tokens import github_token
from lib.upstream import Upstream

TOKEN = github_token()
MAIL = "maren.voss@voss-orgelbau.de"


@pytest.fixture(scope="module")
def up():
    with Upstream() as up:
        yield up


# The command line.


def test_a_finding_has_its_place_and_never_its_value(tmp_path):
    text = tmp_path / "notes.txt"
    text.write_text(f"über\nGITHUB_TOKEN={TOKEN}\n")
    done = run("inspect", "--format", "json", text)
    assert done.returncode == 0
    assert TOKEN not in done.stdout + done.stderr
    found = json.loads(done.stdout)
    assert found["classes"] == ["secret"]
    [finding] = found["findings"]
    assert finding["class"] == "secret" and finding["confidence"] == "high" and finding["checksum"] == "valid"
    assert finding["location"] == {"column": 14, "end": 6 + 13 + 40, "file": str(text), "line": 2, "start": 6 + 13}


def test_the_same_input_gives_the_same_bytes(tmp_path):
    for n in range(20):
        (tmp_path / f"{n}.env").write_text(f"TOKEN={TOKEN}\nMAIL={MAIL}\n")
    one, other = run("inspect", "--format", "sarif", tmp_path), run("inspect", "--format", "sarif", tmp_path)
    assert one.stdout == other.stdout
    assert len(json.loads(one.stdout)["runs"][0]["results"]) == 40


def test_redacted_text_holds_nothing_any_more():
    done = run("inspect", "--redact", input=f"a {TOKEN} b {MAIL} c {TOKEN}\n")
    assert done.stdout == "a ‹secret:github-token:1› b ‹personal:email:1› c ‹secret:github-token:1›\n"
    again = run("inspect", "--format", "json", input=done.stdout)
    assert json.loads(again.stdout)["findings"] == []


def test_a_threshold_decides_the_exit_code(tmp_path):
    (tmp_path / "a.txt").write_text(f"{MAIL}\n")
    assert run("inspect", tmp_path).returncode == 0
    assert run("inspect", "--fail-on", "medium", tmp_path).returncode == 1
    (tmp_path / "a.txt").write_text("nothing\n")
    assert run("inspect", "--fail-on", "low", tmp_path).returncode == 0


def test_known_findings_are_left_out(tmp_path):
    (tmp_path / "a.txt").write_text(f"TOKEN={TOKEN}\n")
    base = tmp_path.parent / "base.json"
    assert run("inspect", "--baseline", base, "--write-baseline", tmp_path).returncode == 0
    assert TOKEN not in base.read_text()
    (tmp_path / "a.txt").write_text(f"a line before\nTOKEN={TOKEN}\n{MAIL}\n")
    found = json.loads(run("inspect", "--format", "json", "--baseline", base, tmp_path).stdout)
    assert [f["class"] for f in found["findings"]] == ["personal"]


def test_known_findings_are_masked_all_the_same(tmp_path):
    (tmp_path / "a.txt").write_text(f"TOKEN={TOKEN}\n")
    base = tmp_path.parent / "known.json"
    assert run("inspect", "--baseline", base, "--write-baseline", tmp_path).returncode == 0
    done = run("inspect", "--redact", "--baseline", base, tmp_path / "a.txt")
    assert done.stdout == "TOKEN=‹secret:github-token:1›\n"


@pytest.mark.parametrize("encode", [
    lambda text: b"\0" + text.encode(),
    lambda text: text.encode("utf-16-le"),
    lambda text: text.encode("utf-16-be"),
    lambda text: b"\xff\xfe" + text.encode(),
], ids=["a NUL before it", "UTF-16", "UTF-16 of the other order", "a mark that is none"])
def test_a_text_is_hidden_by_no_byte_that_texts_do_not_have(tmp_path, encode):
    (tmp_path / "a.env").write_bytes(encode(f"# settings of the deployment\nTOKEN={TOKEN}\n"))
    done = run("inspect", "--fail-on", "medium", tmp_path)
    assert done.returncode == 1, done.stderr


def test_a_folder_may_be_called_as_a_verb_is(tmp_path):
    folder = tmp_path / "version"
    folder.mkdir()
    (folder / "a.env").write_text(f"TOKEN={TOKEN}\n")
    done = run("inspect", "--fail-on", "medium", "version", cwd=tmp_path)
    assert done.returncode == 1 and "github" in done.stdout.lower()


def test_a_text_that_cannot_be_masked_is_not_written(tmp_path):
    wide = tmp_path / "wide.txt"
    wide.write_bytes(f"TOKEN={TOKEN}".encode("utf-16"))
    done = run("inspect", "--redact", wide)
    assert done.returncode == 2 and done.stdout == ""


@pytest.mark.parametrize("call", [["--redact", "a", "b"], ["--fail-on", "never"], ["--reveal"], ["/no/such/file"],
                                  ["--baseline", "/no/such/file", "-"], ["--staged", "--history"]])
def test_a_wrong_call_is_told_in_one_line(call):
    done = run("inspect", *call, input="")
    assert done.returncode == 2
    assert done.stdout == "" and done.stderr.startswith("ostiary: ") and done.stderr.count("\n") == 1


def git(folder, *arguments):
    env = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_AUTHOR_NAME": "t", "GIT_AUTHOR_EMAIL": "t@example.org",
           "GIT_COMMITTER_NAME": "t", "GIT_COMMITTER_EMAIL": "t@example.org"}
    subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True, env=env)


def test_a_commit_is_judged_by_the_lines_that_it_adds(tmp_path):
    git(tmp_path, "init", "-q")
    (tmp_path / "old.env").write_text(f"TOKEN={TOKEN}\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "one")
    (tmp_path / "old.env").write_text(f"TOKEN={TOKEN}\nDEBUG=1\n")
    git(tmp_path, "add", ".")
    assert run("inspect", "--staged", tmp_path).returncode == 0
    (tmp_path / "old.env").write_text(f"TOKEN={TOKEN}\nDEBUG=1\nOTHER={github_token('x' + 'k4Rw' * 7 + 'B')}\n")
    git(tmp_path, "add", ".")
    done = run("inspect", "--staged", tmp_path)
    assert done.returncode == 1 and done.stdout.startswith("old.env:3:7")
    git(tmp_path, "rm", "-q", "--cached", "old.env")
    git(tmp_path, "commit", "-q", "-m", "two")
    found = json.loads(run("inspect", "--history", "--format", "json", tmp_path).stdout)["findings"]
    assert [f["location"]["file"] for f in found] == ["old.env"]


# The gate: what an official client sends, and what the service got of it.


def ask(gate, content, **more):
    with openai.OpenAI(api_key=gate.key, base_url=gate.url + "/v1", max_retries=0, timeout=20) as client:
        stream = client.chat.completions.create(model="hello", stream=True,
                                                messages=[{"role": "user", "content": content}], **more)
        return "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)


def got(up, before):
    return [seen.json() for seen in up.requests[before:]]


PROMPT = f'why does "{TOKEN}"\nnot work for {MAIL}? Once more: {TOKEN}'


def test_a_request_with_a_secret_is_refused_where_policy_says_so(up):
    with Gate([service(up)], more={"data_classes": {"secret": "deny"}}) as gate:
        before = len(up.requests)
        with pytest.raises(openai.PermissionDeniedError) as refused:
            ask(gate, PROMPT)
        assert len(up.requests) == before
        assert "(github-token at /messages/0/content)" in str(refused.value)
        assert TOKEN not in str(refused.value) and TOKEN not in json.dumps(refused.value.body)
        assert all(TOKEN not in json.dumps(record) for record in gate.tail())


def test_a_secret_is_masked_before_it_leaves(up):
    with Gate([service(up)], more={"data_classes": {"secret": "redact"}}) as gate:
        before = len(up.requests)
        ask(gate, PROMPT)
        [body] = got(up, before)
        assert body["messages"][0]["content"] == (
            f'why does "‹secret:github-token:1›"\nnot work for {MAIL}? Once more: ‹secret:github-token:1›')
        records = gate.tail()
        assert all(TOKEN not in json.dumps(record) for record in records)
        found = [f for record in records if record["kind"] == "outcome" for f in record["findings"]]
        assert {f["detector"] for f in found} >= {"github-personal-token"}
        assert all(f["location"]["pointer"] == "/messages/0/content" for f in found)


def test_secrets_in_tools_and_their_results_are_masked_too(up):
    with Gate([service(up)], more={"data_classes": {"secret": "redact"}}) as gate:
        before = len(up.requests)
        arguments = json.dumps({"note": "the token", "value": TOKEN})
        with openai.OpenAI(api_key=gate.key, base_url=gate.url + "/v1", max_retries=0, timeout=20) as client:
            client.chat.completions.create(model="hello", metadata={"from": TOKEN}, messages=[
                {"role": "system", "content": f"use {TOKEN}"},
                {"role": "assistant", "content": None, "tool_calls": [
                    {"id": "c1", "type": "function", "function": {"name": "save", "arguments": arguments}}]},
                {"role": "tool", "tool_call_id": "c1", "content": f"saved {TOKEN[:10]}\\u0041 no, {TOKEN}"}])
        [body] = got(up, before)
        assert TOKEN not in json.dumps(body)
        assert json.loads(body["messages"][1]["tool_calls"][0]["function"]["arguments"])["value"] == "‹secret:github-token:1›"


def test_without_inspection_nothing_is_found(up):
    with Gate([service(up)], more={"inspect": False, "data_classes": {"secret": "deny"}}) as gate:
        before = len(up.requests)
        ask(gate, PROMPT)
        [body] = got(up, before)
        assert body["messages"][0]["content"] == PROMPT
