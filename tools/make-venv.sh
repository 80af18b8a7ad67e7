#!/bin/sh
# Make .venv with the given Python; on Debian without ensurepip, root installs python3-venv and others get one sentence.
set -eu
python="$1"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || {
  echo "Python 3.11 or newer is needed. Name it with: make PYTHON=/path/to/python3.11 …" >&2; exit 1; }
[ -x .venv/bin/python ] && .venv/bin/python -m pip --version >/dev/null 2>&1 && exit 0
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv >/dev/null
  else
    echo "Python lacks venv: as root run: apt-get install python3-venv" >&2; exit 1
  fi
fi
rm -rf .venv
"$python" -m venv .venv
