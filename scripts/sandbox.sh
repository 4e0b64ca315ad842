#!/bin/sh
# Runs a command as root of its own user, mount and network namespace: it may make interfaces, rules and
# namespaces, touches nothing of the host's, and all it made vanishes with it. Needs no root where the kernel
# lets users make user namespaces; falls back to real root's own namespaces elsewhere.
set -eu
# The shell stays as the first process of a PID namespace: when it ends, however it ends, the kernel ends every other
# process in it, agents that a failed test left running too.
inner='
  mount -t proc proc /proc 2>/dev/null || true
  mount -t tmpfs tmpfs /run 2>/dev/null || { echo "sandbox: cannot mount /run" >&2; exit 1; }
  mkdir -p /run/netns /run/lock
  ip link set lo up
  "$@"
  exit $?'
PATH=$PATH:/usr/sbin:/sbin
export PATH FAIRLEAD_SANDBOX=1
# FAIRLEAD_SANDBOX_USER=root keeps the real root, whom podman needs.
case ${FAIRLEAD_SANDBOX_USER:-} in root) try=-nmp ;; *) try='-Urnmp -nmp' ;; esac
for namespaces in $try; do
  if unshare $namespaces --fork true 2>/dev/null; then
    exec unshare $namespaces --kill-child --fork sh -c "$inner" sandbox "$@"
  fi
done
echo 'sandbox: this kernel lets ordinary users make no namespaces (user.max_user_namespaces, or AppArmor): run as root' >&2
exit 1
