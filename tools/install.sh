#!/bin/sh
# Installs what is missing of the Debian packages that a step needs: tools/install.sh run|check|package|full
# docs/dependencies.md says what each is for.
set -eu

build="ca-certificates ccache clang-19 cmake git libarchive-dev libcli11-dev libfmt-dev libhowardhinnant-date-dev libmd4c-dev libsimdjson-dev libsqlite3-dev libssl-dev
  libvectorscan-dev libyaml-dev lld-19 llvm-19 mold ninja-build pkg-config python3 python3-venv zlib1g-dev libgtest-dev libgmock-dev"
check="curl nodejs npm openssl poppler-utils procps"
package="binutils dpkg-dev file gzip"
full="clang-format-19 clang-tidy-19 debootstrap libclang-rt-19-dev nginx-light prometheus skopeo systemd umoci"

case "${1:-run}" in
  run) wanted=$build ;;
  check) wanted="$build $check" ;;
  package) wanted="$build $package" ;;
  full) wanted="$build $check $package $full" ;;
  *) echo "usage: tools/install.sh run|check|package|full" >&2; exit 2 ;;
esac

# What a check does without where it cannot be had: its tests are skipped, and say so.
optional=
case "${1:-run}" in check | full) optional="chromium-headless-shell maven" ;; esac

missing=
for package in $wanted; do
  # A tool that stands on the path from elsewhere (a newer node, a python of one's own) is as good.
  case $package in
    nodejs) command -v node >/dev/null 2>&1 && continue ;;
    npm | git | curl | cmake | openssl | python3) command -v "$package" >/dev/null 2>&1 && continue ;;
    python3-venv) python3 -c 'import ensurepip, venv' >/dev/null 2>&1 && continue ;;
  esac
  state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$state" = installed ] || missing="$missing $package"
done
wished=
for package in $optional; do
  case $package in
    chromium-headless-shell) command -v chromium >/dev/null 2>&1 && continue ;;
    maven) command -v mvn >/dev/null 2>&1 && continue ;;
  esac
  state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$state" = installed ] || wished="$wished $package"
done
[ -n "$missing$wished" ] || exit 0

echo "Installing:$missing$wished" >&2
as_root=
if [ "$(id -u)" != 0 ]; then
  [ -n "$missing" ] || { command -v sudo >/dev/null && sudo -n true 2>/dev/null; } || exit 0
  command -v sudo >/dev/null || { echo "ostiary: these packages are missing; install them as root: apt-get install$missing" >&2; exit 3; }
  as_root=sudo
fi
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -q >&2
# shellcheck disable=SC2086  # a list of words
[ -z "$missing" ] || $as_root apt-get install -q -y --no-install-recommends $missing >&2
for package in $wished; do
  $as_root apt-get install -q -y --no-install-recommends "$package" >&2 ||
    echo "ostiary: $package cannot be installed; tests that need it are skipped" >&2
done
