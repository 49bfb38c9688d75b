"""The verb scan over assistants, agents, keys and histories: what they may do is told, their secrets are not."""

import json
import subprocess

import pytest

from lib.gate import run

TOKEN = "Zx9Qw3" + "Er7TyU1io2Pa5s"


def git(folder, *arguments, author="Ada <ada@example.org>"):
    name, address = author[:-1].split(" <")
    who = ["-c", f"user.name={name}", "-c", f"user.email={address}"]
    subprocess.run(["git", "-C", str(folder), *who, *arguments], check=True, capture_output=True)


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "project"
    (folder / ".claude").mkdir(parents=True)
    (folder / ".claude" / "settings.json").write_text(json.dumps({
        "permissions": {"allow": ["Bash(make:*)"], "defaultMode": "bypassPermissions"}}))
    (folder / ".mcp.json").write_text(json.dumps({"mcpServers": {
        "tickets": {"command": "npx", "args": ["-y", "tickets-mcp", "--token", TOKEN], "env": {"T_TOKEN": TOKEN}}}}))
    return folder


def scanned(*arguments):
    done = run("scan", "--format", "json", *arguments)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), done.stdout + done.stderr


def component(report, kind, name):
    [found] = [c for c in report["components"] if (c["kind"], c["name"]) == (kind, name)]
    return found


def test_what_agents_may_run_is_told_and_their_secrets_are_not(project):
    report, all_of_it = scanned("--evidence", project)
    [settings] = component(report, "agent-config", "claude-code")["evidence"]
    assert "Bash(make:*)" in settings["note"] and "asked about nothing" in settings["note"]
    assert "line" not in settings["location"]
    [server] = component(report, "mcp-server", "tickets")["evidence"]
    assert "unpinned" in server["note"] and "T_TOKEN (its value stands in the file)" in server["note"]
    assert server["location"]["line"] == 1
    assert TOKEN not in all_of_it


def test_a_history_tells_which_tools_wrote_how_much_and_names_nobody(project):
    git(project, "init", "-q", "-b", "main")
    for lines, message in ((30, "by hand"), (10, "with help\n\nCo-Authored-By: Claude <noreply@anthropic.com>")):
        (project / f"f{lines}").write_text("x\n" * lines)
        git(project, "add", f"f{lines}")
        git(project, "commit", "-q", "-m", message, author="Ada Lovelace <ada.lovelace@example.org>")
    report, all_of_it = scanned(project)
    [evidence] = component(report, "ai-authored", "claude-code")["evidence"]
    assert evidence["note"] == "1 of 2 commits, 25 % of lines added"
    assert report["summary"]["commits"] == 2 and report["summary"]["history_not_read"] is None
    assert "Lovelace" not in all_of_it and "lovelace" not in all_of_it
    without, _ = scanned("--no-history", project)
    assert not [c for c in without["components"] if c["kind"] == "ai-authored"]
    of_first, _ = scanned("--revision", "HEAD~1", project)
    assert not [c for c in of_first["components"] if c["kind"] == "ai-authored"]


def test_a_key_of_a_model_service_is_masked(project):
    key = "sk-proj" + "-oCLV_GVJvPdEjtH2D-TiKfgGXNHJKXeELI1MMqwEm8ZgvLHJJGHWqnQDTq8NLLIi2xbZ97-a9ItRmurMBo0sMi43E5jBeJBvKhgwHt2JGzgZHC"
    (project / ".env").write_text(f"OPENAI_API_KEY={key}\nMISTRAL_API_KEY=<your key>\n")
    report, all_of_it = scanned("--evidence", project)
    found = [c for c in report["components"] if c["kind"] == "credential"]
    assert [(c["name"], c["provider"]) for c in found] == [("openai-api-key", "openai")]
    assert key[12:40] not in all_of_it
