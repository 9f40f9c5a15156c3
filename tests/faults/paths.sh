#!/usr/bin/env bash
# paths.sh: acp with pairs of sources that lead to one entry of the destination by two paths. One of them is copied, and
# the other one must be named: BIN_DIR ENGINE
# needs: faultfs
# shellcheck source=tests/faults/lib.sh
. "${0%/*}/lib.sh"

pairs=20

# pairs_at DIR KIND: makes DIR/source/first and DIR/source/second, and DIR/copy, in which both are one directory
pairs_at() {
    local dir=$1 kind=$2 i
    rm -rf "$dir/source" "$dir/copy"
    mkdir -p "$dir"/source/{before,first,second} "$dir/copy/first"
    ln -s first "$dir/copy/second"
    for ((i = 1; i <= pairs; i++)); do
        echo first >"$dir/source/first/$i"
        echo second >"$dir/source/second/$i"
        [ "$kind" = new ] || echo old >"$dir/copy/first/$i"
        case $kind in
        linked | new)
            echo linked >"$dir/source/before/$i"
            ln -f "$dir/source/before/$i" "$dir/source/first/$i"
            ;;
        symbolic) ln -sf nowhere "$dir/source/second/$i" ;;
        esac
    done
}

# named WHAT [DIR]: each source that is not copied is named, and each pair has a copy
named() {
    local copied
    copied=$(find "${2-.}/copy/first" -mindepth 1 -exec sh -c '
        for file; do [ "$(cat "$file" 2>&1)" = old ] || echo "$file"; done' - {} + | wc -l)
    same "$1: each that is not copied is named" "$pairs $pairs" \
        "$copied $(grep -vc un-backup message)"
}

# injected_pairs KIND CALL OPTION...: each call waits a moment
injected_pairs() {
    local kind=$1 call=$2
    shift 2
    pairs_at . "$kind"
    AIOUTILS_INJECT="$call 1+ pause" timeout "$limit_seconds" "$injected" --engine="$engine" -a -j4 "$@" \
        --keep-directory-symlink -T source copy 2>message
    same "$kind, late $call ${*-}: the status" 1 $?
    named "$kind, late $call ${*-}"
}
if [ -x "$injected" ]; then
    # a hard link replaces what another source writes over, or has just made
    for call in linkat fcntl ftruncate fstat openat; do
        injected_pairs linked $call
    done
    injected_pairs linked renameat2 --atomic
    # a hard link is a new name, and is not known to be the run's yet
    injected_pairs new fcntl
    injected_pairs new ftruncate
    # a symbolic link replaces what another source has opened to write it over
    for call in unlinkat ftruncate openat fstat; do
        injected_pairs symbolic $call
    done
    # both sources overtake another process that is making the file
    pairs_at . new
    rm -r source/before
    others=()
    echo other >other
    for ((i = 1; i <= 5; i++)); do
        AIOUTILS_INJECT="pwrite 1 hold" AIOUTILS_INJECT_LOG=held$i "$injected" --engine=sync --sparse=never other \
            copy/first/$i 2>/dev/null &
        others+=($!)
        # shellcheck disable=SC2016 # for the inner shell
        timeout "$limit_seconds" bash -c 'until grep -q "^fired" "held$1"; do sleep 0.02; done' - $i 2>/dev/null
    done
    AIOUTILS_INJECT="linkat 1+ pause" timeout "$limit_seconds" "$injected" --engine="$engine" -r -j4 \
        --keep-directory-symlink -T source copy 2>message
    same "other makers: the status" 1 $?
    named "other makers"
    kill "${others[@]}"
    wait
else
    left_out 'calls that are late' 'it needs programs of a build'
fi

# on filesystems of a server, threads make links beside each other
for options in -lf -sf "-lf --backup"; do
    rules
    pairs_at "$below" files
    rules 'rename copy* delay=20'
    # shellcheck disable=SC2086 # words
    acp -r $options --keep-directory-symlink -T "$mnt/source" "$mnt/copy" 2>message
    rm -f "$below"/copy/first/*~
    named "links over files, $options" "$below"
done
finish
