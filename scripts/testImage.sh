#!/bin/sh
# Builds the image and runs it with exactly what deploy/base declares, in namespaces of its own: npm run test:image
# Debian's buildah, podman and runc do it, over a base that debootstrap makes: no registry of images is asked. Says in
# one line what is missing where it cannot.
set -eu
cd "$(dirname -- "$0")/.."
export PATH="$PATH:/usr/sbin:/sbin"

missing=
for program in buildah podman runc debootstrap apt-get; do
  command -v "$program" >/dev/null 2>&1 || missing="$missing $program"
done
[ "$(id -u)" = 0 ] || missing="$missing root"
if [ -n "$missing" ]; then
  echo "test:image: skipped, this machine lacks:$missing"
  exit 0
fi
sh scripts/setup.sh

work=$(mktemp -d)
# buildah leaves its storage mounted upon itself, and that is not to be deleted through.
trap 'umount -R "$work/storage/graph/overlay" 2>/dev/null || true; rm -rf --one-file-system "$work"' EXIT
trap 'exit 1' INT TERM
# runc and cgroupfs: crun refuses hybrid cgroups, and there may be no systemd. The limits on open files are those that
# a root without CAP_SYS_RESOURCE may set.
cat >"$work/containers.conf" <<CONF
[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
CONF
cat >"$work/storage.conf" <<CONF
[storage]
driver = "overlay"
graphroot = "$work/storage/graph"
runroot = "$work/storage/run"
CONF
export CONTAINERS_CONF="$work/containers.conf" CONTAINERS_STORAGE_CONF="$work/storage.conf"

# The Dockerfile's base, made anew each month. The mirror is the one that this machine uses for Debian itself.
release=$(sed -n 's/^ARG DEBIAN=.*:\(.*\)-slim$/\1/p' Dockerfile)
mirror=$(apt-get indextargets --format '$(LABEL) $(SITE)' 'Created-By: Packages' | sed -n 's/^Debian //p' | head -1)
base=build/debian-$release.tar
if [ -z "$(find "$base" -mtime -30 2>/dev/null)" ]; then
  echo "test:image: debootstrap $release" >&2
  if ! debootstrap --variant=minbase "$release" "$work/base" "$mirror" >"$work/log" 2>&1; then
    # Not its log, which names the mirror.
    echo 'test:image: debootstrap failed' >&2
    exit 1
  fi
  mkdir -p build
  tar -C "$work/base" --exclude='./var/cache/apt/*' --exclude='./var/lib/apt/lists/*' --exclude=./etc/apt/sources.list \
    -cf "$base.new" .
  mv "$base.new" "$base"
  rm -rf --one-file-system "$work/base"
fi
podman import --quiet "$base" "docker.io/library/debian:$release-slim" >/dev/null
printf 'deb %s %s main\n' "$mirror" "$release" >"$work/sources.list"

echo 'test:image: buildah' >&2
node_modules/node/bin/node scripts/build.ts
if ! node_modules/node/bin/node scripts/image.ts --tag fairlead:test --builder buildah -- \
  --isolation=chroot --pull=never -v "$work/sources.list:/etc/apt/sources.list:ro" >"$work/log" 2>&1; then
  sed "s#$mirror#MIRROR#g" "$work/log" | tail -20 >&2
  exit 1
fi
tail -1 "$work/log"

# podman needs the real root; its networks, rules and mounts are the sandbox's all the same.
FAIRLEAD_IMAGE=fairlead:test FAIRLEAD_SANDBOX_USER=root \
  sh scripts/sandbox.sh node_modules/.bin/vitest run --config vitest.image.config.ts "$@"
