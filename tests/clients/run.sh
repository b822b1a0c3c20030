#!/usr/bin/env bash
# Drives real, unmodified Azure clients over TLS against the built program: run.sh PAL FOLDER.
# FOLDER is where install.sh put the clients.
set -euo pipefail
pal="$(realpath "$1")"
clients="$(realpath "$2")/clients"
here="$(cd "$(dirname "$0")" && pwd)"
work="$(mktemp -d)"

server=
proxy=
stop() {
    local code=$?
    for one in $proxy $server; do kill "$one" 2>/dev/null || true; done
    for one in $proxy $server; do
        for _ in $(seq 100); do kill -0 "$one" 2>/dev/null || break; sleep 0.1; done
        kill -9 "$one" 2>/dev/null || true
    done
    if [ "$code" != 0 ]; then
        printf '\nthe server said:\n' >&2
        tail -20 "$work/server.log" >&2 || true
    fi
    rm -rf "$work"
    exit "$code"
}
trap stop EXIT
trap 'exit 130' INT TERM

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

# The machine's own certificates are none of the clients' business, nor are its proxies and its account at Azure.
unset CURL_CA_BUNDLE SSL_CERT_DIR NODE_OPTIONS HTTP_PROXY HTTPS_PROXY ALL_PROXY http_proxy https_proxy all_proxy
for name in $(compgen -e | grep -E '^(AZURE|ARM|MSI|IDENTITY)_' || true); do unset "$name"; done
export PYTHONDONTWRITEBYTECODE=1 PYTHONWARNINGS=ignore HOME="$work/home"
mkdir -p "$HOME"

python="$clients/venv/bin/python"
cp "$here/sandbox.toml" "$work/"
"$python" "$here/certificate.py" "$work/certificate.pem" "$work/certificate-and-key.pem"

"$pal" serve --data "$work/data" --authority "$work/sandbox.toml" --listen 127.0.0.1:0 \
    --ready-file "$work/ready.json" >"$work/server.log" 2>&1 &
server=$!
await "$work/ready.json" "$server"
ready() { "$python" -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$work/ready.json" "$1"; }
PAL_URL="$(ready url)"
ca="$(ready ca_file)"
export PAL_URL REQUESTS_CA_BUNDLE="$ca" SSL_CERT_FILE="$ca" NODE_EXTRA_CA_CERTS="$ca"

"$python" "$here/lossy_proxy.py" "$PAL_URL" "$ca" "$work/data/tls" "$work/proxy.url" "$work/proxy.log" &
proxy=$!
await "$work/proxy.url" "$proxy"
LOSSY_URL="$(cat "$work/proxy.url")"
export LOSSY_URL LOSSY_LOG="$work/proxy.log"
export TENANT=7e020000-0000-4000-8000-000000000001 DOMAIN=real-clients.example

export CERTIFICATE="$work/certificate-and-key.pem" AZ_WORK="$work/az" CLIENTS="$clients"
timeout 60 "$python" "$here/sdk.py"
# Modules are looked for beside the file.
cp "$here/sdk.mjs" "$clients/node/"
timeout 60 node "$clients/node/sdk.mjs"
timeout 120 "$python" "$here/az.py"
