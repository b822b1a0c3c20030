#!/usr/bin/env bash
# Runs a command beside a throw-away PostgreSQL, which is gone afterwards.
#
#   tests/postgres.sh cargo test -p pal-store      its URL is in PAL_TEST_POSTGRES
#   tests/postgres.sh --find                       says where PostgreSQL's programs are, or why it cannot be run
#
# The cluster stands in a temporary folder and is reached by a socket in it: no port is opened. PostgreSQL refuses to run
# as root; root therefore runs it as another account (PAL_POSTGRES_USER, else postgres or nobody).
set -euo pipefail

cannot() {
    printf '%s\n' "$1"
    exit 1
}

# The folder with initdb and pg_ctl: the path's, or the newest where Debian keeps them.
programs() {
    if command -v initdb >/dev/null 2>&1 && command -v pg_ctl >/dev/null 2>&1; then
        dirname "$(readlink -f "$(command -v initdb)")"
        return
    fi
    local newest
    newest="$(find /usr/lib/postgresql /usr/pgsql-* -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1)"
    [ -n "$newest" ] && [ -x "$newest/initdb" ] && printf '%s\n' "$newest"
}

bin="$(programs)" || cannot "PostgreSQL is not installed (with Debian: apt-get install postgresql)"
account=()
if [ "$(id -u)" = 0 ]; then
    user="${PAL_POSTGRES_USER:-}"
    for one in $user postgres nobody; do
        if id "$one" >/dev/null 2>&1; then
            user="$one"
            break
        fi
    done
    [ -n "$user" ] || cannot "PostgreSQL cannot be run as root, and there is no other account"
    command -v setpriv >/dev/null 2>&1 || cannot "setpriv (util-linux) is missing"
    account=(setpriv "--reuid=$user" "--regid=$(id -g "$user")" --clear-groups)
fi
if [ "${1:-}" = --find ]; then
    printf '%s\n' "$bin"
    exit 0
fi
[ $# -gt 0 ] || cannot "say what to run beside PostgreSQL"

# A socket's path may have about 100 letters at most.
folder="$(mktemp -d /tmp/pal-postgres.XXXXXX)"
stop() {
    "${account[@]}" "$bin/pg_ctl" stop --silent --mode=fast --pgdata="$folder/data" >/dev/null 2>&1 || true
    rm -rf "$folder"
}
trap stop EXIT
[ ${#account[@]} = 0 ] || chown "$user" "$folder"
cd "$folder"
"${account[@]}" "$bin/initdb" --pgdata="$folder/data" --username=pal --auth=trust --encoding=UTF8 --locale=C.UTF-8 \
    --no-instructions >"$folder/initdb.log" 2>&1 || { cat "$folder/initdb.log" >&2; exit 1; }
# Shared memory of its own kind and small: containers often have little.
"${account[@]}" "$bin/pg_ctl" start --silent --wait --pgdata="$folder/data" --log="$folder/log" \
    --options="-c listen_addresses='' -c unix_socket_directories='$folder' -c max_connections=300 -c shared_buffers=64MB" \
    >/dev/null || { cat "$folder/log" >&2; exit 1; }
cd "$OLDPWD"
export PAL_TEST_POSTGRES="postgres:///postgres?host=$folder&user=pal"
"$@"
