#!/usr/bin/env bash
# The main job on real data: installs what is missing, builds the binary, sweeps a few small candidates on emoji.
# Prints the sweep's table, a picture of samples and the path of a report page. If run again, it continues.
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
source scripts/steps.sh

readonly mdsearch=build/release/mdsearch
readonly picture=out/sweeps/quickstart/samples.png
readonly page=out/quickstart/report.html
readonly shipped=out/quickstart/shipped-network.png

step "install what is missing" bash scripts/setup.sh
step "configure" cmake --preset release
step "build" cmake --build --preset release -j "$(build_jobs)" --target mdsearch
mkdir -p out/quickstart
step "prepare the emoji data" $mdsearch data build emoji
step "sweep" $mdsearch sweep configs/sweeps/quickstart.json --workers 2
step "draw with the shipped network" \
  $mdsearch generate --model weights/emoji-md --prompts configs/prompts/held-out.txt --grid --out $shipped
step "write the report page" $mdsearch report sweep --sweep quickstart --format html --picture $shipped --out $page
$mdsearch report sweep --sweep quickstart
printf '\npicture: %s\npage:    %s\ntime:    %d s\n' "$PWD/$picture" "$PWD/$page" $SECONDS
