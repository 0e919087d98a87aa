#!/bin/sh
# Builds mediasoup-worker from the sources in mediasoup's npm package, against the system's own libraries. Downloads nothing.
#
# usage: build.sh MEDIASOUP_PACKAGE_DIR OUTPUT_FILE [LOG_FILE]
#        build.sh --check            only says what is missing; exit code 2 when something is
#
# JOBS bounds the number of compilers that run at once; by default one per core and per GiB of free memory.
# What it needs from Debian is in build-packages.txt.
set -eu
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)

fail() {
  echo "build.sh: $*" >&2
  exit 1
}

# --- what the build needs -----------------------------------------------------------------------------------------------------------

missing=0

# need WHAT VERSION_FOUND OLDEST DEBIAN_PACKAGE: complains unless VERSION_FOUND is at least OLDEST.
need() {
  if [ -z "$2" ]; then
    echo "  $1 $3 or newer: not found (Debian package: $4)" >&2
    missing=1
  elif ! printf '%s\n%s\n' "$3" "$2" | sort -V -C; then
    echo "  $1 $3 or newer: this is $2 (Debian package: $4)" >&2
    missing=1
  fi
}

# Each prints nothing when there is no such program or library.
program() { "$@" 2>/dev/null | grep -oE '[0-9]+(\.[0-9]+)*' | head -n 1 || true; }
library() { pkg-config --modversion "$1" 2>/dev/null || true; }

check_requirements() {
  need g++ "$(program "${CXX:-g++}" -dumpversion)" 12 g++
  need meson "$(program meson --version)" 1.0 meson
  need ninja "$(program ninja --version)" 1.10 ninja-build
  need pkg-config "$(program pkg-config --version)" 0.29 pkg-config
  flatc=$(program flatc --version)
  flatbuffers=$(library flatbuffers)
  need flatc "$flatc" 2.0.8 flatbuffers-compiler
  need flatbuffers "$flatbuffers" 2.0.8 libflatbuffers-dev
  if [ -n "$flatc" ] && [ -n "$flatbuffers" ] && [ "$flatc" != "$flatbuffers" ]; then
    echo "  flatc and flatbuffers of the same version: these are $flatc and $flatbuffers" >&2
    missing=1
  fi
  need libuv "$(library libuv)" 1.44 libuv1-dev
  need openssl "$(library openssl)" 3.0 libssl-dev
  need libsrtp2 "$(library libsrtp2)" 2.5 libsrtp2-dev
  need abseil "$(library absl_flat_hash_map)" 20220623 libabsl-dev
}

check_requirements
if [ "$missing" != 0 ]; then exit 2; fi
if [ "${1-}" = --check ]; then exit 0; fi

# --- the build ----------------------------------------------------------------------------------------------------------------------

[ $# = 2 ] || [ $# = 3 ] || fail "usage: build.sh MEDIASOUP_PACKAGE_DIR OUTPUT_FILE [LOG_FILE]"
package=$(cd "$1" && pwd)
absolute() { mkdir -p "$(dirname "$1")" && echo "$(cd "$(dirname "$1")" && pwd)/$(basename "$1")"; }
output=$(absolute "$2")
log=$(absolute "${3-/dev/null}")
[ -f "$package/worker/meson.build" ] || fail "$package holds no worker sources"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# replace_once FILE OLD NEW: both are plain text; stops the build when upstream has moved the line.
replace_once() {
  count=$(grep -cF -- "$2" "$1" || true)
  [ "$count" = 1 ] || fail "expected one line with \`$2\` in worker/$1, found $count: mediasoup has changed, look at this patch again"
  old=$(printf '%s' "$2" | sed 's/[][\/.*^$]/\\&/g')
  new=$(printf '%s' "$3" | sed 's/[\/&]/\\&/g')
  sed -i "s/$old/$new/" "$1"
}

jobs_by_default() {
  cores=$(nproc 2>/dev/null || echo 1)
  kib=$(awk '/^MemAvailable:/ { print $2 }' /proc/meminfo 2>/dev/null || true)
  limit=$(cat /sys/fs/cgroup/memory.max 2>/dev/null || true)
  case "$limit" in '' | *[!0-9]*) ;; *) [ $((limit / 1024)) -ge "${kib:-0}" ] || kib=$((limit / 1024)) ;; esac
  fitting=$((${kib:-1048576} / 1048576))
  [ "$fitting" -ge 1 ] || fitting=1
  [ "$fitting" -le "$cores" ] || fitting=$cores
  echo "$fitting"
}

compile() {
  meson setup build --buildtype release -Db_ndebug=true --wrap-mode nodownload &&
    ninja -C build -j "${JOBS:-$(jobs_by_default)}" mediasoup-worker
}

cp -R "$package/worker" "$work/worker"
cd "$work/worker"

# overlay/ answers for each of the worker's subprojects with the system's library.
rm -rf subprojects
cp -R "$here/overlay" subprojects

# Debian 12 has meson 1.0, and nothing in the file needs 1.1.
replace_once meson.build "meson_version: '>= 1.1.0'" "meson_version: '>= 1.0.0'"

# The worker's BIO callback answers 1 to every BIO_ctrl. A libssl with kernel TLS (Debian's; mediasoup's own has none) then believes
# that kTLS is on, never allocates its write buffer and crashes in the first DTLS handshake. Return the real result instead.
replace_once src/RTC/DtlsTransport.cpp \
  '(operationType == BIO_CB_RETURN) ? static_cast<long>(ret) : 1;' \
  '((operationType & BIO_CB_RETURN) != 0) ? static_cast<long>(ret) : 1;'

# POSIX sh has no pipefail, so the status takes the way round by a file.
{ compile 2>&1 && : >"$work/compiled"; } | tee "$log"
[ -e "$work/compiled" ] || fail "the compilation failed"

# --- does it run here? --------------------------------------------------------------------------------------------------------------

worker=build/mediasoup-worker
unresolved=$(ldd "$worker" 2>&1 | grep -i 'not found' || true)
[ -z "$unresolved" ] || fail "the worker lacks libraries: $unresolved"

# Without its parent's environment a worker exits with 41 (see its main.cpp); anything else is a crash.
status=0
env -i "$worker" >/dev/null 2>&1 || status=$?
[ "$status" = 41 ] || fail "the worker does not start: exit code $status instead of 41"

cp "$worker" "$output.tmp"
mv "$output.tmp" "$output"
