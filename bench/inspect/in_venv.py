"""What runs with the packages of the peers' own environment (peers.py makes it): the labelled texts as files, and the
two peers that are Python packages. Findings go to standard output, a JSON object a line, places in bytes.

  in_venv.py corpus CORPUS OUT         writes the texts to OUT, prints their labels
  in_venv.py detect-secrets FOLDER
  in_venv.py presidio FOLDER
"""

import base64
import json
import re
import sys
from pathlib import Path

PIECE = 100_000     # characters that Presidio gets at once, cut at line ends
LEAST_SCORE = 0.4   # what its pattern for phone numbers has without context
# What it calls an entity that is no personal data by the rules of tests/corpus/inspect/README.md, or too vague to judge.
NOT_PERSONAL = {"URL", "DATE_TIME", "LOCATION", "NRP", "ORGANIZATION"}


def told(**finding) -> None:
    print(json.dumps(finding))


def texts_in(folder: str) -> list[Path]:
    return sorted(path for path in Path(folder).iterdir() if path.is_file())


def labelled(marked: str) -> tuple[bytes, list[dict]]:
    """The text of a marked one and its labels; the marks are told of in tests/corpus/inspect/README.md."""
    out, labels, at = b"", [], 0
    for mark in re.finditer("⟦([^⟧]*)⟧", marked):
        out += marked[at:mark.start()].encode()
        at = mark.end()
        word = mark.group(1)
        if word == "/":
            labels[-1]["end"] = len(out)
        elif word != "+":
            optional = word.startswith("? ")
            labels.append({"class": word.removeprefix("? ").split()[0], "start": len(out), "optional": optional})
    return out + marked[at:].encode(), labels


def write_corpus(corpus: str, out: str) -> None:
    import yaml
    number = 0
    for path in sorted(Path(corpus).rglob("*.yaml")):
        for entry in yaml.load(path.read_text(), yaml.BaseLoader):
            if "bytes" in entry:
                text = base64.b64decode(entry["bytes"])
                labels = [{"class": span[2], "start": int(span[0]), "end": int(span[1]), "optional": False}
                          for span in entry.get("spans", [])]
            else:
                text, labels = labelled(entry["text"])
            name = f"{number:04}.txt"
            (Path(out) / name).write_bytes(text)
            told(file=name, id=f"{path.stem}/{entry['id']}", labels=labels)
            number += 1


def detect_secrets(folder: str) -> None:
    from detect_secrets import SecretsCollection
    from detect_secrets.settings import default_settings, get_settings
    with default_settings():
        # Nothing is tried at the services that it would open.
        get_settings().disable_filters("detect_secrets.filters.common.is_ignored_due_to_verification_policies")
        for path in texts_in(folder):
            secrets = SecretsCollection()
            secrets.scan_file(str(path))
            lines = path.read_bytes().split(b"\n")
            starts = [0]
            for line in lines:
                starts.append(starts[-1] + len(line) + 1)
            for _, secret in secrets:
                if secret.type.startswith("Public IP"):
                    continue
                number = max(secret.line_number, 1) - 1
                line = lines[number] if number < len(lines) else b""
                value = (secret.secret_value or "").encode()
                found = line.find(value) if value else -1
                start = starts[min(number, len(lines) - 1)]
                span = (start + found, start + found + len(value)) if found >= 0 else (start, start + len(line))
                told(file=path.name, start=span[0], end=span[1], **{"class": "secret"}, kind=secret.type)


def pieces(text: str):
    """The text in pieces of whole lines, with how many bytes stand before each."""
    bytes_before = at = 0
    while at < len(text):
        end = at + PIECE
        if end < len(text):
            end = text.rfind("\n", at, end) + 1 or end
        piece = text[at:end]
        yield piece, bytes_before
        bytes_before += len(piece.encode())
        at = end


def analyzer():
    """Presidio with its recognisers by pattern: words are cut by spaCy's rules, no model tells names."""
    import logging

    import spacy
    import tldextract
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.nlp_engine import SpacyNlpEngine
    from spacy.language import Language

    logging.disable(logging.WARNING)
    # The suffix list that comes with the package: none is fetched.
    tldextract.tldextract.TLD_EXTRACTOR = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    tldextract.extract = tldextract.tldextract.TLD_EXTRACTOR

    @Language.component("as_written")
    def as_written(doc):
        # Words near a value are compared by their base forms; without a model that is the word.
        for token in doc:
            token.lemma_ = token.lower_
        return doc

    class WithoutModel(SpacyNlpEngine):
        def load(self) -> None:
            nlp = spacy.blank("en")
            nlp.add_pipe("as_written")
            self.nlp = {"en": nlp}

    engine = WithoutModel()
    engine.load()
    registry = RecognizerRegistry()
    registry.load_predefined_recognizers(languages=["en"], nlp_engine=engine)
    return AnalyzerEngine(nlp_engine=engine, registry=registry, supported_languages=["en"])


def presidio(folder: str) -> None:
    engine = analyzer()
    for path in texts_in(folder):
        try:
            text = path.read_bytes().decode()
        except UnicodeDecodeError:
            continue    # it takes text only
        for piece, before in pieces(text):
            for found in engine.analyze(piece, "en", score_threshold=LEAST_SCORE):
                if found.entity_type in NOT_PERSONAL:
                    continue
                start = before + len(piece[:found.start].encode())
                told(file=path.name, start=start, end=start + len(piece[found.start:found.end].encode()),
                     **{"class": "personal"}, kind=found.entity_type)


if __name__ == "__main__":
    {"corpus": write_corpus, "detect-secrets": detect_secrets, "presidio": presidio}[sys.argv[1]](*sys.argv[2:])
