#!/usr/bin/env python3
"""Writes the software bill of materials of the program itself, CycloneDX 1.6 JSON.

    packaging/sbom.py PROGRAM [-o FILE]

Components are the shared libraries that the program is linked with, by the Debian package that each is from, and the
header-only libraries that are compiled in. The serial number and the time come from the content and $SOURCE_DATE_EPOCH,
so that the same build gives the same document. Licences are SPDX expressions of the upstream parts that are used.
"""

import argparse
import datetime
import hashlib
import json
import os
import re
import subprocess
import sys
import uuid
from pathlib import Path

# Debian source package -> licence of what is linked.
LICENCES = {
    "acl": "LGPL-2.1-or-later",
    "attr": "LGPL-2.1-or-later",
    "bzip2": "bzip2-1.0.6",
    "cli11": "BSD-3-Clause",
    "fmtlib": "MIT",
    "gcc-12": "GPL-3.0-or-later WITH GCC-exception-3.1",
    "glibc": "LGPL-2.1-or-later",
    "gmp": "LGPL-3.0-or-later OR GPL-2.0-or-later",
    "howardhinnant-date": "MIT",
    "icu": "Unicode-3.0",
    "libarchive": "BSD-2-Clause",
    "libxml2": "MIT",
    "libyaml": "MIT",
    "libzstd": "BSD-3-Clause",
    "lz4": "BSD-2-Clause",
    "md4c": "MIT",
    "nettle": "LGPL-3.0-or-later OR GPL-2.0-or-later",
    "openssl": "Apache-2.0",
    "simdjson": "Apache-2.0",
    "sqlite3": "blessing",
    "vectorscan": "BSD-3-Clause",
    "xz-utils": "0BSD",
    "zlib": "Zlib",
}
COMPILED_IN = ["libcli11-dev"]


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stdout if done.returncode == 0 else ""


def libraries(program: Path) -> list[Path]:
    listing = run("ldd", str(program))
    return [Path(path).resolve() for path in re.findall(r"(?:=> |^\s*)(/\S+) \(", listing, re.M)]


def owner(library: Path) -> str | None:
    # Debian lists files by the path before /usr was merged.
    for path in (library, Path("/", *library.parts[2:]) if library.parts[1] == "usr" else Path("/usr", *library.parts[1:])):
        listing = run("dpkg-query", "-S", str(path))
        if listing:
            return listing.split(":")[0]
    return None


def package(name: str) -> dict[str, str]:
    fields = run("dpkg-query", "-W", "-f", "${Package}\\t${Version}\\t${Architecture}\\t${source:Package}\\n", name)
    keys = ("name", "version", "architecture", "source")
    return dict(zip(keys, fields.splitlines()[0].split("\t"))) if fields else {}


def component(found: dict[str, str], scope: str) -> dict:
    purl = f"pkg:deb/debian/{found['name']}@{found['version'].replace('+', '%2B').replace(':', '%3A')}?arch={found['architecture']}&distro=debian-12"
    licence = LICENCES.get(found["source"])
    out = {
        "type": "library",
        "bom-ref": purl,
        "name": found["name"],
        "version": found["version"],
        "purl": purl,
        "scope": "required",
        "properties": [{"name": "ostiary:use", "value": scope}],
    }
    if licence:
        out["licenses"] = [{"expression": licence}] if " " in licence else [{"license": {"id": licence}}]
    return out


def document(program: Path) -> dict:
    version = json.loads(run(str(program), "version", "--format", "json"))
    names = {name: "linked" for name in filter(None, map(owner, libraries(program)))}
    names.update({name: "compiled in" for name in COMPILED_IN})
    found = {name: package(name) for name in names}
    missing = [name for name, fields in found.items() if not fields]
    if missing:
        sys.exit(f"sbom.py: not installed here, so that its version is not known: {', '.join(missing)}")
    components = sorted((component(found[name], names[name]) for name in names), key=lambda c: c["name"])
    digest = hashlib.sha256(program.read_bytes()).hexdigest()
    subject = f"pkg:generic/ostiary@{version['version']}"
    epoch = int(os.environ.get("SOURCE_DATE_EPOCH", "0"))
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, digest)}",
        "version": 1,
        "metadata": {
            "timestamp": datetime.datetime.fromtimestamp(epoch, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "component": {
                "type": "application",
                "bom-ref": subject,
                "name": "ostiary",
                "version": version["version"],
                "purl": subject,
                "licenses": [{"license": {"id": "Apache-2.0"}}],
                "hashes": [{"alg": "SHA-256", "content": digest}],
                "properties": [{"name": "ostiary:commit", "value": version["commit"]}],
            },
        },
        "components": components,
        "dependencies": [{"ref": subject, "dependsOn": sorted(c["bom-ref"] for c in components)}]
        + [{"ref": c["bom-ref"]} for c in components],
    }


def main():
    arguments = argparse.ArgumentParser(description="writes a CycloneDX bill of materials of the program")
    arguments.add_argument("program", type=Path)
    arguments.add_argument("-o", "--output", type=Path, help="default: standard output")
    given = arguments.parse_args()
    text = json.dumps(document(given.program), indent=1, sort_keys=True) + "\n"
    if not given.output:
        sys.stdout.write(text)
        return
    draft = given.output.with_name(given.output.name + ".new")
    draft.write_text(text)
    draft.rename(given.output)


if __name__ == "__main__":
    main()
