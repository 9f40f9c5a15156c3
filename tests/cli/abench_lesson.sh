#!/usr/bin/env bash
# abench_lesson.sh: abench lesson NUMBER: its timelines, and its small programs.
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"
export TMPDIR=$scratch/temp
mkdir "$TMPDIR"

gives 'an unknown lesson' 2 '' "abench: unknown lesson '7'; expected a number from 1 to 6
Try 'abench --help' for more information." 'abench lesson 7'
gives 'two numbers' 2 '' "abench: extra operand '2'" 'abench lesson 1 2'
gives 'a source without a number' 2 '' 'abench: --source needs the number of a lesson from 1 to 5' \
    'abench lesson --source'
gives 'a source that there is not' 2 '' 'abench: --source needs the number of a lesson from 1 to 5' \
    'abench lesson 6 --source'
gives '--source is for lessons' 2 '' 'abench: --source can only be used with lesson' 'abench hash --source .'
gives 'JSON of one lesson' 2 '' 'abench: --json cannot be combined with the number of a lesson' \
    'abench lesson 1 --json'

# titles FILE: the numbers of the lessons in it
titles() {
    sed -n 's/^\([1-6]\)  .*/\1/p' "$1" | xargs
}
if [ "$engine" = uring ]; then
    for number in 1 2 3 4 5 6; do
        check "lesson $number" bash -c "abench lesson $number >out 2>messages"
        same "lesson $number: lines of 80 columns" '' "$(grep -E '.{81}' out)"
        same "lesson $number: it alone, with the conclusion" "$number 1" "$(titles out) $(grep -c '^So  ' out)"
        same "lesson $number: nothing on standard error without a terminal" '' "$(cat messages)"
    done
    gives 'a full standard output' 2 '' 'abench: write error: No space left on device' 'abench lesson 1 >/dev/full'
    abench lesson 1 >out
    same '1: a bar for each read' '2 2' "$(grep -c '|=* read 1 =*|' out) $(grep -c '|=* read 2 =*|' out)"
    # ends LINE: the milliseconds at the end of a line
    end_of() {
        grep -E "$1" out | grep -oE '[0-9]+ ms' | head -n 1 | cut -d ' ' -f 1
    }
    check '1: the sum is longer' test "$(end_of 'the sum$')" -ge 200
    check '1: the longer one is as long as a read at least' test "$(end_of 'the longer one$')" -ge 100
    abench lesson 3 >out
    same '3: threads, which the sentence is about, and nothing that it is not about' '1 1 0' \
        "$(grep -cE '^ +64 threads +[0-9]+ ms  64 threads, a stack for each$' out) $(
            grep -cE '^ +one ring +[0-9]+ ms  1 thread, (and [0-9]+|none) of the kernel' out) $(
            grep -cE 'switches|MiB' out)"
    abench lesson 5 >out
    check '5: the others wait for the blocking call, too' \
        test "$(end_of '(the other 62)$')" -ge "$(($(end_of '^ *one read') + 100))"
    # which can hide what a lesson shows
    loops=()
    for ((i = $(nproc); i > 0; i--)); do
        timeout 120 bash -c 'while :; do :; done' &
        loops+=($!)
    done
    abench lesson 1 >out
    kill "${loops[@]}"
    wait
    same 'busy processors are told' 1 "$(grep -c '^But  *other processes used [0-9]*% of the processors' out)"
    abench lesson 2 >out
    check '2: nothing else is done while a call blocks' grep -qE '^ +0 files, 0 MB$' out
    check '2: a bar shows what a ring does meanwhile' grep -qE '^ +\|#+ ([0-9,]+ files?, )?[0-9.]+ [kMG]B #+\|$' out
    # the files of lesson 4 need 128 MiB
    mkdir small
    if [ "$(id -u)" -eq 0 ] && mount -t tmpfs -o size=1m none small 2>/dev/null; then
        script -qec "TMPDIR=$PWD/small abench lesson" /dev/null </dev/null | tr -d '\r' >out
        same 'a full disk: the lessons before it are printed' '1 2 3' "$(titles out)"
        same 'the message has a line of its own' 1 \
            "$(sed 's/.*\x1b\[K//' out | grep -cE "^abench: error writing '.*busy-0': No space left on device$")"
        umount small
    else
        left_out 'a full disk' 'it needs root and tmpfs'
    fi
fi

if ! command -v cc >/dev/null || ! pkg-config --exists liburing; then
    left_out 'the programs of the lessons' 'cc or liburing-dev is missing'
    finish
fi
while read -r number pattern; do
    abench lesson "$number" --source >program.c
    same "$number: the first line says what it is" 1 "$(head -n 1 program.c | grep -c "lesson $number:")"
    check "$number: it compiles without warnings" \
        cc -O1 -Wall -Wextra -Werror -o program program.c -luring -pthread
    [ "$engine" = uring ] || continue
    check "$number: it runs" bash -c './program >out'
    same "$number: it prints its times" 1 "$(tr '\n' ' ' <out | tr -s ' ' | grep -cE "^$pattern \$")"
done <<'END'
1 blocking [0-9]+ ms io_uring [0-9]+ ms
2 blocking 0 pieces of other work io_uring [1-9][0-9]* pieces of other work
3 64 threads [0-9]+ ms one ring [0-9]+ ms
4 calls [0-9]+ ms a ring [0-9]+ ms two threads [0-9]+ ms
5 all by the ring [0-9]+ ms one by read\(2\) [0-9]+ ms
END
same 'no temporary files are left' '' "$(ls -A "$TMPDIR")"
finish
