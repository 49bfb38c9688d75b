"""The inventory from outside: a table of people taken in, code scanned, reconciled, asked, handed out."""

import csv
import io
import json
import os
import subprocess
from pathlib import Path

import pytest

from lib.gate import Gate, run, service
from lib.upstream import Upstream

REPORT = Path(__file__).resolve().parents[1] / "report"
TABLE = """AI tools of Acme;;;
;;;
Tool name;Vendor;Business owner;Status;What data?;Cost centre
ChatGPT;OpenAI;Händler & Söhne;Production;personal;=1+1
Support bot;Mistral;support;pilot;code, internal;42
Tool name;Vendor;Business owner;Status;What data?;Cost centre
;;nobody;;;
"""
OSV = {"id": "GHSA-test", "affected": [{"package": {"ecosystem": "PyPI", "name": "openai"},
                                         "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.2.0"}]}]}]}


def inventory(data, *arguments, **more):
    return run("inventory", *arguments, "--data", str(data), **more)


def json_of(data, *arguments):
    done = inventory(data, *arguments, "--format", "json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A small program that calls a model."""
    folder = tmp_path_factory.mktemp("shop")
    (folder / "requirements.txt").write_text("openai==1.1.0\n")
    (folder / "bot.py").write_text("from openai import OpenAI\n\nclient = OpenAI()\n"
                                   "client.chat.completions.create(model='gpt-4o', messages=[])\n")
    return folder


@pytest.fixture(scope="module")
def data(tmp_path_factory, shop):
    """A folder with a table taken in and the program reconciled."""
    folder = tmp_path_factory.mktemp("data") / "data"
    table = folder.parent / "tools.csv"
    table.write_bytes(TABLE.encode("cp1252"))
    first = json_of(folder, "import", table, "--map", "What data?=data_classes")
    assert (first["added"], first["rows"]) == (2, 2), first
    assert json_of(folder, "reconcile", shop, "--repository", "shop", "--apply")["applied"]
    return folder


def uses(data):
    return {use["tool"] if use["tool"] != "unknown" else use["repository"]: use for use in json_of(data, "list")["uses"]}


def test_a_table_in_an_old_encoding_is_taken_in_with_its_columns_shown(tmp_path):
    table = tmp_path / "tools.csv"
    table.write_bytes(TABLE.encode("cp1252"))
    dry = json_of(tmp_path / "data", "import", table, "--dry-run")
    how = {column["column"]: (column["field"], column["how"]) for column in dry["columns"]}
    assert how["Tool name"] == ("tool", "name") and how["Business owner"] == ("owner", "name")
    assert how["Cost centre"] == (None, "none")
    assert json_of(tmp_path / "data", "list")["uses"] == [], "it was a dry run"
    done = json_of(tmp_path / "data", "import", table, "--map", "What data?=data_classes", "--map", "Cost centre=")
    assert done["added"] == 2
    assert [one["row"] for one in done["partial"]] == [7], done["partial"]
    found = uses(tmp_path / "data")
    assert found["ChatGPT"]["owner"] == "Händler & Söhne"
    assert found["ChatGPT"]["provider"] == "openai" and found["ChatGPT"]["status"] == "in-use"
    assert found["Support bot"]["data_classes"] == ["code", "internal"]
    assert found["ChatGPT"]["purpose"] == "unknown", "nobody said it"
    again = json_of(tmp_path / "data", "import", table)
    assert (again["added"], again["same"]) == (0, 2)
    assert {c["column"]: c["how"] for c in again["columns"]}["What data?"] == "remembered"
    wrong = inventory(tmp_path / "data", "import", table, "--map", "Vendr=provider")
    assert wrong.returncode == 2 and "did you mean 'Vendor'" in wrong.stderr


def test_code_is_reconciled_and_proposed_once(data, shop):
    found = uses(data)["shop"]
    assert found["provider"] == "openai" and found["declared"] == []
    assert found["last_seen"] != "unknown"
    again = json_of(data, "reconcile", shop, "--repository", "shop")
    assert again["proposed"] == [] and again["marked"] >= 1
    assert "seen-never-declared" not in {one["finding"] for one in again["findings"]}
    for since in ("monday", "today", "2000-01-01", "7d"):
        new = json_of(data, "reconcile", shop, "--repository", "shop", "--since", since)
        assert ("new-since" in {one["finding"] for one in new["findings"]}), since
    assert not json_of(data, "reconcile", "--since", "2999-01-01")["findings"]
    assert inventory(data, "reconcile", shop, "--since", "soon").returncode == 2
    (shop.parent / "none.json").write_text("{}")
    assert inventory(data, "reconcile", shop.parent / "none.json").returncode == 2


def test_the_inevitable_question_gets_uses_evidence_and_whom_to_tell(data, tmp_path):
    advisory = tmp_path / "osv.json"
    advisory.write_text(json.dumps(OSV))
    answer = json_of(data, "answer", "--advisory", advisory)
    assert [(one["use"]["repository"], one["certain"]) for one in answer["uses"]] == [("shop", True)]
    assert any("bot.py" in line for line in answer["uses"][0]["evidence"])
    assert json_of(data, "answer", "--sdk", "openai", "--version", ">=1.2")["uses"] == []
    personal = json_of(data, "answer", "--provider", "OpenAI", "--data", "personal")
    assert personal["uses"][0]["use"]["tool"] == "ChatGPT" and personal["uses"][0]["certain"]
    assert "Händler & Söhne" in personal["tell"]
    strict = json_of(data, "answer", "--terms", "train_on_input!=no")
    assert len(strict["uses"]) == 3 and not any(one["certain"] for one in strict["uses"])
    told = inventory(data, "answer", "--license-forbids", "commercial")
    assert told.returncode == 0 and "unknown, so it counts" in told.stdout
    assert inventory(data, "answer").returncode == 2


def test_a_use_is_stated_and_what_was_stated_is_not_replaced(data, shop):
    made = json_of(data, "add", "--tool", "Notes", "--next-review", "2027-01-31", "--model", "a,b", "--ai-act-risk", "minimal")
    assert made["model"] == ["a", "b"] and made["next_review"] == "2027-01-31"
    changed = json_of(data, "edit", made["id"], "--owner", "legal", "--model", "unknown")
    assert changed["owner"] == "legal" and changed["model"] == ["unknown"] and changed["revision"] == 2
    assert inventory(data, "edit", made["id"], "--status", "perhaps").returncode == 2
    code = uses(data)["shop"]
    json_of(data, "edit", code["id"], "--status", "retired", "--provider", "Other")
    json_of(data, "reconcile", shop, "--repository", "shop", "--apply")
    kept = uses(data)["shop"]
    assert (kept["status"], kept["provider"]) == ("retired", "Other")
    json_of(data, "edit", code["id"], "--status", "in-use", "--provider", "openai")
    assert "unknown" in inventory(data, "show", made["id"]).stdout
    assert json_of(data, "remove", made["id"])["id"] == made["id"]
    assert inventory(data, "show", made["id"]).returncode == 2


def test_what_goes_out_as_csv_holds_no_formula_and_comes_back_in_as_the_same(data, tmp_path):
    out = inventory(data, "export")
    rows = list(csv.DictReader(io.StringIO(out.stdout)))
    assert {row["tool"] for row in rows} == {"ChatGPT", "Support bot", "unknown"}
    assert [row["Cost centre"] for row in rows if row["tool"] == "ChatGPT"] == ["'=1+1"]
    assert all(row["incident_contact"] == "unknown" for row in rows)
    book = tmp_path / "uses.xlsx"
    assert inventory(data, "export", "--format", "xlsx", "-o", book).returncode == 0
    again = json_of(tmp_path / "other", "import", book)
    assert again["added"] == 3, again
    found = uses(tmp_path / "other")
    assert found["ChatGPT"]["data_classes"] == ["personal"] and found["shop"]["model"] == uses(data)["shop"]["model"]


@pytest.mark.parametrize("form", ["cyclonedx", "cyclonedx-1.7", "spdx"])
def test_a_bill_of_materials_passes_the_published_validators(data, shop, tmp_path, form):
    tools = Path(os.environ.get("OSTIARY_TEST_REPORT") or "/nonexistent")
    own, scanned = tmp_path / "uses.json", tmp_path / "scan.json"
    assert inventory(data, "export", "--format", form, "-o", own).returncode == 0
    assert run("scan", shop, "--format", form, "-o", scanned, "--data", data).returncode == 0
    assert inventory(data, "export", "--format", form).stdout == own.read_text(), "the same uses give the same bytes"
    for path in (own, scanned):
        document = json.loads(path.read_text())
        if form == "spdx":
            check_spdx(document)
            python, jar = tools / "venv" / "bin" / "python", tools / "spdx.jar"
            if python.exists() and jar.exists():
                said = subprocess.run([python, REPORT / "validators.py", "spdx", jar, path], capture_output=True, text=True, timeout=300)
                assert json.loads(said.stdout)["found"] == [], said.stdout + said.stderr
        else:
            assert document["specVersion"] == ("1.7" if form.endswith("1.7") else "1.6")
            if (tools / "stamp").exists():
                said = subprocess.run(["node", REPORT / "cyclonedx.mjs", tools, path], capture_output=True, text=True, timeout=120)
                assert json.loads(said.stdout)["found"] is None, said.stdout + said.stderr


def check_spdx(document):
    """Every package, model and dataset has exactly one declared and one concluded licence, each one element."""
    graph = document["@graph"]
    for kind in ("hasDeclaredLicense", "hasConcludedLicense"):
        of = {}
        for one in graph:
            if one.get("relationshipType") == kind:
                assert len(one["to"]) == 1
                of[one["from"]] = of.get(one["from"], 0) + 1
        for one in graph:
            if one["type"] in ("software_Package", "ai_AIPackage", "dataset_DatasetPackage"):
                assert of.get(one["spdxId"]) == 1, (kind, one["spdxId"])


def test_the_page_for_management_stands_by_itself(data, tmp_path):
    page = tmp_path / "page.html"
    assert inventory(data, "report", "-o", page).returncode == 0
    html = page.read_text()
    for part in ("Found", "Unknown", "Top risks", "Answer times", "Decisions wanted"):
        assert part in html
    assert "<script" not in html and "http" not in html.replace("http-equiv", "")
    assert "Händler" not in html, "it names no person"
    assert "Decisions wanted" in inventory(data, "report").stdout
    assert json_of(data, "report")["kind"] == "inventory-report"


def test_beside_a_gate_its_traffic_counts_and_every_change_is_a_record(shop):
    with Upstream() as up, Gate([service(up)]) as gate:
        key = gate.json_of("key", "create", "--team", "blue", "--user", "ada", "--scope", "use")["key"]
        keeper = gate.json_of("key", "create", "--team", "blue", "--user", "lea", "--scope", "inventory")["key"]
        answer = gate.post("/v1/chat/completions", {"model": "ok", "messages": []}, key=key)
        assert answer.status == 200
        for _ in range(100):
            found = json.loads(run("inventory", "reconcile", shop, "--repository", "shop", "--format", "json", "--data", gate.data).stdout)
            if "the gate has no traffic to look at" not in found["partial"]:
                break
        gaps = {(one["finding"], one["what"]) for one in found["findings"]}
        assert ("in-code-never-at-gate", "openai") in gaps and ("at-gate-in-no-code", "test") in gaps
        assert run("inventory", "add", "--tool", "x", "--gate", gate.url, env={"OSTIARY_KEY": key}).returncode != 0, "it may not"
        made = run("inventory", "add", "--tool", "Bot", "--owner", "ada lovelace", "--gate", gate.url,
                   "--format", "json", env={"OSTIARY_KEY": keeper})
        assert made.returncode == 0, made.stderr
        tail = run("ledger", "tail", "--data", gate.data, "--format", "json").stdout
        assert "use-added" in tail and json.loads(made.stdout)["id"] in tail and "lovelace" not in tail
