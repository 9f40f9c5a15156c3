#!/usr/bin/env bash
# no_uring.sh: the commands without io_uring, as in most containers: BIN_DIR ENGINE. A seccomp filter forbids it. With
# ENGINE sync, the commands must fall back by default, and --stats must report the reason. With ENGINE uring they must
# refuse and print the reason.
# needs: strace python3 abench
seccomp=$(cd "${0%/*}" && pwd)/seccomp
. "${0%/*}/lib.sh" # sets engine

mkdir tree
for i in 1 2 3; do seq "$i"000 >"tree/$i"; done

# without ERRNO COMMAND...: runs it while $calls (of setup, enter and register) fail
without() {
    local errno=$1
    shift
    "$seccomp" "$errno" "$calls" "$@"
}

# has NAME PATTERN TEXT
has() {
    if grep -q "$2" <<<"$3"; then ok "$1"; else not_ok "$1" "$3"; fi
}

# falls_back ERRNO: expects correct results without a message
falls_back() {
    export AIOUTILS_ENGINE=auto
    local what="$1 of $calls" why="io_uring_${calls%%,*}"
    same "$what: ahash" "$(sha256sum tree/*)" "$(without "$1" ahash -r tree 2>&1)"
    same "$what: acat" "$(cat tree/*)" "$(without "$1" acat tree/1 tree/2 tree/3 2>&1)"
    same "$what: acp says nothing" "" "$(without "$1" acp -r tree "copy-$what" 2>&1)"
    check "$what: acp" diff -r tree "copy-$what"
    has "$what: abench says so, why, and what to look at" \
        "But io_uring cannot be used: $why.*sysctl kernel.io_uring_disabled" \
        "$(without "$1" abench hash --warm --pairs=1 tree 2>&1 | tr -s ' \n' ' ')" # lines wrap
    has "$what: and has no lesson to give" "abench: the lessons need io_uring: $why" \
        "$(without "$1" abench lesson 2>&1)"
    has "$what: --stats says which engine, and why" "engine.*sync.*$why" \
        "$(without "$1" ahash --stats tree/1 2>&1 >/dev/null)"
}

# reason ERRNO: prints the reason that the commands give
reason() {
    case ${calls%%,*}:$1 in
    enter:*) echo 'io_uring_enter: forbidden by a seccomp filter' ;;
    setup:ENOSYS) echo 'io_uring_setup: this kernel, or a seccomp filter, has no io_uring' ;;
    setup:ENOMEM) echo 'io_uring_setup: not enough memory, or RLIMIT_MEMLOCK is too low (ulimit -l)' ;;
    setup:EPERM)
        if [ "$(cat /proc/sys/kernel/io_uring_disabled 2>/dev/null || echo 0)" -gt 0 ]; then
            echo 'io_uring_setup: forbidden by kernel.io_uring_disabled'
        else
            echo 'io_uring_setup: forbidden by a seccomp filter'
        fi
        ;;
    esac
}

# refuses ERRNO: expects the reason and no other effect
refuses() {
    local command message status what="$1 of $calls" why
    why=$(reason "$1")
    for command in "ahash tree/1" "acat tree/1" "acp tree/1 new"; do
        # shellcheck disable=SC2086 # words
        message=$(without "$1" $command 2>&1 >out)
        status=$?
        same "$what: $command: status" 1 "$status"
        has "$what: $command: why" "cannot use engine 'uring': $why: [A-Z]" "$message"
        check "$what: $command: nothing is made" test ! -e new -a ! -s out
    done
}

for errno in EPERM ENOSYS; do
    for calls in setup setup,enter,register enter; do
        if [ "$engine" = sync ]; then falls_back $errno; else refuses $errno; fi
    done
done
# What abench recommends is what the command does by itself: the engine is named only if it is another one.
if [ "$engine" = sync ]; then
    # slowly COMMAND...: runs it on a FIFO that it waits for
    slowly() {
        (sleep 0.4 && echo) >fifo &
        "$@" fifo 2>&1
        wait
    }
    mkfifo fifo
    export AIOUTILS_ENGINE=auto
    has "--stats does not recommend a ring that cannot be set up" "more in flight would help (-j[0-9]*), more processors" \
        "$(calls=setup slowly without EPERM ahash --stats)"
    has "nor workers that acat does not have" "more in flight would help, more processors" \
        "$(calls=setup slowly without EPERM acat --stats)"
    rm fifo
    # in_use ARMS: prints the recommended command
    in_use() {
        without EPERM abench hash --warm --pairs=1 --arms="$1" tree 2>&1 | sed -n 's/^Use *//p'
    }
    calls=setup
    export AIOUTILS_ENGINE=auto
    same "abench: the arms without io_uring" "auto sync sync-j16" \
        "$(without EPERM abench hash --warm --pairs=1 --csv tree 2>/dev/null | sed -n 's/^hash,[^"]*"\([^"]*\)".*/\1/p' | sort | xargs)"
    has "abench: recommends the default" "^ahash -r tree   (takes blocking calls by itself" "$(in_use auto)"
    has "abench: recommends blocking calls" "^ahash -r --engine=sync -j3 tree " "$(in_use sync-j3)"
    export AIOUTILS_ENGINE=sync
    has "abench: recommends another engine than the environment" "^ahash -r --engine=auto tree " "$(in_use auto)"
    has "abench: recommends the engine of the environment" "^ahash -r -j3 tree " "$(in_use sync-j3)"
else
    in_use() {
        abench "${2:-read}" --warm --pairs=1 --arms=uring "$1" 2>&1 | sed -n 's/^Use *//p'
    }
    export AIOUTILS_ENGINE=auto
    seq 200000 >large
    has "abench: acat takes no trees" "^find tree -type f -print0 | acat --discard --files0-from=-" "$(in_use tree)"
    has "abench: auto takes io_uring" "^acat --discard large .*takes io_uring by itself" "$(in_use large)"
    has "abench: auto takes blocking calls for one small file" "^acat --discard --engine=uring tree/1 .*measured best" "$(in_use tree/1)"
    has "abench: so does a copy of one" "^acp -r --engine=uring tree/1 .*measured best" "$(in_use tree/1 copy)"
    has "abench: a copy of a tree takes io_uring" "^acp -r tree .*takes io_uring by itself" "$(in_use tree copy)"
    rm large
    export AIOUTILS_ENGINE=uring
fi

calls=setup
if [ "$engine" = sync ]; then falls_back ENOMEM; else refuses ENOMEM; fi

# On a kernel before 5.11 liburing would wait by a request of its own. strace overwrites the start of io_uring_params:
# the entries as they are (256 and 512), and only the features of Linux 5.4 to 5.10.
old_kernel() {
    strace -f -qqq -o "$scratch/trace" -e trace=io_uring_setup \
        -e inject=io_uring_setup:poke_exit=@arg2=000100000002000000000000000000000000000007000000 "$@"
}
why="io_uring_setup: this kernel's io_uring is too old"
if [ "$engine" = sync ]; then
    has "an old kernel: falls back" "engine.*sync.*$why" "$(old_kernel ahash --engine=auto --stats tree/1 2>&1 >/dev/null)"
else
    has "an old kernel: refuses" "cannot use engine 'uring': $why" "$(old_kernel ahash tree/1 2>&1)"
fi

# A ring keeps failing while requests are in flight: the command must not wait for them without end.
if [ "$engine" = uring ]; then
    head -c 3000000 /dev/urandom >large
    # broken_ring ERRNO COMMAND...
    broken_ring() {
        local errno=$1
        shift
        gnu dd if=large iflag=nocache count=0 status=none
        # shellcheck disable=SC2016 # for the inner shell to expand
        timeout "$limit_seconds" bash -c 'strace -f -qqq -o "$0" -e trace=io_uring_enter -e "inject=io_uring_enter:error=$1:when=4+" \
            "${@:2}"' "$scratch/trace" "$errno" "$@"
    }
    for errno in EAGAIN EBUSY EBADF; do
        message=$(broken_ring $errno acat --discard --pattern=random --block-size=4K --bytes=1M large 2>&1 >/dev/null)
        same "a ring that breaks with $errno, in blocks: status" 1 $?
        has "a ring that breaks with $errno, in blocks: why" "large: " "$message"
        message=$(broken_ring $errno ahash --depth=8 --direct=always --block-size=64K large 2>&1 >/dev/null)
        same "a ring that breaks with $errno: status" 1 $?
        has "a ring that breaks with $errno: why" "large: \|cannot run engine 'uring'" "$message"
    done
fi

# Registered buffers and the like only make a ring faster; their failure is harmless.
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
