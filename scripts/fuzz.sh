#!/usr/bin/env bash
# Fuzzes every reader under sanitizers: scripts/fuzz.sh [MUTATIONS [SEED]], by default 1,000,000 in all. Minimised inputs that
# fail come into out/fuzz; exits 1 if one did.
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
source scripts/steps.sh

step "configure" cmake --preset fuzz
step "build" cmake --build --preset fuzz -j "$(build_jobs)" --target fuzz
exec build/fuzz/tests/fuzz/fuzz "${1:-1000000}" --seed "${2:-1}"
