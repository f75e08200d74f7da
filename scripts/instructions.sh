#!/usr/bin/env bash
# Counts the instructions of fixed small work under valgrind and compares them with tests/instructions/counts.json;
# with --record, writes them there instead.
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
source scripts/steps.sh

step "configure" cmake --preset release >&2
step "build" cmake --build --preset release -j "$(build_jobs)" --target instructions >&2
exec python3 tests/instructions/instructions.py build/release/tests/instructions/instructions "$@"
