# shellcheck shell=bash
# step NAME COMMAND...: runs a command, saying on stderr what it is and how long it took. For quickstart.sh and test.sh.
set -euo pipefail

step() {
  local name=$1 start=$SECONDS
  shift
  printf '== %s\n' "$name" >&2
  "$@"
  printf '== %s: %d s\n' "$name" $((SECONDS - start)) >&2
}

# A LibTorch source takes up to 2 GB to compile, so memory may allow fewer jobs than cores.
build_jobs() {
  local available_kb jobs
  available_kb=$(awk '/^MemAvailable/ {print $2}' /proc/meminfo)
  jobs=$((available_kb / 2000000))
  ((jobs <= $(nproc))) || jobs=$(nproc)
  echo $((jobs > 0 ? jobs : 1))
}
