#!/usr/bin/env bash
# Fuzzes every reader under sanitizers: scripts/fuzz.sh [MUTATIONS [SEED]], by default 1,000,000 in all, and a fifth as many of
# the readers that stand on LibTorch. Minimised inputs that fail come into out/fuzz; exits 1 if one did.
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
source scripts/steps.sh

step "configure" cmake --preset fuzz
step "build" cmake --build --preset fuzz -j "$(build_jobs)" --target fuzz fuzz_tensors
build/fuzz/tests/fuzz/fuzz "${1:-1000000}" --seed "${2:-1}"
code=$?
# LibTorch keeps what it has until the end of a process.
ASAN_OPTIONS=detect_leaks=0 build/fuzz/tests/fuzz/fuzz_tensors "$((${1:-1000000} / 5))" --seed "${2:-1}" && exit $code
exit 1
