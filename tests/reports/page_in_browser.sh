#!/usr/bin/env bash
# Opens a sweep's page in headless Chromium, 400 and 1,300 px wide, light and dark. Checks its layout, that it sorts and
# that it filters, and leaves screenshots: page_in_browser.sh MDSEARCH DATABASE FOLDER. Exit code 77 without Chromium.
set -euo pipefail
mdsearch=$1 database=$2 folder=$3
browser=$(type -P chromium || type -P chromium-browser || type -P google-chrome) ||
  { echo "skipped: no Chromium on PATH (package chromium)"; exit 77; }
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
profile=$(mktemp -d)
trap 'rm -rf "$profile"' EXIT
"$mdsearch" report sweep --db "$database" --out "$folder/page.html"

# A page lets no script run but its own, so the copy that is checked goes without that policy.
{ sed 's/<meta http-equiv[^>]*>//' "$folder/page.html"
  printf '<script>\n'; cat "${BASH_SOURCE[0]%/*}/page_check.js"; printf '</script>\n'; } > "$folder/checked.html"

# Windows of Chromium have a least width; a frame has none.
browse() {  # WIDTH FILE FLAG...
  printf '<body style="margin:0"><iframe src="%s" style="width:%spx;height:2400px;border:0"></iframe>' "$2" "$1" \
    > "$folder/frame.html"
  timeout 120 "$browser" --headless=new --no-sandbox --disable-gpu --hide-scrollbars --allow-file-access-from-files \
    --user-data-dir="$profile" --virtual-time-budget=8000 --window-size="$1,2400" --enable-logging=stderr \
    "${@:3}" "file://$folder/frame.html" > "$profile/out" 2> "$profile/log"
}

for width in 400 1300; do
  browse "$width" page.html --screenshot="$folder/page-$width-light.png"
  browse "$width" page.html --blink-settings=preferredColorScheme=0 --screenshot="$folder/page-$width-dark.png"
  browse "$width" checked.html --dump-dom
  verdict=$(grep -a -o 'page: [^"]*' "$profile/log" | head -1) || verdict="page: its check did not end"
  [[ $verdict == "page: ok" ]] || { echo "$width px wide: $verdict"; cat "$profile/log"; exit 1; }
done
echo "page: ok; screenshots in $folder"
