#!/usr/bin/env python3
"""Writes catalog/spdx/list.yaml from the crate `spdx`, which carries the ids of the SPDX licence list.

    tools/spdx_ids.py FOLDER_OF_THE_CRATE DATE > catalog/spdx/list.yaml

`cargo fetch` of a package that depends on the crate brings the folder. DATE is the day on which somebody looked.
"""

import re
import sys
from pathlib import Path

# What a deprecated id says today. Ids of the GNU family follow a rule; the others are told by the list's notes.
NOW = {
    "BSD-2-Clause-FreeBSD": "BSD-2-Clause",
    "BSD-2-Clause-NetBSD": "BSD-2-Clause",
    "bzip2-1.0.5": "bzip2-1.0.6",
    "eCos-2.0": "GPL-2.0-or-later WITH eCos-exception-2.0",
    "GPL-2.0-with-autoconf-exception": "GPL-2.0-only WITH Autoconf-exception-2.0",
    "GPL-2.0-with-bison-exception": "GPL-2.0-only WITH Bison-exception-2.2",
    "GPL-2.0-with-classpath-exception": "GPL-2.0-only WITH Classpath-exception-2.0",
    "GPL-2.0-with-font-exception": "GPL-2.0-only WITH Font-exception-2.0",
    "GPL-2.0-with-GCC-exception": "GPL-2.0-only WITH GCC-exception-2.0",
    "GPL-3.0-with-autoconf-exception": "GPL-3.0-only WITH Autoconf-exception-3.0",
    "GPL-3.0-with-GCC-exception": "GPL-3.0-only WITH GCC-exception-3.1",
    "StandardML-NJ": "SMLNJ",
    "wxWindows": "LGPL-2.0-or-later WITH WxWindows-exception-3.1",
}


def now(old: str) -> str:
    if re.fullmatch(r"(A?GPL|LGPL|GFDL)-[0-9.]+\+", old):
        return old[:-1] + "-or-later"
    if re.fullmatch(r"(A?GPL|LGPL|GFDL)-[0-9.]+", old):
        return old + "-only"
    return NOW.get(old, "")


def entries(text: str) -> list[tuple[str, str]]:
    return re.findall(r'name: "([^"]+)",(?:\s*full_name: r#"[^\n]*"#,)?\s*index: \d+,\s*flags: ([^\n]*),\n', text)


def listed(title: str, ids: list[str]) -> None:
    print(f"{title}:")
    for each in sorted(ids, key=str.lower):
        print(f"  - {each}")


def main() -> None:
    folder, date = sys.argv[1:]
    source = (Path(folder) / "src" / "identifiers.rs").read_text()
    version = re.search(r"license-list-data @ v([0-9.]+)", source).group(1)
    crate = re.search(r'^version = "([^"]+)"', (Path(folder) / "Cargo.toml").read_text(), re.M).group(1)
    licences, exceptions = (entries(part) for part in source.split("pub const EXCEPTIONS"))
    licences = [each for each in licences if each[0] != "NOASSERTION"]
    print(f"id: list\nversion: '{version}'")
    listed("licenses", [each for each, flags in licences if "DEPRECATED" not in flags])
    listed("exceptions", [each for each, flags in exceptions if "DEPRECATED" not in flags])
    print("deprecated:")
    for old, flags in sorted(licences + exceptions, key=lambda each: each[0].lower()):
        if "DEPRECATED" in flags:
            print(f"  - {{id: {old}, now: '{now(old)}'}}" if now(old) else f"  - {{id: {old}}}")
    print(f"origin:\n  source: the crate spdx {crate} (identifiers.rs)\n  date: {date}")


main()
