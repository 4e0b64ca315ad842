#!/bin/sh
# Copies what the agent needs of a Debian system into a folder that becomes the root of the image: programs, the
# libraries that they are linked with, and of each package that a file came from, its entry in dpkg's status, where
# vulnerability scanners look for it. Runs while the image is built: collect.sh ROOT
set -eu
root=$1

# /bin, /sbin, /lib are links into /usr, as on Debian itself.
mkdir -p "$root/usr/bin" "$root/usr/sbin" "$root/usr/lib" "$root/etc/ssl/certs" "$root/opt/fairlead" \
  "$root/proc" "$root/sys" "$root/dev" "$root/run" "$root/tmp" "$root/var/lib/fairlead" "$root/var/lib/dpkg/status.d"
chmod 1777 "$root/tmp"
: >/packages

for folder in bin sbin lib; do ln -s "usr/$folder" "$root/$folder"; done
if [ -e /lib64 ]; then
  mkdir -p "$root/usr/lib64"
  ln -s usr/lib64 "$root/lib64"
fi
ln -s /run "$root/var/run"

# Copies a file to its place under /usr, makes the link by which it is asked for, and notes whose it is: libraries are
# asked for by soname, the dynamic linker by the path in the program, some extensions by an older name.
take() { # FILE
  real=$(readlink -f "$1")
  asked=$(readlink -f "$(dirname "$1")")/$(basename "$1")
  mkdir -p "$root$(dirname "$real")" "$root$(dirname "$asked")"
  [ -e "$root$real" ] || cp -p "$real" "$root$real"
  [ "$asked" = "$real" ] || ln -sf "$real" "$root$asked"
  # Debian's lists still have some files at their place before /bin and /lib became links.
  { dpkg -S "$real" || dpkg -S "${real#/usr}"; } 2>/dev/null | sed -n '1s/:.*//p' >>/packages
}

take_libraries() { # FILE
  ldd "$1" | sed -n 's/.*=> \(\/[^ ]*\) .*/\1/p; s/^[[:space:]]*\(\/[^ ]*\) (.*/\1/p' | while read -r library; do
    take "$library"
  done
}

# Only env of coreutils: it starts node with its flags, and is no shell.
for program in ip ipset conntrack nft env xtables-nft-multi xtables-legacy-multi; do
  file=$(command -v "$program")
  take "$file"
  take_libraries "$file"
done

# Debian's alternatives, without /etc/alternatives: nft where nothing speaks for legacy.
for family in iptables ip6tables; do
  for backend in nft legacy; do
    for what in '' -save -restore; do ln -s "xtables-$backend-multi" "$root/usr/sbin/$family-$backend$what"; done
  done
  for what in '' -save -restore; do ln -s "$family-nft$what" "$root/usr/sbin/$family$what"; done
done

# All extensions, not only those of our own rules: what others wrote must be readable too, or saving a table fails.
for plugin in $(dpkg -L iptables | grep '/xtables/.*\.so$'); do
  take "$plugin"
  take_libraries "$plugin"
done

install -m 755 /usr/local/bin/node "$root/usr/bin/node"
# A quarter of it is symbols.
strip "$root/usr/bin/node"
take_libraries /usr/local/bin/node

take /etc/ssl/certs/ca-certificates.crt
# The file is made when the package is installed, and is in no list.
echo ca-certificates >>/packages
printf 'root:x:0:0:root:/:/sbin/nologin\nnobody:x:65534:65534:nobody:/:/sbin/nologin\n' >"$root/etc/passwd"
printf 'root:x:0:\nnogroup:x:65534:\n' >"$root/etc/group"
printf 'hosts: files dns\n' >"$root/etc/nsswitch.conf"
# Scanners tell by it which advisories hold for the packages.
take /etc/os-release

ln -s /opt/fairlead/fairlead.cjs "$root/usr/bin/fairlead"

for package in $(sort -u /packages); do
  dpkg-query -s "$package" >"$root/var/lib/dpkg/status.d/$package"
  # Their licences ask for it.
  mkdir -p "$root/usr/share/doc/$package"
  cp -pL "/usr/share/doc/$package/copyright" "$root/usr/share/doc/$package/"
done
