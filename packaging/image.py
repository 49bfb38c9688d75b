#!/usr/bin/env python3
"""Writes an OCI image layout (image-spec 1.1) of the program, without a container engine.

    packaging/image.py PROGRAM FOLDER [--epoch SECONDS]

The image holds the program, the shared libraries that it is linked with, the trust store, the time zones and nothing else: no shell, no
package manager. The same program on the same system gives the same bytes: files are sorted, times are EPOCH
(default: $SOURCE_DATE_EPOCH or 0), owners are 0. It runs as user 65532 and keeps its data in /data.
"""

import argparse
import gzip
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

USER = 65532
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
PASSWD = f"root:x:0:0:root:/:/sbin/nologin\nostiary:x:{USER}:{USER}:ostiary:/data:/sbin/nologin\n"
GROUP = f"root:x:0:\nostiary:x:{USER}:\n"


def linked_libraries(program: Path) -> dict[str, Path]:
    """Path in the image -> file here: each library by the name it is asked for, and the loader."""
    listing = subprocess.run(["ldd", str(program)], check=True, capture_output=True, text=True).stdout
    found: dict[str, Path] = {}
    for line in listing.splitlines():
        if "not found" in line:
            sys.exit(f"image.py: {program} is linked with a library that is not here:{line}")
        library = re.match(r"\s*(\S+) => (/\S+)", line)
        if library:
            found[f"lib/{library[1]}"] = Path(library[2]).resolve()
            continue
        loader = re.match(r"\s*(/\S+) \(", line)
        if loader:
            found[loader[1].lstrip("/")] = Path(loader[1]).resolve()
    # Asked for by name at run time, where host names are resolved.
    for name in ("libnss_dns.so.2", "libnss_files.so.2"):
        for folder in {path.parent for path in found.values()}:
            if (folder / name).exists():
                found.setdefault(f"lib/{name}", (folder / name).resolve())
    return found


class Layer:
    """A tar whose bytes depend on its content alone."""

    def __init__(self, epoch: int):
        self.epoch = epoch
        self.entries: dict[str, tuple[tarfile.TarInfo, bytes]] = {}

    def _add(self, name: str, data: bytes = b"", mode: int = 0o644, kind: bytes = tarfile.REGTYPE, owner: int = 0):
        for parent in reversed(Path(name).parents):
            if str(parent) != "." and str(parent) not in self.entries:
                self._add(str(parent), mode=0o755, kind=tarfile.DIRTYPE)
        info = tarfile.TarInfo(name)
        info.type, info.mode, info.size, info.mtime = kind, mode, len(data), self.epoch
        info.uid = info.gid = owner
        self.entries[name] = (info, data)

    def file(self, name: str, data: bytes, mode: int = 0o644):
        self._add(name, data, mode)

    def folder(self, name: str, mode: int = 0o755, owner: int = 0):
        self._add(name, mode=mode, kind=tarfile.DIRTYPE, owner=owner)

    def bytes(self) -> bytes:
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
            for _, (info, data) in sorted(self.entries.items()):
                tar.addfile(info, io.BytesIO(data))
        return out.getvalue()


def fill(layer: Layer, program: Path):
    layer.folder("data", mode=0o700, owner=USER)
    layer.folder("tmp", mode=0o1777)
    layer.file("etc/passwd", PASSWD.encode())
    layer.file("etc/group", GROUP.encode())
    layer.file("etc/nsswitch.conf", b"hosts: files dns\n")
    trust = Path("/etc/ssl/certs/ca-certificates.crt")
    if not trust.exists():
        sys.exit("image.py: no trust store here; install ca-certificates")
    layer.file("etc/ssl/certs/ca-certificates.crt", trust.read_bytes())
    layer.file("usr/lib/ssl/cert.pem", trust.read_bytes())  # where Debian's OpenSSL looks
    zones = Path("/usr/share/zoneinfo")
    if not (zones / "UTC").exists():
        sys.exit("image.py: no time zones here; install tzdata")
    for path in sorted(zones.rglob("*")):
        name = path.relative_to(zones)
        if path.is_file() and name.parts[0] not in ("posix", "right", "localtime", "posixrules"):
            layer.file(f"usr/share/zoneinfo/{name}", path.read_bytes())
    layer.file("usr/bin/ostiary", program.read_bytes(), 0o755)
    for name, source in linked_libraries(program).items():
        layer.file(name, source.read_bytes(), 0o755)


class Layout:
    def __init__(self, folder: Path):
        self.blobs = folder / "blobs" / "sha256"
        self.folder = folder
        self.blobs.mkdir(parents=True)

    def blob(self, data: bytes, media_type: str) -> dict:
        digest = hashlib.sha256(data).hexdigest()
        (self.blobs / digest).write_bytes(data)
        return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(data)}

    def json(self, value: dict, media_type: str) -> dict:
        return self.blob(json.dumps(value, sort_keys=True, separators=(",", ":")).encode(), media_type)


def created(epoch: int) -> str:
    import datetime

    return datetime.datetime.fromtimestamp(epoch, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def write(program: Path, folder: Path, version: str, epoch: int):
    layer = Layer(epoch)
    fill(layer, program)
    tar = layer.bytes()
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=9, mtime=0, filename="") as out:
        out.write(tar)
    layout = Layout(folder)
    layer_blob = layout.blob(packed.getvalue(), "application/vnd.oci.image.layer.v1.tar+gzip")
    config = {
        "architecture": ARCHITECTURES.get(os.uname().machine, os.uname().machine),
        "os": "linux",
        "created": created(epoch),
        "config": {
            "User": f"{USER}:{USER}",
            "ExposedPorts": {"8484/tcp": {}},
            "Env": ["PATH=/usr/bin", "OSTIARY_DATA=/data", "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt"],
            "Entrypoint": ["/usr/bin/ostiary"],
            "Cmd": ["serve"],
            "Volumes": {"/data": {}},
            "WorkingDir": "/data",
            "StopSignal": "SIGTERM",
            "Labels": {
                "org.opencontainers.image.title": "ostiary",
                "org.opencontainers.image.version": version,
                "org.opencontainers.image.licenses": "Apache-2.0",
            },
        },
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(tar).hexdigest()]},
        "history": [{"created": created(epoch), "created_by": "packaging/image.py"}],
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": layout.json(config, "application/vnd.oci.image.config.v1+json"),
        "layers": [layer_blob],
    }
    entry = layout.json(manifest, manifest["mediaType"])
    entry["annotations"] = {"org.opencontainers.image.ref.name": version}
    entry["platform"] = {"architecture": config["architecture"], "os": "linux"}
    index = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [entry]}
    (folder / "index.json").write_text(json.dumps(index, sort_keys=True, separators=(",", ":")))
    (folder / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')


def main():
    arguments = argparse.ArgumentParser(description="writes an OCI image layout of the program")
    arguments.add_argument("program", type=Path)
    arguments.add_argument("folder", type=Path, help="written whole or not at all; must not exist yet")
    arguments.add_argument("--epoch", type=int, default=int(os.environ.get("SOURCE_DATE_EPOCH", "0")))
    given = arguments.parse_args()
    if given.folder.exists():
        sys.exit(f"image.py: {given.folder} is there already; name another folder")
    version = subprocess.run([given.program.resolve(), "version", "--format", "json"], check=True, capture_output=True, text=True)
    draft = given.folder.with_name(given.folder.name + ".new")
    shutil.rmtree(draft, ignore_errors=True)
    try:
        write(given.program.resolve(), draft, json.loads(version.stdout)["version"], given.epoch)
        draft.rename(given.folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


if __name__ == "__main__":
    main()
