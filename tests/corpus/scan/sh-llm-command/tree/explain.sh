#!/usr/bin/env bash
set -e

command -v llm >/dev/null || {
  pipx install llm
  llm install llm-anthropic
}

for file in "$@"; do
  printf '## %s\n' "$file"
  llm -m claude-3.5-haiku -s 'Explain this script to a beginner' < "$file"
done > explained.md

llm --model gpt-4o-mini "A title for this page" < explained.md
