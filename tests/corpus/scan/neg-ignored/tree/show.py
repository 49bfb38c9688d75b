import pathlib
import sys

for path in sorted(pathlib.Path("samples").glob("*.py")):
    sys.stdout.write(f"--- {path.name}\n{path.read_text()}\n")
