#!/usr/bin/env python3
"""Fails when a module includes one that does not stand on a lower floor (ARCHITECTURE.md).

usage: tools/check_floors.py [ROOT]
"""
import pathlib
import re
import sys

FLOORS = {
    0: ["base"],
    1: ["json", "lex", "files", "report", "catalog"],
    2: ["inspect", "license", "terms", "policy"],
    3: ["scan", "model", "provenance", "compare"],
    4: ["net", "store", "ledger", "telemetry"],
    5: ["gateway", "inventory", "desk", "watch"],
    6: ["console"],
    7: ["app"],
}
FLOOR_OF = {module: floor for floor, modules in FLOORS.items() for module in modules}
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"/]+)/([^"]+)"')


def violations(root):
    for path in sorted((root / "src").rglob("*")):
        if path.suffix not in (".h", ".cc"):
            continue
        module = path.relative_to(root / "src").parts[0]
        if module not in FLOOR_OF:
            yield path, 1, f"module '{module}' stands on no floor: name it in tools/check_floors.py and ARCHITECTURE.md"
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            found = INCLUDE.match(line)
            if not found:
                continue
            other, rest = found.groups()
            if other == module:
                continue
            if other not in FLOOR_OF:
                yield path, number, f'"{other}/{rest}" is not a module; write the path from src/'
            elif FLOOR_OF[other] >= FLOOR_OF[module]:
                yield path, number, (f"{module} (floor {FLOOR_OF[module]}) may not include {other} (floor "
                                     f"{FLOOR_OF[other]}): declare a small interface here and let app wire it")
            elif rest.startswith("impl/"):
                yield path, number, f"{other}/impl is private to {other}"


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parent.parent)
    found = list(violations(root))
    for path, number, message in found:
        print(f"{path.relative_to(root)}:{number}: {message}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
