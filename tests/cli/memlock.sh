#!/usr/bin/env bash
# memlock.sh: the commands of a user who may lock little memory (RLIMIT_MEMLOCK): BIN_DIR ENGINE. Linux counts rings
# before 5.12 and since 6.14, and always buffers that are registered. Without a ring a worker falls back to blocking
# calls, or with --engine=uring the command says why it cannot run. AIOUTILS_LONG=1: 1,000 runs.
# needs: strace setpriv
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"

if [ "$engine" = uring ]; then
    seq 1000 >file
    strace -f -qqq -o trace -e trace=io_uring_setup ahash -j1 --depth=300 file >/dev/null
    same "the probe tries a ring of the worker's size" "2 of 1 size" \
        "$(grep -c io_uring_setup trace) of $(sed -n 's/.*io_uring_setup(\([0-9]*\),.*/\1/p' trace | sort -u | wc -l) size"
fi
if [ "$(id -u)" != 0 ] || ! command -v setpriv >/dev/null; then
    left_out 'limits of locked memory' 'they hold for users other than root, and only root becomes one'
    ok 'nothing to test'
    finish
fi

mkdir tree
for i in {1..40}; do head -c $((i * 3000)) /dev/urandom >"tree/$i"; done
chmod -R a+rX tree
chmod 777 .
gnu sha256sum tree/* | sort -k2 >expected
cp "$bin"/{acp,ahash,acat} "$scratch/as"

# limited KIB COMMAND...: runs a command of ours; its counters are in message
limited() {
    setpriv --reuid=4712 --regid=4712 --clear-groups prlimit --memlock=$(($1 * 1024)) "$scratch/as/$2" "${@:3}" \
        --stats 2>message
}

# run KIB JOBS: a run of each command in turn. Succeeds if all that it does is right.
run() {
    case $((runs % 4)) in
    0) cmp -s expected <(limited "$1" ahash -r -j"$2" --direct=always tree | sort -k2) ;;
    1)
        rm -rf copy
        limited "$1" acp -r -j"$2" tree copy && diff -r tree copy >/dev/null
        ;;
    2) cmp -s tree/40 <(limited "$1" acat tree/40) ;;
    3) limited "$1" acat --discard --pattern=random --block-size=4K -j"$2" tree/40 >out && grep -q IOPS out ;;
    esac
}

# With engine uring, auto is tested: this engine alone can do nothing without a ring.
[ "$engine" = sync ] || export AIOUTILS_ENGINE=auto
limits=(0 1 8 16 24 32 40 48 56 64 96 128 256 512 1024 8192)
series=${#limits[@]}
[ "${AIOUTILS_LONG-}" != 1 ] || series=1000
wrong=()
fell_back=0
for ((runs = 0; runs < series; runs++)); do
    kib=${limits[runs]-$((runs % 2 ? RANDOM % 256 : RANDOM % 8193))}
    run "$kib" $((runs % 5 + 1)) || wrong+=("$kib KiB, run $runs: $(head -n 3 message)")
    grep -q 'RLIMIT_MEMLOCK is too low' message && fell_back=$((fell_back + 1))
done
same "$series runs with 0 to 8192 KiB of locked memory" "" "${wrong[*]}"
echo "# $fell_back of $series runs used blocking calls for want of locked memory"

# If this kernel counts rings, the reason must be given.
if [ "$engine" = uring ] && ! limited 0 ahash --engine=uring tree/1 >out; then
    check "uring without locked memory says why" grep -q "cannot use engine 'uring': io_uring_setup: .*RLIMIT_MEMLOCK" message
    check "uring without locked memory prints nothing" test ! -s out
    limited 0 ahash tree/1 >out
    check "auto without locked memory, --stats" grep -q "^engine     sync, 1 worker (not uring: .*RLIMIT_MEMLOCK" message
    # the smallest ring fits
    limited 24 ahash --engine=uring --depth=1000 tree/1 >out
    check "uring, a ring that is too large: says why" \
        grep -q "cannot use engine 'uring': io_uring_setup: .*RLIMIT_MEMLOCK" message
fi
finish
