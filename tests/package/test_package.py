"""What is handed out: the unit, the manual page, the image, the bill of materials."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGING = ROOT / "packaging"
PROGRAM = os.environ["OSTIARY_BIN"]


def needs(tool):
    return pytest.mark.skipif(not shutil.which(tool), reason=f"{tool} is not installed")


def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, timeout=120, **options)


@needs("systemd-analyze")
def test_the_unit_is_exposed_at_most_2_0():
    done = run("systemd-analyze", "security", "--offline=true", "--threshold=20", str(PACKAGING / "ostiary.service"))
    if "offline" in done.stderr:
        pytest.skip("this systemd-analyze cannot look at a file")
    assert done.returncode == 0, done.stdout[-300:] + done.stderr


@needs("systemd-analyze")
def test_what_the_documentation_says_of_sockets_is_taken_and_leaves_the_unit_exposed_at_most_2_0(tmp_path):
    text = (ROOT / "docs" / "deployment.md").read_text()
    blocks = [part.split("```")[0] for part in text.split("```ini\n")[1:]]
    socket = next(b for b in blocks if "SocketGroup=" in b)
    service = next(b for b in blocks if "SupplementaryGroups=" in b)
    units = {"ostiary.socket": (PACKAGING / "ostiary.socket").read_text() + socket,
             "ostiary.service": (PACKAGING / "ostiary.service").read_text().replace("/usr/bin/ostiary", PROGRAM) + service}
    for name, content in units.items():
        (tmp_path / name).write_text(content)
    done = run("systemd-analyze", "verify", "--man=no", str(tmp_path / "ostiary.socket"), str(tmp_path / "ostiary.service"))
    assert not [line for line in done.stderr.splitlines() if "ostiary." in line], done.stderr
    done = run("systemd-analyze", "security", "--offline=true", "--threshold=20", str(tmp_path / "ostiary.service"))
    if "offline" in done.stderr:
        pytest.skip("this systemd-analyze cannot look at a file")
    assert done.returncode == 0, done.stdout[-300:] + done.stderr


def test_the_unit_names_flags_that_the_program_has():
    line = next(x for x in (PACKAGING / "ostiary.service").read_text().splitlines() if x.startswith("ExecStart="))
    known = run(PROGRAM, "serve", "--help").stdout
    for flag in (word for word in line.split() if word.startswith("-")):
        assert flag in known, flag


def test_the_key_of_the_first_start_does_not_reach_the_journal():
    lines = (PACKAGING / "ostiary.service").read_text().splitlines()
    assert "StandardOutput=null" in lines and "StandardError=journal" in lines


def test_the_packaged_configuration_is_one_that_the_program_takes(tmp_path):
    from lib.gate import Gate

    text = (PACKAGING / "ostiary.yaml").read_text().replace("127.0.0.1:8484", "127.0.0.1:0")
    (tmp_path / "ostiary.yaml").write_text(text)
    ready = subprocess.Popen(
        [PROGRAM, "serve", "-c", str(tmp_path / "ostiary.yaml"), "--data", str(tmp_path / "data"), "--format", "json"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert json.loads(ready.stdout.readline())["kind"] == "ready"
    finally:
        ready.terminate()
        assert ready.wait(20) == 0
    assert Gate


@needs("groff")
def test_the_manual_page_is_well_formed_and_has_every_verb():
    page = run(PROGRAM, "docs", "man").stdout
    done = subprocess.run(
        ["groff", "-man", "-Tutf8", "-ww", "-P-c", "-rLL=200n"], input=page, capture_output=True, text=True, timeout=60
    )
    assert done.stderr == ""
    for verb in ("serve", "key create", "ledger verify", "completion"):
        assert verb in done.stdout


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    folder = tmp_path_factory.mktemp("image")
    for name in ("one", "two"):
        done = run(str(PACKAGING / "image.py"), PROGRAM, str(folder / name), "--epoch", "1700000000")
        assert done.returncode == 0, done.stderr
    return folder


def files_of(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_the_image_is_the_same_bytes_each_time(image):
    assert files_of(image / "one") == files_of(image / "two")


@needs("skopeo")
def test_another_tool_reads_the_image(image):
    done = run("skopeo", "inspect", "--config", f"oci:{image / 'one'}")
    assert done.returncode == 0, done.stderr
    config = json.loads(done.stdout)["config"]
    assert config["User"].split(":")[0] != "0" and config["Entrypoint"] == ["/usr/bin/ostiary"]


@needs("umoci")
@pytest.mark.skipif(os.getuid() != 0, reason="changing the root needs root")
def test_the_image_holds_all_that_the_program_needs(image):
    tag = json.loads((image / "one" / "index.json").read_text())["manifests"][0]["annotations"][
        "org.opencontainers.image.ref.name"
    ]
    room = image / "room"
    done = run("umoci", "unpack", "--image", f"{image / 'one'}:{tag}", str(room))
    assert done.returncode == 0, done.stderr
    done = run("chroot", "--userspec=65532:65532", str(room / "rootfs"), "/usr/bin/ostiary", "version", "--format", "json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["kind"] == "version"


@needs("dpkg-query")
def test_the_bill_of_materials_is_valid_and_names_what_is_linked():
    done = run(str(PACKAGING / "sbom.py"), PROGRAM)
    assert done.returncode == 0, done.stderr
    names = {c["name"]: c for c in json.loads(done.stdout)["components"]}
    assert "libssl3" in names and "libsqlite3-0" in names
    assert all(c.get("licenses") for c in names.values()), "a component without licence"
    validation = pytest.importorskip("cyclonedx.validation.json", reason="cyclonedx-python-lib is not installed")
    from cyclonedx.schema import SchemaVersion

    assert validation.JsonStrictValidator(SchemaVersion.V1_6).validate_str(done.stdout) is None
