#!/usr/bin/env bash
# manifest.sh: ahash --update --verify if single calls fail. A file that cannot be compared with its entry is no new one:
# BIN_DIR ENGINE
# needs: faultfs injected
# shellcheck source=tests/faults/lib.sh
. "${0%/*}/lib.sh"

injected=$bin/../tests/faults/ahash

mkdir tree
echo one >tree/one
echo two >tree/two
# no comment is written for a file that has just changed
until [ "$(grep -c '^#: ' manifest 2>/dev/null)" = 2 ]; do
    rm -f manifest
    ahash -r --update=manifest tree 2>/dev/null
done
zeros=$(printf '0%.0s' {1..64})
sed -i "/  tree/s/^[0-9a-f]*/$zeros/" manifest
cp manifest kept

for call in "fstatat EIO" "malloc ENOMEM" "calloc ENOMEM" "strdup ENOMEM" "openat EIO" "fstat EIO"; do
    accepted=''
    for ((nth = 1; nth < 1000; nth++)); do
        cp kept manifest
        rm -f log
        AIOUTILS_INJECT="${call% *} $nth ${call#* }" AIOUTILS_INJECT_LOG=$scratch/work/log \
            "$injected" --engine="$engine" -r --update=manifest --verify tree >out 2>&1
        status=$?
        grep -q fired log || break
        [ $status -eq 1 ] && [ "$(grep -c "^$zeros  tree" manifest)" = 2 ] || accepted+=" $nth: $status $(cat out)"
    done
    check "$call: it failed at times" test "$nth" -gt 1
    same "$call: the exit status is 1, and the old digests stay" '' "$accepted"
done
finish
