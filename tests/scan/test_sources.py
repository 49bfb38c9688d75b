"""What scan reads besides plain folders: packages, container images, revisions, caches, and what cannot be read."""

import gzip
import hashlib
import io
import json
import os
import subprocess
import tarfile
import threading
import zipfile

import pytest

OSTIARY = os.environ["OSTIARY_BIN"]
REQUIREMENTS = b"openai==1.52.0\n"


def scan(*arguments, cwd=None):
    done = subprocess.run([OSTIARY, "scan", "--format", "json", *map(str, arguments)], capture_output=True, text=True,
                          timeout=120, check=False, cwd=cwd)
    assert done.returncode in (0, 2), done.stderr
    return json.loads(done.stdout)


def components(report):
    return {(c["kind"], c["name"]): c for c in report["components"]}


def files_of(report, kind, name):
    return sorted(e["location"]["file"] for e in components(report)[kind, name]["evidence"])


def tar(members, links=()):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        for name, target in links:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, target
            archive.addfile(info)
    return out.getvalue()


def zipped(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def ar(members):
    out = b"!<arch>\n"
    for name, data in members.items():
        out += f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(data):<10}`\n".encode() + data + b"\n" * (len(data) % 2)
    return out


def digest(data):
    return hashlib.sha256(data).hexdigest()


def layout(folder, layers):
    """An OCI layout of one image."""
    def blob(data):
        path = folder / "blobs" / "sha256" / digest(data)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return {"digest": f"sha256:{digest(data)}", "size": len(data)}

    manifest = {"config": blob(b'{"config": {}}'),
                "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", **blob(gzip.compress(one))}
                           for one in layers]}
    (folder / "index.json").write_text(json.dumps({"manifests": [blob(json.dumps(manifest).encode())]}))
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')


BASE = {"app/requirements.txt": REQUIREMENTS, "app/old.gguf": b"GGUF\3\0\0\0" + bytes(16)}
TOP = {"app/.wh.old.gguf": b"", "app/new.gguf": b"GGUF\3\0\0\0" + bytes(16)}


@pytest.mark.parametrize("packed", [False, True])
def test_an_image_of_docker_save_is_what_a_container_would_see(tmp_path, packed):
    one, two = (digest(name) + "/layer.tar" for name in (b"1", b"2"))
    image = tar({one: tar(BASE), two: tar(TOP), "c.json": b'{"config": {"Env": []}}',
                 "manifest.json": json.dumps([{"Config": "c.json", "Layers": [one, two]}]).encode()})
    (tmp_path / "app.tar").write_bytes(gzip.compress(image) if packed else image)
    report = scan("app.tar", cwd=tmp_path)
    assert files_of(report, "sdk", "openai") == ["app.tar!/app/requirements.txt"]
    assert files_of(report, "model-file", "new.gguf") == ["app.tar!/app/new.gguf"]
    assert ("model-file", "old.gguf") not in components(report)
    assert report["partial"] == []


def test_a_layout_in_a_folder_is_read_as_the_image_that_it_is(tmp_path):
    layout(tmp_path / "build" / "image", [tar(BASE), tar(TOP)])
    report = scan(".", cwd=tmp_path)
    assert files_of(report, "sdk", "openai") == ["build/image!/app/requirements.txt"]
    assert ("model-file", "new.gguf") in components(report)
    assert ("model-file", "old.gguf") not in components(report)
    assert report["partial"] == []


def test_packages_of_debian_python_and_npm_are_opened(tmp_path):
    control = b"Package: ferry\nVersion: 1\nArchitecture: all\nDescription: x\n"
    (tmp_path / "ferry.deb").write_bytes(ar({
        "debian-binary": b"2.0\n", "control.tar.gz": gzip.compress(tar({"./control": control})),
        "data.tar.gz": gzip.compress(tar({"./opt/ferry/requirements.txt": REQUIREMENTS}))}))
    (tmp_path / "ferry-1-py3-none-any.whl").write_bytes(zipped({
        "ferry/model.gguf": b"GGUF\3\0\0\0" + bytes(16), "ferry-1.dist-info/METADATA": b"Name: ferry\n"}))
    (tmp_path / "ferry-1.tgz").write_bytes(gzip.compress(tar(
        {"package/package.json": b'{"name": "ferry", "dependencies": {"@anthropic-ai/sdk": "^0.30.0"}}'})))
    report = scan(".", cwd=tmp_path)
    assert files_of(report, "sdk", "openai") == ["ferry.deb!/opt/ferry/requirements.txt"]
    assert files_of(report, "model-file", "model.gguf") == ["ferry-1-py3-none-any.whl!/ferry/model.gguf"]
    assert any(e["location"]["file"] == "ferry-1.tgz!/package/package.json"
               for c in report["components"] for e in c["evidence"])
    assert report["summary"]["archives"] == 3


def test_names_that_lead_out_of_an_image_stay_in_it(tmp_path):
    layer = tar({"../../../etc/requirements.txt": REQUIREMENTS}, [("root", "/")])
    layout(tmp_path / "image", [layer])
    assert files_of(scan("image", cwd=tmp_path), "sdk", "openai") == ["image!/etc/requirements.txt"]


def test_a_revision_is_read_without_a_checkout(tmp_path):
    def git(*arguments):
        subprocess.run(["git", "-c", "user.name=x", "-c", "user.email=x@example.org", *arguments], cwd=tmp_path, check=True,
                       capture_output=True)

    git("init", "-q")
    (tmp_path / "requirements.txt").write_bytes(REQUIREMENTS)
    (tmp_path / "w.gguf").write_bytes(b"GGUF\3\0\0\0" + bytes(16))
    git("add", ".")
    git("commit", "-qm", "one")
    (tmp_path / "requirements.txt").write_text("")
    report = scan("--revision", "HEAD", ".", cwd=tmp_path)
    assert files_of(report, "sdk", "openai") == ["requirements.txt"]
    assert ("model-file", "w.gguf") in components(report)
    assert ("sdk", "openai") not in components(scan(".", cwd=tmp_path))


def test_caches_tell_the_models_that_were_fetched(tmp_path):
    hub = tmp_path / "home" / ".cache" / "huggingface" / "hub" / "models--intfloat--e5-small-v2"
    header = b'{"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}'
    (hub / "blobs").mkdir(parents=True)
    (hub / "blobs" / "0f1e").write_bytes(len(header).to_bytes(8, "little") + header + bytes(4))
    (hub / "snapshots" / "main").mkdir(parents=True)
    (hub / "snapshots" / "main" / "model.safetensors").symlink_to("../../blobs/0f1e")
    manifest = tmp_path / "home" / ".ollama" / "models" / "manifests" / "registry.ollama.ai" / "library" / "qwen2.5" / "0.5b"
    manifest.parent.mkdir(parents=True)
    manifest.write_text(json.dumps({"layers": [{"mediaType": "application/vnd.ollama.image.model", "digest": "sha256:3f"}]}))
    found = components(scan("home", cwd=tmp_path))
    assert ("model", "intfloat/e5-small-v2") in found
    assert ("model", "qwen2.5:0.5b") in found
    assert found["model-file", "0f1e"]["evidence"][0]["note"].endswith("of intfloat/e5-small-v2")


def test_what_cannot_be_read_is_named_and_the_rest_is_read(tmp_path):
    tree = tmp_path / "tree"
    (tree / "a").mkdir(parents=True)
    (tree / "a" / "requirements.txt").write_bytes(REQUIREMENTS)
    (tree / "loop").symlink_to(".")
    (tree / "out").symlink_to("/etc")
    os.mkfifo(tree / "fifo")
    deep = b"core"
    for _ in range(100):
        deep = gzip.compress(tar({"t": deep}))
    (tree / "deep.tgz").write_bytes(deep)
    (tree / "broken.zip").write_bytes(zipped({"a": b"1" * 1000})[:300])
    report = scan("tree", cwd=tmp_path)
    assert files_of(report, "sdk", "openai") == ["tree/a/requirements.txt"]
    whys = {p["file"].split("!")[0]: p["why"] for p in report["partial"]}
    assert whys["tree/deep.tgz"] == "too-deep"
    assert "tree/broken.zip" in whys
    assert report["summary"]["links"] == 2


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_named(tmp_path):
    (tmp_path / "secret.py").write_text("import openai\n")
    (tmp_path / "secret.py").chmod(0)
    assert scan(".", cwd=tmp_path)["partial"][0]["why"] == "unreadable"


def test_a_file_that_is_cut_while_it_is_read_does_not_end_the_scan(tmp_path):
    line, size = b"x = 'the ferry leaves at eight'\n", 100 << 20
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "requirements.txt").write_bytes(REQUIREMENTS)
    text = tmp_path / "big.py"
    text.write_bytes(line * (size // len(line)))
    over = threading.Event()

    def cut():
        while not over.wait(0.001):
            os.truncate(text, 1 << 20)
            over.wait(0.001)
            os.truncate(text, size)

    cutter = threading.Thread(target=cut)
    cutter.start()
    changed = 0
    try:
        for _ in range(10):
            report = scan(".", cwd=tmp_path)
            assert files_of(report, "sdk", "openai") == ["a/requirements.txt"]
            changed += any("changed" in p["text"] for p in report["partial"])
    finally:
        over.set()
        cutter.join()
    assert changed > 0
