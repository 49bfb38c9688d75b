"""The verb scan: what it prints, when it fails, what it leaves out."""

import json
import os
import subprocess

import pytest

from lib.gate import run

APP = 'import openai\n\nclient = openai.OpenAI(base_url="https://api.openai.com/v1")\n' \
      'thread = client.beta.threads.create()\n' \
      'print(client.chat.completions.create(model="gpt-4o-mini", messages=[]))\n'


def git(folder, *arguments):
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    return subprocess.run(["git", "-C", str(folder), *who, *arguments], check=True, capture_output=True, text=True)


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "requirements.txt").write_text("openai==1.40.0\nflask\n")
    (folder / "app.py").write_text(APP)
    return folder


def scanned(*arguments, cwd=None):
    done = run("scan", "--format", "json", *arguments, cwd=cwd)
    assert done.returncode in (0, 1), done.stderr
    return json.loads(done.stdout)


def names(report):
    return {(c["kind"], c["name"], c["grade"]) for c in report["components"]}


def component(report, kind, name):
    [found] = [c for c in report["components"] if (c["kind"], c["name"]) == (kind, name)]
    return found


def test_a_component_has_its_places_its_version_and_the_decision_of_the_policy(project):
    report = scanned(project)
    sdk = component(report, "sdk", "openai")
    assert sdk["grade"] == "called" and sdk["version"].endswith("1.40.0")
    assert sdk["provider"] == "openai" and sdk["surface"] == "api" and sdk["license"]["expression"] == "Apache-2.0"
    assert sdk["decision"]["effect"] in ("allow", "redact", "reroute", "ask", "deny")
    assert report["policy"]["digest"]
    manifest = [e for e in sdk["evidence"] if e["detector"] == "manifest"]
    assert manifest[0]["location"] == {"column": 1, "end": 6, "file": str(project / "requirements.txt"), "line": 1, "start": 0}
    called = [e for e in sdk["evidence"] if e["grade"] == "called"]
    for evidence in called:
        at = evidence["location"]
        text = APP.encode()[at["start"]:at["end"]].decode()
        assert text and APP[:at["start"]].count("\n") + 1 == at["line"]


def test_the_same_files_give_the_same_bytes_whatever_the_number_of_threads(project):
    for n in range(60):
        (project / f"m{n}.py").write_text(APP)
    one = run("scan", "--format", "json", "--threads", "1", project).stdout
    assert one == run("scan", "--format", "json", "--threads", "7", project).stdout
    assert component(json.loads(one), "sdk", "openai")["places"] > 60


def test_a_revision_is_scanned_without_a_checkout(project):
    git(project, "init", "-q")
    git(project, "add", ".")
    git(project, "commit", "-qm", "one")
    (project / "app.py").write_text("print('nothing')\n")
    assert ("model", "gpt-4o-mini", "called") in names(scanned("--revision", "HEAD", project))
    assert ("model", "gpt-4o-mini", "called") not in names(scanned(project))
    done = run("scan", "--revision", "no-such-thing", project)
    assert done.returncode in (2, 3) and "no-such-thing" in done.stderr


def test_only_what_is_new_since_a_revision_is_shown_and_fails(project):
    git(project, "init", "-q")
    git(project, "add", ".")
    git(project, "commit", "-qm", "one")
    assert run("scan", "--new-since", "HEAD", "--fail-on", "declared", project).returncode == 0
    (project / "other.py").write_text("import anthropic\n\nanthropic.Anthropic().messages.create(model='claude-3-haiku-20240307')\n")
    done = run("scan", "--new-since", "HEAD", "--fail-on", "imported", "--format", "json", project)
    assert done.returncode == 1
    assert {c["name"] for c in json.loads(done.stdout)["components"]} == {"anthropic", "claude-3-haiku-20240307"}


def test_a_baseline_leaves_out_what_is_known_until_it_grows_stronger(project, tmp_path):
    known = tmp_path / "known.json"
    (project / "app.py").write_text("import openai\n")
    assert run("scan", "--baseline", known, "--write-baseline", project).returncode == 0
    assert scanned("--baseline", known, project)["components"] == []
    (project / "app.py").write_text(APP)
    assert ("sdk", "openai", "called") in names(scanned("--baseline", known, project))


def test_fail_on_takes_grades_and_denied(project, tmp_path):
    assert run("scan", "--fail-on", "called", project).returncode == 1
    assert run("scan", "--fail-on", "deployed", project).returncode == 0
    policy = tmp_path / "policy.md"
    policy.write_text("---\ntitle: T\nversion: 1\nstatus: in-force\nowner: o\ncontact: c@example.org\ndefault: allow\n---\n\n# No\n\n"
                      "```policy\n- {id: no, when: {target.provider: {is: openai}}, then: deny, because: b}\n```\n")
    done = run("scan", "--policy", policy, "--fail-on", "denied", "--format", "json", project)
    assert done.returncode == 1, done.stderr
    sdk = component(json.loads(done.stdout), "sdk", "openai")
    assert sdk["decision"]["effect"] == "deny" and sdk["decision"]["rules"][0]["id"] == "no"


def test_what_cannot_be_read_is_partial_and_counts_as_found(project):
    (project / "broken.zip").write_bytes(b"PK\x03\x04" + b"\xff" * 200)
    report = scanned(project)
    assert [p["file"] for p in report["partial"]] == [str(project / "broken.zip")]
    assert run("scan", "--fail-on", "deployed", project).returncode == 1


def test_links_out_of_the_tree_are_not_followed(project, tmp_path):
    (tmp_path / "outside.py").write_text("import anthropic\nanthropic.Anthropic()\n")
    os.symlink(tmp_path / "outside.py", project / "link.py")
    os.symlink("/", project / "root")
    report = scanned(project)
    assert not any(c["name"] == "anthropic" for c in report["components"])
    assert report["summary"]["links"] == 2


def test_ignore_files_are_honoured_and_can_be_passed_over(project):
    (project / ".ostiaryignore").write_text("app.py\n")
    assert ("model", "gpt-4o-mini", "called") not in names(scanned(project))
    assert ("model", "gpt-4o-mini", "called") in names(scanned("--no-ignore", project))


def test_sarif_has_a_result_for_each_place(project):
    done = run("scan", "--format", "sarif", ".", cwd=project)
    log = json.loads(done.stdout)["runs"][0]
    assert {r["ruleId"] for r in log["results"]} >= {"sdk", "model"}
    for result in log["results"]:
        place = result["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] in ("app.py", "requirements.txt")


def test_portability_names_each_tie_and_what_it_would_take(project):
    done = run("scan", "--portability", "--format", "json", project)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    ties = {(t["to"], t["effort"]) for t in report["ties"]}
    assert {("client", "setting"), ("model", "edit"), ("address", "edit"), ("feature", "rework")} <= ties
    [thread] = [t for t in report["ties"] if t["to"] == "feature"]
    assert thread["location"]["line"] == 4 and thread["takes"]
    assert sum(report["summary"].values()) == len(report["ties"])
    (project / "app.py").write_text("import os\nimport openai\n\nprint('hello')\n")
    text = run("scan", "--portability", project).stdout
    assert "a setting" in text


def test_wrong_calls_say_what_to_do(project):
    for arguments in (["--fail-on", "nonsense", project], ["--write-baseline", project], [project / "missing"],
                      ["--revision", "HEAD", project, project], ["--max-bytes", "0", project]):
        done = run("scan", *arguments)
        assert done.returncode == 2, (arguments, done.stderr)
        assert len(done.stderr.strip().splitlines()) == 1
