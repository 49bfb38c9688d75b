"""A scripted service's own count: what the script `metered` reported, drawn from the exchange's id, so that anybody
can say afterwards what an exchange must have cost."""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from contextlib import contextmanager


def metered_usage(id, most):
    """The usage that belongs to an exchange: 1 to 40 tokens of input, some of them cached, and 1 to `most` of output."""
    drawn = hashlib.sha256(id.encode()).digest()
    given, made = 1 + drawn[0] % 40, 1 + int.from_bytes(drawn[2:6], "big") % most
    return {"prompt_tokens": given, "completion_tokens": made, "total_tokens": given + made,
            "prompt_tokens_details": {"cached_tokens": drawn[1] % (given + 1)}}


class Meter:
    """May be shared by several services, also over their deaths. Thread safe."""

    def __init__(self):
        self.lock = threading.Lock()
        self.reported = {}             # exchange id: the usage that was reported for it
        self.times = Counter()         # exchange id: how often; a service that dies while it answers is asked again elsewhere
        self.most_at_once = Counter()  # model: the most exchanges that one server worked on at the same time
        self.without_usage = 0         # streams whose request did not ask for their usage
        self._under_way = Counter()

    @contextmanager
    def work(self, server, model):
        """Counts one exchange as under way; what it yields ends that, and must be called before the last bytes go out."""
        place, ended = (id(server), model), []

        def end():
            if not ended:
                ended.append(True)
                with self.lock:
                    self._under_way[place] -= 1

        with self.lock:
            self._under_way[place] += 1
            self.most_at_once[model] = max(self.most_at_once[model], self._under_way[place])
        try:
            yield end
        finally:
            end()

    def report(self, id, usage):
        """Before the bytes that tell the usage: what was told is here, what is here may not have arrived."""
        with self.lock:
            self.times[id] += 1
            self.reported[id] = usage

    def no_usage_asked(self):
        with self.lock:
            self.without_usage += 1
