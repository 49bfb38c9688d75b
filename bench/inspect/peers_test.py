"""How findings are judged by labels, and how a peer's lines become places."""

import json
import tempfile
import unittest
from pathlib import Path

import contenders
import in_venv
import peers
from contenders import Finding


def label(klass: str, start: int, end: int, optional: bool = False) -> dict:
    return {"class": klass, "start": start, "end": end, "optional": optional}


class JudgeTest(unittest.TestCase):
    LABELS = {"a": [label("secret", 10, 20), label("secret", 30, 40), label("secret", 50, 60, optional=True),
                    label("personal", 70, 80)], "b": []}

    def judged(self, *findings: Finding) -> peers.Score:
        return peers.judge(self.LABELS, list(findings), "secret")

    def test_a_label_is_found_where_a_finding_of_its_class_overlaps_it(self):
        self.assertEqual(self.judged(Finding("a", 19, 25, "secret")), peers.Score(2, 1, 1, 1))
        self.assertEqual(self.judged(Finding("a", 20, 30, "secret")), peers.Score(2, 0, 1, 0))
        self.assertEqual(self.judged(Finding("a", 10, 20, "personal")), peers.Score(2, 0, 0, 0))
        self.assertEqual(self.judged(Finding("a", 12, 14, "secret"), Finding("a", 15, 16, "secret")), peers.Score(2, 1, 2, 2))

    def test_what_may_be_found_counts_for_neither(self):
        self.assertEqual(self.judged(Finding("a", 50, 60, "secret")), peers.Score(2, 0, 0, 0))

    def test_a_finding_in_a_text_without_label_or_on_another_class_is_wrong(self):
        self.assertEqual(self.judged(Finding("b", 0, 5, "secret"), Finding("a", 70, 80, "secret")), peers.Score(2, 0, 2, 0))


class PlaceTest(unittest.TestCase):
    TEXT = "eins\nzwei ü key\ndrei key".encode()

    def test_it_is_where_the_value_stands_in_the_lines(self):
        start, end = contenders.place_of(self.TEXT, 2, 2, b"key")
        self.assertEqual((start, self.TEXT[start:end]), (13, b"key"))
        start, _ = contenders.place_of(self.TEXT, 3, 3, b"key")
        self.assertEqual(self.TEXT[start:], b"key")
        self.assertGreater(start, 16)

    def test_it_is_the_lines_where_the_value_is_not_in_them(self):
        self.assertEqual(contenders.place_of(self.TEXT, 1, 1, b"decoded"), (0, 5))
        self.assertEqual(contenders.place_of(self.TEXT, 2, 3, b"decoded"), (5, len(self.TEXT)))


class LabelledTest(unittest.TestCase):
    def test_marks_are_taken_out_and_places_count_bytes(self):
        text, labels = in_venv.labelled("ü A\u27e6secret x\u27e7gh\u27e6+\u27e7p\u27e6/\u27e7 \u27e6? personal y\u27e7B\u27e6/\u27e7.")
        self.assertEqual(text.decode(), "ü Aghp B.")
        self.assertEqual([text[one["start"]:one["end"]] for one in labels], [b"ghp", b"B"])
        self.assertEqual([(one["class"], one["optional"]) for one in labels], [("secret", False), ("personal", True)])

    def test_pieces_are_whole_lines_and_know_how_many_bytes_stand_before(self):
        text = "ä" * 60_000 + "\n" + "b" * 60_000 + "\nc"
        parts = list(in_venv.pieces(text))
        self.assertEqual("".join(piece for piece, _ in parts), text)
        self.assertEqual([before for _, before in parts], [0, 120_001])


class SpeedTest(unittest.TestCase):
    def test_who_is_slow_runs_once_and_who_fails_is_left_out(self):
        class Fake(contenders.Contender):
            def __init__(self, name, cpu_s):
                super().__init__(Path(), False)
                self.name, self.cpu_s = name, cpu_s

            def run(self, folder):
                if self.cpu_s < 0:
                    raise contenders.Unavailable("it broke")
                return contenders.Run(self.cpu_s)

        skipped = {}
        runs = peers.run_rounds([Fake("quick", 1), Fake("slow", 99), Fake("broken", -1)], Path(), 3, skipped)
        self.assertEqual({name: len(each) for name, each in runs.items()}, {"quick": 3, "slow": 1})
        self.assertEqual(skipped, {"broken": "it broke"})

    def test_findings_of_ostiary_have_places(self):
        one = contenders.Ostiary(Path(), False, Path("/nowhere"))
        output = {"findings": [{"class": "secret", "location": {"file": "/x/a.txt", "start": 3, "end": 9}}]}
        self.assertEqual(one.findings(json.dumps(output).encode(), Path()), [Finding("a.txt", 3, 9, "secret")])

    def test_findings_of_gitleaks_have_places(self):
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "a.txt").write_text("one\ntoken value\n")
            row = {"File": f"{folder}/a.txt", "StartLine": 2, "EndLine": 2, "Secret": "value"}
            found = contenders.Gitleaks(Path(), False).findings(json.dumps([row]).encode(), Path(folder))
        self.assertEqual(found, [Finding("a.txt", 10, 15, "secret")])


if __name__ == "__main__":
    unittest.main()
