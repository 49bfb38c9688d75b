#!/usr/bin/env bash
set -euo pipefail

llama-server -hf ggml-org/gemma-3-1b-it-GGUF --port 8080 -c 2048 >/tmp/server.log 2>&1 &
server=$!
trap 'kill "$server"' EXIT

until curl -fs http://localhost:8080/health >/dev/null; do sleep 1; done
curl -s http://localhost:8080/completion \
  -H 'Content-Type: application/json' \
  -d "{\"prompt\": $(jq -Rs . <<<"$*"), \"n_predict\": 60}" | jq -r .content
