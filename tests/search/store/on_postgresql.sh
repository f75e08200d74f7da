#!/usr/bin/env bash
# Runs tests of the store on a private PostgreSQL server, which MDSEARCH_TEST_SERVER names: on_postgresql.sh TESTS [CASES]
# The server listens on a socket in a temporary folder alone. Exit code 77 without the package postgresql.
set -euo pipefail
programs=$(ls -d /usr/lib/postgresql/*/bin 2> /dev/null | sort -V | tail -1)
[[ -x $programs/initdb ]] || { echo "skipped: no PostgreSQL server (package postgresql)"; exit 77; }
folder=$(mktemp -d)
as=()
if [[ $(id -u) == 0 ]]; then  # the server refuses root
  chown postgres "$folder"
  as=(setpriv --reuid=postgres --regid=postgres --init-groups)
fi
stop() {
  [[ -z ${server:-} ]] || { kill -INT "$server" && wait "$server" || true; }
  rm -rf "$folder"
}
trap stop EXIT
cd "$folder"  # the server's user may not enter ours
"${as[@]}" "$programs/initdb" -D "$folder/data" -U mds --auth=trust --no-sync -E UTF8 --locale=C > "$folder/log"
"${as[@]}" "$programs/postgres" -D "$folder/data" -k "$folder" -c listen_addresses= -c fsync=off >> "$folder/log" 2>&1 &
server=$!
for _ in $(seq 100); do
  ! "$programs/pg_isready" -q -h "$folder" || break
  sleep 0.1
done
"$programs/createdb" -h "$folder" -U mds mds || { cat "$folder/log"; exit 1; }
export MDSEARCH_TEST_SERVER="postgresql://mds@/mds?host=$folder"
cd "$OLDPWD"
tests=$1 cases=${2:-~[.]~[slow],[.server]}
"$tests" "$cases" "${@:3}"
