"""The inventory's page for management in a browser: day and night, phone and desk, and on paper."""

import tempfile
from pathlib import Path

import pytest

from lib.gate import run
from test_policy_page import SIZES, look, pytestmark  # noqa: F401 (the marks hold here too)

TABLE = """Tool,Vendor,Surface,Model,Owner,Team,Data classes,Status
ChatGPT,OpenAI,consumer,gpt-4o,,sales,personal,in-use
Support bot,Mistral AI,api,mistral-large-latest,support,support,"personal; internal",trial
Copilot,GitHub,team,,ada,research,code,in-use
<b>Translator</b>,DeepL,api-free,,,legal,confidential,in-use
""" + "".join(f"Tool with a rather long name {'x' * 60} {i},Provider {i},api,model-{i},,team {i},internal,in-use\n"
              for i in range(12))


@pytest.fixture(scope="module")
def pages():
    """Of an inventory with much in it, and of an empty one."""
    with tempfile.TemporaryDirectory(prefix="ostiary-report-") as name:
        folder = Path(name)
        (folder / "tools.csv").write_text(TABLE)
        done = run("inventory", "import", folder / "tools.csv", "--data", folder / "data")
        assert done.returncode == 0, done.stderr
        for data, page in (("data", "full.html"), ("empty", "empty.html")):
            if data == "empty":
                assert run("inventory", "add", "--tool", "x", "--data", folder / data).returncode == 0
            done = run("inventory", "report", "-o", folder / page, "--data", folder / data)
            assert done.returncode == 0, done.stderr
        yield folder


@pytest.mark.parametrize("page", ["full.html", "empty.html"])
def test_axe_finds_nothing_by_day_and_by_night_on_a_phone_on_a_desk_and_on_paper(pages, page):
    url = (pages / page).as_uri()
    jobs = [{"url": url, "width": w, "height": h, "dark": dark} for w, h in SIZES.values() for dark in (False, True)]
    jobs.append({"url": url, "width": 794, "height": 1123, "print": True})
    for job, seen in zip(jobs, look(pages, jobs), strict=True):
        assert seen["violations"] == [], (job, seen["violations"])
        assert seen["requests"] == [url], "it loads nothing"
        assert seen["errors"] == []
        assert seen["wide"] <= 0, f"{job['width']} px: it scrolls sideways"


def test_names_of_uses_are_text_and_nothing_else(pages):
    text = (pages / "full.html").read_text()
    assert "&lt;b&gt;Translator" in text and "<b>Translator" not in text
