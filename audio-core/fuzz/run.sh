#!/usr/bin/env bash
# Runs every fuzz target for SECONDS each (60), one after the other; 0 replays the kept corpus.
#
#   ./run.sh [SECONDS] [TARGET...]
#   ./run.sh minimise [TARGET...]   makes the kept corpus anew from it and from what was found since
#
# Needs: cargo install cargo-fuzz, and a C++ compiler. Stable Rust will do: without a sanitizer
# (-s none) the coverage is plain LLVM's.
set -euo pipefail
cd "$(dirname "$0")"

# Files kept per target and bytes kept of each. Long inputs reach most, so they go first.
KEEP=13
LONGEST=1024
mode=${1:-60}
shift || true
if [ $# -gt 0 ]; then targets=("$@"); else mapfile -t targets < <(cargo fuzz list); fi

for target in "${targets[@]}"; do
    found=target/found/$target
    mkdir -p "$found" "corpus/$target"
    if [ "$mode" = minimise ]; then
        rm -rf target/minimal && mkdir -p target/minimal
        cargo fuzz run -s none "$target" target/minimal "$found" "corpus/$target" \
            -- -set_cover_merge=1 -use_counters=0 -max_len="$LONGEST"
        rm -rf "corpus/$target" && mkdir "corpus/$target"
        # Names are digests: the same input is the same file.
        find target/minimal -type f -printf '%s %p\n' | sort -rn | sed "${KEEP}q" |
            while read -r _ file; do cp "$file" "corpus/$target/"; done
        continue
    fi
    limit=(-max_total_time="$mode" -timeout=20 -rss_limit_mb=2048 -max_len=4096)
    [ "$mode" = 0 ] && limit=(-runs=0 -timeout=20)
    [ -f "dict/$target.dict" ] && limit+=("-dict=dict/$target.dict")
    echo "== $target"
    # What is found goes to the first folder, which git does not see.
    cargo fuzz run -s none "$target" "$found" "corpus/$target" -- "${limit[@]}"
done
