#!/usr/bin/env bash
# Feeds what nobody would write to everything that reads exports, guided by the coverage it reaches (libFuzzer).
#
#   fuzz/run.sh SECONDS [TARGET…]    so long for each target, or for these; one after another
#
# Needs Rust and a C++ compiler, no nightly toolchain. An input that takes longer than a second or more than 512 MB, or
# breaks what fuzz/src/lib.rs holds, ends it with an error; the input is kept in target/fuzz/found. New inputs that reach
# further are collected in target/fuzz/corpus; those in fuzz/corpus are the seeds.
set -euo pipefail
cd "$(dirname "$0")"
seconds="${1:?say for how many seconds}"
shift
targets=("$@")
if [ ${#targets[@]} = 0 ]; then
    for target in targets/*.rs; do targets+=("$(basename "$target" .rs)"); done
fi

folder="${PAL_FUZZ:-$PWD/../target/fuzz}"
host="$(rustc -vV | sed -n 's/^host: //p')"
# Coverage for LLVM's fuzzer, of everything that is built for the target.
flags=(-Cpasses=sancov-module)
for flag in level=4 inline-8bit-counters pc-table trace-compares; do
    flags+=("-Cllvm-args=-sanitizer-coverage-$flag")
done
RUSTFLAGS="${flags[*]}" cargo build --quiet --release --locked --target "$host" --target-dir "$folder"

for target in "${targets[@]}"; do
    mkdir -p "$folder/corpus/$target" "$folder/found/$target" "corpus/$target"
    printf '   %s: %d s\n' "$target" "$seconds"
    log="$folder/$target.log"
    if ! "$folder/$host/release/$target" "$folder/corpus/$target" "corpus/$target" \
        -max_total_time="$seconds" -timeout=1 -rss_limit_mb=512 -max_len=65536 -print_final_stats=1 \
        -dict=words.dict -artifact_prefix="$folder/found/$target/" >"$log" 2>&1; then
        tail -n 40 "$log" >&2
        printf '%s: failed; see above, and %s\n' "$target" "$folder/found/$target" >&2
        exit 1
    fi
    grep -E 'number_of_executed_units|peak_rss_mb|slowest_unit' "$log" | sed 's/^stat::/     /'
done
