"""The tables of a run, as Markdown."""

import statistics
from pathlib import Path

import machine
from limits import Line
from measure import ALL_CELLS, Results

BEGIN = "<!-- bench/gate: begin (written by bench/gate/run --markdown; do not edit) -->"
END = "<!-- bench/gate: end -->"
TITLES = {"json": "JSON answers", "stream": "Streams of 50 events"}


def number(value: float | None, digits: int = 0) -> str:
    return "" if value is None else f"{value:,.{digits}f}"


def limit_table(lines: list[Line]) -> list[str]:
    out = ["| limit | measured | single rounds | must be | |", "| --- | --- | --- | --- | --- |"]
    return out + [f"| {one.what} | {one.measured} | {one.spread} | {one.limit} | {one.verdict} |" for one in lines]


def note_of(results: Results, name: str, cell: str) -> str:
    """What a reader must know about a row: errors, others on the cores, a load that is the bottleneck."""
    notes = []
    errors = sum(results.each(name, cell, "errors"))
    if errors:
        notes.append(f"**{errors} errors**")
    proxy, load = results.median(name, cell, "proxy_share"), results.median(name, cell, "load_share")
    if name != "direct" and load > 0.95 and proxy < 0.95:
        notes.append("the load is the bottleneck")
    foreign = results.median(name, cell, "foreign")
    if foreign > 0.05:
        notes.append(f"others took {foreign:.0%} of a core")
    return "; ".join(notes)


def row(results: Results, name: str, cell) -> str:
    def median(key: str, digits: int = 0, scale: float = 1) -> str:
        value = results.median(name, cell.name, key)
        return number(None if value is None else value * scale, digits)

    proxied = name != "direct"
    stream = cell.kind == "stream"
    columns = [str(cell.connections), name, median("event_rate" if stream else "rate"), median("p50"), median("p99"),
               median("cpu_us", 2, 1 / 50 if stream else 1) if proxied else ""]
    if stream:
        columns.append(median("cpu_us") if proxied else "")
    columns += [median("proxy_share", 0, 100) + " %" if proxied else "", median("load_share", 0, 100) + " %",
                median("rss_anon_kb", 1, 1 / 1024) if proxied and cell.connections == 256 else "",
                note_of(results, name, cell.name)]
    return "| " + " | ".join(columns) + " |"


def group_table(results: Results, kind: str, size: str) -> list[str]:
    rows = [row(results, name, cell) for cell in ALL_CELLS if cell.group == (kind, size)
            for name in results.contenders() if (name, cell.name) in results.windows]
    if not rows:
        return []
    if kind == "json":
        head = ["connections", "", "requests/s", "p50 µs", "p99 µs", "CPU µs/request"]
    else:
        head = ["streams", "", "events/s", "event p50 µs", "event p99 µs", "CPU µs/event", "CPU µs/stream"]
    head += ["proxy core", "load core", "RssAnon MiB", ""]
    return ["", f"### {TITLES[kind]}, prompts of {size.removesuffix('k')} KB", "", "| " + " | ".join(head) + " |",
            "| " + " | ".join(["---"] * len(head)) + " |", *rows]


def ready_table(results: Results) -> list[str]:
    if not results.ready_ms:
        return []
    out = ["", "### From start to the first answer", "", "| | median ms | lowest | highest | starts |",
           "| --- | --- | --- | --- | --- |"]
    for name, times in results.ready_ms.items():
        out.append(f"| {name} | {statistics.median(times):.0f} | {min(times):.0f} | {max(times):.0f} | {len(times)} |")
    return out


def facts(results: Results, command: str, took_s: float, rounds: int, window_s: float) -> list[str]:
    out = [f"`{command}` on {machine.describe()}: {rounds} rounds of {window_s:g} s windows, {took_s:.0f} s in all.", ""]
    out += [f"- {name}: {version}" for name, version in results.versions.items() if version]
    out += [f"- {name}: left out: {why}" for name, why in results.skipped.items()]
    out.append(f"- one appended kilobyte with `fdatasync` on the data folder's disk: {results.sync_floor_ms:.2f} ms (median)")
    out += [f"- {name} wrote {size:,.0f} bytes to its data folder for each exchange"
            for name, size in results.bytes_per_exchange.items()]
    if results.partial:
        out.append(f"- **partial**: {results.partial}")
    return out


def markdown(results: Results, lines: list[Line], fact_lines: list[str]) -> str:
    out = [*fact_lines, "", *limit_table(lines)]
    for kind in TITLES:
        for size in ("1k", "32k"):
            out += group_table(results, kind, size)
    return "\n".join(out + ready_table(results)) + "\n"


def rewrite(path: Path, text: str) -> None:
    """Puts `text` between the marks of the file; makes the file where there is none."""
    old = path.read_text() if path.exists() else f"# Performance\n\n{BEGIN}\n{END}\n"
    if BEGIN not in old or END not in old:
        old += f"\n{BEGIN}\n{END}\n"
    before, rest = old.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{before}{BEGIN}\n\n{text}\n{END}{after}")
