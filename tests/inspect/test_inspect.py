"""What texts hold: on the command line, and what of a request reaches the service."""

import json
import os
import pathlib
import shutil
import subprocess
import sys

import openai
import pytest

from lib.gate import BINARY, Gate, run, service
from lib.tokens import github_token
from lib.upstream import Upstream

TOKEN = github_token()
ROOT = pathlib.Path(__file__).parents[2]
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


@pytest.mark.parametrize("call", [
    ["--redact", "--format", "json"], ["--redact", "--reveal"], ["--redact", "--staged"], ["--redact", "--as", "body"],
    ["--explain", "--baseline", "known.json"], ["--explain", "--least", "low"], ["--explain", "--fail-on", "high"],
    ["--explain", "--redact"], ["--explain", "--own-code", "x"], ["--write-baseline", "--baseline", "b", "--format", "json"],
    ["--write-baseline", "--baseline", "b", "--fail-on", "low"], ["--write-baseline", "--baseline", "b", "-o", "x"],
    ["--learn", "--own-code", "x", "--format", "json"], ["--learn", "--own-code", "x", "--baseline", "b"],
    ["--false-alarms", "--because", "x"], ["--false-alarms", "notes.txt"], ["--because", "x"], ["--until", "2030-01-01"],
    ["--gate", "http://localhost"], ["--revision", "main"], ["--staged", "--no-ignore"],
    ["--false-alarm", "3f9a0c1e5b7d2468", "--because", "x", "--until", "2030-01-01"]])
def test_a_flag_that_says_nothing_beside_the_others_is_refused(call, tmp_path):
    done = run("inspect", *call, input="", cwd=tmp_path)
    assert done.returncode == 2, done.stdout
    assert done.stdout == "" and done.stderr.startswith("ostiary: ") and done.stderr.count("\n") == 1
    assert os.listdir(tmp_path) == [], "nothing was written"


def test_a_file_over_the_limit_is_told_of_and_never_passed_over_in_silence(tmp_path):
    (tmp_path / "large.txt").write_text("x" * 3000)
    (tmp_path / "small.txt").write_text(f"{TOKEN}\n")
    done = run("inspect", "--max-bytes", "2KB", "--format", "json", "--fail-on", "high", tmp_path)
    told = json.loads(done.stdout)
    assert [p["file"] for p in told["partial"]] == [f"{tmp_path}/large.txt"] and told["partial"][0]["why"] == "too-large"
    assert len(told["findings"]) == 1 and done.returncode == 1
    (tmp_path / "small.txt").unlink()
    assert run("inspect", "--max-bytes", "2KB", "--fail-on", "high", tmp_path).returncode == 1, "partial is strict"
    piped = run("inspect", "--max-bytes", "2KB", "--format", "json", "--fail-on", "high", input="x" * 3000)
    assert piped.returncode == 1 and json.loads(piped.stdout)["partial"][0]["why"] == "too-large"
    assert run("inspect", "--max-bytes", "4KB", "--fail-on", "high", tmp_path).returncode == 0
    assert run("inspect", "--max-bytes", "many", tmp_path).returncode == 2


def test_a_body_is_looked_at_and_explained_as_the_gate_sees_it(tmp_path):
    body = tmp_path / "body.json"
    escaped = "".join(f"\\u{ord(c):04x}" for c in TOKEN)
    body.write_text(f'{{"messages":[{{"content":"see {escaped} there"}},{{"{TOKEN}":1}}]}}')
    found = json.loads(run("inspect", "--as", "body", "--format", "json", body).stdout)["findings"]
    assert [f["location"]["pointer"] for f in found] == ["/messages/0/content", "/messages/1/…"]
    done = run("inspect", "--as", "body", "--explain", "--format", "json", body)
    assert done.returncode == 0 and TOKEN not in done.stdout and escaped not in done.stdout
    fired = [p for p in json.loads(done.stdout)["places"] if p["outcome"] == "finding"]
    assert [(p["location"]["pointer"], p["detector"]) for p in fired] == [
        ("/messages/0/content", "github-personal-token"), ("/messages/1/…", "github-personal-token")]
    assert "/messages/0/content  github-personal-token  finding, high" in run("inspect", "--as", "body", "--explain", body).stdout
    body.write_text("no json")
    broken = run("inspect", "--as", "body", "--format", "json", "--fail-on", "high", body)
    assert broken.returncode == 1 and json.loads(broken.stdout)["partial"]


def git(folder, *arguments):
    env = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_AUTHOR_NAME": "t", "GIT_AUTHOR_EMAIL": "t@example.org",
           "GIT_COMMITTER_NAME": "t", "GIT_COMMITTER_EMAIL": "t@example.org"}
    subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True, env=env)


@pytest.fixture(scope="session")
def pre_commit():
    """The framework from PyPI, in an environment of its own beside the tests'."""
    place = pathlib.Path(sys.prefix).parent / "pre-commit"
    program = place / "bin" / "pre-commit"
    if not program.exists():
        subprocess.run([sys.executable, "-m", "venv", str(place)], check=True, timeout=120)
        got = subprocess.run([place / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check",
                              "pre-commit==4.3.0"], capture_output=True, text=True, timeout=300)
        if got.returncode != 0:
            pytest.skip(f"pre-commit does not install here: {got.stderr[-200:]}")
    return str(program)


def test_the_hook_of_the_pre_commit_framework_judges_a_commit(pre_commit, tmp_path):
    """`pre-commit try-repo` against this repository's own .pre-commit-hooks.yaml."""
    hooks, work = tmp_path / "hooks", tmp_path / "work"
    hooks.mkdir(), work.mkdir()
    shutil.copy(ROOT / ".pre-commit-hooks.yaml", hooks)
    for folder in (hooks, work):
        git(folder, "init", "-q")
        git(folder, "add", ".")
        git(folder, "commit", "-q", "--allow-empty", "-m", "first")
    env = {**os.environ, "PRE_COMMIT_HOME": str(tmp_path / "cache"), "GIT_CONFIG_GLOBAL": "/dev/null",
           "PATH": f"{os.path.dirname(BINARY)}:{os.environ['PATH']}"}

    def judged(text):
        (work / "a.env").write_text(text)
        git(work, "add", ".")
        return subprocess.run([pre_commit, "try-repo", str(hooks), "ostiary-inspect"], cwd=work, env=env, text=True,
                              capture_output=True, timeout=120)

    clean = judged("nothing\n")
    assert clean.returncode == 0 and "Passed" in clean.stdout, clean.stdout + clean.stderr
    refused = judged(f"TOKEN={TOKEN}\n")
    assert refused.returncode == 1 and "a.env:1:7" in refused.stdout and TOKEN not in refused.stdout, refused.stdout


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
        assert gate.outcomes(1) and all(TOKEN not in json.dumps(record) for record in gate.tail())


def test_a_secret_is_masked_before_it_leaves(up):
    with Gate([service(up)], more={"data_classes": {"secret": "redact"}}) as gate:
        before = len(up.requests)
        ask(gate, PROMPT)
        [body] = got(up, before)
        assert body["messages"][0]["content"] == (
            f'why does "‹secret:github-token:1›"\nnot work for {MAIL}? Once more: ‹secret:github-token:1›')
        outcomes = gate.outcomes(1)
        assert all(TOKEN not in json.dumps(record) for record in gate.tail())
        found = [f for record in outcomes for f in record["findings"]]
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
