#!/usr/bin/env bash
# Holds a running server against the descriptions of its two interfaces: run.sh PAL FOLDER.
# FOLDER/descriptions gets Schemathesis, once; with a third word, install, nothing else is done.
set -euo pipefail
pal="$(realpath "$1")"
mkdir -p "$2"
venv="$(realpath "$2")/descriptions"
here="$(cd "$(dirname "$0")" && pwd)"
docs="$here/../../docs"

# At least so many requests, over both interfaces together.
WANTED=20000

if [ "$(cat "$venv/installed" 2>/dev/null)" != "$(cksum <"$here/requirements.txt") $(python3 -V)" ]; then
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/python" -m pip --quiet --disable-pip-version-check install -r "$here/requirements.txt"
    printf '%s\n' "$(cksum <"$here/requirements.txt") $(python3 -V)" >"$venv/installed"
fi
if [ "${3:-}" = install ]; then
    exit 0
fi

work="$(mktemp -d)"
server=
stop() {
    local code=$?
    if [ -n "$server" ]; then kill "$server" 2>/dev/null && wait "$server" || true; fi
    if [ "$code" != 0 ]; then
        printf '\nthe server said:\n' >&2
        grep -v '"level":"info"' "$work/server.log" | tail -20 >&2 || true
    fi
    rm -rf "$work"
    exit "$code"
}
trap stop EXIT
trap 'exit 130' INT TERM

cd "$work"
"$pal" serve --data data --authority "$here/sandbox.toml" --http --no-quota --log json --listen 127.0.0.1:0 \
    --ready-file ready.json 2>server.log &
server=$!
for _ in $(seq 200); do
    [ -s ready.json ] && break
    kill -0 "$server"
    sleep 0.1
done
url="$(python3 -c 'import json; print(json.load(open("ready.json"))["url"])')"

TOKEN="$(python3 - "$url" <<'PYTHON'
import json, sys, urllib.parse, urllib.request
form = {"client_id": "c11e0001-0000-4000-8000-000000000003", "client_secret": "sandbox-secret",
        "grant_type": "client_credentials", "scope": "https://management.azure.com/.default"}
address = sys.argv[1] + "/descriptions.example/oauth2/v2.0/token"
print(json.load(urllib.request.urlopen(address, urllib.parse.urlencode(form).encode()))["access_token"])
PYTHON
)"
export TOKEN
# No argument holds the token.
printf '[headers]\nAuthorization = "Bearer ${TOKEN}"\n' >schemathesis.toml
mine=7e030000-0000-4000-8000-000000000000/ba030009-0000-4000-8000-000000000001

# What a description cannot say: which of the partner ids of the right form can be linked to, and which entries of the
# directory make sense.
try() {
    local description="$1"
    shift
    "$venv/bin/schemathesis" --no-color run "$docs/$description" --url "$url" --continue-on-failure --warnings off \
        --exclude-checks positive_data_acceptance --phases examples,coverage,fuzzing "$@" >"$description.out" 2>&1 ||
        { cut -c1-400 "$description.out" | grep -v '^ *File\|^ *\^' | tail -80 >&2; return 1; }
    grep 'generated' "$description.out"
}
seed="${PAL_SEED:-$RANDOM}"
printf 'seed %s (PAL_SEED runs it again)\n' "$seed"
# Cases for each operation, chosen so that each interface gives about half of the requests.
try openapi.json --seed "$seed" -n 2000 &
own=$!
try provider.openapi.json --seed "$seed" -n 1200 &
provider=$!
wait "$own"
wait "$provider"

# With a link that is there, the operations on one link have something to answer.
python3 - "$url" <<'PYTHON'
import os, sys, urllib.request
address = sys.argv[1] + "/providers/Microsoft.ManagementPartner/partners/6000110?api-version=2018-02-01"
for method in ("DELETE", "PUT"):
    request = urllib.request.Request(address, method=method, headers={"Authorization": "Bearer " + os.environ["TOKEN"]})
    try:
        urllib.request.urlopen(request)
    except urllib.error.HTTPError as refused:
        # Linked to another partner by one of the requests before.
        assert refused.code == 409, refused
PYTHON
cat >>schemathesis.toml <<TOML
[parameters]
"path.tenant_id" = "${mine%/*}"
"path.object_id" = "${mine#*/}"
TOML
try openapi.json --seed "$seed" -n 20 --include-path-regex 'object_id'

python3 - "$url" "$WANTED" <<'PYTHON'
import re, sys, urllib.request
numbers = urllib.request.urlopen(sys.argv[1] + "/metrics").read().decode()
counted = [(int(n), int(status)) for status, n in re.findall(r'requests_total\{.*status="(\d+)"\} (\d+)', numbers)
           for n, status in [(n, status)]]
total, faults = sum(n for n, _ in counted), sum(n for n, status in counted if status >= 500)
print(f"{total} requests, {faults} answered 5xx")
sys.exit(faults != 0 or total < int(sys.argv[2]))
PYTHON
