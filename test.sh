#!/usr/bin/env bash
# Sets up what the tests need and runs all of them. Says what it does, and at the end what it had to skip.
#
#   ./test.sh          everything
#   ./test.sh quick    formatting, lints and documentation only
#
# Needs Rust, a C compiler, Python 3 and Node. Whatever else is missing goes into ./.local, never into the system.
set -euo pipefail
cd "$(dirname "$0")"

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
if cargo deny --version >/dev/null 2>&1; then
    suite "licences, bans, sources" cargo deny check licenses bans sources
    skip "advisories" "the advisory database is fetched from the network; run: cargo deny check advisories"
else
    skip "licences, bans, sources" "cargo-deny is not installed (cargo install cargo-deny)"
fi

if [ "${1:-}" != quick ]; then
    suite "tests" cargo test --workspace --locked
fi

say "$passed suites passed, ${#skipped[@]} skipped"
for one in "${skipped[@]+"${skipped[@]}"}"; do
    printf '   skipped %s\n' "$one"
done
