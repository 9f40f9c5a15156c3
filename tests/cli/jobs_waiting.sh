#!/usr/bin/env bash
# jobs_waiting.sh: how many workers auto has without io_uring: as many as processors for cached files, up to 16 while
# they wait for storage. BIN_DIR ENGINE
# needs: fincore python3
seccomp=$(cd "${0%/*}" && pwd)/seccomp
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"

# A worker that waits asks for another one, so there are enough files for all of them.
mkdir tree
seq 200000 | head -c 4000 >text
for i in {1..400}; do { echo "$i" && cat text; } >"tree/$i"; done
sync tree/*
gnu sha256sum tree/* | sort -k2 >expected
processors=$(nproc)

# cold: drops the tree from the page cache; the inodes stay
cold() {
    for file in tree/*; do dd if="$file" iflag=nocache count=0 status=none; done
}
# warm: reads the tree into the page cache
warm() {
    gnu cat tree/* >/dev/null
}
# count_workers COMMAND...: prints how many workers a command had; its output is in out
count_workers() {
    "$@" --stats=json 2>&1 >out | sed -n 's/.*"jobs":\([0-9]*\).*/\1/p'
}
# by_default COMMAND...: runs it with the default engine and without io_uring
by_default() {
    AIOUTILS_ENGINE=auto "$seccomp" EPERM setup "$@"
}

if [ "$engine" = uring ]; then
    cold
    same 'with io_uring: a ring for each processor' "$processors" "$(AIOUTILS_ENGINE=auto count_workers ahash -r tree)"
    finish
fi

# cached NAME EXPECTED COMMAND...: expects this number of workers. The kernel can take a page back before it is read; then
# a worker waits, and asks for another one. So it is tried again.
cached() {
    local n
    for _ in {1..5}; do
        rm -rf copy
        warm
        n=$(count_workers by_default "${@:3}")
        [ "$n" != "$2" ] || break
    done
    same "$1" "$2" "$n"
}
printf 'tree/1\0' >one
cached 'ahash, cached' "$processors" ahash -r tree
cached 'acp, cached' "$processors" acp -r tree copy
cached 'acat, cached' 1 acat --discard tree/*
cached 'a list of one name, cached' "$processors" ahash --files0-from=one

cold
if [ "$(fincore --bytes --noheadings --output RES tree/1 | tr -d ' ')" != 0 ]; then
    left_out 'files that are not cached' 'this filesystem keeps files in memory'
    finish
fi

# more NAME USUAL COMMAND...: expects more workers than the usual number, but not more than 16
more() {
    local name=$1 usual=$2 n
    cold
    n=$(count_workers "${@:3}")
    if [ "$usual" -ge 16 ]; then same "$name" "$usual" "$n"; else
        check "$name: more than $usual workers ($n)" test "$n" -gt "$usual"
        check "$name: at most 16 ($n)" test "$n" -le 16
    fi
}
more 'ahash' "$processors" by_default ahash -r tree
same 'ahash: the digests' "$(cat expected)" "$(sort -k2 out)"
more 'ahash --files0-from' "$processors" by_default ahash --files0-from=<(printf '%s\0' tree/*)
more 'ahash -c' "$processors" by_default ahash -c expected
more 'acp' "$processors" by_default acp -r tree copy-cold
check 'acp: the copy' diff -r tree copy-cold
more 'acat --discard' 1 by_default acat --discard tree/*

# few NAME EXPECTED COMMAND...: expects this number of workers
few() {
    cold
    same "$1" "$2" "$(count_workers "${@:3}")"
}
few '-j2' 2 by_default ahash -r -j2 tree
few '-j1, acp' 1 by_default acp -r -j1 tree copy-j1
few '--engine=sync' "$processors" by_default ahash -r --engine=sync tree
few 'one file' 1 by_default ahash tree/1
few 'acat writes with one worker' 1 by_default acat tree/*
same 'acat: in order' "$(gnu cat tree/* | cksum)" "$(cksum <out)"
if [ -n "$sanitizer" ]; then
    left_out 'a limit on the address space' "$sanitizer needs more"
else
    cold
    n=$(ulimit -d 33554; count_workers by_default ahash -r tree) # 8 MiB for each
    check "32 MiB for buffers: at most 4 workers ($n)" test "$n" -le 4
fi

# Files of both kinds: extra workers leave, and come back.
for i in {1..40}; do
    mkdir "tree/dir$i"
    for k in {1..50}; do echo "$i $k" >"tree/dir$i/$k"; done
done
gnu sha256sum tree/* tree/*/* 2>/dev/null | sort -k2 >expected
same 'some files are cached: the digests' "$(cat expected)" "$(cold; by_default ahash -r tree | sort -k2)"
finish
