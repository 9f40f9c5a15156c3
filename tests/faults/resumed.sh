#!/usr/bin/env bash
# resumed.sh: what a run could not bring to the filesystem the next one copies again: BIN_DIR ENGINE. A failed fsync(2)
# or close(2) tells of it when the copy has its size and its times already.
# needs: faultfs
# shellcheck source=tests/faults/lib.sh
. "${0%/*}/lib.sh"

mkdir tree
head -c 300000 /dev/urandom >tree/large
echo small >tree/small
touch -d 2020-01-01 tree/large tree/small

# copied_again RULE OPTIONS: files that exist are copied, which fails
copied_again() {
    local what="$1: acp $2" again
    rules
    rm -rf "${below:?}"/*
    mkdir "$below/tree"
    echo old >"$below/tree/large"
    echo old >"$below/tree/target"
    ln -s target "$below/tree/small"
    rules "$1"
    # shellcheck disable=SC2086 # words
    fails "$what: it fails" "'$mnt/tree/small': Input/output error" acp $2 tree/large tree/small "$mnt/tree"
    check "$what: both are named" grep -q "'$mnt/tree/large': Input/output error" "$scratch/stderr"
    rules
    again=$(acp -pv --update=changed tree/large tree/small "$mnt/tree" 2>&1)
    same "$what: both are copied again" "'tree/large' -> '$mnt/tree/large'
'tree/small' -> '$mnt/tree/small'" "$again"
    check "$what: they are complete" bash -c "cmp tree/large '$mnt/tree/large' && cmp tree/small '$mnt/tree/small'"
    same "$what: and are left then" '' "$(acp -pv --update=changed tree/large tree/small "$mnt/tree" 2>&1)"
}

for options in -p '-p -j1' '--preserve=timestamps' '-p --sparse=always' '-p --manifest=sums'; do
    copied_again 'flush tree/* error=EIO' "$options"
    copied_again 'fsync tree/* error=EIO' "--durable $options"
done
rm -rf "${below:?}"/*
mkdir "$below/tree"
touch "$below/tree/large" "$below/tree/small"
rules 'flush tree/* error=EIO'
fails 'a tree: it fails' "'$mnt/tree/small': Input/output error" acp -a tree "$mnt"
rules
same 'a tree: all of it is copied again' 2 "$(acp -av --update=changed tree "$mnt" | grep -c .)"
check 'a tree: it is complete' diff -r tree "$mnt/tree"
finish
