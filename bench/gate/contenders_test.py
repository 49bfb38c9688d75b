"""What ostiary-full is configured with, and that it does not pass for it when it is not; the sink of its spans."""

import http.client
import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import contenders
import measure
import prompts

HERE = Path(__file__).resolve().parent
ANSWER = "HTTP/1.1 200 OK\r\nX-RateLimit-Remaining-Requests: 9\r\nx-ratelimit-remaining-tokens: 9\r\nx-ostiary-budget-remaining: 1\r\n"


class FullTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def prepared(self, kind):
        one = kind(Path(self.folder.name), 0, Path("/nowhere"))
        one.folder = Path(self.folder.name)
        one.prepare(4321, False)
        self.addCleanup(one.stop)
        return one, (one.folder / "ostiary.yaml").read_text()

    def test_full_has_limits_prices_metrics_and_spans_and_bare_has_none(self):
        _, full = self.prepared(contenders.OstiaryFull)
        for needed in ("per_key:", "per_team:", "spend_per_month", "prices:", "metrics: true", "endpoint:", "propagate: false"):
            self.assertIn(needed, full)
        _, bare = self.prepared(contenders.OstiaryBare)
        self.assertIn("metrics: false", bare)
        for off in ("limits", "prices", "endpoint"):
            self.assertNotIn(off, bare)

    def test_full_without_limits_in_force_is_refused(self):
        one, _ = self.prepared(contenders.OstiaryFull)
        one.ask = lambda: (200, ANSWER)
        one.await_answer()
        one.ask = lambda: (200, ANSWER.replace("x-ostiary-budget-remaining", "x-other"))
        with self.assertRaisesRegex(contenders.Failed, "budget"):
            one.await_answer()

    def test_full_whose_collector_got_nothing_is_refused(self):
        one, _ = self.prepared(contenders.OstiaryFull)
        one.process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        with self.assertRaisesRegex(contenders.Failed, "no spans"):
            one.stop()


class RuledTest(unittest.TestCase):
    def test_the_two_differ_in_the_policy_only(self):
        self.assertEqual(contenders.OstiaryUnruled.more, "policy: none\n")
        self.assertEqual(contenders.OstiaryRuled.more, "policy: built-in\n")

    def test_one_without_the_policy_in_force_is_refused(self):
        one = contenders.OstiaryRuled(Path("/nowhere"), 0, Path("/nowhere"))
        one.ask = lambda prompt="hello": (200, f"x-ostiary-decision: {'redact' if 'ghp_' in prompt else 'allow'}\r\n")
        one.await_answer()
        one.ask = lambda prompt="hello": (200, "x-ostiary-decision: allow\r\n")
        with self.assertRaisesRegex(contenders.Failed, "not in force"):
            one.await_answer()


class InspectingTest(unittest.TestCase):
    def test_the_two_differ_in_inspection_only(self):
        self.assertEqual(contenders.OstiaryBlind.more, "policy: none\ninspect: false\n")
        self.assertIn("policy: none\n", contenders.OstiaryInspecting.more)
        self.assertNotIn("inspect:", contenders.OstiaryInspecting.more)
        self.assertIn("secret: deny", contenders.OstiaryInspecting.more)

    def test_one_that_lets_a_token_through_is_refused(self):
        one = contenders.OstiaryInspecting(Path("/nowhere"), 0, Path("/nowhere"))
        refused = (403, '{"error":{"message":"holds secret"}}')
        one.ask = lambda prompt="hello": refused if "ghp_" in prompt else (200, "{}")
        one.await_answer()
        one.ask = lambda prompt="hello": (200, "{}")
        with self.assertRaisesRegex(contenders.Failed, "does not inspect"):
            one.await_answer()


class PromptsTest(unittest.TestCase):
    def test_they_are_the_same_every_time_and_as_long_as_asked(self):
        for size in measure.SIZES.values():
            self.assertEqual(prompts.body(size, False), prompts.body(size, False))
            self.assertEqual(len(json.dumps(json.loads(prompts.body(size, True)), ensure_ascii=False,
                                            separators=(",", ":")).encode()), size)


class SinkTest(unittest.TestCase):
    def test_it_takes_everything_on_one_connection_and_counts(self):
        process = subprocess.Popen([sys.executable, str(HERE / "sink.py")], stdout=subprocess.PIPE)
        port = json.loads(process.stdout.readline())["port"]
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        for size in (0, 10, 3 << 20):
            client.request("POST", "/v1/traces", b"x" * size)
            answer = client.getresponse()
            self.assertEqual((answer.status, answer.read()), (200, b"{}"))
        client.close()
        process.terminate()
        told, _ = process.communicate(timeout=10)
        self.assertEqual(json.loads(told), {"requests": 3, "bytes": 10 + (3 << 20)})


if __name__ == "__main__":
    unittest.main()
