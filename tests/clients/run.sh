#!/usr/bin/env bash
# Drives real, unmodified Azure clients over TLS against the built program: run.sh PAL FOLDER [CLIENT…].
# FOLDER is where install.sh put the clients. They run side by side, each against a server of its own.
set -euo pipefail
pal="$(realpath "$1")"
clients="$(realpath "$2")/clients"
shift 2
here="$(cd "$(dirname "$0")" && pwd)"
all="$(mktemp -d)"
python="$clients/current/bin/python"

# The machine's own certificates are none of the clients' business, nor are its proxies and its account at Azure.
unset CURL_CA_BUNDLE SSL_CERT_DIR NODE_OPTIONS HTTP_PROXY HTTPS_PROXY ALL_PROXY http_proxy https_proxy all_proxy
for name in $(compgen -e | grep -E '^(AZURE|ARM|MSI|IDENTITY)_' || true); do unset "$name"; done
export PYTHONDONTWRITEBYTECODE=1 PYTHONWARNINGS=ignore CLIENTS="$clients"
export TENANT=7e020000-0000-4000-8000-000000000001 DOMAIN=real-clients.example

# Waits for a file, at most 20 seconds, while a process lives.
await() {
    for _ in $(seq 200); do
        [ -s "$1" ] && return 0
        kill -0 "$2" 2>/dev/null || break
        sleep 0.1
    done
    printf '%s did not come\n' "$1" >&2
    return 1
}

# Ends the server and the proxy of a client; shows what the server said when the client failed.
stop() {
    local code=$?
    for one in $proxy $server; do kill "$one" 2>/dev/null || true; done
    for one in $proxy $server; do
        for _ in $(seq 100); do kill -0 "$one" 2>/dev/null || break; sleep 0.1; done
        kill -9 "$one" 2>/dev/null || true
    done
    if [ "$code" != 0 ]; then
        printf '\nthe server of %s said:\n' "$client" >&2
        tail -20 "$work/server.log" >&2 || true
    fi
    exit "$code"
}

# Runs a client against a server of its own: against NAME COMMAND…
against() {
    client="$1"
    work="$all/$1"
    server=
    proxy=
    shift
    trap stop EXIT
    trap 'exit 130' INT TERM
    mkdir -p "$work/home"
    export HOME="$work/home" AZ_WORK="$work/az"
    cp "$here/sandbox.toml" "$work/"
    "$python" "$here/credentials.py" "$work"
    export CERTIFICATE="$work/certificate-and-key.pem" FEDERATED_TOKEN_FILE="$work/federated.jwt"

    "$pal" serve --data "$work/data" --authority "$work/sandbox.toml" --listen 127.0.0.1:0 \
        --ready-file "$work/ready.json" >"$work/server.log" 2>&1 &
    server=$!
    await "$work/ready.json" "$server"
    PAL_URL="$("$python" -c 'import json, sys; print(json.load(open(sys.argv[1]))["url"])' "$work/ready.json")"
    local ca="$work/data/tls/ca.pem"
    export PAL_URL REQUESTS_CA_BUNDLE="$ca" SSL_CERT_FILE="$ca" NODE_EXTRA_CA_CERTS="$ca"
    "$python" "$here/lossy_proxy.py" "$PAL_URL" "$ca" "$work/data/tls" "$work/proxy.url" "$work/proxy.log" &
    proxy=$!
    await "$work/proxy.url" "$proxy"
    LOSSY_URL="$(cat "$work/proxy.url")"
    export LOSSY_URL LOSSY_LOG="$work/proxy.log"

    # What clients start when they want a browser; they may wait for it, and it must not wait for them.
    printf '#!/bin/sh\n"%s" "%s" "$1" >/dev/null 2>&1 &\n' "$python" "$here/browser.py" >"$work/browser"
    chmod +x "$work/browser"
    export BROWSER="$work/browser" BROWSER_LOG="$work/browser.log"
    export BROWSER_USER=joris@real-clients.example BROWSER_PASSWORD='sandbox+pass word/&=%'
    timeout 600 "$@" || { [ $? != 124 ] || printf "%s took more than ten minutes\n" "$client" >&2; return 1; }
}

names=(python node az-2.66 az-current)
[ $# = 0 ] || names=("$@")
# Modules are looked for beside the file.
cp "$here/sdk.mjs" "$clients/node/"
pids=()
trap 'for one in "${pids[@]}"; do kill "$one" 2>/dev/null || true; done; wait; rm -rf "$all"' EXIT
trap 'exit 130' INT TERM
for name in "${names[@]}"; do
    case "$name" in
    python) command=("$clients/current/bin/python" "$here/sdk.py") ;;
    node) command=(node "$clients/node/sdk.mjs") ;;
    az-2.66) command=("$clients/az-2.66/bin/python" "$here/az_2_66.py") ;;
    az-current) command=("$clients/current/bin/python" "$here/az_current.py") ;;
    *) printf 'there is no client %s\n' "$name" >&2 && exit 2 ;;
    esac
    (against "$name" "${command[@]}") >"$all/$name.log" 2>&1 &
    pids+=("$!")
done
code=0
for index in "${!names[@]}"; do
    wait "${pids[$index]}" || code=1
    cat "$all/${names[$index]}.log"
done
exit "$code"
