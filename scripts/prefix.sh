# shellcheck shell=bash
# make_prefix DIR, for setup.sh: the core packages under DIR/usr, without root, in at most 15 MiB, ready to be copied to
# a machine without network. The .deb files come from DIR/debs where that folder has them, else from apt-get download.
# It works in DIR/new and renames that at the end, so that a DIR/usr is always complete; DIR/usr/packages lists it.

# The core packages and what they need of Boost, SOCI and SQLite; the C++ runtime and other databases are left out.
core_closure='nlohmann-json3-dev|catch2|libcatch2-dev|libgloo-dev|libsqlite3-(0|dev)|libsoci-(dev|core|sqlite3).*'
core_closure="^($core_closure|libboost.*-dev|libboost-program-options.*)$"

make_prefix() {
  local dir=$1 core debs
  core=$(packages package core)
  if [[ -f $dir/usr/packages && $(< "$dir/usr/packages") == "$core" ]]; then
    say "$dir is complete"
    return
  fi
  [[ ! -e $dir/usr || -f $dir/usr/packages ]] || fail "$dir/usr is not a prefix made by setup.sh; name another folder"
  rm -rf "$dir/new"
  mkdir -p "$dir/new"
  debs=("$dir"/debs/*.deb)
  if [[ ! -e ${debs[0]} ]]; then
    download_core "$dir"
    debs=("$dir"/new/*.deb)
  fi
  type -P dpkg-deb > /dev/null || fail "not on PATH: dpkg-deb (package dpkg)"
  for deb in "${debs[@]}"; do dpkg-deb -x "$deb" "$dir/new/tree"; done
  prune "$dir/new/tree/usr"
  printf '%s\n' "$core" > "$dir/new/tree/usr/packages"
  rm -rf "${dir:?}/usr"
  mv "$dir/new/tree/usr" "$dir/usr"
  rm -rf "$dir/new"
  say "$dir is complete, $(du -sm "$dir/usr" | cut -f1) MiB"
}

# Unpacks into DIR/new. Package lists go there too where the machine has none, as in a fresh container.
download_core() {
  local core names options=(-q)
  type -P apt-get > /dev/null ||
    fail "no apt-get here and no .deb files in $1/debs. Make the folder on a Debian or Ubuntu machine and copy it."
  say "downloading the core packages"
  mapfile -t core < <(packages package core)
  if ! apt-cache show "${core[@]}" > /dev/null 2>&1; then
    options+=(-o "Dir::State::Lists=$1/new/lists")
    mkdir -p "$1/new/lists/partial"
    apt-get "${options[@]}" update >&2
  fi
  mapfile -t names < <(apt-cache "${options[@]}" depends --recurse --no-recommends --no-suggests --no-conflicts \
    --no-breaks --no-replaces --no-enhances "${core[@]}" | grep -E "$core_closure" | sort -u)
  (cd "$1/new" && apt-get "${options[@]}" download "${names[@]}" >&2)
}

# Keeps headers, shared libraries and CMake files; of Boost's 15,000 headers only those that our sources include.
prune() (
  cd "$1" || exit
  find share -mindepth 1 -maxdepth 1 ! -name cmake -exec rm -rf {} +
  find lib -name '*.a' ! -name 'libCatch2*' -delete
  find lib -name pkgconfig -prune -exec rm -rf {} +
  find lib -xtype l -delete
  find include/boost -type f | sort > ../all
  {
    find include/boost/config include/boost/version.hpp -type f
    boost_includes | "${CXX:-g++}" -std=c++20 -M -x c++ -I include -I include/soci - | grep -o 'include/boost/[^ ]*'
  } | sort -u > ../reached
  comm -23 ../all ../reached | xargs -d '\n' rm
  find include/boost -type d -empty -delete
)

# The files that include Boost: our own sources, and SOCI's headers.
boost_includes() {
  grep -rhE '^#include <boost/' --include='*.h' --include='*.cpp' --exclude-dir={build,out,.deps,.venv} "${root:?}" ||
    true
  printf '#include <%s>\n' boost/program_options.hpp soci/soci.h soci/sqlite3/soci-sqlite3.h
}
