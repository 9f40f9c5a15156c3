#!/usr/bin/env bash
# writes.sh: each retry of a write of a large copy, by the ring or by a plain call: BIN_DIR ENGINE.
# needs: injected
. "${0%/*}/../cli/lib.sh"

# A file of 9 blocks is large enough for O_DIRECT writes of the ring; its end is written by a plain call.
program=$bin/../tests/faults/acp
blocks=9
head -c $((blocks * 1048576 + 123)) /dev/urandom >from
if [ "$engine" = uring ]; then
    call=cqe_write
    copying=(--direct=always --block-size=1M)
else
    call=pwrite
    copying=(--direct=always --block-size=1M --reflink=never --sparse=never)
fi

# copied PLAN: copies with this failure
copied() {
    rm -f to log
    AIOUTILS_INJECT=$1 AIOUTILS_INJECT_LOG=log "$program" "${copying[@]}" from to 2>messages
}

# writes: prints how often the run has written
writes() {
    sed -n "s/^count $call //p" log
}

copied ''
same 'nothing fails: the copy has the bytes' 0 "$(cmp from to; echo $?)"
without=$(writes)
check 'every block is written by a call that can fail' [ "$without" -ge "$blocks" ]

# retried PLAN MORE [ERRNO]: the copy has the bytes after that many more writes, at least
retried() {
    copied "$call $1"
    same "$call $1: the copy has the bytes" '0 0 ' "$? $(cmp from to; echo $?) $(cat messages)"
    check "$call $1: it happened" grep -q fired log
    check "$call $1: so many writes more" [ "$(writes)" -ge $((without + $2)) ]
}
for nth in 1 5 $blocks; do
    retried "$nth EINTR" 1
    retried "$nth short" 1
done
retried '1+ short' $((10 * blocks)) # down to a byte, which O_DIRECT cannot write
if [ "$engine" = uring ]; then
    for error in EAGAIN ENOMEM ECANCELED; do
        retried "3 $error" 1
        # three more by the ring, and then by a plain call
        retried "1+ $error" $((3 * blocks))
    done
    retried '1+ EINTR' $((3 * blocks))
    retried '1 EINVAL' 1 # a filesystem that accepts O_DIRECT and cannot write so
fi
for plan in '4 zero' '4 EIO' '1+ zero' '1+ EIO'; do
    copied "$call $plan"
    same "$call $plan: fails with the reason, and leaves no file" '1 1 gone' \
        "$? $(grep -c "error writing 'to': .*" messages) $([ -e to ] || echo gone)"
done
finish
