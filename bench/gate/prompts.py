"""Chat-completions requests of an exact size, as clients send them: several messages, prose,
code, escapes, a few characters beyond ASCII. The same bytes on every call."""

import json

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
FILLER = [
    "The trace of worker {n} shows {n}7 ms between the request and the first row, then a pause.\n",
    "We moved `batch_{n}` to the new queue in spring; since then the café terminals report it as \"late\".\n",
    "\tif (row[{n}].state == State::open && !row[{n}].locked) { total += row[{n}].amount; }\n",
    "Rule {n} says: a transfer is either complete or did not happen; nobody may see the half of it.\n",
    "SELECT id, owner, balance FROM accounts WHERE region = 'eu-{n}' ORDER BY updated_at DESC LIMIT {n}0;\n",
    "Is it safe to retry step {n} when the answer was lost, or do we pay twice?\n",
]


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
    number = 0
    while True:
        line = FILLER[number % len(FILLER)].replace("{n}", str(number))
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
