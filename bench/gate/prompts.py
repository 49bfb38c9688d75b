"""Chat-completions requests of an exact size, as clients send them: several messages, prose,
code, escapes, a few characters beyond ASCII. The same bytes on every call."""

import json
import random
import re

SYSTEM = ("You are a careful senior engineer. Answer in short paragraphs, quote the line you talk about, "
          "and say so when you are not sure.")
TURNS = [
    ("user", "Our nightly job stops after about two hours. Nothing in the log but \"waiting for lock\". "
             "What would you look at first?"),
    ("assistant", "Look for two code paths that take the same locks in different orders. Please send the function "
                  "that moves money between accounts, and the one that closes an account."),
    ("user", "Here it is:\n\n```cpp\nvoid transfer(Account& from, Account& to, Cents amount) {\n"
             "  std::lock_guard a(from.mutex);\n  std::lock_guard b(to.mutex);\n"
             "  if (from.balance < amount) throw Refused(\"not enough\");\n  from.balance -= amount;\n"
             "  to.balance += amount;\n}\n```\n\nIt is called from four threads → `close()` calls it too."),
]
# What a question goes on with, in turn: prose, code of several languages, JSON, logs. {a} to {d} are words, {n} a number
# of up to four digits, {h} twelve hexadecimal digits.
FILLER = [
    "When the {a} falls behind, the {b} waits for it, and after {n} ms the {c} gives up. Nobody has looked at the {d} since.\n",
    "def {a}_{b}(rows, limit={n}):\n    kept = [row for row in rows if row.{c} is not None]\n"
    "    return sorted(kept, key=lambda row: (row.{c}, row.{d}))[:limit]\n",
    '{"id": {n}, "{a}": "{b} {c}", "state": "open", "{d}_count": {n}, "tags": ["{b}", "{d}"], "ratio": 0.{n}}\n',
    "2026-10-14T09:12:{n}Z INFO {a}.{b} request={h} took={n}ms rows={n} cache=miss {c}={d}\n",
    "We moved the {a} to the new {b} in spring; since then the café terminals report it as \"late\" about {n} times a day.\n",
    "\tif ({a}[{n}].state == State::open && !{a}[{n}].locked) {\n\t\ttotal += {a}[{n}].{b};  // the {c} comes later\n\t}\n",
    "SELECT {a}.id, {b}.{c}, count(*) FROM {a} JOIN {b} ON {b}.{a}_id = {a}.id WHERE {c} > {n} GROUP BY 1, 2 LIMIT {n};\n",
    "Is it safe to retry the {a} when the answer of the {b} was lost, or would we then do the {c} twice?\n",
    "  at {a}.{b} (/srv/app/{c}/{d}.js:{n}:17)\n  at process.{c} (node:internal/{d}:{n}:5)\n",
    "- **{a}**: every {b} has a {c}, and no {d} is taken out before it is empty (see chapter {n}).\n",
    "func (s *Store) {a}(ctx context.Context, id int64) (*{b}, error) {\n\tif err := s.{c}.Acquire(ctx, {n}); err != nil {\n"
    "\t\treturn nil, fmt.Errorf(\"{d}: %w\", err)\n\t}\n\tdefer s.{c}.Release({n})\n",
    "My colleague says that a {a} of {n} is enough for the {b}. I'd rather see what the {c} does under load, and keep the {d} out of it.\n",
    "const {a} = await fetch(`/api/{b}/${id}?page={n}`);\nif (!{a}.ok) throw new Error(`{c} {d}: ${{a}.status}`);\n",
    "commit {h}: the {a} no longer copies the {b}; {n} lines fewer in {c}, and the {d} has a test\n",
]
WORDS = ("account batch branch budget buffer cache channel client column counter cursor device entry event feature field filter "
         "folder frame graph handle index invoice journal kernel ledger lock matrix merge message metric mirror node order "
         "outcome packet parser period pipeline planner pool price project queue reader record region report request retry "
         "river row sample schema segment shard signal snapshot socket storage stream table target task terminal thread "
         "ticket timer transfer tree update vector version volume window worker writer").split()


def filler(number: int, chance: random.Random) -> str:
    """The next piece of text. Uses only random(), whose values are the same in every Python."""
    def some(count: int) -> int:
        return int(chance.random() * count)
    words = {name: WORDS[some(len(WORDS))] for name in "abcd"}

    def put(found: re.Match) -> str:
        name = found.group(1)
        if name == "n":
            return str(some(10 ** (1 + some(4))))
        return f"{some(16 ** 12):012x}" if name == "h" else words[name]
    return re.sub(r"\{([a-dnh])\}", put, FILLER[number % len(FILLER)])


def body(size: int, stream: bool) -> bytes:
    """A request body of exactly `size` bytes (at least about 1,000)."""
    request = {"model": "bench-1"}
    if stream:
        request |= {"stream": True, "stream_options": {"include_usage": True}}
    messages = [{"role": "system", "content": SYSTEM}]
    request |= {"temperature": 0.2, "max_tokens": 800, "messages": messages}
    question = {"role": "user", "content": ""}

    def encoded() -> bytes:
        everything = request | {"messages": messages + [question]}
        return json.dumps(everything, ensure_ascii=False, separators=(",", ":")).encode()

    for role, content in TURNS if size > 2048 else TURNS[2:]:
        messages.append({"role": role, "content": content})
    number, chance = 0, random.Random(size)
    while True:
        line = filler(number, chance)
        kept = question["content"]
        question["content"] += line
        if len(encoded()) > size:
            question["content"] = kept
            break
        number += 1
    question["content"] += "." * (size - len(encoded()))
    out = encoded()
    if len(out) != size:
        raise ValueError(f"a prompt of {size} bytes came out as {len(out)}")
    return out
