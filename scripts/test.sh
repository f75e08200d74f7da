#!/usr/bin/env bash
# Installs what is missing, builds, and runs the tests of a default run (not the slow ones). Prints ctest's count.
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
source scripts/steps.sh

step "install what is missing" bash scripts/setup.sh
step "configure" cmake --preset release
step "build" cmake --build --preset release -j "$(build_jobs)"
ctest --preset release -j "$(nproc)"
