"""Own code: learned from folders, recognised where it is pasted, on the command line and at the gate."""

import json
import re

import openai
import pytest

from lib.gate import Gate, run, service
from lib.upstream import Upstream

CODE = """// the books
export function settle(ledger, entries, rate) {
  let open = 0;
  for (const entry of entries) {
    if (entry.account !== ledger.account || entry.amount <= 0) continue;
    const tax = Math.round(entry.amount * rate) / 100;  // to the cent
    ledger.book({ account: entry.account, amount: entry.amount - tax, note: 'net' });
    open += tax > 12 ? ledger.defer(tax, entry.due) : tax;
  }
  return ledger.close(open, { at: Date.now(), strict: true });
}
"""
OTHER = """export class Cache {
  constructor(limit) { this.limit = limit; this.map = new Map(); }
  get(key) {
    if (!this.map.has(key)) return undefined;
    const value = this.map.get(key);
    this.map.delete(key); this.map.set(key, value);
    return value;
  }
}
"""
PROMPT = "Why is this slow?\n\n```\n{}```\n\nThanks.\n"


def renamed(code):
    for old, new in {"entries": "rows", "entry": "row", "tax": "module", "settle": "pay", "open": "rest"}.items():
        code = re.sub(rf"\b{old}\b", new, code)
    return code


@pytest.fixture
def own(tmp_path):
    (tmp_path / "billing/src").mkdir(parents=True)
    (tmp_path / "billing/src/settle.js").write_text(CODE)
    (tmp_path / "billing/vendor").mkdir()
    (tmp_path / "billing/vendor/cache.js").write_text(OTHER)
    done = run("inspect", "--learn", "--own-code", tmp_path / "own", tmp_path / "billing")
    assert done.returncode == 0, done.stderr
    return tmp_path / "own"


def found(own, text):
    done = run("inspect", "--own-code", own, "--format", "json", "--least", "low", input=text)
    return [f for f in json.loads(done.stdout)["findings"] if f["class"] == "own-code"]


def test_pasted_code_is_found_with_its_place_also_renamed(own):
    [finding] = found(own, PROMPT.format(CODE))
    assert finding["confidence"] == "high"
    assert finding["preview"].startswith("billing:src/settle.js, lines ")
    [finding] = found(own, PROMPT.format(renamed(CODE)))
    assert finding["confidence"] == "medium"


def test_other_code_and_what_is_vendored_is_not_found(own):
    assert found(own, PROMPT.format(OTHER)) == []


def test_the_file_gives_back_no_code_and_is_for_its_owner_only(own):
    assert b"ledger.book" not in own.read_bytes() and b"settle(" not in own.read_bytes()
    assert own.stat().st_mode & 0o777 == 0o600


def test_the_gate_refuses_it_before_it_leaves(own):
    more = {"own_code": str(own), "data_classes": {"own-code": "deny"}}
    with Upstream() as up, Gate([service(up)], more=more) as gate:
        with openai.OpenAI(api_key=gate.key, base_url=gate.url + "/v1", max_retries=0, timeout=20) as client:
            def ask(text):
                return client.chat.completions.create(model="hello", messages=[{"role": "user", "content": text}])
            before = len(up.requests)
            with pytest.raises(openai.PermissionDeniedError) as refused:
                ask(PROMPT.format(renamed(CODE)))
            assert "own-code" in str(refused.value) and len(up.requests) == before
            ask(PROMPT.format(OTHER))
            assert len(up.requests) == before + 1
