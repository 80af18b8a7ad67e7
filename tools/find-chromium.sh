#!/bin/sh
# Browser tests use Debian's Chromium: root installs it; others get one sentence and the browser tests are skipped.
set -eu
command -v chromium >/dev/null && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null && exit 0
fi
if [ "${CI:-}" = true ]; then
  echo "Chromium is missing, and in CI the browser tests must run: install Debian's package chromium." >&2; exit 1
fi
echo "Chromium is missing, so the browser tests are skipped; as root run: apt-get install chromium" >&2
