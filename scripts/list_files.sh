#!/usr/bin/env bash
# Prints docs/files.md: every header, and every source that has none (x_module.cpp belongs to x.h), with the first
# sentence of the comment that it begins with. Fails where a file begins with none.
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
set -euo pipefail

readonly folders="spec blocks networks search profiler pipeline data metrics trainer reports experiments app"

# The comment up to its first full stop or its first formula; of a long sentence the part before a colon or semicolon.
first_sentence() {
  awk '!/^\/\/ [^ ]/ {exit} {sub(/^\/\/ /, ""); text = text (text == "" ? "" : " ") $0} END {
    if (match(text, /[^.]\.( [A-Z`]|$)/)) text = substr(text, 1, RSTART)
    if (length(text) > 120 && match(substr(text, 30), /[:;] /)) text = substr(text, 1, 28 + RSTART)
    sub(/[.:]$/, "", text)
    print text }' "$1"
}

# shellcheck disable=SC2016  # the backquotes are Markdown
printf '# Every file in a line\n\nPrinted by `scripts/list_files.sh > docs/files.md` from the sentence that each file begins with. Sources are under\nthe header of their name. [ARCHITECTURE.md](../ARCHITECTURE.md) says how the folders stand on each other.\n'
for folder in $folders; do
  printf '\n## %s/\n\n' "$folder"
  find "$folder" -name '*.h' -o -name '*.cpp' | LC_ALL=C sort | while read -r file; do
    stem=${file%.cpp}
    [[ $file != *.cpp || ! -e ${stem%_module}.h ]] || continue
    sentence=$(first_sentence "$file")
    [[ -n $sentence ]] || { echo "$file: begins with no comment" >&2; exit 1; }
    printf -- '- `%s`: %s\n' "${file#"$folder"/}" "$sentence"
  done
done
