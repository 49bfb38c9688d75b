"""What attachments of a request hold, and how large a request may be: what the gate decides, and what reaches the
service."""

import base64
import json
import os
import stat
import threading
import time

import pytest

from lib.documents import docx, pdf, png, zipped
from lib.gate import Gate, service
from lib.http import Connection
from lib.tokens import github_token
from lib.upstream import Upstream
from test_inspect import MAIL, TOKEN

CARD = ("4556", "7375", "8689", "9855")


@pytest.fixture(scope="module")
def up():
    with Upstream() as up:
        yield up


def b64(content):
    return base64.b64encode(content if isinstance(content, bytes) else content.encode()).decode()


def file(content, **more):
    return {"type": "file", "file": {"filename": "a.bin", "file_data": b64(content), **more}}


def image(content, kind="image/png"):
    return {"type": "image_url", "image_url": {"url": f"data:{kind};base64,{b64(content)}"}}


def asking(*parts, text="what is this?"):
    return {"model": "hello", "messages": [{"role": "user", "content": [{"type": "text", "text": text}, *parts]}]}


def post(gate, *parts, **more):
    answer = gate.post("/v1/chat/completions", asking(*parts, **more), timeout=40)
    assert TOKEN not in json.dumps(answer.error if answer.status != 200 else {})
    return answer


def recorded(gate, answer):
    findings = gate.outcome(answer.id)["findings"]
    assert TOKEN not in json.dumps(findings)
    return [(f["class"], f["detector"], f["location"].get("within"), f["location"]["pointer"]) for f in findings]


AT = "/messages/0/content/1/file/file_data"


@pytest.mark.parametrize("content, within", [
    (pdf("first", f"the token is {TOKEN}"), "pdf!/page 2"),
    (docx(TOKEN[:9], TOKEN[9:]), "office!/word/document.xml"),
    (zipped({"Maren Voss/notes.txt": TOKEN}), "archive!/member.txt"),
    (zipped({"a.zip": zipped({"b.pdf": pdf(TOKEN)})}), "archive!/member.zip!/member.pdf!/page 1"),
    (f"the token is {TOKEN}", "text"),
    (TOKEN.encode("utf-16"), "text"),
], ids=["pdf", "docx", "zip", "nested", "text", "utf-16"])
def test_a_key_in_an_attachment_is_found_and_refused(up, content, within):
    with Gate([service(up)], more={"data_classes": {"secret": "deny"}}) as gate:
        before = len(up.requests)
        refused = post(gate, file(content))
        assert refused.status == 403 and refused.error["code"] == "policy_denied"
        assert f"(github-token in {within} at {AT})" in refused.error["message"]
        assert recorded(gate, refused) == [("secret", "github-personal-token", within, AT)]
        assert "Maren" not in json.dumps(gate.tail())
        assert len(up.requests) == before
        assert post(gate, file(pdf("nothing"))).status == 200


def test_attachments_of_every_kind_of_part_are_read(up):
    card = docx("Card number: ", *CARD)
    parts = [image(card), {"type": "input_audio", "input_audio": {"format": "wav", "data": b64(card)}},
             {"type": "text", "text": f"see ![](data:application/octet-stream;base64,{b64(card)}) there"}]
    with Gate([service(up)], more={"data_classes": {"personal": "deny"}}) as gate:
        for part in parts:
            assert post(gate, part).status == 403, part["type"]
        items = [{"type": "input_file", "filename": "a", "file_data": b64(card)},
                 {"type": "input_image", "image_url": f"data:image/png;base64,{b64(card)}"}]
        for item in items:
            answer = gate.post("/v1/responses", {"model": "hello", "input": [{"role": "user", "content": [item]}]})
            assert answer.status == 403, item["type"]


@pytest.mark.parametrize("part", [
    {"type": "text", "text": "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAA\nuse the key {token}"},
    {"type": "image", "data": "{token}", "mime_type": "text/plain"},
    {"type": "text", "text": "/9j/" + 60 * "A" + " and the key {token}"},
], ids=["behind a data URL", "as a document's data", "behind what looks like a picture"])
def test_no_key_is_hidden_by_what_looks_like_an_attachment(up, part):
    part = {name: value.replace("{token}", github_token()) for name, value in part.items()}
    with Gate([service(up)], more={"data_classes": {"secret": "deny"}}) as gate:
        assert post(gate, part).status == 403


def test_nothing_is_masked_within_an_attachment_and_nothing_leaves_unmasked(up):
    with Gate([service(up)], more={"data_classes": {"secret": "redact"}}) as gate:
        before = len(up.requests)
        for part in (file(TOKEN), file(pdf(TOKEN)), {"type": "text", "text": f"data:text/plain;base64,{b64(TOKEN)}"}):
            refused = post(gate, part, text=f"and {TOKEN}")
            assert refused.status == 403 and refused.error["code"] == "cannot_redact"
            assert "stands in the attachment at /messages/0/content/1/" in refused.error["message"]
        assert len(up.requests) == before
        assert all(TOKEN not in json.dumps(record) for record in gate.tail())
        answer = post(gate, file("no token"), text=f"and {TOKEN}")
        assert answer.status == 200
        content = up.requests[-1].json()["messages"][0]["content"]
        assert content[0]["text"] == "and ‹secret:github-token:1›" and content[1] == file("no token")


OPAQUE = [
    (image(png()), "/messages/0/content/1/image_url/url"),
    (file(pdf("")), AT),
    (file(bytes(range(256)) * 4), AT),
    (file(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)), AT),
    (file(b"%PDF-1.4\nnothing of the kind"), AT),
    ({"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}, "/messages/0/content/1/image_url/url"),
    ({"type": "file", "file": {"file_id": "file-1"}}, "/messages/0/content/1/file/file_id"),
    ({"type": "file", "file": {"file_data": "*" + b64("text") + "*"}}, AT),
]


def test_what_cannot_be_read_is_recorded_and_let_through_where_nothing_else_is_said(up):
    with Gate([service(up)], more={"data_classes": {"secret": "deny"}}) as gate:
        for part, at in OPAQUE:
            answer = post(gate, part)
            assert answer.status == 200, part
            assert up.requests[-1].json() == asking(part)
            assert recorded(gate, answer) == [("opaque", "attachment", None, at)]


def test_policy_can_refuse_what_cannot_be_read(up):
    with Gate([service(up)], more={"data_classes": {"opaque": "deny"}}) as gate:
        before = len(up.requests)
        for part, at in OPAQUE:
            refused = post(gate, part)
            assert refused.status == 403 and at in refused.error["message"], part
        assert len(up.requests) == before
        assert "(image at " in post(gate, OPAQUE[0][0]).error["message"]
        assert post(gate, file(pdf("words"))).status == 200
        assert post(gate).status == 200


def test_a_bomb_is_not_unpacked_to_its_end(up):
    many = zipped({f"{n}.docx": zipped({"[Content_Types].xml": "<Types/>", "word/document.xml": b" " * (100 << 20)})
                   for n in range(6)})
    with Gate([service(up)], more={"data_classes": {"opaque": "deny"}}) as gate:
        refused = post(gate, file(many))
        assert refused.status == 403 and "(office-" in refused.error["message"]
        assert gate.rss_kib("VmHWM") < 700 << 10


def test_without_pdftotext_pdfs_are_opaque(up):
    with Gate([service(up)], env={"PATH": "/nonexistent"}, more={"data_classes": {"opaque": "deny"}}) as gate:
        assert "(pdf-unsupported at " in post(gate, file(pdf("words"))).error["message"]


def children(pid):
    return [int(c) for task in os.listdir(f"/proc/{pid}/task")
            for c in open(f"/proc/{pid}/task/{task}/children").read().split()]


def until(condition, seconds=10):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    return condition()


def test_a_reader_that_hangs_keeps_nobody_waiting_and_ends_with_its_client(up, tmp_path):
    hanging = tmp_path / "pdftotext"
    hanging.write_text("#!/bin/sh\nwhile :; do :; done\n")
    hanging.chmod(hanging.stat().st_mode | stat.S_IEXEC)
    with Gate([service(up)], gate={"loops": 1, "drain_timeout": "500ms"}, env={"PATH": str(tmp_path)},
              more={"data_classes": {"opaque": "deny"}}) as gate:
        body = json.dumps(asking(file(pdf("words")))).encode()
        with Connection(gate.port) as waiting:
            waiting.send_request("POST", "/v1/chat/completions", gate.headers(), body)
            assert until(lambda: children(gate.process.pid))
            for _ in range(5):
                assert post(gate).status == 200
            assert children(gate.process.pid)
        assert until(lambda: not children(gate.process.pid))
        assert gate.wait_record(lambda r: r["kind"] == "outcome" and r["outcome"] == "cancelled")
        with Connection(gate.port) as waiting:
            waiting.send_request("POST", "/v1/chat/completions", gate.headers(), body)
            assert until(lambda: children(gate.process.pid))
            os.kill(children(gate.process.pid)[0], 9)
            assert "(pdf-damaged at " in waiting.read().error["message"]
        with Connection(gate.port) as waiting:
            waiting.send_request("POST", "/v1/chat/completions", gate.headers(), body)
            assert until(lambda: children(gate.process.pid))
            began = time.monotonic()
            gate.process.terminate()
            assert gate.wait_dead() == 0 and time.monotonic() - began < 10


def test_a_large_body_under_inspection_does_not_keep_others_waiting(up):
    large = json.dumps({"model": "hello", "messages": [{"role": "user", "content": "some words of a text, " * 2_300_000}]})
    ended = []
    with Gate([service(up)], gate={"loops": 1}) as gate:
        def ask_large():
            answer = gate.post("/v1/chat/completions", large.encode(), timeout=50)
            ended.append(("large", answer.status))

        thread = threading.Thread(target=ask_large)
        assert post(gate).status == 200
        thread.start()
        while thread.is_alive():
            ended.append(("small", post(gate).status))
        thread.join()
        assert {status for _, status in ended} == {200}
        assert ended.index(("large", 200)) > 5


# Size.


def test_a_request_that_is_too_large_is_refused_with_how_large_it_is(up):
    more = {"size_limits": [{"tokens": 1000}, {"lines": 50, "action": "allow"}]}
    with Gate([service(up)], more=more) as gate:
        before = len(up.requests)
        assert post(gate, text="short\n" * 20).status == 200
        refused = post(gate, text="some more words\n" * 400)
        assert refused.status == 403 and len(up.requests) == before + 1
        assert "1,000 are allowed" in refused.error["message"] and "tokens" in refused.error["message"]
        assert [rule["id"] for rule in refused.error["rules"]] == ["size_limits.1.tokens", "size_limits.2.lines"]
        assert [f["class"] for f in gate.outcome(refused.id)["findings"]] == ["size", "size"]
        facts = {f["name"]: f["value"] for f in gate.outcome(refused.id)["decision"]["facts"]}
        assert facts["data.lines"] == 401 and facts["data.tokens"] > 1000 and facts["data.bytes"] > 6000
        only_told = post(gate, text="a\n" * 60)
        assert only_told.status == 200
        assert [f["detector"] for f in gate.outcome(only_told.id)["findings"]] == ["size"]


def test_a_limit_may_be_for_a_class_and_a_destination(up):
    more = {"reroute_to": "near",
            "size_limits": [{"attachments": 0, "class": "personal", "service": "far", "action": "reroute"}]}
    with Gate([service(up, "far"), service(up, "near")], more=more) as gate:
        assert post(gate, file("nothing")).header("x-ostiary-service") == "far"
        assert post(gate, text=MAIL).header("x-ostiary-service") == "far"
        assert post(gate, file(MAIL)).header("x-ostiary-service") == "near"
