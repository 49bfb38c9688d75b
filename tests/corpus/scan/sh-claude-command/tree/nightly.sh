#!/usr/bin/env bash
# Mends what the linter finds.
set -euo pipefail
cd "${1:?repository}"

npx eslint . --format unix > lint.txt || true
claude -p "Mend the problems in lint.txt, one commit each" \
  --model sonnet --allowedTools "Edit,Bash(git commit:*)" --output-format json > claude.json

codex exec --full-auto "Write tests for the files changed since yesterday"
git push origin HEAD:nightly
