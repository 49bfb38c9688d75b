"""What texts hold: on the command line, and what of a request reaches the service."""

import base64
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

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


MASK = "‹secret:github-token:1›"
TOOL = {"type": "function", "function": {"name": "save", "description": f"saves {TOKEN}",
                                         "parameters": {"type": "object", "properties": {"key": {"default": TOKEN}}}}}
MESSAGE = {"role": "user", "content": "hello"}


@pytest.mark.parametrize("path, body", [
    ("completions", {"prompt": f"the key {TOKEN} is"}),
    ("completions", {"prompt": ["first", f"then {TOKEN}"], "suffix": f"and {TOKEN}"}),
    ("embeddings", {"input": f"the key {TOKEN} is"}),
    ("embeddings", {"input": ["first", f"then {TOKEN}", TOKEN]}),
    ("embeddings", {"input": [1, 2, 3]}),
    ("embeddings", {"input": [[1, 2, 3], [464, 1994]], "user": TOKEN}),
    ("chat/completions", {"messages": [MESSAGE], "metadata": {"from": TOKEN, TOKEN: "x"}}),
    ("chat/completions", {"messages": [{"role": "system", "content": f"use {TOKEN}"}, MESSAGE]}),
    ("chat/completions", {"messages": [{"role": "developer", "content": [{"type": "text", "text": TOKEN}]}, MESSAGE]}),
    ("chat/completions", {"messages": [MESSAGE], "tools": [TOOL]}),
    ("chat/completions", {"messages": [MESSAGE, {"role": "tool", "tool_call_id": "c1", "content": f"is {TOKEN}"}]}),
    ("chat/completions", {"messages": [MESSAGE, {"role": "assistant", "content": None, "tool_calls": [
        {"id": "c1", "type": "function", "function": {"name": "f", "arguments": json.dumps({"k": TOKEN})}}]}]}),
    ("chat/completions", {"messages": [MESSAGE], "stop": [TOKEN], "prediction": {"type": "content", "content": TOKEN}}),
    ("responses", {"input": f"the key {TOKEN} is", "instructions": f"use {TOKEN}", "metadata": {"from": TOKEN}}),
    ("responses", {"input": [{"role": "user", "content": [{"type": "input_text", "text": TOKEN}]},
                             {"type": "function_call_output", "call_id": "c1", "output": f"is {TOKEN}"}],
                   "tools": [{"type": "function", **TOOL["function"]}]}),
])
def test_every_part_of_a_request_that_bears_text_is_masked_on_its_way(redacting, up, path, body):
    body = {"model": "hello", **body}
    before = len(up.requests)
    answer = redacting.post(f"/v1/{path}", body)
    assert answer.status == 200, answer.body
    sent = [json.loads(request.body) for request in up.requests[before:]]
    assert sent == [json.loads(json.dumps(body).replace(json.dumps(TOKEN)[1:-1], json.dumps(MASK)[1:-1]))]


@pytest.fixture(scope="module")
def redacting(up):
    with Gate([service(up)], more={"data_classes": {"secret": "redact"}}) as gate:
        yield gate


def test_ten_thousand_findings_in_one_prompt_are_refused_and_told_of_in_bounded_time(redacting, up):
    bodies = (base64.b64encode(hashlib.sha256(b"%d" % n).digest(), b"Xy").decode()[:30] for n in range(5000))
    text = " ".join(f"maren.voss{n}@voss-orgelbau.de {github_token(body)}" for n, body in enumerate(bodies))
    before, began = len(up.requests), time.monotonic()
    answer = redacting.post("/v1/chat/completions", {"model": "hello", "messages": [{"role": "user", "content": text}]})
    assert answer.status == 403 and len(up.requests) == before, "it is never masked in part"
    assert time.monotonic() - began < 20
    found = json.loads(run("inspect", "--format", "json", input=text).stdout)
    assert len(found["findings"]) == 10_000 and found["partial"] == []
    masked = run("inspect", "--redact", input=text).stdout
    assert masked.count("‹secret:github-token:") == 5000 and masked.count("‹personal:email:") == 5000
    assert json.loads(run("inspect", "--format", "json", input=masked).stdout)["findings"] == []


def test_deeply_nested_json_and_encodings_are_read_or_refused_in_bounded_time(redacting, up):
    deep = "[" * 100_000 + json.dumps(TOKEN) + "]" * 100_000
    assert redacting.send("POST", "/v1/chat/completions", body=deep.encode(), key=redacting.key).status in (400, 403, 413)
    found = json.loads(run("inspect", "--format", "json", input=deep).stdout)
    assert [f["detector"] for f in found["findings"]] == ["github-personal-token"]
    body = {"model": "hello", "messages": [MESSAGE], "metadata": json.loads('{"a":' * 60 + json.dumps(TOKEN) + "}" * 60)}
    before = len(up.requests)
    assert redacting.post("/v1/chat/completions", body).status == 200
    assert TOKEN not in up.requests[before].body.decode()
    levels = [lambda b: base64.b64encode(b), lambda b: base64.b64encode(b), lambda b: b.hex().encode(),
              lambda b: b"".join(b"%%%02x" % c for c in b)]
    text, seen = f"in {TOKEN} out".encode(), []
    for level in levels:
        text = level(text)
        seen.append(bool(json.loads(run("inspect", "--format", "json", input=text.decode()).stdout)["findings"]))
    assert seen == [True, True, False, False], "two levels are undone"
    for _ in range(12):
        text = base64.b64encode(text)
    began = time.monotonic()
    assert run("inspect", "--format", "json", input=text.decode()).returncode == 0
    assert time.monotonic() - began < 10


GENERATOR = """
import sys
block = (b"lorem ipsum dolor sit amet 0123456789 abcdef; " * 25000)[: 1 << 20]
for _ in range(int(sys.argv[1])):
    sys.stdout.buffer.write(block)
sys.stdout.buffer.write(b" " + sys.argv[2].encode() + b" ")
"""
READER = """
import json, resource, subprocess, sys, time
began = time.monotonic()
done = subprocess.run(sys.argv[1:], stdin=sys.stdin.buffer, capture_output=True)
peak = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([done.returncode, done.stdout.decode()[-4000:], time.monotonic() - began, peak.ru_maxrss * 1024,
                  peak.ru_utime + peak.ru_stime]))
"""


def through_a_pipe(megabytes, *command):
    """[exit code, output, seconds, peak of memory, seconds of the processor] of a command that reads one long line."""
    source = subprocess.Popen([sys.executable, "-c", GENERATOR, str(megabytes), TOKEN], stdout=subprocess.PIPE)
    try:
        done = subprocess.run([sys.executable, "-c", READER, *map(str, command)], stdin=source.stdout, text=True,
                              capture_output=True, timeout=600, check=True)
        return json.loads(done.stdout)
    finally:
        source.stdout.close()
        source.kill()
        source.wait()


@pytest.mark.timeout(600)
def test_one_line_that_never_ends_is_read_with_bounded_memory_in_time_that_grows_with_it():
    """256 MB; 1 GB with OSTIARY_TEST_LARGE=1. Time is held against a hash of the same pipe."""
    size = 1024 if os.environ.get("OSTIARY_TEST_LARGE") else 256
    _, _, _, _, peer = through_a_pipe(size, "sha256sum")
    code, out, _, peak, spent = through_a_pipe(size, BINARY, "inspect", "--format", "json")
    found = json.loads(out)
    assert code == 0 and found["partial"] == [] and found["size"]["bytes"] > size << 20
    assert [f["location"]["start"] for f in found["findings"]] == [(size << 20) + 1]
    assert peak < (size << 20) * 1.1 + (200 << 20), f"{peak >> 20} MB"
    assert spent < 40 * peer + 2, f"{spent:.1f} s beside {peer:.1f} s of sha256sum"


def test_without_inspection_nothing_is_found(up):
    with Gate([service(up)], more={"inspect": False, "data_classes": {"secret": "deny"}}) as gate:
        before = len(up.requests)
        ask(gate, PROMPT)
        [body] = got(up, before)
        assert body["messages"][0]["content"] == PROMPT
