#!/usr/bin/env bash
# no_uring.sh: the commands where io_uring cannot be had, as in most containers: BIN_DIR ENGINE. strace makes
# io_uring_setup fail as a seccomp filter does. Left to themselves (with ENGINE sync, which is what they fall
# back to) the commands do everything, and --stats says why; with ENGINE uring they refuse, with the reason.
. "${0%/*}/lib.sh" # sets scratch, engine

mkdir tree
for i in 1 2 3; do seq "$i"000 >"tree/$i"; done

# without ERRNO COMMAND...
without() {
    local errno=$1
    shift
    strace -f -qqq -o "$scratch/trace" -e trace=io_uring_setup -e "inject=io_uring_setup:error=$errno" "$@"
}

# has NAME PATTERN TEXT
has() {
    if grep -q "$2" <<<"$3"; then ok "$1"; else not_ok "$1" "$3"; fi
}

falls_back() {
    export AIOUTILS_ENGINE=auto
    same "$1: ahash" "$(sha256sum tree/*)" "$(without "$1" ahash -r tree)"
    same "$1: acat" "$(cat tree/*)" "$(without "$1" acat tree/1 tree/2 tree/3)"
    without "$1" acp -r tree "copy-$1"
    check "$1: acp" diff -r tree "copy-$1"
    has "$1: abench says so, why, and what to look at" \
        'warning  io_uring cannot be used: io_uring_setup.*sysctl kernel.io_uring_disabled' \
        "$(without "$1" abench hash --warm --pairs=1 tree 2>&1)"
    has "$1: and has no lesson to give" 'abench: the lessons need io_uring: io_uring_setup' \
        "$(without "$1" abench lesson 2>&1)"
    has "$1: --stats says which engine, and why" 'engine.*sync.*io_uring_setup' \
        "$(without "$1" ahash --stats tree/1 2>&1 >/dev/null)"
}

refuses() {
    local command message status
    for command in "ahash tree/1" "acat tree/1" "acp tree/1 new"; do
        # shellcheck disable=SC2086 # words
        message=$(without "$1" $command 2>&1 >out)
        status=$?
        same "$1: $command: status" 1 "$status"
        has "$1: $command: why" "'uring' cannot run here.*io_uring_setup" "$message"
        check "$1: $command: nothing is made" test ! -e new -a ! -s out
    done
}

for errno in EPERM ENOSYS ENOMEM; do
    if [ "$engine" = sync ]; then falls_back $errno; else refuses $errno; fi
done
finish
