"""Documents on the command line: PDF, office files, archives."""

import json
import os

from lib.documents import docx, pdf, png, zipped
from lib.gate import run

from test_inspect import MAIL, TOKEN

CARD = ("4556", "7375", "8689", "9855")


def inspected(*arguments, **more):
    done = run("inspect", "--format", "json", *arguments, **more)
    assert done.returncode == 0, done.stderr
    assert TOKEN not in done.stdout + done.stderr
    return json.loads(done.stdout)


def places(found):
    return [(f["detector"], os.path.basename(f["location"]["file"].split("!/")[0]), *f["location"]["file"].split("!/")[1:])
            for f in found["findings"]]


def test_pdf_and_office_files_are_read(tmp_path):
    (tmp_path / "report.pdf").write_bytes(pdf("nothing here", f"the token is {TOKEN}"))
    (tmp_path / "contract.docx").write_bytes(docx("Card number: ", *CARD))
    (tmp_path / "mail.xlsx").write_bytes(zipped({
        "[Content_Types].xml": "<Types/>", "xl/sharedStrings.xml": f"<sst><si><t>{MAIL}</t></si></sst>"}))
    (tmp_path / "text.odt").write_bytes(zipped({
        "mimetype": "application/vnd.oasis.opendocument.text",
        "content.xml": f"<office:body><text:p>{TOKEN[:10]}<text:span>{TOKEN[10:]}</text:span></text:p></office:body>"}))
    found = inspected(tmp_path)
    assert sorted(places(found)) == [("email-address", "mail.xlsx", "xl/sharedStrings.xml"),
                                     ("github-personal-token", "report.pdf", "page 2"),
                                     ("github-personal-token", "text.odt", "content.xml"),
                                     ("payment-card", "contract.docx", "word/document.xml")]
    assert found["partial"] == []
    assert found["size"]["attachments"] == 4 and found["size"]["tokens"] > 40


def test_documents_in_archives_are_read_too(tmp_path):
    (tmp_path / "all.zip").write_bytes(zipped({"a/report.pdf": pdf(f"the token is {TOKEN}"), "b.docx": docx(TOKEN),
                                               "c.png": png(), "d.txt": TOKEN}))
    found = inspected(tmp_path)
    assert sorted(f["location"]["file"].split("!/", 1)[1] for f in found["findings"]) == [
        "a/report.pdf!/page 1", "b.docx!/word/document.xml", "d.txt"]
    assert found["partial"] == []


def test_what_cannot_be_read_is_partial_and_counts_as_strict(tmp_path):
    (tmp_path / "scan.pdf").write_bytes(pdf(""))
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.4\nand nothing that follows")
    (tmp_path / "old.doc").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    found = inspected(tmp_path)
    assert {os.path.basename(p["file"]): p["why"] for p in found["partial"]} == {
        "scan.pdf": "unsupported", "broken.pdf": "damaged", "old.doc": "unsupported"}
    assert run("inspect", "--fail-on", "high", tmp_path).returncode == 1


def test_a_bomb_in_an_office_file_is_not_unpacked_to_its_end(tmp_path):
    zeros = b"<a>" + bytes(1) * 0 + b" " * (300 << 20) + b"</a>"
    (tmp_path / "bomb.docx").write_bytes(zipped({"[Content_Types].xml": "<Types/>", "word/document.xml": zeros}))
    found = inspected(tmp_path)
    assert [p["why"] for p in found["partial"]] in (["bomb"], ["too-large"])


def test_without_pdftotext_a_pdf_is_partial_and_it_says_what_to_install(tmp_path):
    (tmp_path / "report.pdf").write_bytes(pdf(TOKEN))
    found = inspected(tmp_path / "report.pdf", env={"PATH": "/nonexistent"})
    [partial] = found["partial"]
    assert "install poppler-utils" in partial["text"]
    doctor = run("doctor", "--format", "json", "--data", tmp_path / "data", env={"PATH": "/nonexistent"})
    [check] = [c for c in json.loads(doctor.stdout)["checks"] if c["name"] == "documents"]
    assert check["state"] == "warning" and "poppler-utils" in check["message"]
    doctor = run("doctor", "--format", "json", "--data", tmp_path / "data")
    [check] = [c for c in json.loads(doctor.stdout)["checks"] if c["name"] == "documents"]
    assert check["state"] == "ok"


def test_a_document_is_never_written_masked(tmp_path):
    (tmp_path / "report.pdf").write_bytes(pdf(TOKEN))
    done = run("inspect", "--redact", tmp_path / "report.pdf")
    assert done.returncode == 2 and done.stdout == ""


def test_the_size_of_what_was_inspected_is_told(tmp_path):
    (tmp_path / "a.txt").write_text("one\ntwo\n")
    (tmp_path / "b.txt").write_text("three")
    size = inspected(tmp_path)["size"]
    assert 3 <= size.pop("tokens") <= 8
    assert size == {"attachments": 0, "bytes": 13, "lines": 3}
