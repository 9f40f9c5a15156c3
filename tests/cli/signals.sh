#!/usr/bin/env bash
# signals.sh: a signal that ends a command leaves no incomplete file, the command ends by that signal, and an ignored
# signal stays ignored; also as the first process of a container.
# shellcheck disable=SC2016 # the snippets are for another shell to expand
. "${0%/*}/lib.sh"
ulimit -c 0

mkdir tree
for i in {1..8}; do
    head -c 3000000 /dev/zero | tr '\0' x >"tree/$i"
done

# wait_for COMMAND...: repeats it until it succeeds
wait_for() {
    local end=$((SECONDS + limit_seconds))
    until "$@" 2>/dev/null; do
        [ "$SECONDS" -lt "$end" ] || return
        sleep 0.02
    done
}

# begun: succeeds if acp has created files of the copy
begun() {
    [ -n "$(find copy -type f -print -quit 2>/dev/null)" ]
}

# moved: succeeds if acp has made backups
moved() {
    [ -n "$(find copy -name '*~' -print -quit)" ]
}

# whole: succeeds if every file of the copy is complete
whole() {
    [ -z "$(find copy -type f ! -size 3000000c -print -quit)" ]
}

# All signals that can be caught and end a process by default, except those of faults; of the real-time signals the
# first and the last one.
for signal in HUP INT QUIT ILL TRAP FPE USR1 PIPE USR2 ALRM TERM STKFLT XCPU XFSZ VTALRM PROF IO PWR SYS RTMIN RTMAX; do
    [ -z "$sanitizer" ] || [[ $signal != ILL && $signal != TRAP && $signal != FPE ]] || continue # has handlers
    rm -rf copy
    env --default-signal acp -r --rate=3M --block-size=256K tree copy 2>message &
    child=$!
    check "$signal: files were begun" wait_for begun
    kill -s "$signal" $child
    wait $child 2>/dev/null
    status=$?
    same "$signal: acp ends by it" $((128 + $(kill -l $signal))) $status
    check "$signal: no file that is not complete" whole
    same "$signal: no message" '' "$(cat message)"
done

# A backup gets its name back: files that are being copied would otherwise have none.
for options in -b '-b --atomic' '--backup=numbered -u'; do
    rm -rf copy
    cp -r tree copy
    (cd copy && for file in *; do echo old >"$file" && touch -d 2001-01-01 "$file"; done)
    # shellcheck disable=SC2086 # words
    env --default-signal acp $options -rT --rate=3M --block-size=256K tree copy 2>message &
    child=$!
    check "TERM, $options: a backup was made" wait_for moved
    kill -s TERM $child
    wait $child 2>/dev/null
    same "TERM, $options: acp ends by it" 143 $?
    same "TERM, $options: no name is missing" "$(ls tree)" "$(ls -I '*~' copy)"
    same "TERM, $options: each is the old file or a complete one" '' \
        "$(find copy -type f ! -name '*~' ! -size 3000000c ! -size 4c)"
    check "TERM, $options: an old file has its name" grep -qx old copy/*[0-9]
done

for signal in HUP PIPE USR1; do
    rm -rf copy
    bash -c "trap '' $signal; exec acp -r --rate=20M tree copy" 2>message &
    child=$!
    check "$signal, ignored: files were begun" wait_for begun
    kill -s "$signal" $child
    wait $child
    same "$signal, ignored: acp goes on" 0 $?
    check "$signal, ignored: all is copied" diff -r tree copy
done

# The kernel sends these two to the thread that writes.
rm -rf copy
(ulimit -f 1500 && exec env --default-signal acp -r tree copy) 2>message
same 'a limit of file size: acp ends by the signal' 153 $?
check 'a limit of file size: no file that is not complete' whole
mkdir named
for i in {1..60}; do
    ln tree/1 "named/$i-$(printf '%0200d' 0)"
done
rm -rf copy
set +o pipefail
env --default-signal acp -rv --rate=60M named copy 2>message | true
same 'a closed pipe: acp ends by the signal' 141 "${PIPESTATUS[0]}"
set -o pipefail
check 'a closed pipe: no file that is not complete' whole
same 'a closed pipe: no message' '' "$(cat message)"
rm -r named
mkfifo fifo
head -c 1 fifo >first &
env --default-signal acp tree/1 fifo 2>message
same 'a FIFO that is no longer read: acp ends by the signal' 141 $?

# as_init NAME STATUS SIGNAL READY COMMAND...: runs a command as the first process of a container
as_init() {
    local name=$1 status=$2 signal=$3 ready=$4 parent
    shift 4
    unshare --pid --fork --kill-child env --default-signal "$@" >out 2>message &
    parent=$!
    check "$name, $signal: it has begun" wait_for "$ready"
    kill -s "$signal" "$(child_of $parent)"
    timeout "$limit_seconds" tail -s 0.05 -f --pid=$parent /dev/null || kill -KILL $parent
    wait $parent 2>/dev/null
    same "$name, $signal: status" "$status" $?
    same "$name, $signal: no message" '' "$(cat message)"
}
reading() {
    # the process is no longer the shell and has blocked the signals
    grep -qE '^Name:.(ahash|acat)$' "/proc/$(child_of "$parent")/status" &&
        grep -qE '^SigBlk:.*[1-9a-f]' "/proc/$(child_of "$parent")/status"
}
if unshare --pid --fork true 2>/dev/null; then
    for signal in INT TERM PIPE; do
        status=$((128 + $(kill -l $signal)))
        rm -rf copy
        as_init 'acp, process 1' $status $signal begun acp -r --rate=3M --block-size=256K tree copy
        check "acp, process 1, $signal: no file that is not complete" whole
        as_init 'ahash, process 1' $status $signal reading bash -c 'exec 9<>fifo; exec ahash fifo'
        as_init 'acat, process 1' $status $signal reading bash -c 'exec 9<>fifo; exec acat fifo'
    done
else
    left_out 'process 1' 'unshare --pid is not permitted'
fi
finish
