#!/bin/sh
# All that the project needs, from a clone: packages by lock file, and the system's programs where they are
# missing. Quick when nothing is to be done.
set -eu
cd "$(dirname -- "$0")/.."

stamp=node_modules/.fairlead-setup
if [ ! -f "$stamp" ] || [ package-lock.json -nt "$stamp" ]; then
  echo 'setup: npm packages' >&2
  # install and not ci: lock files made behind a partial mirror lack entries for foreign platforms, and ci then
  # refuses. The versions are the lock file's all the same, and --no-save leaves it as it is.
  # engine-strict off: npm itself may run on an older Node than the one it is about to install.
  npm install --no-save --no-audit --no-fund --engine-strict=false --loglevel=error >&2
  if ! node_modules/node/bin/node --version >/dev/null 2>&1; then
    # npm was told not to run install scripts: the node package fetches its binary in one.
    npm rebuild node esbuild --ignore-scripts=false --loglevel=error >&2
  fi
  touch "$stamp"
fi

missing=
need() { # PROGRAM PACKAGE
  command -v "$1" >/dev/null 2>&1 || case " $missing " in *" $2 "*) ;; *) missing="$missing $2" ;; esac
}
PATH=$PATH:/usr/sbin:/sbin
need iptables iptables
need ipset ipset
need conntrack conntrack
need ip iproute2
need dig bind9-dnsutils
need curl curl
need unshare util-linux
need setpriv util-linux
need openssl openssl
if [ -n "$missing" ]; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "setup: apt-get install$missing" >&2
    log=$(mktemp)
    # shellcheck disable=SC2086 # a list of words
    if ! { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing; } >"$log" 2>&1; then
      tail -5 "$log" >&2
      echo "setup: could not install$missing" >&2
      exit 1
    fi
    rm -f "$log"
  else
    echo "setup: please install these packages first (Debian names):$missing" >&2
    exit 1
  fi
fi

# For the tests of deploy/, which are skipped without it: asked for once, and not worth failing for.
tried=node_modules/.fairlead-kubectl
if [ ! -f "$tried" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 && ! command -v kubectl >/dev/null 2>&1; then
  touch "$tried"
  echo 'setup: apt-get install kubernetes-client' >&2
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends kubernetes-client; } \
    >/dev/null 2>&1 || echo 'setup: without kubectl the tests of deploy/ are skipped' >&2
fi

if [ ! -f dist/fairlead.cjs ] || [ -n "$(find src scripts/build.ts package-lock.json -newer dist/fairlead.cjs -print -quit)" ]; then
  node_modules/node/bin/node scripts/build.ts
fi
