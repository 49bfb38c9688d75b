from __future__ import annotations

from git import Repo
from rich.console import Console

try:
    from anthropic import Anthropic
except ImportError:  # the extra "draft" is not installed
    Anthropic = None


def draft(commits: list[str], model: str = "claude-3-5-sonnet-20241022") -> str:
    if Anthropic is None:
        raise SystemExit("install release-notes[draft]")
    client = Anthropic()
    parts = []
    with client.messages.stream(
        model=model,
        max_tokens=1024,
        messages=[{"role": "user", "content": "\n".join(commits)}],
    ) as stream:
        for text in stream.text_stream:
            parts.append(text)
    return "".join(parts)


def main() -> None:
    repo = Repo(".")
    commits = [c.summary for c in repo.iter_commits("HEAD", max_count=40)]
    Console().print(draft(commits))
