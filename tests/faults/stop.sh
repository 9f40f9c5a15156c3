#!/usr/bin/env bash
# stop.sh: signals end the commands at once, also while they wait for a device that does not answer, and no incomplete
# file is left: BIN_DIR ENGINE.
# needs: faultfs
# shellcheck source=tests/faults/lib.sh
. "${0%/*}/lib.sh"

# Answers take 40 seconds. A command that ends in 20 has not waited for one, even on a busy machine.
answer_ms=40000
ulimit -c 0
soon_seconds=20
head -c 20000000 /dev/urandom >"$below/large"
seq 1000 >"$below/small"

# ended NAME SIGNAL STATUS COMMAND...: sends the signal to the stuck command; expects it to end soon by that signal
ended() {
    local name=$1 signal=$2 status=$3 start=$SECONDS got
    shift 3
    timeout --preserve-status -s "$signal" 0.3 "$@" >/dev/null 2>"$scratch/stderr" </dev/null
    got=$?
    if [ "$got" -eq "$status" ] && [ $((SECONDS - start)) -lt $soon_seconds ]; then
        ok "$name"
    else
        not_ok "$name" "status $got, $((SECONDS - start)) s: $(cat "$scratch/stderr")"
    fi
}

# Every existing copy is complete.
nothing_half() {
    local file
    find . -type f >"$scratch/found"
    while read -r file; do
        cmp "$file" "$below/${file##*/}" || return
    done <"$scratch/found"
}

# With io_uring, O_DIRECT reads occupy no thread, so the program ends even if the filesystem ignores interruptions. A
# thread in such a call delays the end until the answer comes.
words=("")
if [ "$engine" = uring ]; then words+=(deaf); fi
for word in "${words[@]}"; do
    for options in "" --direct-io; do
        # shellcheck disable=SC2086 # words
        fresh_mount $options
        for rule in "read large after=3" "read *"; do
            for command in "ahash $mnt/large" "acat $mnt/large" "acp $mnt/large ." "acp -r $mnt new"; do
                what="$rule $word $options: ${command//"$mnt"/mnt}"
                # it would wait for requests of an earlier case
                # shellcheck disable=SC2086 # words
                fresh_mount $options
                rules "$rule delay=$answer_ms $word"
                # shellcheck disable=SC2086 # words
                ended "$what" INT 130 $command
                check "$what: nothing half written" nothing_half
                rm -rf new small large
            done
        done
    done
done

for signal in TERM HUP QUIT PIPE USR1 ALRM XCPU RTMAX; do
    fresh_mount
    rules "read * delay=$answer_ms"
    ended "$signal" $signal $((128 + $(kill -l $signal))) acp -r "$mnt" new
    check "$signal: nothing half written" nothing_half
    rm -rf new
done

# A copy that only close(2) has still to tell of is complete, and stays.
fresh_mount
rules "flush copy delay=$answer_ms"
ended 'flush: acp' INT 130 acp "$below/small" "$mnt/copy"
check 'flush: acp: the complete copy stays' cmp "$below/small" "$below/copy"
rm -f "$below/copy"

for command in "acp -r $mnt new" "ahash -r $mnt"; do
    for rule in "open *" "getattr [!.]*" "readdir *"; do # not the root itself, because unmounting needs it
        fresh_mount
        rules "$rule delay=$answer_ms"
        # shellcheck disable=SC2086 # words
        ended "$rule: ${command//"$mnt"/mnt}" INT 130 $command
        rm -rf new
    done
done

# --progress names the file that holds up the command.
for command in "ahash -r $mnt" "acat $mnt/small $mnt/large" "acp -r $mnt new"; do
    fresh_mount
    rules "read large delay=$answer_ms"
    # shellcheck disable=SC2086 # words
    $command --progress=always >/dev/null 2>"$scratch/stderr" &
    # shellcheck disable=SC2016 # for the inner shell
    check "--progress names the stalled file: ${command//"$mnt"/mnt}" timeout "$limit_seconds" bash -c \
        'until grep -q "stalled [0-9]* s: .*large$" "$1"; do sleep 0.05; done' - "$scratch/stderr"
    kill -TERM $!
    wait $!
    rm -rf new
done

fresh_mount
rules "write * delay=$answer_ms"
seq 1000 >from
ended "a stuck destination" INT 130 acp from "$mnt/to" # its files cannot be removed
rm from

mkfifo fifo
exec 9<>fifo # a writer that never writes
ended "a FIFO" INT 130 acp fifo out
check "a FIFO: nothing half written" test ! -e out
ended "a FIFO, ahash" INT 130 ahash fifo
ended "a FIFO, acat" INT 130 acat fifo
exec 9>&-
rm fifo

fresh_mount
rules "read * delay=$answer_ms"
echo old >small
ended "a destination that was there before" INT 130 acp "$mnt/small" small
check "a destination that was there before is not removed" test -e small
rm small

fresh_mount
rules "read * delay=1500"
(trap '' HUP && exec acp "$mnt/small" .) &
until grep -qs ^acp "/proc/$!/cmdline"; do sleep 0.05; done
sleep 0.3
kill -HUP $!
wait $!
same "a signal that is ignored" 0 $?
check "a signal that is ignored: all is copied" cmp small "$below/small"
rm small

# Output that fails ends acat while it reads ahead.
fresh_mount
rules "read large delay=$answer_ms"
seq 100000 >quick
start=$SECONDS
acat quick "$mnt/large" >/dev/full 2>message
same "acat, failing output: status" 1 $?
same "acat, failing output: message" "acat: write error: No space left on device" "$(cat message)"
check "acat, failing output: does not wait for what is read ahead" test $((SECONDS - start)) -lt $soon_seconds

# A filesystem whose reads answer soon can be unmounted at once after the end: nothing is left to the kernel, which
# closed the files some milliseconds after the process had gone. Of ten ends most must be so, on a busy machine, too.
unmount_now() {
    if [ "$(id -u)" -eq 0 ]; then umount "$mnt" 2>/dev/null; else fusermount3 -u "$mnt" 2>/dev/null; fi
}
many=()
for _ in {1..50}; do many+=("$mnt/large"); done
# not_busy NAME STATUS COMMAND...: a command that a signal or its output ends
not_busy() {
    local name=$1 status=$2 busy=0 wrong=""
    shift 2
    for _ in {1..10}; do
        fresh_mount
        rules "read * delay=5"
        "$@" >out 2>"$scratch/stderr" </dev/null
        got=$?
        [ $got -eq "$status" ] || wrong="status $got: $(cat "$scratch/stderr")"
        unmount_now || busy=$((busy + 1))
    done
    same "$name: status" '' "$wrong"
    check "$name: the filesystem is not busy ($busy of 10 times)" test $busy -le 2
}
stop=(timeout --preserve-status -s INT 0.2)
not_busy 'SIGINT, ahash' 130 "${stop[@]}" ahash "${many[@]}"
not_busy 'SIGINT, ahash --direct=always' 130 "${stop[@]}" ahash --direct=always "${many[@]}"
not_busy 'SIGINT, acat' 130 "${stop[@]}" acat "${many[@]}"
not_busy 'SIGINT, acat --pattern' 130 "${stop[@]}" acat --discard --pattern=random --time=20 "$mnt/large"
not_busy 'SIGINT, acp' 130 "${stop[@]}" acp --rate=20M "$mnt/large" copy
rm -f copy
# The reader of the output has gone, or it is lost.
yes "$mnt/small" | head -n 3000 | tr '\n' '\0' >list
lost_ahash() { ahash --files0-from=list >/dev/full; }
lost_acat() { acat "${many[@]}" >/dev/full; }
piped() {
    "$@" | head -c 100 >/dev/null
    return "${PIPESTATUS[0]}"
}
not_busy 'ahash, failing output' 1 lost_ahash
not_busy 'acat, failing output' 1 lost_acat
not_busy 'ahash, a closed pipe' 141 piped env --default-signal ahash --files0-from=list
not_busy 'acat, a closed pipe' 141 piped env --default-signal acat "${many[@]}"
finish
