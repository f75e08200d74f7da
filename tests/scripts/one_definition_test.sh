#!/usr/bin/env bash
# Tests one_definition.py on a tree with two types of one name, and on one where a namespace without a name parts them.
set -euo pipefail
script=$(cd "$(dirname "$0")" && pwd)/one_definition.py
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

mkdir "$folder/a" "$folder/b"
touch "$folder/a/CMakeLists.txt" "$folder/b/CMakeLists.txt"
cat >"$folder/a/a.h" <<'END'
namespace mds {
struct Candidate;  // only declared
enum class Kind : unsigned char { one };
template <class T> struct Names;
template <> struct Names<int> { int n = 1'000; };
void f() { struct Local { int x; }; const char* text = "namespace { struct Candidate {"; }
class Candidate final : public Base { struct Inner {}; };
}
END
cat >"$folder/b/b.cpp" <<'END'
namespace mds {
namespace {
struct Candidate { int x; };
}
template <> struct Names<long> { struct Inner {}; };
void g() { struct Local { int x; }; }
/* struct Candidate { */
}  // namespace mds
namespace other { struct Candidate {}; }
END
python3 "$script" "$folder" || { echo "types that are apart were taken for one"; exit 1; }

sed -i '/^namespace {$/,/^}$/c struct Candidate { int x; };' "$folder/b/b.cpp"
if said=$(python3 "$script" "$folder"); then echo "two definitions were not found: $said"; exit 1; fi
[[ $said == *"mds::Candidate is defined in a/a.h and b/b.cpp"* ]] || { echo "$said"; exit 1; }
