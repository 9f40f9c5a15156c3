#!/usr/bin/env bash
# abench_parameters.sh: -L of abench: its arms, the commands around the runs, and its errors.
# shellcheck disable=SC2016 # the snippets are for another shell to expand
. "${0%/*}/lib.sh"
for program in acat ahash acp abench; do
    stand_in "$program" "$program"
done
export TMPDIR=$scratch/tmp
mkdir -p "$TMPDIR" tree
head -c 100000 /dev/urandom >tree/file
only=(--arms= --no-probe --runs=1 --seed=1)

# arms: the arms of report.json with their commands
arms() {
    python3 -c 'import json; print(*(a["name"] + ": " + a["command"][0] for a in json.load(open("report.json"))["states"][0]["arms"]), sep="; ")'
}

abench hash "${only[@]}" -L n=1,2 --parameter-list=m=a,b --arm 'x=sha256sum {src}/file #{n}{m}{n}' \
    --arm 'y=sha256sum {src}/*' --json=report.json tree >table 2>messages
same 'an arm for each combination, its name tells it; others are as they were' \
    '0 x n=1 m=a: sha256sum {src}/file #1a1; x n=1 m=b: sha256sum {src}/file #1b1; x n=2 m=a: sha256sum {src}/file #2a2; x n=2 m=b: sha256sum {src}/file #2b2; y: sha256sum {src}/*' \
    "$? $(arms)"
check 'the table has them' grep -q '^x n=2 m=b  ' table
same 'the report has the values' "[{'name': 'n', 'value': '2'}, {'name': 'm', 'value': 'a'}] []" \
    "$(python3 -c 'import json; a = json.load(open("report.json"))["states"][0]["arms"]; print(a[2]["parameters"], a[4]["parameters"])')"
abench hash "${only[@]}" -L n=1,2 --arm 'x{n}=sha256sum {src}/*' --json=report.json tree >table 2>messages
same 'a name can contain the value' '0 x1: sha256sum {src}/*; x2: sha256sum {src}/*' "$? $(arms)"
abench hash "${only[@]}" -L 'n=,\,a\\b' --arm 'x=sha256sum {src}/* # {n} ${n} {m}' --json=report.json tree >table 2>messages
same 'values can be empty and contain commas; ${n} is the shell'"'s" \
    '0 x n=: sha256sum {src}/* #  ${n} {m}; x n=,a\b: sha256sum {src}/* # ,a\b ${n} {m}' "$? $(arms)"
abench hash --arms=sync --no-probe --runs=1 -L n=1,2 --bound 'x=exit 0 # {n}' --baseline='x n=2' --json=report.json tree >table 2>messages
same 'a bound has values, and can be the baseline' '0 x n=2' \
    "$? $(python3 -c 'import json; print(json.load(open("report.json"))["baseline"])')"
abench hash "${only[@]}" -L n=1,2 -L m=a,b -L o=5,6 --setup='echo setup {m} {n} >>log' --cleanup='echo cleanup {o} >>log' \
    --prepare='echo "$ABENCH_ARM {n}" >>log' --arm 'x=sha256sum {src}/*' tree >table 2>messages
same 'the commands around the runs have the values' \
    '0 setup a 1,setup b 1,setup a 2,setup b 2,x n=1 1,x n=2 2,cleanup 5,cleanup 6' \
    "$? $({ grep setup log; grep '^x' log | sort; grep cleanup log; } | paste -sd,)"
rm log
abench hash "${only[@]}" -L n=1,2 --setup='exit 3 # {n}' --cleanup='echo {n} >>log; false' --arm 'x=true' tree >table 2>messages
same 'each clean-up runs, also after a setup that fails' '2 1 2 1' \
    "$? $(paste -sd' ' log) $(grep -c 'command of --setup failed with status 3' messages)"

# refuses NAME MESSAGE SNIPPET: ends with status 2, and runs no command
refuses() {
    rm -f log
    gives "$1" 2 '' "$2" "abench hash --setup='echo >>log' $3 tree"
    check "$1: nothing runs" [ ! -e log ]
}
refuses 'no list' "abench: invalid argument 'n' for '-L'; expected NAME=VALUE,VALUE..." '-L n --arm "x=echo {n}"'
refuses 'no name' "abench: invalid argument '=1,2' for '-L'; expected NAME=VALUE,VALUE..." '-L =1,2 --arm "x=echo {n}"'
refuses 'an empty list' 'abench: -L n: the list of values is empty' '-L n= --arm "x=echo {n}"'
refuses 'an equal value' "abench: -L n: the value '1' is listed twice" '-L n=1,2,1 --arm "x=echo {n}"'
refuses 'an equal name' 'abench: -L n is given twice' '-L n=1 -L n=2 --arm "x=echo {n}"'
refuses 'a name of ours' 'abench: -L dst: {dst} already has a meaning; choose another name' '-L dst=1 --arm "x=echo {dst}"'
refuses 'an unknown name' 'abench: -L n: no --arm, --bound, --setup, --prepare or --cleanup contains {n}' '-L n=1 --arm "x=echo {m}"'
refuses 'too many arms' "abench: too many arms: the values of -L make more than 64 of 'x=echo {n}{m}'" \
    '-L n=1,2,3,4,5,6,7,8,9 -L m=1,2,3,4,5,6,7,8 --arm "x=echo {n}{m}"'
refuses 'a preparation that the built-in arms cannot have' \
    "abench: --prepare contains {n}, which the built-in arms do not have; leave these out with --arms=''" \
    '-L n=1 --prepare "echo {n}"'
gives 'a lesson' 2 '' 'abench: --parameter-list cannot be used with lesson' 'abench lesson -L n=1'
same 'nothing is left' '' "$(find . "$TMPDIR" -name 'abench.*')"
finish
