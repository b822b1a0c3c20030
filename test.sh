#!/usr/bin/env bash
# Sets up what the tests need and runs all of them. Says what it does, and at the end what it had to skip.
#
#   ./test.sh          everything
#   ./test.sh quick    formatting, lints, documentation and licences only
#
# Needs Rust and a C compiler, and Python 3 for the sample world's generator. What else is missing is installed into
# ./.local (PAL_LOCAL names another folder), never into the system.
set -euo pipefail
cd "$(dirname "$0")"
local_folder="${PAL_LOCAL:-$PWD/.local}"
export PATH="$local_folder/bin:$PATH"

skipped=()
passed=0

say() { printf '\n== %s\n' "$*"; }

suite() {
    local name="$1"
    shift
    say "$name: $*"
    local started=$SECONDS
    if ! "$@"; then
        printf '\nFAILED: %s\n' "$name" >&2
        exit 1
    fi
    passed=$((passed + 1))
    printf '   %s: passed in %d s\n' "$name" $((SECONDS - started))
}

skip() {
    skipped+=("$1: $2")
    say "$1: skipped: $2"
}

need() {
    if ! command -v "$1" >/dev/null 2>&1; then
        printf '%s is missing: %s\n' "$1" "$2" >&2
        exit 1
    fi
}

# A program of the Rust registry, built once into the local folder.
tool() {
    local program="$1" version="$2"
    if ! "$program" --version 2>/dev/null | grep -qF "$version"; then
        say "installing $program $version into $local_folder (once, some minutes)"
        cargo install --quiet --locked --root "$local_folder" --version "$version" "$program" || return 1
    fi
}

need cargo "install Rust (rustup.rs), then run this again"
need cc "install a C compiler, for example with: apt-get install gcc"

say "tools: $(cargo --version), $(rustc --version)"

if cargo fmt --version >/dev/null 2>&1; then
    suite "formatting" cargo fmt --all --check
else
    skip "formatting" "rustfmt is not installed (rustup component add rustfmt)"
fi
if cargo clippy --version >/dev/null 2>&1; then
    suite "lints" cargo clippy --workspace --all-targets --locked --quiet -- -D warnings
else
    skip "lints" "clippy is not installed (rustup component add clippy)"
fi
RUSTDOCFLAGS="-D warnings" suite "documentation" cargo doc --workspace --no-deps --locked --quiet
if tool cargo-deny 0.20.2; then
    suite "licences, bans, sources" cargo deny --log-level error check licenses bans sources
    skip "advisories" "their database is not part of this; with a network: cargo deny check advisories"
else
    skip "licences, bans, sources" "cargo-deny could not be installed (cargo install cargo-deny)"
fi

if [ "${1:-}" != quick ]; then
    if ! command -v python3 >/dev/null 2>&1; then
        skip "the sample world's generator" "python3 is not installed"
    fi
    if [ ! -d ../shared/data/worlds ]; then
        skip "the shared worlds" "the larger worlds are not beside this checkout; the two copied into the tests are used"
    fi
    # Where there is PostgreSQL, the registry's tests run on a throw-away server as well.
    if reason="$(tests/postgres.sh find)"; then
        suite "tests, PostgreSQL included" tests/postgres.sh run cargo test --workspace --locked
    else
        suite "tests" cargo test --workspace --locked
        skip "tests on PostgreSQL" "$reason"
    fi
    # The inner loops of metering, with every access to memory watched.
    if command -v valgrind >/dev/null 2>&1 && [ "$(uname -sm)" = "Linux x86_64" ]; then
        CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER="valgrind --quiet --error-exitcode=9" \
            suite "kernel under valgrind" cargo test -p pal-metering --lib --locked kernel::
    else
        skip "kernel under valgrind" "valgrind is not installed"
    fi
    # What nobody would write, fed to everything that reads exports; the seeds are in fuzz/corpus.
    if command -v c++ >/dev/null 2>&1; then
        suite "fuzzing, 10 s for each target" fuzz/run.sh 10
    else
        skip "fuzzing" "there is no C++ compiler (for example: apt-get install g++)"
    fi
    # Azure's own clients, unmodified, over TLS.
    say "the real clients, into $local_folder/clients"
    if reason="$(tests/clients/install.sh "$local_folder")"; then
        suite "real clients" tests/clients/run.sh "${CARGO_TARGET_DIR:-target}/debug/pal" "$local_folder"
    else
        skip "real clients" "$reason"
    fi
    # Both descriptions of the interface, against a running server.
    say "Schemathesis, into $local_folder/descriptions"
    if tests/descriptions/run.sh "${CARGO_TARGET_DIR:-target}/debug/pal" "$local_folder" install; then
        suite "descriptions" tests/descriptions/run.sh "${CARGO_TARGET_DIR:-target}/debug/pal" "$local_folder"
    else
        skip "descriptions" "Schemathesis cannot be installed (python3 with venv and pip, and a package registry)"
    fi
fi

say "$passed suites passed, ${#skipped[@]} skipped"
for one in "${skipped[@]+"${skipped[@]}"}"; do
    printf '   skipped %s\n' "$one"
done
