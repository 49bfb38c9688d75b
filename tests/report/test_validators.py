"""What the program hands out, before other people's validators: bills of materials and workbooks.

The documents are those of `report_samples` (src/report/samples.cc): every kind and field, nothing but names, hostile
names. What the validators do not ask for is asked here.
"""

import json
import os
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
PROGRAM = Path(os.environ["OSTIARY_BIN"]).parent / "src" / "report" / "report_samples"
TOOLS = Path(os.environ["OSTIARY_TEST_REPORT"])
SAMPLES = ("empty", "full", "unknown", "hostile")
PYTHON = TOOLS / "venv" / "bin" / "python"
JAR = TOOLS / "spdx.jar"

needs_python = pytest.mark.skipif(not PYTHON.exists(), reason="the validators of Python could not be installed")
needs_jar = pytest.mark.skipif(not JAR.exists(), reason="SPDX's schema and model are not at hand: install maven")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("samples")
    assert PROGRAM.exists(), f"no {PROGRAM}: build it first"
    done = subprocess.run([PROGRAM, path], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return path


def said(*command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def spdx_document(folder, name):
    return json.loads((folder / f"{name}.spdx.json").read_text())


@pytest.mark.skipif(not (TOOLS / "stamp").exists(), reason="the validators of JavaScript could not be installed")
@pytest.mark.timeout(300)
def test_cyclonedx_passes_the_strict_check_of_its_library(folder):
    files = sorted(folder.glob("*.cdx-*.json"))
    assert len(files) == 2 * len(SAMPLES)
    results = said("node", HERE / "cyclonedx.mjs", TOOLS, *files)
    assert [one["version"] for one in results] == ["1.6", "1.7"] * len(SAMPLES)
    for one in results:
        assert one["found"] is None, one


@pytest.mark.skipif(not (TOOLS / "stamp").exists(), reason="the validators of JavaScript could not be installed")
@pytest.mark.timeout(300)
def test_the_strict_check_of_cyclonedx_refuses_what_is_wrong(folder, tmp_path):
    document = json.loads((folder / "full.cdx-1.6.json").read_text())
    document["services"][0]["data"][0]["flow"] = "sideways"
    (tmp_path / "wrong.json").write_text(json.dumps(document))
    assert said("node", HERE / "cyclonedx.mjs", TOOLS, tmp_path / "wrong.json")[0]["found"]


@pytest.mark.parametrize("version", ["1.6", "1.7"])
@pytest.mark.parametrize("name", SAMPLES)
def test_every_ref_of_cyclonedx_is_one_component(folder, name, version):
    document = json.loads((folder / f"{name}.cdx-{version}.json").read_text())
    refs = [one["bom-ref"] for one in [document["metadata"]["component"], *document["components"], *document["services"]]]
    assert len(set(refs)) == len(refs)
    assert sorted(one["ref"] for one in document["dependencies"]) == sorted(refs)
    for one in document["dependencies"]:
        assert set(one.get("dependsOn", [])) <= set(refs)


# The whole program on the smaller document of those with every class: its reader of schemas takes a minute for the other.
@needs_python
@needs_jar
@pytest.mark.timeout(900)
def test_spdx_passes_spdx3_validate(folder):
    (one,) = said(PYTHON, HERE / "validators.py", "whole", JAR, folder / "unknown.spdx.json")
    assert one["found"] == [], one


@needs_python
@needs_jar
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", SAMPLES)
def test_spdx_passes_the_schema_the_shapes_and_the_classes_of_spdx(folder, name):
    (one,) = said(PYTHON, HERE / "validators.py", "spdx", JAR, folder / f"{name}.spdx.json")
    assert one["found"] == [] and one["objects"] > 5, one


@needs_python
@needs_jar
@pytest.mark.timeout(300)
def test_what_is_wrong_in_spdx_is_refused_by_each_of_them(folder, tmp_path):
    document = spdx_document(folder, "empty")
    lost, wrong = tmp_path / "lost.spdx.json", tmp_path / "wrong.spdx.json"
    next(e for e in document["@graph"] if e["type"] == "Relationship")["to"] = ["urn:uuid:nothing#there"]
    lost.write_text(json.dumps(document))
    next(e for e in document["@graph"] if e["type"] == "software_Package")["software_primaryPurpose"] = "fun"
    wrong.write_text(json.dumps(document))
    first, second = said(PYTHON, HERE / "validators.py", "spdx", JAR, lost, wrong)
    assert "nothing has the id urn:uuid:nothing#there" in first["found"]
    assert any("Violation" in one for one in first["found"])
    assert any("classes refuse" in one for one in second["found"])
    assert len(second["found"]) > len(first["found"])


@pytest.mark.parametrize("name", SAMPLES)
def test_every_package_model_and_dataset_has_exactly_one_licence_of_each_kind(folder, name):
    graph = spdx_document(folder, name)["@graph"]
    expressions = {e["spdxId"] for e in graph if e["type"] == "simplelicensing_LicenseExpression"}
    allowed = expressions | {"expandedlicensing_NoAssertionLicense", "expandedlicensing_NoneLicense"}
    owed = {e["spdxId"] for e in graph
            if e["type"] in ("software_Package", "ai_AIPackage", "dataset_DatasetPackage")}
    assert owed
    for kind in ("hasConcludedLicense", "hasDeclaredLicense"):
        licences = [e for e in graph if e.get("relationshipType") == kind]
        count = Counter(e["from"] for e in licences)
        assert all(count[one] == 1 for one in owed)
        for one in licences:
            assert len(one["to"]) == 1 and one["to"][0] in allowed, one


@pytest.mark.parametrize("name", SAMPLES)
def test_ids_of_spdx_are_iris_unique_and_lead_somewhere(folder, name):
    document = spdx_document(folder, name)
    elements = [e for e in document["@graph"] if "spdxId" in e]
    ids = [e["spdxId"] for e in elements]
    assert len(set(ids)) == len(ids)
    for one in ids:
        assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}#[A-Za-z0-9._~!/%-]+", one), one
    known = set(ids) | {"expandedlicensing_NoAssertionLicense", "expandedlicensing_NoneLicense"}
    for e in elements:
        for key in ("from", "to", "element", "rootElement", "suppliedBy", "subject", "software_snippetFromFile"):
            named = e.get(key, [])
            assert set([named] if isinstance(named, str) else named) <= known, (key, e)
    (top,) = [e for e in elements if e["type"] == "SpdxDocument"]
    assert set(top["element"]) == set(ids) - {top["spdxId"]}
    assert next(e for e in elements if e["spdxId"] == top["rootElement"][0])["type"] == "software_Sbom"


@pytest.mark.parametrize("name", SAMPLES)
def test_every_licence_of_ones_own_leads_to_its_text(folder, name):
    graph = spdx_document(folder, name)["@graph"]
    texts = {e["spdxId"] for e in graph if e["type"] == "simplelicensing_SimpleLicensingText"}
    for e in graph:
        if e["type"] != "simplelicensing_LicenseExpression":
            continue
        refs = set(re.findall(r"LicenseRef-[A-Za-z0-9.-]+", e["simplelicensing_licenseExpression"]))
        told = {entry["key"]: entry["value"] for entry in e.get("simplelicensing_customIdToUri", [])}
        assert set(told) == refs and set(told.values()) <= texts, e


@needs_python
@pytest.mark.timeout(300)
def test_a_workbook_is_read_by_openpyxl_as_it_was_meant(folder):
    uses, other, odd, empty = said(PYTHON, HERE / "validators.py", "xlsx", folder / "uses.xlsx")[0]
    assert [uses["name"], other["name"], empty["name"]] == ["Uses", "Uses (2)", "Sheet"] and len(odd["name"]) == 31
    assert uses["frozen"] == "A2" and uses["filter"] == "A1:E5" and other["frozen"] is None
    header, first, second, third, fourth = uses["rows"]
    assert [cell["value"] for cell in header] == ["Name", "Count", "Seen", "Approved", "Where"]
    assert [(cell["value"], cell["type"]) for cell in first[:2]] == [("openai", "s"), ("3", "n")]
    assert first[2]["date"] and first[2]["value"].startswith("2026-11-26") and first[3]["type"] == "b"
    assert first[4]["link"] == "https://example.com/?a=1&b=%222%22"
    assert (second[0]["value"], second[0]["type"]) == ("=1+1", "s") and second[4]["link"] is None
    assert third[0]["value"] == " blanks \tand\nlines " and third[1]["value"] is None and third[4]["type"] == "s"
    assert len(fourth[0]["value"]) == 32767 and fourth[0]["value"].endswith("…")


@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not installed")
@pytest.mark.timeout(300)
def test_a_workbook_opens_in_libreoffice(folder, tmp_path):
    subprocess.run(["soffice", "--headless", f"-env:UserInstallation=file://{tmp_path}/profile", "--convert-to", "csv", "--outdir",
                    tmp_path, folder / "uses.xlsx"], check=True, capture_output=True, timeout=120)
    text = (tmp_path / "uses.csv").read_bytes()
    assert text.startswith(b"Name,Count,Seen,Approved,Where\nopenai,3,2026-11-26,TRUE,the page\n=1+1,")


def test_the_same_documents_are_the_same_bytes(folder, tmp_path):
    subprocess.run([PROGRAM, tmp_path], check=True, timeout=60, env={"TZ": "Pacific/Auckland", "LC_ALL": "de_DE.UTF-8"})
    names = sorted(path.name for path in folder.iterdir())
    assert names == sorted(path.name for path in tmp_path.iterdir()) and len(names) == 3 * len(SAMPLES) + 1
    for name in names:
        assert (folder / name).read_bytes() == (tmp_path / name).read_bytes(), name
