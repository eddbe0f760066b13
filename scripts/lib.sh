# Shared by the scripts beside it: where the tree is, and words for people. Sourced, never run.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root" || exit

say() { printf '%s\n' "$*" >&2; }

die() {
    say "$(basename "$0"): $1"
    exit "${2:-1}"
}

# configure PRESET [cmake arguments]: quiet unless it fails. Standard output stays free for the caller's own words.
configure() {
    local output
    if ! output=$(cmake --preset "$@" 2>&1); then
        say "$output"
        die "cmake --preset $* failed (a stale build/$1? remove it and try again)"
    fi
}

# build PRESET [targets]
build() {
    local preset=$1
    shift
    cmake --build --preset "$preset" ${1:+--target "$@"} >&2
}

# Every file of ours, whether or not this is a git checkout.
source_files() {
    if git -C "$root" rev-parse --is-inside-work-tree >/dev/null 2>&1; then
        git ls-files --cached --others --exclude-standard
    else
        find . -type f -not -path './build/*' -not -path './.git/*' -printf '%P\n'
    fi | while IFS= read -r file; do
        if [[ -f $file ]]; then printf '%s\n' "$file"; fi
    done
}

cpp_files() { source_files | grep -E '\.(cpp|hpp)$' || true; }
