#!/usr/bin/env python3
"""pair_frequencies.py FILE...: writes src/inspect/pairs.inc, how frequent each pair of characters is in ordinary text and code.

Run it on some tens of megabytes of prose, source code and configuration in equal parts; only the counts go into the table.
"""
import math
import sys

SYMBOLS = 54  # a-z, A-Z, a digit, anything else
symbol = [53] * 256
for i in range(26):
    symbol[ord("a") + i] = i
    symbol[ord("A") + i] = 26 + i
for c in b"0123456789":
    symbol[c] = 52

counts = [[1] * SYMBOLS for _ in range(SYMBOLS)]  # each pair seen once more than it was
for name in sys.argv[1:]:
    data = open(name, "rb").read().translate(bytes(symbol))
    for a in range(SYMBOLS):
        for b in range(SYMBOLS):
            counts[a][b] += data.count(bytes((a, b)))
print("// Made by tools/pair_frequencies.py. Row: the first character; column: the second; -log2 of how often the")
print("// second follows on the first, in eighths of a bit.")
for row in counts:
    total = sum(row)
    # A digit is one of ten, which are told apart by nobody here.
    bits = [-math.log2(n / total) + (math.log2(10) if b == 52 else 0) for b, n in enumerate(row)]
    print("    " + ", ".join(str(min(255, round(8 * x))) for x in bits) + ",")
