#!/usr/bin/env bash
set -euo pipefail

hosts=(gemini falcon mistral llama)
llm() { printf 'long list of media: %s\n' "$*"; }   # what is on the tapes

for host in "${hosts[@]}"; do
  ssh "claude@$host" 'tar czf - /srv' > "/backup/$host.tgz"
  llm "$host" >> /backup/list.txt
done

whisper() { wall -n "$1"; }
model=$(dmidecode -s system-product-name)
whisper "backup of ${#hosts[@]} hosts on $model is done"
curl -fsS -X POST http://localhost:8080/v1/messages -d "text=done" >/dev/null
