import httpx
from openai import APIConnectionError, RateLimitError

WAIT = {RateLimitError: 30.0, APIConnectionError: 2.0, httpx.ConnectTimeout: 1.0}


def seconds_to_wait(error: Exception) -> float | None:
    for kind, seconds in WAIT.items():
        if isinstance(error, kind):
            return seconds
    return None
