#!/bin/sh
# Installs the real llama.cpp server into a cache that later runs find again; prints its python.
# Exit 1 with a word on stderr where that is not possible within OSTIARY_REAL_SERVER_LIMIT seconds (240).
set -eu
version=2026.10.11549
cache=${XDG_CACHE_HOME:-$HOME/.cache}/ostiary
folder=$cache/llama-$version
if [ ! -e "$folder/ready" ]; then
  [ "${OSTIARY_REAL_SERVER:-1}" != 0 ] || { echo "turned off by OSTIARY_REAL_SERVER=0" >&2; exit 1; }
  rm -rf "$folder" && mkdir -p "$cache"
  python3 -m venv "$folder" >&2 || { echo "no venv: install python3-venv" >&2; exit 1; }
  timeout "${OSTIARY_REAL_SERVER_LIMIT:-240}" "$folder/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: \
    "xllamacpp==$version" gguf==0.19.0 numpy==2.3.5 >&2 || { echo "pip could not install xllamacpp $version here" >&2; exit 1; }
  "$folder/bin/python" -c 'import xllamacpp, gguf' >&2 || { echo "xllamacpp $version does not run on this machine" >&2; exit 1; }
  touch "$folder/ready"
fi
echo "$folder/bin/python"
