"""Licences on the command line: what a text says, and whether it fits."""

import json

import pytest

from lib.gate import run

OURS = {"revenue": 40_000_000, "monthly-users": 200_000, "territories": ["US"], "purpose": "product", "distributes": True,
        "modifies": False, "hosts": True, "trains": False, "trains-on-outputs": False, "stays-closed": True}


@pytest.fixture
def profile(tmp_path):
    def write(**changes):
        path = tmp_path / "ours.yaml"
        path.write_text("".join(f"{name}: {json.dumps(value)}\n" for name, value in {**OURS, **changes}.items()))
        return str(path)
    return write


def verdict(license, profile, *more, status=0):
    done = run("license", "check", license, "--profile", profile, "--format", "json", *more)
    assert done.returncode == status, done.stdout + done.stderr
    return json.loads(done.stdout)["verdict"]


def test_explain_tells_each_statement_with_its_clause():
    done = run("license", "explain", "llama3.1")
    assert done.returncode == 0
    for words in ("commercial use", "(1.a", "700,000,000", "Built with Llama", "nobody of your organisation has reviewed it", "not legal advice"):
        assert words in done.stdout


def test_explain_in_json_keeps_the_clause_the_source_and_the_day():
    one, = json.loads(run("license", "explain", "gemma", "--format", "json").stdout)["licenses"]
    assert one["expression"] == "LicenseRef-Gemma-Terms" and one["status"] == "shipped" and one["reviewed"] is None
    assert all(right["source"] and right["date"] for right in one["rights"])
    assert one["termination"]["remote"] is True


def test_an_unknown_name_is_a_wrong_call_that_names_the_likely_one():
    done = run("license", "explain", "lama3.1")
    assert done.returncode == 2 and "llama3.1" in done.stderr


def test_check_says_the_text_permits_and_what_it_asks(profile):
    said = verdict("Apache-2.0", profile())
    assert said["says"] == "permits" and "give-licence" in {one["duty"] for one in said["obligations"]}
    assert "legal advice" in said["note"]


def test_check_fails_where_the_text_forbids_or_nobody_read_it(profile):
    assert verdict("CC-BY-NC-4.0", profile(), status=1)["says"] == "forbids"
    assert verdict("LicenseRef-Nobody", profile(), status=1)["says"] == "unknown"
    assert verdict("LicenseRef-Nobody", profile(), "--fail-on", "forbids")["says"] == "unknown"


def test_of_an_expression_all_must_hold_and_the_best_choice_counts(profile):
    assert verdict("MIT AND CC-BY-NC-4.0", profile(), status=1)["says"] == "forbids"
    said = verdict("GPL-3.0-only OR MIT", profile())
    assert said["says"] == "permits" and said["taken"] == "MIT"


def test_a_review_of_the_organisation_is_named(profile, tmp_path):
    folder = tmp_path / "rules" / "license-review"
    folder.mkdir(parents=True)
    (folder / "mit.yaml").write_text("id: mit\nlicense: MIT\nby: Ada Example\ndate: 2026-11-02\n")
    said = verdict("MIT", profile(), "--rules", str(tmp_path / "rules"))
    assert {reason["reviewed_by"] for reason in said["reasons"]} == {"Ada Example"}


def test_a_wrong_profile_is_told_with_its_place(tmp_path):
    path = tmp_path / "p.yaml"
    path.write_text("purpose: product\nmonthly-user: 3\n")
    done = run("license", "check", "MIT", "--profile", str(path))
    assert done.returncode == 2 and "p.yaml:2:1" in done.stderr and "monthly-users" in done.stderr
