#!/usr/bin/env bash
# abench_told.sh: what abench says if a signal ends it, in each sub-command: before and after the first whole round.
# needs: abench
# shellcheck disable=SC2016 # the snippets are for another shell to expand
. "${0%/*}/lib.sh"
ulimit -c 0
for program in acat ahash acp abench; do
    stand_in "$program" "$program"
done
export TMPDIR=$scratch/tmp
mkdir "$TMPDIR" tree new
for i in {1..5}; do
    head -c 100000 /dev/urandom >"tree/$i"
done
head -c 1M /dev/urandom >large

# wait_for FILE: waits until it has contents, or the process $child has ended
wait_for() {
    local end=$((SECONDS + 5 * limit_seconds)) # lessons take long on a busy machine
    until [ -s "$1" ]; do
        [ "$SECONDS" -lt "$end" ] && kill -0 "$child" 2>/dev/null || return
        sleep 0.02
    done
}

# ended SIGNAL COMMAND...: starts abench, sends the signal when an arm has written "pid", and sets $status
ended() {
    local signal=$1
    shift
    rm -f pid once
    env --default-signal abench "$@" >table 2>message &
    child=$!
    wait_for pid
    kill -s "$signal" $child
    wait $child 2>/dev/null
    status=$?
}

# each NAME WORDS...: the operands and options of a sub-command
each() {
    local name=$1 end=': {src}'
    shift
    [ "$1" != copy ] || end='cp -r {src} {dst}'
    for signal in INT TERM; do
        ended $signal "$@" --arms="$engine" --no-probe --arm 'slow=echo $$ >pid; exec sleep 50; '"$end"
        [ $signal = INT ] && word=interrupted || word=terminated
        same "$name, $signal in the first round: status" $((128 + $(kill -l $signal))) $status
        same "$name, $signal in the first round: message" \
            "abench: $word in round 1 during the run of slow, with N of the round's 2 runs done: nothing can be told yet
abench: all that it had made is removed" "$(sed 's/with [01] of/with N of/' message)"
        same "$name, $signal in the first round: no table" '' "$(cat table)"
    done
    ended TERM "$@" --arms="$engine" --no-probe --arm 'slow=[ ! -e once ] || { echo $$ >pid; exec sleep 50; }; echo x >once; '"$end"
    check "$name, TERM in the second round: message" \
        grep -qx "abench: terminated in round 2 during the run of slow, .* done, after 1 whole round: SIGINT, as Ctrl-C sends it, reports on it" message
    ended INT "$@" --arms="$engine" --no-probe --arm 'slow=[ ! -e once ] || { echo $$ >pid; exec sleep 50; }; echo x >once; '"$end"
    same "$name, INT in the second round: status" 130 $status
    same "$name, INT in the second round: the report" '1 1' \
        "$(tr -s ' \n' ' ' <table | grep -c '1 round until the interrupt') $(grep -c "^Which is the fastest\|^Does io_uring help" table)"
    same "$name: nothing is left" '' "$(find . "$TMPDIR" -name 'abench.*')"
}
each hash hash tree
each copy copy tree
each read read tree
each 'a pattern' read --pattern=random --bytes=64K large
each writes read --write=50 --size=1M --bytes=64K new

rm pid
env --default-signal abench hash --setup 'echo $$ >pid; exec sleep 50' tree >table 2>message &
child=$!
wait_for pid
kill -s INT $child
wait $child 2>/dev/null
same 'INT during --setup' 'abench: interrupted while the command of --setup ran: nothing can be told yet' "$(head -n 1 message)"

# -- lessons --
if [ "$engine" = uring ]; then
    rm -f pid
    mkdir slow
    cp -P "$(command -v abench)" "$(command -v ahash)" slow/
    cat >slow/acat <<EOF
#!/bin/sh
case "\$*" in *-j64*) echo x >$PWD/pid; exec sleep 50;; esac
exec "$(command -v acat)" "\$@"
EOF
    chmod +x slow/acat
    PATH=$PWD/slow:$PATH env --default-signal abench lesson >table 2>message &
    child=$!
    wait_for pid
    kill -s INT $child
    wait $child 2>/dev/null
    same 'a lesson: status' 130 $?
    same 'a lesson: message' 'abench: interrupted in lesson 3 of 6: 64 reads
abench: all that it had made is removed' "$(cat message)"
    same 'a lesson: those before are printed' '1 2' "$(grep -o '^[1-6]  \|^So' table | xargs)"
    same 'a lesson: nothing is left' '' "$(find . "$TMPDIR" -name 'abench.*')"
fi
finish
