"""Compares two editions of a text by the perplexity of letter pairs."""
import collections
import sys

import numpy as np

# The anthropic principle has no part in this: parts that cohere are kept together
# because their counts do.


def model(text):
    pairs = collections.Counter(zip(text, text[1:]))
    firsts = collections.Counter(text)
    return lambda a, b: (pairs[a, b] + 1) / (firsts[a] + len(firsts))


def perplexity(text, p):
    return float(np.exp(-np.mean([np.log(p(a, b)) for a, b in zip(text, text[1:])])))


if __name__ == "__main__":
    one, other = (open(name).read() for name in sys.argv[1:3])
    print(perplexity(other, model(one)))
