#!/bin/sh
# Runs the whole-program tests against a built gate. See README.md.
#   tests/run.sh [pytest arguments, such as streams or -k tamper]
# Debian packages that it needs (./check installs them): see APT.
set -u
APT="python3 python3-venv nodejs npm openssl ca-certificates poppler-utils"

here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$here")
env=${OSTIARY_TEST_ENV:-$root/build/test-env}
[ "${1:-}" = --apt ] && { echo "$APT"; exit 0; }
mkdir -p "$env" && env=$(cd "$env" && pwd) || exit 3
export PYTHONDONTWRITEBYTECODE=1 OSTIARY_BIN="${OSTIARY_BIN:-$root/build/release/ostiary}"
passed=0 failed=0 skipped=0

say() { printf '== %s\n' "$*"; }
stop() { printf '%s\n' "$*" >&2; printf '0 passed, 1 failed, 0 skipped\n'; exit 1; }

[ -x "$OSTIARY_BIN" ] || [ "${OSTIARY_DIRECT:-0}" = 1 ] || stop "no gate at $OSTIARY_BIN: build it first"

# The environments are made once and again only when their lists change.
stamp() { cat "$@" | sha256sum | cut -d' ' -f1; }
want=$(stamp "$here/requirements.txt")
if [ "$(cat "$env/venv/stamp" 2>/dev/null)" != "$want" ]; then
  say "python environment"
  rm -rf "$env/venv"
  python3 -m venv "$env/venv" || stop "python3 -m venv failed: install python3-venv"
  "$env/venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt" || stop "pip failed"
  echo "$want" > "$env/venv/stamp"
fi
js=$env/conformance/js
want=$(stamp "$here/conformance/js/package-lock.json")
if [ $# -eq 0 ]; then
  mkdir -p "$js"
  if [ "$(cat "$js/stamp" 2>/dev/null)" != "$want" ]; then
    say "javascript environment"
    command -v npm >/dev/null || stop "npm is missing: install nodejs and npm"
    cp "$here/conformance/js/package.json" "$here/conformance/js/package-lock.json" "$here/conformance/js/.npmrc" "$js/"
    (cd "$js" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) || stop "npm ci failed"
    echo "$want" > "$js/stamp"
  fi
  cp "$here/conformance/js/conformance.test.mjs" "$js/" && cp "$here/conformance/cases.json" "$env/conformance/" || exit 3
fi

# Pages in a browser: where Chromium or npm is missing, those tests are skipped and say so.
browser=$env/browser
export OSTIARY_TEST_BROWSER="$browser"
case "${*:-browser}" in
  *browser*)
    want=$(stamp "$here/browser/package-lock.json")
    if [ "$(cat "$browser/stamp" 2>/dev/null)" != "$want" ] && command -v npm >/dev/null; then
      say "browser environment"
      mkdir -p "$browser"
      cp "$here/browser/package.json" "$here/browser/package-lock.json" "$here/browser/.npmrc" "$browser/"
      (cd "$browser" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) && echo "$want" > "$browser/stamp"
    fi ;;
esac

# Other people's validators of what is handed out. They have a Python environment of their own: SPDX's brings a lot.
# What SPDX's one would fetch from spdx.org is in a package of SPDX at Maven Central; without Maven it is not run.
report=$env/report
export OSTIARY_TEST_REPORT="$report"
spdx=org.spdx:spdx-v3jsonld-store:1.0.1:jar
spdx_sha256=6d0119b363a22b5f72c7c9de8859e59c03ebac517933bb823cc30f5c3ac81d56
case "${*:-report}" in
  *report*|*inventory*)
    want=$(stamp "$here/report/requirements.txt")
    if [ "$(cat "$report/venv/stamp" 2>/dev/null)" != "$want" ]; then
      say "validators of Python"
      rm -rf "$report/venv"
      python3 -m venv "$report/venv" &&
        "$report/venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/report/requirements.txt" &&
        echo "$want" > "$report/venv/stamp"
    fi
    want=$(stamp "$here/report/package-lock.json")
    if [ "$(cat "$report/stamp" 2>/dev/null)" != "$want" ] && command -v npm >/dev/null; then
      say "validators of JavaScript"
      cp "$here/report/package.json" "$here/report/package-lock.json" "$here/report/.npmrc" "$report/"
      (cd "$report" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) && echo "$want" > "$report/stamp"
    fi
    if [ ! -f "$report/spdx.jar" ] && command -v mvn >/dev/null; then
      say "the schema and the model of SPDX"
      mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy -Dartifact="$spdx" \
        -DoutputDirectory="$report/maven" -Dmdep.stripVersion=true >/dev/null 2>&1 &&
        echo "$spdx_sha256  $report/maven/spdx-v3jsonld-store.jar" | sha256sum -c --quiet &&
        mv "$report/maven/spdx-v3jsonld-store.jar" "$report/spdx.jar"
    fi ;;
esac

count() { passed=$((passed + $1)); failed=$((failed + $2)); skipped=$((skipped + $3)); }

say "python: ${*:-everything}"
rm -f "$env/junit.xml"
[ $# -eq 0 ] && set -- . && all=1 || all=0
(cd "$here" && "$env/venv/bin/python" -m pytest -c pytest.ini --junitxml="$env/junit.xml" --durations=5 "$@")
status=$?
numbers=$("$env/venv/bin/python" - "$env/junit.xml" <<'PY'
import sys
import xml.etree.ElementTree as tree
try:
    suites = list(tree.parse(sys.argv[1]).getroot().iter("testsuite"))
    total = {k: sum(int(s.get(k, 0)) for s in suites) for k in ("tests", "failures", "errors", "skipped")}
    bad = total["failures"] + total["errors"]
    print(total["tests"] - bad - total["skipped"], bad, total["skipped"])
except (OSError, tree.ParseError):
    print(0, 1, 0)
PY
)
# shellcheck disable=SC2086
count $numbers
[ $status -ne 0 ] && [ $failed -eq 0 ] && failed=1

if [ $all -eq 1 ]; then
  say "javascript: the conformance suite"
  "$env/venv/bin/python" "$here/conformance/js/run_js.py" "$js" > "$env/js.out"
  cat "$env/js.out"
  line=$(sed -n 's/^js: \([0-9]*\) passed, \([0-9]*\) failed, \([0-9]*\) skipped$/\1 \2 \3/p' "$env/js.out")
  # shellcheck disable=SC2086
  count ${line:-0 1 0}
fi

printf '%s passed, %s failed, %s skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
