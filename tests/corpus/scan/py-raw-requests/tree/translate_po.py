"""Translates the open entries of a .po file."""
import os

import requests

API = "https://api.anthropic.com/v1/messages"
HEADERS = {
    "x-api-key": os.environ["ANTHROPIC_API_KEY"],
    "anthropic-version": "2023-06-01",
}


def translate(entry: str, language: str) -> str:
    body = {
        "model": "claude-3-haiku-20240307",
        "max_tokens": 300,
        "messages": [{"role": "user", "content": f"Into {language}:\n{entry}"}],
    }
    reply = requests.post(API, json=body, headers=HEADERS, timeout=30)
    reply.raise_for_status()
    return reply.json()["content"][0]["text"]
