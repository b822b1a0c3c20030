#!/usr/bin/env bash
# PostgreSQL for tests: a throw-away cluster in a folder, reached by a socket in it. No port is opened.
#
#   tests/postgres.sh run COMMAND …        runs it beside a cluster of its own, whose URL is in PAL_TEST_POSTGRES
#   tests/postgres.sh find                 says where PostgreSQL's programs are, or why it cannot be run
#   tests/postgres.sh start FOLDER         starts a cluster, made if need be, and prints its URL
#   tests/postgres.sh stop FOLDER          ends it
#   tests/postgres.sh crash FOLDER         ends it at once, as in a crash
#
# For example: tests/postgres.sh run cargo test -p pal-store. PostgreSQL refuses to run as root; root therefore runs it as
# another account (PAL_POSTGRES_USER, else postgres or nobody). PAL_POSTGRES_OPTIONS are options for the server.
set -euo pipefail

cannot() {
    printf '%s\n' "$1"
    exit 1
}

# The folder with initdb and pg_ctl: the path's, or the newest where distributions keep them.
programs() {
    local found
    if found="$(command -v initdb)"; then
        dirname "$(readlink -f "$found")"
        return
    fi
    found="$(find /usr/lib/postgresql /usr/pgsql-* -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1)"
    [ -n "$found" ] && [ -x "$found/initdb" ] && printf '%s\n' "$found"
}

bin="$(programs)" || cannot "PostgreSQL is not installed (with Debian: apt-get install postgresql)"
as=()
if [ "$(id -u)" = 0 ]; then
    for account in ${PAL_POSTGRES_USER:-} postgres nobody ''; do
        if [ -z "$account" ] || id "$account" >/dev/null 2>&1; then break; fi
    done
    [ -n "$account" ] || cannot "PostgreSQL cannot be run as root, and there is no other account"
    command -v setpriv >/dev/null 2>&1 || cannot "setpriv is missing (with Debian: apt-get install util-linux)"
    as=(setpriv "--reuid=$account" "--regid=$(id -g "$account")" --clear-groups)
fi

start() {
    local folder="$1"
    mkdir -p "$folder"
    [ ${#as[@]} = 0 ] || chown "$account" "$folder"
    if [ ! -d "$folder/data" ]; then
        (cd "$folder" && "${as[@]}" "$bin/initdb" --pgdata="$folder/data" --username=pal --auth=trust \
            --encoding=UTF8 --locale=C.UTF-8 --no-sync >"$folder/initdb.log" 2>&1) || { cat "$folder/initdb.log" >&2; exit 1; }
    fi
    (cd "$folder" && "${as[@]}" "$bin/pg_ctl" start --silent --wait --pgdata="$folder/data" --log="$folder/data/log" \
        --options="-c listen_addresses='' -c unix_socket_directories='$folder' -c max_connections=300 ${PAL_POSTGRES_OPTIONS:-}" \
        >/dev/null 2>&1 </dev/null) || { tail "$folder/data/log" >&2; exit 1; }
    printf 'postgres:///postgres?host=%s&user=pal\n' "$folder"
}

stop() {
    (cd "$1" && "${as[@]}" "$bin/pg_ctl" stop --silent --mode="$2" --pgdata="$1/data" >/dev/null 2>&1)
}

case "${1:-}" in
find) printf '%s\n' "$bin" ;;
start) start "$2" ;;
stop) stop "$2" fast ;;
crash) stop "$2" immediate ;;
run)
    shift
    # A socket's path may have about 100 letters at most.
    folder="$(TMPDIR=/tmp mktemp -d)"
    trap 'stop "$folder" fast || true; rm -rf "$folder"' EXIT
    # What is thrown away need not be on disk; what crashes and measures brings its own cluster, or says -c fsync=on.
    PAL_POSTGRES_OPTIONS="${PAL_POSTGRES_OPTIONS:--c fsync=off}"
    PAL_TEST_POSTGRES="$(start "$folder")"
    export PAL_TEST_POSTGRES
    "$@"
    ;;
*) cannot "say run, find, start, stop or crash" ;;
esac
