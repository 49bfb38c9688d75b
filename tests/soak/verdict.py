"""What must be true after a soak. Each check returns what is wrong, as lines."""

from __future__ import annotations

import time
from collections import Counter, defaultdict

from lib.gate import each_written, run, segments, verify

from ledger.test_projection import compare

from soak.load import CANARY
from soak.life import ALPHA, AT_ONCE, CREDENTIAL, IDLE, LONG, LOOPS, PER_KEY

# What may be held more than after the warm-up: in a long life the exchange table's cache, of at most 16 MiB, fills too;
# idle connections to services come and go.
MEMORY_KIB, TABLE_CACHE_KIB = 8 << 10, 16 << 10
DESCRIPTORS = LOOPS * IDLE * 3
DOLLAR = 10**9
KEPT = ("kind", "service", "status", "usage", "reserved", "key", "team", "outcome", "error", "model", "endpoint")


def nano(usage):
    """What a usage costs, as lib/meter.py has it and at the soak's prices."""
    cached = usage["prompt_tokens_details"]["cached_tokens"]
    return (usage["prompt_tokens"] - cached) * 1_000_000 + cached * 500_000 + usage["completion_tokens"] * 3_000_000


def cost(amount):
    return round(((amount or {}).get("cost") or 0) * DOLLAR)


class Books:
    """The ledger's records by exchange, beside the services' own count."""

    def __init__(self, soak):
        self.meter = soak.meter
        self.intents, self.outcomes = defaultdict(list), defaultdict(list)
        for record in each_written(soak.gate.data):
            if record["kind"] in ("intent", "outcome"):
                kept = {name: record.get(name) for name in KEPT}
                (self.intents if record["kind"] == "intent" else self.outcomes)[record["id"]].append(kept)
        self.cut = {id for id in self.intents if id not in self.outcomes}
        lines = [line.split(" ", 1) for line in soak.seen_file.read_text().splitlines()]
        self.seen = {id for id, _ in lines if id != "?"}
        self.unnamed = [rest for id, rest in lines if id == "?" and "/chat/completions" in rest]

    def records(self):
        """The last word on each exchange."""
        for id, intents in self.intents.items():
            yield id, (self.outcomes.get(id) or intents)[-1]
        for id, outcomes in self.outcomes.items():
            if id not in self.intents:
                yield id, outcomes[-1]

    def charged(self, of, name):
        """What the ledger says that a key or a team has spent: settled, or reserved where a kill cut it."""
        return sum(cost(r["reserved"] if id in self.cut else r["usage"]) for id, r in self.records()
                   if r[of] == name and (id in self.cut or r["kind"] == "outcome") and (id not in self.cut or r.get("reserved")))


def exchanges(soak, books):
    """None missing, none twice, none unrecorded."""
    out = []
    twice = [i for i, r in books.outcomes.items() if len(r) > 1]
    twice += [i for i, r in books.intents.items() if len({one["service"] for one in r}) < len(r)]  # one for each service asked
    lost = books.seen - books.intents.keys()
    lone = [i for i, r in books.outcomes.items()
            if i not in books.intents and (i in books.seen or r[0]["outcome"] in ("complete", "truncated"))]
    most_cut = len(soak.load.clients) * len(soak.killed_at)
    told = [e for e in soak.load.seen if e.id and e.status]
    # A refusal has no intent and is recorded once it is answered: a kill may come between the two.
    kills = [(begin - 0.1, end) for what, begin, end in soak.disturbed if what == "kill -9"]
    unknown = [e.id for e in told if e.id not in books.outcomes and e.id not in books.cut and not e.left
               and not (e.status >= 400 and e.id not in books.seen and any(e.began < end and e.ended > begin for begin, end in kills))]
    other = [(e.id, e.status, books.outcomes[e.id][0]["status"]) for e in told
             if e.whole and e.id in books.outcomes and books.outcomes[e.id][0]["status"] != e.status]
    if twice:
        out.append(f"{len(twice)} exchanges stand twice in the ledger: {twice[:3]}")
    if lost:
        out.append(f"{len(lost)} exchanges reached a service and have no intent: {sorted(lost)[:3]}")
    if lone:
        out.append(f"{len(lone)} exchanges have an outcome without an intent, and yet went to a service: {lone[:3]}")
    if len(books.cut) > most_cut:
        out.append(f"{len(books.cut)} intents without outcome; the kills can have cut {most_cut} at most: {sorted(books.cut)[:3]}")
    if not books.cut:
        out.append("no kill met an exchange under way: what it cuts was not tried")
    if unknown:
        out.append(f"{len(unknown)} exchanges that clients were answered are not in the ledger: {unknown[:3]}")
    if other:
        out.append(f"the ledger has another status than the client saw (id, seen, recorded): {other[:3]}")
    if books.unnamed:
        out.append(f"{len(books.unnamed)} requests of exchanges reached a service without an id: {books.unnamed[:3]}")
    return out


def tokens(soak, books):
    """Whatever is not an estimate is the service's own count, and what it counted is in the ledger."""
    out, wrong, over, missing, unpaid = [], [], [], [], []
    for id, records in books.outcomes.items():
        r, usage = records[0], records[0]["usage"] or {}
        reserved = (books.intents[id][0].get("reserved") if id in books.intents else None) or {}
        if not str(r["model"] or "").startswith("metered") or not r["endpoint"] or not r["endpoint"].endswith("chat/completions"):
            continue
        told = soak.meter.reported.get(id)
        if r["outcome"] == "complete" and (told is None or usage.get("estimated")):
            missing.append((id, r["outcome"], usage))
        if r["outcome"] in ("refused", "failed") and usage:
            wrong.append((id, r["outcome"], usage))
        elif usage and not usage.get("estimated"):
            if not told or (usage.get("input"), usage.get("output"), usage.get("cached") or 0, cost(usage)) != (
                    told["prompt_tokens"], told["completion_tokens"], told["prompt_tokens_details"]["cached_tokens"], nano(told)):
                wrong.append((id, r["outcome"], usage, told))
        if usage and reserved and cost(usage) > cost(reserved):
            over.append((id, r["outcome"], usage, reserved))
        if told and r["outcome"] in ("refused", "failed"):
            unpaid.append((id, r["outcome"], r.get("error")))
    deaths = sum(n for what, n in soak.done.items() if what.startswith("death"))
    if len(unpaid) > deaths * len(soak.load.clients):  # counted by a service that died before it could say so
        out.append(f"{len(unpaid)} exchanges were counted by a service and cost nothing: {unpaid[:3]}")
    for found, what in ((wrong, "are charged otherwise than the service counted"), (over, "cost more than was reserved for them"),
                        (missing, "are complete and charged by estimate, or were never counted by the service")):
        if found:
            out.append(f"{len(found)} exchanges {what}: {found[:3]}")
    return out


def budgets(soak, books):
    """What the gate says is left is the limit less what the ledger says was used."""
    out, owners = [], {}
    for name, of, limit in (("alpha-1", "team", ALPHA), ("beta", "key", PER_KEY), ("narrow", "team", soak.narrow), ("pair", "key", PER_KEY)):
        key = soak.keys[name]
        spent = books.charged(of, key["team"] if of == "team" else key["id"])
        left = soak.left.get(name)
        owners[name] = (limit * DOLLAR - spent, left)
        if left != max(0, limit * DOLLAR - spent):
            out.append(f"the {of} of {name} has {left} nano-dollars left by the gate's word, {limit * DOLLAR - spent} by the ledger's")
        if spent > limit * DOLLAR:
            out.append(f"the {of} of {name} has overspent its ${limit} by {spent - limit * DOLLAR} nano-dollars")
    narrow = [e for e in soak.load.seen if e.who.startswith("narrow")]
    if not any(e.status == 429 for e in narrow):
        out.append("the team narrow never came to the end of its budget: the edge was not tried")
    if soak.meter.most_at_once["metered-pair"] > AT_ONCE:
        out.append(f"{soak.meter.most_at_once['metered-pair']} exchanges of a key at once that may have {AT_ONCE}")
    if soak.meter.without_usage:
        out.append(f"{soak.meter.without_usage} streams under a limit did not ask the service for their usage")
    return out


def clients(soak, books):
    """Nobody was served wrongly, and outside of deaths and kills nobody noticed anything."""
    out, bad = [], []
    for e in soak.load.seen:
        in_trouble = [w for w, begin, end in soak.disturbed if e.began < end and e.ended > begin]
        # Who took an answer in sips from before a kill until long after it has a dead connection to begin the next on.
        if e.status == 0 and any(e.connected < killed < e.began for killed in soak.killed_at):
            in_trouble.append("kill -9")
        revoked = soak.revoked.get(e.key)
        allowed = {200, 429} if e.who.startswith(("narrow", "pair")) else {200, 401} if revoked else {200}
        fine = e.left or (e.status in allowed and (e.whole or e.status != 200) and not e.fault)
        if e.fault.startswith("the "):
            bad.append((e.who, e.id, e.fault))
        elif not fine and not in_trouble:
            bad.append((e.who, e.id, e.status, e.fault or "not whole"))
        elif revoked and e.status == 200 and e.began > revoked:
            bad.append((e.who, e.id, "was served with a revoked key"))
        elif not fine and not e.stream and e.who.startswith("json") and "kill -9" not in in_trouble:
            bad.append((e.who, e.id, e.status, e.fault or "not whole", "though the other service was there"))
    if bad:
        out.append(f"{len(bad)} of {len(soak.load.seen)} exchanges went wrong for their client: {bad[:5]}")
    never = {"reload", "bad file", "revocation", "death of main", "death of spare", "death of lonely", "kill -9"} - soak.done.keys()
    if never:
        out.append(f"too short a life, for it had no {sorted(never)}")
    served = Counter(e.who for e in soak.load.seen if e.whole)
    idle = [c.name for c in soak.load.clients if c.name != "leaver" and not served[c.name]]
    if idle:
        out.append(f"clients that never got a whole answer: {idle}")
    return out


def held(soak, books):
    """Memory, descriptors and threads are where they were after the warm-up."""
    before, after, out = soak.before, soak.after, []
    most = MEMORY_KIB + (TABLE_CACHE_KIB if soak.seconds >= LONG else 0)
    if after.memory_kib > before.memory_kib + most:
        out.append(f"memory grew from {before.memory_kib} to {after.memory_kib} KiB (at most {most} more are fine)")
    if after.descriptors > before.descriptors + DESCRIPTORS:
        out.append(f"descriptors grew from {before.descriptors} to {after.descriptors} (at most {DESCRIPTORS} more are fine)")
    if after.threads != before.threads:
        out.append(f"threads: {before.threads} before, {after.threads} after")
    if after.children:
        out.append(f"{after.children} child processes are left")
    return out


def silence(soak, books):
    """No secret and no prompt in what the gate said and wrote."""
    secrets = {"a service's credential": CREDENTIAL, "a prompt": CANARY}
    secrets |= {f"the key of {name}": made["key"].split("_", 2)[2] for name, made in soak.keys.items()}
    secrets |= {f"a revoked key ({n})": key.split("_", 2)[2] for n, key in enumerate(soak.revoked)}
    places = {"stderr": soak.gate.stderr.encode(), **{p.name: p.read_bytes() for p in segments(soak.gate.data)},
              **{p.name: p.read_bytes() for p in soak.gate.data.glob("exchanges.sqlite*")}}
    return [f"{what} stands in {place}" for what, secret in secrets.items() for place, text in places.items() if secret.encode() in text]


def ledger(soak, books):
    """The ledger verifies, and the exchange table says the same."""
    out = []
    verified = verify(soak.gate.data)
    if verified.returncode != 0:
        out.append(f"ledger verify: exit {verified.returncode}: {verified.stdout[:300]} {verified.stderr[:300]}")
    projected = run("ledger", "project", "--data", soak.gate.data)
    if projected.returncode != 0:
        return [*out, f"ledger project: exit {projected.returncode}: {projected.stderr[:300]}"]
    try:
        rows = compare(soak.gate.data)
    except AssertionError as e:
        return [*out, f"the exchange table is not the ledger: {str(e)[:300]}"]
    unknown = [i for i, row in rows.items() if row["outcome"] == "unknown"]
    if {i.replace("-", "") for i in books.cut} != set(unknown):
        out.append(f"the table has {len(unknown)} exchanges of unknown outcome, the ledger {len(books.cut)} intents without one")
    return out


CHECKS = (exchanges, tokens, budgets, clients, held, silence, ledger)


def read_what_is_left(soak, timeout=10):
    """By the gate's headers, once the last exchanges are settled: the same twice, a moment apart."""
    soak.left, end = {}, time.monotonic() + timeout
    while True:
        before = soak.left
        soak.left = {name: _left(soak, name) for name in ("alpha-1", "beta", "narrow", "pair")}
        if soak.left == before or time.monotonic() > end:
            return
        time.sleep(0.3)


def _left(soak, name):
    value = soak.gate.get("/v1/models", key=soak.keys[name]["key"]).header("x-ostiary-budget-remaining")
    return round(float(value) * DOLLAR) if value else None


def verdict(soak):
    """Everything that is wrong; empty is good. Ends the gate."""
    read_what_is_left(soak)
    if (status := soak.gate.stop()) != 0:
        soak.problems.append(f"the gate ended with status {status}")
    books = Books(soak)
    return [*soak.problems, *(f"{check.__name__}: {line}" for check in CHECKS for line in check(soak, books))], summary(soak, books)


def summary(soak, books):
    outcomes = Counter(r[0]["outcome"] for r in books.outcomes.values())
    counted = sum(u["total_tokens"] for u in soak.meter.reported.values())
    exact = sum((r[0]["usage"].get("input") or 0) + (r[0]["usage"].get("output") or 0) for r in books.outcomes.values()
                if r[0]["usage"] and not r[0]["usage"].get("estimated"))
    statuses = Counter(e.status for e in soak.load.seen)
    return "\n".join((
        f"soak: {len(soak.load.seen)} exchanges of {len(soak.load.clients)} clients; happened: {soak.done}",
        f"      ledger: {len(books.intents)} intents, {len(books.cut)} cut by kills, outcomes {dict(outcomes)}; clients saw {dict(statuses)}",
        f"      tokens: the services counted {counted}, the ledger has {exact} of them to the token, the rest was cut or left",
        f"      at rest: {soak.before} after the warm-up, {soak.after} at the end"))
