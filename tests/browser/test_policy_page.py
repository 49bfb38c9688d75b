"""The policy's page in a browser: nothing that axe-core finds, nothing asked of anybody, no scrolling sideways."""

import json
import os
import shutil
import subprocess
import tempfile
from http.client import HTTPConnection
from pathlib import Path

import pytest

from lib.gate import Gate, ROOT, run
from lib.http import request

HERE = Path(__file__).parent
ENV = Path(os.environ.get("OSTIARY_TEST_BROWSER") or ROOT / "build" / "test-env" / "browser")
CHROMIUM = os.environ.get("OSTIARY_TEST_CHROMIUM") or shutil.which("chromium-headless-shell") or shutil.which("chromium")
SIZES = {"phone": (390, 844), "desktop": (1280, 900)}

pytestmark = [
    pytest.mark.timeout(240),  # four sizes of a long page on a busy machine
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium: install Debian's chromium-headless-shell"),
    pytest.mark.skipif(not (ENV / "node_modules").exists(), reason="playwright-core and axe-core are not installed (npm)"),
]


@pytest.fixture(scope="module")
def folder():
    with tempfile.TemporaryDirectory(prefix="ostiary-page-") as name:
        yield Path(name)


def look(folder, jobs):
    """What page.mjs says of each job."""
    shutil.copy(HERE / "page.mjs", ENV / "page.mjs")
    (folder / "jobs.json").write_text(json.dumps(jobs))
    done = subprocess.run(["node", "page.mjs", CHROMIUM, str(folder / "jobs.json")], cwd=ENV, text=True,
                          capture_output=True, timeout=180)
    assert done.returncode == 0, done.stderr[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def rendered(folder, document, *arguments):
    page = folder / (Path(document).stem + ".html")
    done = run("policy", "render", document, "-o", page, "--on", "2026-11-26", *arguments)
    assert done.returncode == 0, done.stderr
    return page


def hostile(folder):
    text = (ROOT / "docs" / "examples" / "small-team.md").read_text()
    text = text.replace("## Lists", "### Pictures\n\n![](https://example.org/x.png) ![a](b.png)\n\n"
                        "- [ ] to do\n- [x] done\n\n| | b |\n|---|---|\n| " + "w" * 400 + " | 2 |\n\n"
                        "> # Quoted\n\n<details><summary>x</summary>\n\n##### Deep\n\n" + "v" * 500 + "\n\n"
                        "```\n" + "u" * 500 + "\n```\n\n## Lists\n\n## Lists\n\n## !!!\n\n", 1)
    path = folder / "hostile.md"
    path.write_text(text)
    return path


@pytest.mark.parametrize("name", ["builtin", "small-team", "hostile"])
def test_axe_finds_nothing_on_a_phone_and_on_a_desk_by_day_and_by_night(folder, name):
    document = {"builtin": ROOT / "catalog" / "policy.md", "small-team": ROOT / "docs" / "examples" / "small-team.md",
                "hostile": None}[name] or hostile(folder)
    url = rendered(folder, document).as_uri()
    jobs = [{"url": url, "width": w, "height": h, "dark": dark} for w, h in SIZES.values() for dark in (False, True)]
    for job, seen in zip(jobs, look(folder, jobs), strict=True):
        assert seen["violations"] == [], (job, json.dumps(seen["violations"], indent=1))
        assert seen["passes"] > 20
        assert seen["requests"] == [url], "a page that asks nobody for anything"
        assert seen["errors"] == []
        assert seen["wide"] <= 0, f"{job['width']} px: it scrolls sideways"


def test_the_gate_serves_the_page_with_its_policy_and_a_browser_keeps_it(folder):
    with Gate([], more={"policy": "built-in"}) as gate:
        answer = request(gate.port, "GET", "/policy")
        assert answer.status == 200
        assert answer.header("content-security-policy").startswith("default-src 'none'; style-src 'sha256-")
        again = request(gate.port, "GET", "/policy", {"If-None-Match": answer.header("etag")})
        assert (again.status, again.body) == (304, b"")
        connection = HTTPConnection("127.0.0.1", gate.port, timeout=15)
        connection.request("HEAD", "/policy")
        head = connection.getresponse()
        assert (head.status, head.read(), head.getheader("content-length")) == (200, b"", str(len(answer.body)))
        connection.close()
        [seen] = look(folder, [{"url": f"http://127.0.0.1:{gate.port}/policy", "width": 390, "height": 844}])
        assert seen["violations"] == []
        assert seen["requests"] == [f"http://127.0.0.1:{gate.port}/policy"]
