"""The scanner on the labelled programs of tests/corpus/scan, and whether the labels hold themselves."""

import sys

import pytest

from lib.gate import BINARY, ROOT

sys.path.insert(0, str(ROOT / "tests" / "corpus" / "scan"))

import evaluate  # noqa: E402

LEAST = 0.97  # of precision and of recall, as the issue asks
LANGUAGES = {"python", "javascript", "go", "java", "kotlin", "scala", "csharp", "ruby", "rust", "php", "c", "cpp",
             "swift", "shell", "notebook", "config", "deployment", "model-files", "datasets", "docs"}


def test_the_set_is_as_large_and_as_hard_as_asked():
    cases = evaluate.cases()
    assert {c.language for c in cases} == LANGUAGES
    assert len(cases) >= 72
    assert sum(c.negative for c in cases) * 3 >= len(cases)


def test_names_that_are_expected_stand_in_the_tree():
    assert [(c.id, evaluate.unspelt(c)) for c in evaluate.cases() if evaluate.unspelt(c)] == []


def test_expected_names_are_ids_of_the_catalogue():
    def ids(*kinds):
        return {p.stem for kind in kinds for p in (ROOT / "catalog" / kind).glob("*.yaml")}

    wanted = {"sdk": ids("sdk"), "framework": ids("sdk"), "endpoint": ids("provider", "server"), "service": ids("server"),
              "assistant-config": ids("tool"), "agent-config": ids("tool"), "ai-authored": ids("tool"),
              "credential": ids("detector")}
    assert [(c.id, kind, name) for c in evaluate.cases() for kind, name in c.expected
            if kind in wanted and name not in wanted[kind]] == []


def test_a_miss_and_a_false_alarm_count_against_the_scanner():
    """The judge itself: what is tolerated counts for nothing, a wrong grade is not a miss."""
    [case] = evaluate.cases(["neg-py-lint-list"])
    found = {("sdk", "openai"): ("called", set()), ("sdk", "anthropic"): ("mentioned", set()),
             ("sdk", "litellm"): ("called", set()), ("sdk", "groq"): ("mentioned", set())}
    count = evaluate.judge(case, found).count
    assert (count.right, count.missed, count.wrong, count.grades) == (1, 1, 2, 0)
    assert count.precision == pytest.approx(1 / 3) and count.recall == pytest.approx(1 / 2)


@pytest.mark.timeout(600)
def test_precision_and_recall_on_the_labelled_programs(capsys):
    verdicts = evaluate.evaluate(str(BINARY), evaluate.cases())
    lines, whole = evaluate.table(verdicts)
    with capsys.disabled():
        print("", *lines, evaluate.closing(whole), sep="\n")
    notes = [note for verdict in verdicts for note in verdict.notes if note.startswith(("missed", "false alarm"))]
    assert whole.precision >= LEAST and whole.recall >= LEAST, "\n".join(notes)
