"""The verdicts and the rewriting of the marked section, on made-up measurements."""

import tempfile
import unittest
from pathlib import Path

import limits
import measure
import report


def results_with(values: dict[tuple[str, str], dict]) -> measure.Results:
    results = measure.Results()
    for (name, cell), window in values.items():
        for turn in range(3):
            filled = dict.fromkeys(("rate", "event_rate", "p50", "p99", "cpu_us", "proxy_share", "load_share", "foreign",
                                    "rss_anon_kb", "errors", "completed"), 1.0) | window
            results.windows.setdefault((name, cell), []).append(filled | {"turn": turn})
    return results


def verdict(results: measure.Results, what: str) -> str:
    return next(line.verdict for line in limits.lines(results) if line.what.startswith(what))


class LimitsTest(unittest.TestCase):
    def test_throughput_below_the_limit_fails_and_at_it_passes(self):
        for rate, expected in ((84.0, "FAIL"), (85.0, "PASS")):
            results = results_with({("nginx", "json/1k/64"): {"rate": 100.0}, ("ostiary", "json/1k/64"): {"rate": rate}})
            self.assertEqual(verdict(results, "requests/s, `json/1k/64`"), expected)

    def test_cpu_above_the_limit_fails(self):
        for cpu, expected in ((13.6, "FAIL"), (13.4, "PASS")):
            results = results_with({("nginx", "json/1k/16"): {"cpu_us": 10.0}, ("ostiary", "json/1k/16"): {"cpu_us": cpu}})
            self.assertEqual(verdict(results, "CPU per request, `json/1k/16`"), expected)

    def test_added_latency_is_taken_over_direct(self):
        cell = "json/1k/1"
        for ours, expected in ((165.0, "PASS"), (180.0, "FAIL")):
            results = results_with({("direct", cell): {"p50": 10.0}, ("nginx", cell): {"p50": 120.0},
                                    ("ostiary", cell): {"p50": ours}})
            self.assertEqual(verdict(results, "p50 added over direct"), expected)

    def test_memory_is_the_highest_cell(self):
        results = results_with({("ostiary", "json/1k/256"): {"rss_anon_kb": 10e3},
                                ("ostiary", "stream/32k/256"): {"rss_anon_kb": 31e3}})
        self.assertEqual(verdict(results, "RssAnon"), "FAIL")

    def test_everything_on_is_held_to_the_same_run_with_it_off_and_to_nginx(self):
        cell, what = "json/1k/64", "requests/s with limits, budgets, metrics and spans"
        for full, expected in ((91.0, ["FAIL", "PASS"]), (92.0, ["PASS", "PASS"])):
            results = results_with({("nginx", cell): {"rate": 110.0}, ("ostiary-bare", cell): {"rate": 100.0},
                                    ("ostiary-full", cell): {"rate": full}})
            self.assertEqual([line.verdict for line in limits.lines(results) if line.what.startswith(what)], expected)
        results = results_with({("nginx", cell): {"rate": 120.0}, ("ostiary-bare", cell): {"rate": 100.0},
                                ("ostiary-full", cell): {"rate": 95.0}})
        self.assertEqual([line.verdict for line in limits.lines(results) if line.what.startswith(what)], ["PASS", "FAIL"])

    def test_inspection_is_held_to_the_same_gate_without_it(self):
        for size, limit in (("1k", 85.0), ("32k", 45.0)):
            for rate, expected in ((limit - 1, "FAIL"), (limit, "PASS")):
                cell = f"json/{size}/64"
                results = results_with({("ostiary-blind", cell): {"rate": 100.0},
                                        ("ostiary-inspecting", cell): {"rate": rate}, ("ostiary", cell): {"rate": 1.0}})
                self.assertEqual(verdict(results, f"requests/s with inspection, `{cell}`"), expected)

    def test_the_policy_is_held_to_the_same_gate_without_it(self):
        cell = "json/1k/64"
        for rate, expected in ((89.0, "FAIL"), (90.0, "PASS")):
            results = results_with({("ostiary-unruled", cell): {"rate": 100.0}, ("ostiary-ruled", cell): {"rate": rate}})
            self.assertEqual(verdict(results, f"requests/s with the built-in policy, `{cell}`"), expected)

    def test_what_was_not_measured_is_skipped(self):
        self.assertEqual({line.verdict for line in limits.lines(measure.Results())}, {"SKIP", ""})

    def test_a_row_tells_errors_and_a_load_that_is_the_bottleneck(self):
        results = results_with({("nginx", "json/1k/64"): {"errors": 2, "proxy_share": 0.7, "load_share": 1.0}})
        text = "\n".join(report.group_table(results, "json", "1k"))
        self.assertIn("**6 errors**", text)
        self.assertIn("the load is the bottleneck", text)


class RewriteTest(unittest.TestCase):
    def test_only_the_marked_section_changes(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "docs/performance.md"
            report.rewrite(path, "first")
            path.write_text("before\n" + path.read_text() + "after\n")
            report.rewrite(path, "second")
            text = path.read_text()
        self.assertTrue(text.startswith("before\n") and text.endswith("after\n"))
        self.assertIn("second", text)
        self.assertNotIn("first", text)


if __name__ == "__main__":
    unittest.main()
