"""The limits the gate is held to, each with what was measured and a verdict."""

import statistics
from dataclasses import dataclass

from measure import Results

GATE = "ostiary"
FULL, BARE = "ostiary-full", "ostiary-bare"     # with everything on, with all off that can be

INSPECTING, BLIND = "ostiary-inspecting", "ostiary-blind"
RULED, UNRULED = "ostiary-ruled", "ostiary-unruled"     # with the built-in policy, and with none


@dataclass
class Line:
    what: str
    measured: str
    limit: str
    verdict: str        # PASS, FAIL, SKIP, or "" for a line that is only shown
    spread: str = ""    # the same over the single rounds, lowest to highest


def judge(value: float | None, limit: float, at_least: bool) -> str:
    if value is None:
        return "SKIP"
    return "PASS" if (value >= limit if at_least else value <= limit) else "FAIL"


def ratio(results: Results, cell: str, key: str, other: str, ours: str = GATE) -> tuple[float | None, str]:
    """Ratio of medians, and the lowest and highest ratio within one round."""
    above, below = results.median(ours, cell, key), results.median(other, cell, key)
    if above is None or not below:
        return None, ""
    pairs = zip(results.each(ours, cell, key), results.each(other, cell, key))
    rounds = [one / two for one, two in pairs if two]
    return above / below, f"{min(rounds):.2f} to {max(rounds):.2f}" if rounds else ""


def ratio_line(results: Results, what: str, cell: str, key: str, limit: float, at_least: bool, other="nginx",
               ours=GATE) -> Line:
    value, spread = ratio(results, cell, key, other, ours)
    sign = "≥" if at_least else "≤"
    shown = f"{value:.2f} × {other}" if value is not None else "not measured"
    return Line(f"{what}, `{cell}`", shown, f"{sign} {limit:g} × {other}", judge(value, limit, at_least), spread)


def shown_ratio(results: Results, what: str, cell: str, key: str, other: str, ours: str) -> Line:
    value, spread = ratio(results, cell, key, other, ours)
    shown = f"{value:.2f} × {other}" if value is not None else "not measured"
    return Line(f"{what}, `{cell}`", shown, "only shown", "", spread)


def added_latency(results: Results) -> Line:
    cell, key = "json/1k/1", "p50"
    values = [results.median(name, cell, key) for name in ("direct", "nginx", GATE)]
    value, shown, spread = None, "not measured", ""
    if None not in values and values[1] > values[0]:
        direct, nginx, ours = values
        value = (ours - direct) / (nginx - direct)
        shown = f"{value:.2f} × nginx ({ours - direct:.0f} against {nginx - direct:.0f} µs)"
        rounds = [(c - a) / (b - a) for a, b, c in
                  zip(*(results.each(name, cell, key) for name in ("direct", "nginx", GATE))) if b > a]
        spread = f"{min(rounds):.2f} to {max(rounds):.2f}" if rounds else ""
    return Line(f"p50 added over direct, `{cell}`", shown, "≤ 1.5 × nginx", judge(value, 1.5, False), spread)


def memory(results: Results) -> Line:
    values = [results.median(GATE, cell, "rss_anon_kb") for name, cell in results.windows
              if name == GATE and cell.endswith("/256")]
    value = max(values) / 1024 if values else None
    shown = f"{value:.1f} MiB" if value is not None else "not measured"
    # 30 MB in the kernel's own unit of 1,024 bytes.
    return Line("RssAnon at 256 connections, highest cell", shown, "< 30 MB",
                judge(value, 30e6 / 1048576, False))


def ready(results: Results) -> Line:
    times = results.ready_ms.get(GATE, [])
    value = statistics.median(times) if times else None
    return Line("start to first answer, empty data folder", f"{value:.0f} ms" if times else "not measured",
                "< 100 ms", judge(value, 100, False), f"{min(times):.0f} to {max(times):.0f} ms" if times else "")


def sync_always(results: Results, connections: int, judged: bool) -> Line:
    cell = f"json/1k/{connections}"
    always, interval = results.median("ostiary-always", cell, "p50"), results.median(GATE, cell, "p50")
    value = None if always is None or interval is None else (always - interval) / 1000
    return Line(f"p50 added by `ledger.sync: always`, `{cell}`",
                f"{value:.2f} ms" if value is not None else "not measured",
                "≤ 1 ms" if judged else "only shown", judge(value, 1.0, False) if judged else "")


def lines(results: Results) -> list[Line]:
    out = []
    busy = (16, 64, 256)
    out += [ratio_line(results, "requests/s", f"json/1k/{n}", "rate", 0.85, True) for n in busy]
    out += [ratio_line(results, "CPU per request", f"json/1k/{n}", "cpu_us", 1.35, False) for n in busy]
    out += [ratio_line(results, "CPU per request", f"json/32k/{n}", "cpu_us", 2.0, False) for n in busy]
    out.append(added_latency(results))
    out.append(ratio_line(results, "CPU per event", "stream/1k/64", "cpu_us", 1.4, False))
    out.append(ratio_line(results, "requests/s", "json/1k/64", "rate", 30, True, "portkey"))
    everything = "requests/s with limits, budgets, metrics and spans"
    out += [ratio_line(results, everything, "json/1k/64", "rate", limit, True, other, FULL)
            for other, limit in ((BARE, 0.92), ("nginx", 0.8))]
    out += [ratio_line(results, "requests/s with inspection", f"json/{size}/64", "rate", limit, True, BLIND, INSPECTING)
            for size, limit in (("1k", 0.85), ("32k", 0.45))]
    out += [shown_ratio(results, "CPU per request with inspection", f"json/{size}/64", "cpu_us", BLIND, INSPECTING)
            for size in ("1k", "32k")]
    out.append(ratio_line(results, "requests/s with the built-in policy", "json/1k/64", "rate", 0.9, True, UNRULED, RULED))
    out.append(shown_ratio(results, "CPU per request with the built-in policy", "json/1k/64", "cpu_us", UNRULED, RULED))
    out += [memory(results), ready(results)]
    out += [sync_always(results, n, judged=n == 1) for n in (1, 16, 64, 256)]
    return out
