"""scan --logs: from a log on the disk or on standard input to what people and programs read."""

import csv
import gzip
import io
import json
import os
import subprocess

import pytest

OSTIARY = os.environ["OSTIARY_BIN"]


def squid(second, client, host, action="TCP_TUNNEL/200", user="-"):
    return (f"{1763884800 + second}.001     12 {client} {action} 900 CONNECT {host}:443 {user} "
            "HIER_DIRECT/198.51.100.2 -\n")


LOG = ("".join(squid(i, f"192.0.2.{i}", "chatgpt.com", user=f"alice{i}") for i in range(10, 15))
       + squid(20, "192.0.2.77", "api.anthropic.com")
       + squid(30, "192.0.2.78", "claude.ai", "TCP_DENIED/403")
       + "".join(squid(100 + i, "192.0.2.1", f"www{i}.example.org") for i in range(93)))


def scan(*arguments, stdin=None):
    return subprocess.run([OSTIARY, "scan", "--logs", *map(str, arguments)], input=stdin, capture_output=True, timeout=60,
                          check=False)


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "access.log"
    path.write_text(LOG)
    return path


def row(report, name):
    return next(one for one in report["reached"] if one["id"] == name)


def test_json_tells_what_is_reached_and_how_often(log):
    done = scan(log, "--format", "json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["kind"], report["ostiary"], report["partial"]) == ("scan-logs", 1, [])
    assert report["requests"] == 100
    assert report["matched"] == 6
    chat = row(report, "chatgpt")
    assert chat == report["reached"][0], "consumer surfaces come first"
    assert (chat["surface"], chat["requests"], chat["share"]) == ("consumer", 5, 0.05)
    assert chat["clients"] == {"count": 5, "estimate": False, "fewer_than": None}
    assert chat["bytes_out"] is None, "Squid's own format does not tell what went out"
    assert chat["bytes_in"] == 4500
    assert chat["first"] == chat["last"] == "2025-11-23"
    few = row(report, "anthropic")
    assert few["clients"] == {"count": None, "estimate": False, "fewer_than": 3}
    assert row(report, "claude")["refused"] == 1
    assert row(report, "claude")["requests"] == 0


def test_the_same_log_gives_the_same_bytes_in_every_run(log):
    first = scan(log, "--format", "json").stdout
    assert first == scan(log, "--format", "json").stdout
    packed = log.with_suffix(".gz")
    packed.write_bytes(gzip.compress(LOG.encode()))
    of_packed = json.loads(scan(packed, "--format", "json").stdout)
    assert of_packed["reached"] == json.loads(first)["reached"]
    of_stdin = json.loads(scan("-", "--format", "json", stdin=LOG.encode()).stdout)
    assert of_stdin["reached"] == json.loads(first)["reached"]


@pytest.mark.parametrize("form", ["text", "json", "csv"])
def test_no_face_of_it_says_who(log, form):
    done = scan(log, "--format", form)
    for who in (b"192.0.2.", b"alice"):
        assert who not in done.stdout + done.stderr


def test_csv_is_a_row_for_each_tool_and_surface(log):
    rows = list(csv.DictReader(io.StringIO(scan(log, "--format", "csv").stdout.decode())))
    chat = next(one for one in rows if one["id"] == "chatgpt")
    assert (chat["requests"], chat["clients"], chat["bytes out"]) == ("5", "5", "unknown")
    assert next(one for one in rows if one["id"] == "anthropic")["clients"] == "<3"


def test_what_was_taken_as_what_is_told_and_can_be_said(tmp_path):
    path = tmp_path / "export.csv"
    path.write_text("when;who;where;up\n2025-11-23;192.0.2.9;chatgpt.com;12\n")
    guessed = scan(path)
    assert guessed.returncode == 2
    assert b"--columns" in guessed.stderr
    said = scan(path, "--columns", "time=when,client=who,host=where,out=up", "--format", "json")
    assert said.returncode == 0, said.stderr
    assert b"host 3, client 2, time 1, bytes out 4" in said.stderr
    assert row(json.loads(said.stdout), "chatgpt")["bytes_out"] == 12


def test_a_folder_of_rotated_logs(tmp_path):
    logs = tmp_path / "squid"
    logs.mkdir()
    (logs / "access.log").write_text(LOG)
    (logs / "access.log.1.gz").write_bytes(gzip.compress(LOG.encode() * 500)[:-20])
    report = json.loads(scan(logs, "--format", "json").stdout)
    assert len(report["files"]) == 2
    assert row(report, "chatgpt")["requests"] > 500
    assert [one["why"] for one in report["partial"]] == ["damaged"]


def test_wrong_calls_say_how_to_mend_them(tmp_path, log):
    text = tmp_path / "notes.txt"
    text.write_text("Some words.\nAnd more of them.\n")
    for arguments, told in [((text,), "squid, combined"), ((tmp_path / "none",), "no such file"),
                            ((log, "--log-format", "what"), "dnsmasq"), ((log, "--columns", "who=1"), "client=3"),
                            ((log, "--format", "sarif"), "text, json or csv"), ((log, "--evidence"), "--log-format"),
                            ((log, "--log-format", "zeek"), "zeek")]:
        done = scan(*arguments)
        assert (done.returncode, done.stdout) == (2, b""), arguments
        assert told in done.stderr.decode(), arguments
        assert done.stderr.count(b"\n") == 1
    wrong = subprocess.run([OSTIARY, "scan", "--columns", "host=1", str(tmp_path)], capture_output=True, timeout=60,
                           check=False)
    assert wrong.returncode == 2


def test_a_line_of_a_gigabyte_takes_no_memory():
    reader = subprocess.Popen([OSTIARY, "scan", "--logs", "-", "--format", "json"], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    piece = b"x" * (1 << 20)
    reader.stdin.write(LOG.encode())
    for _ in range(1024):
        reader.stdin.write(piece)
    reader.stdin.write(b"\n" + LOG.encode())
    reader.stdin.flush()
    with open(f"/proc/{reader.pid}/status", encoding="ascii") as status:
        peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    out, _ = reader.communicate(timeout=60)
    report = json.loads(out)
    assert report["requests"] == 200
    assert report["partial"][0]["why"] == "too-large"
    assert peak < 150_000, f"{peak} kB"
