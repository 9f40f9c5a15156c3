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
finish
