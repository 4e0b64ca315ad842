#!/bin/sh
# Runs a command as root of its own user, mount and network namespace: it may make interfaces, rules and
# namespaces, touches nothing of the host's, and all it made vanishes with it. Needs no root where the kernel
# lets users make user namespaces; falls back to real root's own namespaces elsewhere.
set -eu
inner='
  mount -t tmpfs tmpfs /run 2>/dev/null || { echo "sandbox: cannot mount /run" >&2; exit 1; }
  mkdir -p /run/netns /run/lock
  ip link set lo up
  exec "$@"'
PATH=$PATH:/usr/sbin:/sbin
export PATH FAIRLEAD_SANDBOX=1
if unshare -Urnm true 2>/dev/null; then
  exec unshare -Urnm --kill-child --fork sh -c "$inner" sandbox "$@"
elif [ "$(id -u)" = 0 ]; then
  exec unshare -nm --kill-child --fork sh -c "$inner" sandbox "$@"
fi
echo 'sandbox: this kernel lets ordinary users make no namespaces (user.max_user_namespaces, or AppArmor): run as root' >&2
exit 1
