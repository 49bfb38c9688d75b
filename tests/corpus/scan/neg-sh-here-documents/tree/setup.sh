#!/bin/sh
set -eu
# formerly: curl https://api.openai.com/v1/models

usage() {
  cat <<'TEXT'
setup.sh [--dry]
To have texts written on your own machine:
    ollama serve
    ollama run llama3
This script does none of it.
TEXT
}

claude=$(mktemp)
trap 'rm -f "$claude"' EXIT
case ${1:-} in
  -h|--help) usage; exit 0 ;;
esac
curl -fsS https://gemini.example.org/v1/models -o "$claude"
grep -c '"model": "falcon"' "$claude" || echo "no falcon in the fleet"
