#!/usr/bin/env bash
# Installs the real clients into a folder of the project, once: install.sh FOLDER.
# What is done goes to stderr. When it cannot be done, the reason goes to stdout, and the exit code is 1.
set -euo pipefail
mkdir -p "$1"
folder="$(cd "$1" && pwd)/clients"
cd "$(dirname "$0")"

give_up() {
    printf '%s\n' "$1"
    exit 1
}
tell() { printf '   %s\n' "$1" >&2; }
# Runs a command; its words are shown only when it fails.
quietly() {
    local words
    if ! words="$("$@" 2>&1)"; then
        printf '%s\n' "$words" | tail -15 >&2
        return 1
    fi
}

command -v python3 >/dev/null 2>&1 || give_up "python3 is not installed"
command -v node >/dev/null 2>&1 || give_up "node is not installed"
command -v npm >/dev/null 2>&1 || give_up "npm is not installed"
python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' || give_up "python3 is older than 3.10"
node -e 'process.exit(Number(process.versions.node.split(".")[0]) < 20 ? 1 : 0)' || give_up "node is older than 20"
python3 -c 'import venv, ensurepip' 2>/dev/null ||
    give_up "python3 cannot make environments (Debian: apt-get install python3-venv)"

# What is installed is named by where, by what was asked for, and by the programs that it was installed with.
sum="$(cat requirements-*.txt package-lock.json install.sh | cksum)"
wanted="$folder $sum $(python3 -V) $(node -v)"
if [ "$(cat "$folder/installed" 2>/dev/null)" = "$wanted" ]; then
    exit 0
fi
rm -rf "$folder"
mkdir -p "$folder/wheels" "$folder/node"

# An environment with what a list names, and nothing else.
environment() {
    quietly python3 -m venv "$folder/$1" || give_up "python3 -m venv failed"
    quietly "$folder/$1/bin/python" -m pip --disable-pip-version-check install --no-deps -r "requirements-$1.txt" ||
        give_up "pip cannot install tests/clients/requirements-$1.txt"
}
tell "installing two of azure-cli, the Python SDK and the Node SDK into $folder (once, a minute)"
environment az-2.66
environment current
quietly "$folder/current/bin/python" -m pip --disable-pip-version-check download --no-deps --dest "$folder/wheels" \
    managementpartner==0.1.2 || give_up "pip cannot download the extension managementpartner 0.1.2"
cp package.json package-lock.json "$folder/node/"
quietly npm ci --prefix "$folder/node" --no-audit --no-fund --ignore-scripts ||
    give_up "npm cannot install tests/clients/package-lock.json"

printf '%s\n' "$wanted" >"$folder/installed"
