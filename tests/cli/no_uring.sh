#!/usr/bin/env bash
# no_uring.sh: the commands where io_uring cannot be had, as in most containers: BIN_DIR ENGINE. A seccomp filter
# sees to that. Left to themselves (with ENGINE sync, which is what they fall back to) the commands do everything,
# and --stats says why; with ENGINE uring they refuse, with the reason.
seccomp=$(cd "${0%/*}" && pwd)/seccomp
. "${0%/*}/lib.sh" # sets engine

mkdir tree
for i in 1 2 3; do seq "$i"000 >"tree/$i"; done

# without ERRNO COMMAND...: $calls, of setup, enter and register, fail
without() {
    local errno=$1
    shift
    "$seccomp" "$errno" "$calls" "$@"
}

# has NAME PATTERN TEXT
has() {
    if grep -q "$2" <<<"$3"; then ok "$1"; else not_ok "$1" "$3"; fi
}

# falls_back ERRNO: silently, and all is right
falls_back() {
    export AIOUTILS_ENGINE=auto
    local what="$1 of $calls" why="io_uring_${calls%%,*}"
    same "$what: ahash" "$(sha256sum tree/*)" "$(without "$1" ahash -r tree 2>&1)"
    same "$what: acat" "$(cat tree/*)" "$(without "$1" acat tree/1 tree/2 tree/3 2>&1)"
    same "$what: acp says nothing" "" "$(without "$1" acp -r tree "copy-$what" 2>&1)"
    check "$what: acp" diff -r tree "copy-$what"
    has "$what: abench says so, why, and what to look at" \
        "warning  io_uring cannot be used: $why.*sysctl kernel.io_uring_disabled" \
        "$(without "$1" abench hash --warm --pairs=1 tree 2>&1)"
    has "$what: and has no lesson to give" "abench: the lessons need io_uring: $why" \
        "$(without "$1" abench lesson 2>&1)"
    has "$what: --stats says which engine, and why" "engine.*sync.*$why" \
        "$(without "$1" ahash --stats tree/1 2>&1 >/dev/null)"
}

# refuses ERRNO: with the reason, and before anything is done
refuses() {
    local command message status what="$1 of $calls" why="io_uring_${calls%%,*}"
    for command in "ahash tree/1" "acat tree/1" "acp tree/1 new"; do
        # shellcheck disable=SC2086 # words
        message=$(without "$1" $command 2>&1 >out)
        status=$?
        same "$what: $command: status" 1 "$status"
        has "$what: $command: why" "'uring' cannot run here.*$why" "$message"
        check "$what: $command: nothing is made" test ! -e new -a ! -s out
    done
}

for errno in EPERM ENOSYS; do
    for calls in setup setup,enter,register enter; do
        if [ "$engine" = sync ]; then falls_back $errno; else refuses $errno; fi
    done
done
calls=setup
if [ "$engine" = sync ]; then falls_back ENOMEM; else refuses ENOMEM; fi

# What can be registered makes a ring quicker, no more.
if [ "$engine" = uring ]; then
    calls=register
    for errno in EPERM ENOSYS; do
        same "$errno of register: ahash" "$(sha256sum tree/*)" \
            "$(without $errno ahash -r --direct=always --block-size=4K tree 2>&1)"
        same "$errno of register: acp" "" \
            "$(without $errno acp -r --direct=always --block-size=4K tree copy-$errno 2>&1)"
        check "$errno of register: acp, the copy" diff -r tree copy-$errno
    done
fi
finish
