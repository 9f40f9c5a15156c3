#!/usr/bin/env bash
# abench_hooks.sh: --setup, --prepare, --cleanup, --warmup and --runs of abench.
# shellcheck disable=SC2016 # the snippets are for another shell to expand
. "${0%/*}/lib.sh"
for program in acat ahash acp abench; do
    stand_in "$program" "$program"
done
export TMPDIR=$scratch/tmp
mkdir -p "$TMPDIR" tree
head -c 100000 /dev/urandom >tree/file
arms=("--arms=$engine" --no-probe)
hooks=('--setup=echo setup >>log' '--prepare=echo "$ABENCH_ARM" >>log' '--cleanup=echo cleanup >>log')

# log: prints what ran, on one line, and forgets it
log() {
    tr '\n' ' ' <log
    rm -f log
}

abench hash "${arms[@]}" --runs=2 "${hooks[@]}" --json=report.json tree >table 2>messages
same 'each command runs when it should' "0 setup $engine $engine cleanup " "$? $(log)"
abench hash "${arms[@]}" --runs=2 --warmup=3 "${hooks[@]}" --cache=both --json=report.json tree >table 2>messages
same 'before the rounds of --warmup, too, in each state' "0 10" "$? $(log | grep -o "$engine" | wc -l)"
same 'which are not counted' '2 1 2 1' \
    "$(python3 -c 'import json; print(*((str(len(s)) + " %d" % s[0]["round"]) for s in (s["arms"][0]["samples"] for s in json.load(open("report.json"))["states"])))')"
abench copy "${arms[@]}" --runs=1 --warmup=1 "${hooks[@]}" tree >table 2>messages
same 'copies' "0 setup $engine $engine cleanup " "$? $(log)"
gives 'a setup that fails' 2 '' 'abench: the command of --setup failed with status 3' \
    'abench hash --arms=sync --no-probe --setup="exit 3" --prepare="echo p >>log" --cleanup="echo cleanup >>log" tree'
same 'no run, but the clean-up' 'cleanup ' "$(log)"
gives 'a preparation that fails' 2 '' 'abench: the command of --prepare failed with status 4' \
    'abench hash --arms=sync --no-probe --runs=1 --prepare="exit 4" --cleanup="echo cleanup >>log" tree'
same 'and then the clean-up' 'cleanup ' "$(log)"
abench hash "${arms[@]}" --runs=1 --warmup=1 --arm 'wrong=exit 3' "${hooks[@]}" tree >table 2>messages
same 'an arm that fails in a warm-up is told, and not run again' '1 1 1' "$? $(grep -c '^wrong  *failed' table) $(log | grep -o wrong | wc -l)"
env --default-signal abench hash --arms=sync --no-probe --prepare='kill -TERM $PPID; sleep 50' --cleanup='echo cleanup >>log' tree >table 2>messages
same 'a signal ends the preparation, and the clean-up runs' '143 cleanup ' "$? $(log)"
same 'nothing is left' '' "$(find . "$TMPDIR" -name 'abench.*')"
finish
