#!/usr/bin/env bash
# abench_end.sh: however abench ends, none of its files and processes is left; an arm that leaves processes running
# is reported.
# needs: python3 abench
# shellcheck disable=SC2016 # the snippets are for another shell to expand
. "${0%/*}/lib.sh"
ulimit -c 0
for program in acat ahash acp abench; do
    stand_in "$program" "$program"
done
export TMPDIR=$scratch/tmp
mkdir "$TMPDIR" tree
for i in {1..5}; do
    head -c 100000 /dev/urandom >"tree/$i"
done
arms=("--arms=$engine" --pairs=1 --no-probe)

# wait_for FILE: waits until it has contents
wait_for() {
    local end=$((SECONDS + limit_seconds))
    until [ -s "$1" ]; do
        [ "$SECONDS" -lt "$end" ] || return
        sleep 0.02
    done
}

# nothing_left NAME: checks that neither directories nor the process of an arm are left
nothing_left() {
    same "$1: nothing is left" '' "$(find . "$TMPDIR" -name 'abench.*')"
    if [ -s pid ] && kill -0 "$(cat pid)" 2>/dev/null; then
        not_ok "$1: the arm has ended" "process $(cat pid)"
    else
        ok "$1: the arm has ended"
    fi
    rm -rf pid abench.* "${TMPDIR:?}"/*
}

# -- signals --
for signal in HUP INT QUIT USR1 PIPE ALRM TERM XCPU IO RTMAX; do
    env --default-signal abench copy "${arms[@]}" --arm 'slow=echo $$ >pid; sleep 50; : {dst}' tree >table 2>message &
    child=$!
    check "$signal: an arm runs" wait_for pid
    kill -s $signal $child
    wait $child 2>/dev/null
    status=$?
    same "$signal: abench ends by it" $((128 + $(kill -l $signal))) $status
    nothing_left "$signal"
done
# A report goes to a FIFO that no one reads.
for signal in TERM INT HUP; do
    rm table # else it is taken for that of this run, which has not begun yet
    mkfifo fifo
    env --default-signal abench hash "${arms[@]}" --time=2 --json=fifo tree >table 2>message &
    child=$!
    check "$signal before a report has a reader: the others are printed" wait_for table
    kill -s $signal $child
    timeout 20 tail --pid=$child -f /dev/null || kill -s KILL $child
    wait $child 2>/dev/null
    status=$?
    same "$signal before a report has a reader: abench ends by it" $((128 + $(kill -l $signal))) $status
    rm fifo
    nothing_left "$signal before a report has a reader"
done
# A signal that comes while no arm runs: the clean-up gets the time that it needs.
rm table
mkfifo fifo
env --default-signal abench hash "${arms[@]}" --time=2 --json=fifo --cleanup='sleep 3; echo done >cleaned' tree >table 2>message &
child=$!
check 'a long clean-up: the report waits for a reader' wait_for table
kill -s TERM $child
wait $child 2>/dev/null
same 'a long clean-up is not ended' '143 done ' "$? $(cat cleaned) $(grep clean message)"
rm -f fifo cleaned
nothing_left 'a long clean-up'
# A signal to the whole group, as Ctrl-C sends it, reaches a command that has not left the group yet.
if strace -o /dev/null true 2>/dev/null; then
    strace -f -o /dev/null -e trace=setpgid -e inject=setpgid:signal=TERM env --default-signal \
        abench copy "${arms[@]}" --cleanup='echo done >cleaned' tree >table 2>message
    same 'a signal to the group of a new command' '0 done ' "$? $(cat cleaned) $(cat message)"
    rm -f cleaned
    nothing_left 'a signal to the group of a new command'
else
    left_out 'a signal to the group of a new command' 'strace cannot run here'
fi
# PIPE while a copy is compared: nothing is said. Reading the sparse copy takes long enough.
env --default-signal abench copy --pairs=1 --no-probe --arms= --arm 'slow=truncate -s 9G {dst}; echo >copied' \
    tree/1 >table 2>message &
child=$!
check 'PIPE during a comparison: there is a copy' wait_for copied
until pgrep -P $child -x abench >/dev/null || ! kill -0 $child; do
    sleep 0.02
done 2>/dev/null
kill -s PIPE $child
wait $child 2>/dev/null
same 'PIPE during a comparison: no message' '141 ' "$? $(cat message)"
rm copied
nothing_left 'PIPE during a comparison'
mkfifo fifo
abench hash "${arms[@]}" --time=2 --json=fifo tree >table 2>message &
child=$!
sleep 1
same 'a report gets a reader: it is read' abench "$(python3 -c 'import json; print(json.load(open("fifo"))["program"])')"
wait $child
same 'a report gets a reader: status' 0 $?
rm fifo
nothing_left 'a report gets a reader'
# The first INT ends the rounds and not the report. The arm blocks from the second round on.
env --default-signal abench read --arms="$engine" --no-probe --arm 'later=[ ! -e once ] || { echo $$ >pid; exec sleep 50; }; touch once' \
    --json=report.json tree >table 2>message &
child=$!
check 'INT in the second round: an arm runs' wait_for pid
kill -s INT $child
wait $child 2>/dev/null
same 'INT in the second round: abench ends by it' 130 $?
same 'after a report on the first' '1 True 1' "$(grep -c 'Sure?  1 round until the interrupt' table) \
$(python3 -c 'import json; d = json.load(open("report.json")); print(d["interrupted"], d["states"][0]["rounds"])')"
rm once report.json
nothing_left 'INT in the second round'
for signal in HUP INT PIPE ALRM; do
    bash -c "trap '' $signal; exec "'"$@"' - abench hash "${arms[@]}" \
        --arm 'slow=echo $$ >pid; until [ -e go ]; do sleep 0.05; done' tree >table 2>message &
    child=$!
    check "$signal, ignored: an arm runs" wait_for pid
    kill -s $signal $child
    touch go
    wait $child
    same "$signal, ignored: abench goes on" 0 $?
    rm go
    nothing_left "$signal, ignored"
done
if unshare --pid --fork true 2>/dev/null; then
    for signal in INT TERM; do
        unshare --pid --fork --kill-child env --default-signal abench copy "${arms[@]}" \
            --arm 'slow=echo $$ >begun; sleep 50; : {dst}' tree >table 2>message &
        parent=$!
        check "$signal, process 1: an arm runs" wait_for begun
        kill -s $signal "$(child_of $parent)"
        wait $parent
        status=$?
        same "$signal, process 1: status" $((128 + $(kill -l $signal))) $status
        nothing_left "$signal, process 1"
        rm begun
    done
else
    left_out 'process 1' 'unshare --pid is not permitted'
fi

# -- SIGKILL --
# killed NAME WORDS...: abench is killed while the process in "pid" runs; that ends, too
killed() {
    local name=$1 end=$((SECONDS + limit_seconds))
    shift
    env --default-signal abench "$@" >table 2>message &
    child=$!
    check "$name, KILL: it runs" wait_for pid
    kill -s KILL $child
    wait $child 2>/dev/null
    while runs "$(cat pid)" && [ "$SECONDS" -lt "$end" ]; do
        sleep 0.02
    done
    check "$name, KILL: it ends, too" bash -c "$(declare -f runs); ! runs $(cat pid)"
    runs "$(cat pid)" && kill -s KILL "$(cat pid)"
    rm -f pid
}
# runs PID: succeeds if the process has not ended; there may be nothing that collects its status
runs() {
    grep -q '^State:[[:space:]]*[^ZX]' "/proc/$1/status" 2>/dev/null
}
killed 'an arm' copy "${arms[@]}" --arm 'slow=echo x >{dst}; echo $$ >pid; exec sleep 200' tree
killed 'what the shell of an arm has started' copy "${arms[@]}" \
    --arm 'slow=echo x >{dst}; sleep 200 & echo $! >pid; wait' tree
killed 'what a command around the runs has started' hash "${arms[@]}" \
    --setup 'sh -c "echo \$\$ >pid; exec sleep 200"; true' tree
killed 'a command around the runs' hash "${arms[@]}" --setup 'echo $$ >pid; exec sleep 200' tree
same 'KILL: its directories stay until the next run' '1 1' "$(find . -name 'abench.??????' | wc -l) $(find "$TMPDIR" -name 'abench.??????' | wc -l)"
# what only looks like them
mkdir abench.photos "$TMPDIR/abench.ABCDEF" "$TMPDIR/abench.shrunk" "$TMPDIR/abench.linked"
mkdir "$TMPDIR/abench.toolong"
mark=$(find . -path './abench.??????/.abench')
check 'KILL: they are marked' test -s "$mark"
cp "$mark" "$TMPDIR/abench.toolong/"
head -c 10 "$mark" >"$TMPDIR/abench.shrunk/.abench"
ln -s "$PWD/$mark" "$TMPDIR/abench.linked/.abench"
mkdir "$TMPDIR/abench.before"
sed '$s/[0-9a-f]$/x/' "$mark" >"$TMPDIR/abench.before/.abench"
# a run that has not ended holds its mark locked
mkdir "$TMPDIR/abench.living"
cp "$mark" "$TMPDIR/abench.living/.abench"
exec 9<"$TMPDIR/abench.living/.abench"
flock -n 9
abench copy "${arms[@]}" tree >table 2>message
same 'the next run: status' 0 $?
same 'removes the directories of killed runs, and says so' 2 "$(grep -c "^abench: removed '*[^ ]*abench\.......'*, which a killed run had left\$" message)"
same 'names one of before the last start, or of another machine' "abench: $TMPDIR/abench.before has the files of a run that has not ended well, before this machine was started or on another one: remove it" \
    "$(grep -v ': removed ' message)"
same 'and removes nothing else' 'abench.ABCDEF abench.before abench.linked abench.living abench.photos abench.shrunk abench.toolong' \
    "$(find . "$TMPDIR" -maxdepth 1 -name 'abench.*' -printf '%f\n' | sort | xargs)"
exec 9<&-
abench copy "${arms[@]}" tree >table 2>message
same 'a mark that is not locked any more' "abench: removed '$TMPDIR/abench.living', which a killed run had left" "$(grep removed message)"
if [ "$(id -u)" -eq 0 ]; then
    mkdir "$TMPDIR/abench.foreig"
    cat "$TMPDIR/abench.before/.abench" >"$TMPDIR/abench.foreig/.abench"
    chown -R 65534 "$TMPDIR/abench.foreig"
    abench hash "${arms[@]}" tree >table 2>message
    same "another user's is not even named" 0 "$(grep -c foreig message)"
fi
rm -rf abench.* "${TMPDIR:?}"/*

# -- output that fails --
set +o pipefail
for words in copy hash 'copy --json=-' 'hash --csv=-'; do
    # shellcheck disable=SC2086 # words
    env --default-signal abench $words "${arms[@]}" tree 2>message | true
    same "$words, a closed pipe: ends by the signal" 141 "${PIPESTATUS[0]}"
    same "$words, a closed pipe: no message" '' "$(cat message)"
    nothing_left "$words, a closed pipe"
    # shellcheck disable=SC2086 # words
    bash -c 'trap "" PIPE; exec "$@"' - abench $words "${arms[@]}" tree 2>message | true
    same "$words, a closed pipe, ignored signal: status" 2 "${PIPESTATUS[0]}"
    check "$words, a closed pipe, ignored signal: message" grep -q 'Broken pipe' message
    nothing_left "$words, a closed pipe, ignored signal"
    # shellcheck disable=SC2086 # words
    abench $words "${arms[@]}" tree >/dev/full 2>message
    same "$words, a full disk: status" 2 $?
    check "$words, a full disk: message" grep -q 'No space left on device' message
    nothing_left "$words, a full disk"
done
set -o pipefail

# -- limits and full disks for its own files --
for blocks in 0 1 20 2000; do
    (ulimit -f $blocks && exec env --default-signal abench copy "${arms[@]}" tree) >"$scratch/table" 2>"$scratch/message"
    status=$?
    if [ $blocks = 2000 ]; then
        same 'a limit of file size that is not reached: status' 0 $status
    else
        check "a limit of file size of $blocks blocks: fails" test $status -ne 0
    fi
    nothing_left "a limit of file size of $blocks blocks"
done
if [ "$(id -u)" -eq 0 ] && mkdir "$scratch/small" && mount -t tmpfs -o size=400k none "$scratch/small" 2>/dev/null; then
    trap 'umount "$scratch/small"; chmod -R u+rwX "$scratch" 2>/dev/null; rm -rf "$scratch"' EXIT
    abench copy "${arms[@]}" --dest="$scratch/small" tree >table 2>message
    same 'a copy for which there is no room: status' 2 $?
    check 'a copy for which there is no room: message' grep -q 'a copy needs [0-9.]* [kM]B, but [0-9.]* kB are free; make room' message
    same 'a copy for which there is no room: nothing is left' '' "$(ls -A "$scratch/small")"
    abench copy --arms="$engine" --pairs=1 --no-probe --dest="$scratch/small" \
        --arm 'fills=cp -r {src} {dst}; head -c 900000 /dev/zero >{dst}/more' tree/1 tree/2 >table 2>message
    check 'an arm that fills the disk: fails' test $? -ne 0
    same 'an arm that fills the disk: nothing is left' '' "$(ls -A "$scratch/small")"
    head -c 900000 /dev/zero >"$scratch/small/fill" 2>/dev/null || true
    TMPDIR=$scratch/small abench hash "${arms[@]}" tree >table 2>message
    same 'no room for temporary files: status' 2 $?
    check 'no room for temporary files: message' grep -q 'No space left on device' message
    same 'no room for temporary files: nothing is left' fill "$(ls -A "$scratch/small")"
else
    left_out 'full disks' 'it needs root and tmpfs'
fi

# -- processes that an arm leaves running --
# leaves NAME COMMAND: an arm that leaves processes is named, and no other arm
leaves() {
    env --default-signal abench hash "--arms=$engine" --pairs=6 --no-probe --arm "bg=$2" tree >table 2>message
    same "$1: status" 1 $?
    check "$1: the arm is named" grep -q '^abench: arm bg: left [0-9]* process.* running, which had to be killed$' message
    same "$1: no other arm is" '' "$(grep 'arm ' message | grep -v 'arm bg: ')"
    nothing_left "$1"
}
leaves 'a background process' '(echo $(exec sh -c "echo \$PPID") >pid; while sleep 0.01; do echo late; done) & sleep 0.05'
leaves 'a session of its own' 'setsid sh -c "echo \$\$ >pid; while sleep 0.01; do echo late; done" & sleep 0.2'
leaves 'a daemon' '(setsid sh -c "echo \$\$ >pid; trap \"\" TERM HUP; sleep 50" >/dev/null 2>&1 &); sleep 0.2'
env --default-signal abench hash "${arms[@]}" --arm 'bg=sleep 0.02 &' tree >table 2>message
same 'what ends at once is not held against it' '0 ' "$? $(cat message)"
finish
