#!/usr/bin/env bash
# Installs what a target needs and this machine lacks: install.sh run|test|check|bench.
# On Debian and Ubuntu as root it installs; elsewhere it prints the one line to run.
set -euo pipefail
what=${1:?run, test, check or bench}

command -v go >/dev/null || { echo "Samplit needs Go 1.26 or newer: https://go.dev/dl" >&2; exit 1; }

have_postgres() {
  [ -n "${DATABASE_URL:-}" ] && [ "$what" = run ] && return 0
  command -v initdb >/dev/null && command -v postgres >/dev/null && return 0
  compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || compgen -G '/usr/pgsql-*/bin/initdb' >/dev/null ||
    compgen -G '/opt/homebrew/opt/postgresql@*/bin/initdb' >/dev/null || compgen -G '/usr/local/opt/postgresql@*/bin/initdb' >/dev/null
}
have_chromium() { command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null; }

missing=()
have_postgres || missing+=(postgresql)
if [ "$what" != run ]; then
  command -v npm >/dev/null || missing+=(nodejs npm)
fi
if [ "$what" = test ] || [ "$what" = bench ]; then
  have_chromium || missing+=(chromium)
  command -v redis-server >/dev/null || missing+=(redis-server)
fi
if [ "$what" = check ]; then
  command -v gcc >/dev/null || missing+=(gcc libc6-dev) # the race detector links with it
fi
if [ "$what" = bench ]; then
  command -v wrk >/dev/null || missing+=(wrk)
  command -v curl >/dev/null || missing+=(curl)
fi
[ ${#missing[@]} -gt 0 ] || exit 0

if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
  echo "Samplit lacks: ${missing[*]}. Install with one line, then run the same command again:" >&2
  if command -v apt-get >/dev/null; then
    echo "  sudo apt-get install -y ${missing[*]}" >&2
  elif command -v brew >/dev/null; then
    echo "  brew install ${missing[*]/postgresql/postgresql@17}" >&2
  else
    echo "  your package manager: ${missing[*]} (PostgreSQL 15 or newer; or set DATABASE_URL)" >&2
  fi
  exit 1
fi

echo "Installing ${missing[*]} …"
# Debian would otherwise make and start a cluster of its own on port 5432.
if [[ " ${missing[*]} " == *" postgresql "* ]] && [ ! -e /etc/postgresql-common/createcluster.conf ]; then
  mkdir -p /etc/postgresql-common
  echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
fi
# Debian would otherwise start a Redis of its own: tests start theirs.
if [[ " ${missing[*]} " == *" redis-server "* ]] && [ ! -e /usr/sbin/policy-rc.d ]; then
  printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
  chmod 755 /usr/sbin/policy-rc.d
  trap 'rm -f /usr/sbin/policy-rc.d' EXIT
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
