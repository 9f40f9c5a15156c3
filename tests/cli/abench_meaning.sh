#!/usr/bin/env bash
# abench_meaning.sh: how abench interprets its figures: intervals, verdicts, sweeps, predictions, comparisons, plots,
# terminals, warnings and lessons.
# needs: python3 abench
# shellcheck disable=SC2016 # the snippets are for another shell to expand
. "${0%/*}/lib.sh"
stand_in abench abench
for program in acat ahash acp; do
    stand_in "$program" "$program"
done
export TMPDIR=$scratch/tmp
mkdir "$TMPDIR"
case $engine in
sync) other=sync-j2 ;;
*) other=uring ;;
esac
arms=("--arms=sync,$other" --pairs=1 --time=20)

mkdir -p tree/a
for i in {1..30}; do
    head -c $((i * 1000)) /dev/urandom >"tree/a/$i"
done

# json FILE EXPRESSION: prints a Python expression of the report d
json() {
    python3 -c 'import json, sys; d = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$1" "$2"
}

# -- intervals and the end of the rounds --
abench hash "${arms[@]}" --pairs=5 --json=report.json tree >table 2>messages
same 'five rounds have an interval around their median' True \
    "$(json report.json 'all(a["ratio_low"] <= a["ratio"]["median"] <= a["ratio_high"] for a in d["states"][0]["arms"])')"
abench hash "${arms[@]}" --details --pairs=4 --json=report.json tree >table 2>messages
same 'four have none, and say so' 'None 1' \
    "$(json report.json 'd["states"][0]["arms"][1]["ratio_low"]') $(grep -c 'too few rounds to tell' table)"
# The arms sleep longer than a busy machine keeps a program waiting.
abench hash --warm --arms= --arm 'a=sleep 0.2' --arm 'b=sleep 0.2' --precision=100 --json=report.json tree \
    >table 2>messages
same 'rounds end when the interval is narrow' 'True True' \
    "$(json report.json 'str(d["states"][0]["precise"]) + " " + str(7 <= d["states"][0]["rounds"] < 50)')"
in_turn='if rm ../slow 2>/dev/null; then sleep 0.5; else : >../slow; fi'
in_turn=${in_turn//../$scratch}
abench hash --warm --arms= --arm 'a=sleep 0.2' --arm "b=$in_turn" --pairs=6 --details --json=report.json tree \
    >table 2>messages
same 'now slower, now faster: nothing to tell' '1 False' \
    "$(grep -c '^b .*no detectable difference' table) $(json report.json 'd["states"][0]["arms"][1]["detectable"]')"
abench hash --warm --arms= --arm 'a=sleep 0.6' --arm 'b=true' --pairs=5 --json=report.json tree >table 2>messages
same 'a difference is told, with its size' 'True True' \
    "$(json report.json 'str(d["states"][0]["arms"][1]["detectable"]) + " " + str(1.5 < d["states"][0]["arms"][1]["ratio"]["median"])')"

# -- the bottleneck, and none on a machine that others use --
# bottleneck REPORT: prints it; "as on a quiet machine" if others used the processors, and none is claimed
bottleneck() {
    json "$1" '"as on a quiet machine" if d["states"][0]["others_cpu_share"] > 0.25 and d["states"][0]["bottleneck"] is None else d["states"][0]["bottleneck"]'
}
# is_bottleneck NAME EXPECTED REPORT
is_bottleneck() {
    local actual
    actual=$(bottleneck "$3")
    [ "$actual" = 'as on a quiet machine' ] && actual=$2
    same "$1" "$2" "$actual"
}
abench hash --warm --arms= --arm 'a=sleep 0.05' --arm 'b=sleep 0.05' --pairs=5 --json=report.json tree \
    >table 2>messages
is_bottleneck 'waiting that nothing overlaps, and not for the device' latency report.json
same 'without io_uring among the arms the question is another one' 'Which is the fastest?' \
    "$(head -n 1 table | cut -d ' ' -f 1-4)"
# The arm prints counters. Without them its waiting time is taken from the clock.
abench read --warm --arms= --arm 'a=i=0; while [ $i -lt 60000 ]; do i=$((i + 1)); done; echo "{\"waiting_seconds\": 0}" >&2' \
    --pairs=1 --details --json=report.json tree >table 2>messages
is_bottleneck 'work without waiting' cpu report.json
check 'with the figures that this rests on' grep -q '^evidence a: .*CPU [0-9.]* [mu]*s user' table
# as many busy loops as processors: the arms never have more than about half
loops=()
for ((i = 0; i < $(nproc); i++)); do
    while :; do :; done &
    loops+=($!)
done
abench hash --warm --arms="sync,$other" --arm 'a=sleep 0.2' --pairs=6 --json=report.json tree >table 2>messages
kill "${loops[@]}"
wait "${loops[@]}" 2>/dev/null
same 'a busy machine: no bottleneck, and no answer' 'None True' \
    "$(json report.json 'str(d["states"][0]["bottleneck"]) + " " + str(d["states"][0]["others_cpu_share"] > 0.25)')"
if [ "$engine" = uring ]; then
    same 'which is said first' 'Does io_uring help here?  CANNOT TELL' "$(head -n 1 table)"
fi

# -- a sweep, and a prediction --
# predicted ARGUMENT...: runs abench until its report has a prediction. A probe that a busy machine keeps from its work
# for a tenth of a second makes none.
predicted() {
    local tries
    for ((tries = 1; tries <= ${most:-10}; tries++)); do
        "${abench:-abench}" "$@" --json=report.json >table 2>messages
        [ "$(json report.json 'd["states"][0]["prediction"]')" = None ] || return 0
    done
    echo "no prediction in ${most:-10} runs of abench $*"
}
# slow/abench: its arms sleep longer than a busy machine keeps them from their work, so that its probes agree. acat does
# so for a part of a pattern: a second for 64 KiB, or half a second with io_uring.
mkdir slow
cp "$bin/abench" slow/
for program in ahash acp; do
    cat >slow/$program <<EOF
#!/bin/sh
case "\$*" in *--engine=sync*) sleep 1 ;; *--engine=uring*) sleep 0.5 ;; esac
exec "$bin/$program" "\$@"
EOF
done
cat >slow/acat <<EOF
#!/bin/bash
bytes=0
for word; do [[ \$word != --bytes=* ]] || bytes=\${word#*=}; done
[[ \$* == *--engine=sync* ]] && ms=\$((bytes * 1000 / 65536)) || ms=\$((bytes * 500 / 65536))
[ "\$bytes" -ge 4194304 ] || sleep "\$((ms / 1000)).\$(printf %03d \$((ms % 1000)))"
exec "$bin/acat" "\$@"
EOF
chmod +x slow/*
if [ "$engine" = uring ]; then
    abench hash --warm --pairs=1 --time=20 --sweep=depth=1,4,block-size=4K,64K --details --json=report.json tree \
        >table 2>messages
    same 'a sweep: every combination beside the baseline' \
        'sync depth=1,block-size=4K depth=4,block-size=4K depth=1,block-size=64K depth=4,block-size=64K' \
        "$(json report.json '" ".join(a["name"] for a in d["states"][0]["arms"])')"
    same 'its arms have their options' "['--depth=4', '--block-size=64K']" \
        "$(json report.json '[w for w in d["states"][0]["arms"][4]["command"] if w[2:5] in ("dep", "blo")]')"
    same 'and a knee is named' 1 "$(grep -c '^knee  *depth=' table)"
    abench=slow/abench predicted hash --arms=sync,uring --pairs=1 --time=100 --details tree
    same 'a prediction, and how far it was off' 'sync uring True' \
        "$(json report.json '"{baseline} {arm} {0}".format(d["states"][0]["prediction"]["relative_error"] is not None, **d["states"][0]["prediction"])')"
    check 'the table has it' grep -q '^predict  uring .* times as fast as sync' table
    abench hash --warm --arms=sync,uring --pairs=1 --time=30 --json=report.json tree >table 2>messages
    short="('a run takes less than 0.1 s', 'the runs of the probe', 'the probe did not end')"
    same 'no prediction of runs of some milliseconds' True \
        "$(json report.json "str(d['states'][0]['prediction_why_not']).startswith($short)")"
    abench hash --arms=sync,uring --no-probe --pairs=1 --time=30 --json=report.json tree >table 2>messages
    same 'no prediction if none is requested' None "$(json report.json 'd["states"][0]["prediction"]')"
    # the time of a run of each arm, without the rounds
    foreseen='d["states"][0]["prediction"]'
    near="0.02 < ${foreseen}['arm_seconds'] / d['states'][0]['arms'][1]['seconds']['median'] < 50"
    # A run of the probe has a second at most, which is too little for all of the file. The kernel tells root more about
    # a program that has been stopped.
    truncate -s 2G large
    chmod 666 large
    rm report.json
    chmod 777 . "$TMPDIR"
    theirs() {
        as_nobody abench "$@"
    }
    most=4 abench=theirs predicted hash --warm --arms=sync,uring --pairs=1 --time=60 large
    # on a busy machine there is none, for a reason
    none="str(d['states'][0]['prediction_why_not']).startswith(('the runs of the probe', 'the probe did not end'))"
    same 'of a large file: from an arm that is stopped on the way' True \
        "$(json report.json "$none if $foreseen is None else 0 < ${foreseen}['probe_bytes'] < 2**31")"
    same 'in the order of the time that it takes' True "$(json report.json "$none if $foreseen is None else $near")"
    abench=slow/abench predicted read --warm --pattern=random --direct=never --bytes=4M --arms=sync,uring --pairs=1 \
        --time=200 tree/a/30
    same 'of a pattern: from some of its bytes' True "$(json report.json "2**16 <= ${foreseen}['probe_bytes'] < 2**21")"
    same 'the ring is faster there' True "$(json report.json "1 < ${foreseen}['ratio']")"
    mkdir flat
    for i in {1..5}; do # so much that a run may take longer than the arms sleep
        head -c 1M large >"flat/$i"
    done
    abench=slow/abench predicted copy --warm --arms=sync,uring --pairs=1 --time=200 flat
    same 'of a copy' '5242880 True' \
        "$(json report.json "'%d %s' % (${foreseen}['probe_bytes'], 1 < ${foreseen}['ratio'])")"
    rm large
    abench copy --warm --durable --arms=sync,uring --pairs=1 --time=30 --details --json=report.json tree \
        >table 2>messages
    same 'not of when it is on the device' None "$(json report.json "$foreseen")"
    check 'and the reason' grep -q '^predict  none: a short probe does not show the speed of writing' table
    same 'also in the report' True "$(json report.json 'd["states"][0]["prediction_why_not"].startswith("a short probe")')"
fi
for threads in '' ',' '1,,2' '2,' 0 x; do
    abench hash --threads="$threads" tree >table 2>messages
    same "no numbers of threads: '$threads'" '2 1' "$? $(grep -c "invalid argument '.*' for '--threads'" messages)"
done
abench hash --no-probe --runs=1 --arms=sync --threads=2 --json=report.json tree >table 2>messages
same 'threads beside chosen arms' 'sync sync-j2' \
    "$(json report.json '" ".join(a["name"] for a in d["states"][0]["arms"])')"
gives 'a name of two lines' 2 '' "abench: invalid name 'a'\$'\\n''b' for an arm: it has a control character" \
    "abench hash --arm=\$'a\nb=true {src}' tree"
LC_ALL=C.UTF-8 abench hash --no-probe --runs=1 --arms=sync --arm='zählt日本=true {src}' --details tree >table 2>messages
same 'names of the width that they have on a terminal' 1 \
    "$(python3 -c 'import re, unicodedata
rows = re.findall(r"^(?:arm|sync|zählt日本) +\S+", open("table", encoding="utf-8").read(), re.M)
print(len({sum(2 if unicodedata.east_asian_width(c) == "W" else 1 for c in row) for row in rows[:3]}))')"
for sweep in '' depth depth= 1,2 'depth=1,depth=2' 'depth=x' 'colour=1' 'depth=0'; do
    abench hash --sweep="$sweep" tree >table 2>messages
    same "no sweep: '$sweep'" '2 1' "$? $(grep -c "invalid argument '.*' for '--sweep'" messages)"
done

# -- blocks of one file --
head -c 8M /dev/urandom >large
abench read --pattern=random --bytes=1M --arms="sync,$other" --pairs=1 --no-probe --json=report.json large \
    >table 2>messages
same 'random blocks: all of them, in blocks of 4 KiB' "0 random 1048576 4096 ['sizes', 'sizes']" \
    "$? $(json report.json '"%s %d %d %s" % (d["pattern"], d["pattern_bytes"], d["pattern_block_bytes"], [a["samples"][0]["check"] for a in d["states"][0]["arms"]])')"
same 'as blocks a second' True \
    "$(json report.json 'all(abs(a["reads_per_second"] * a["seconds"]["median"] - 256) < 1 for a in d["states"][0]["arms"])')"
same 'with percentiles of their latency' True \
    "$(json report.json 'all(0 < a["latency_ns"]["p50"] <= a["latency_ns"]["p90"] <= a["latency_ns"]["p99"] <= a["latency_ns"]["p99_9"] for a in d["states"][0]["arms"])')"
abench read --pattern=random --bytes=1M --arms="sync,$other" --pairs=3 --warmup=1 --no-probe --json=report.json large \
    >table 2>messages
check 'from a histogram of all reads of the three runs' python3 -c '
import json, math
for arm in json.load(open("report.json"))["states"][0]["arms"]:
    limits, counts = arm["latency_histogram"]["at_most_ns"], arm["latency_histogram"]["counts"]
    assert sum(counts) == 3 * 256 and limits == sorted(set(limits)) and len(limits) == len(counts)
    for key, permille in ("p50", 500), ("p90", 900), ("p99", 990), ("p99_9", 999):
        wanted = (permille * sum(counts) + 999) // 1000
        seen = [sum(counts[:i + 1]) for i in range(len(counts))]
        assert arm["latency_ns"][key] == next(l for l, s in zip(limits, seen) if s >= wanted), key'
if [ "$engine" = uring ]; then
    abench read --pattern=random --direct=never --bytes=256K --pairs=1 --json=report.json large >table 2>messages
    same 'by default, the ring and as many threads at each depth' \
        'sync uring-d1 sync-j4 uring-d4 sync-j16 uring-d16 sync-j64 uring-d64' \
        "$(json report.json '" ".join(a["name"] for a in d["states"][0]["arms"])')"
    same 'with their options' "['--engine=uring', '--depth=16'] ['--engine=sync', '-j16']" \
        "$(json report.json '" ".join(str([w for w in d["states"][0]["arms"][i]["command"] if w[:5] in ("--eng", "--dep", "-j16")]) for i in (5, 4))')"
    same 'one table has rates, CPU time and latencies' '1 1 1' \
        "$(grep -c ' IOPS   MB/s    CPU    p50    p90    p99  p99.9 faster$' table) $(grep -c '^16 blocking threads .*x' table) $(grep -c '^io_uring, 16 in flight .*x' table)"
    same 'within the width of a screen' 0 "$(grep -v '^warning' table | grep -c '.\{81\}')"
    same 'and a knee is found' True "$(json report.json 'd["states"][0]["knee"] in [a["name"] for a in d["states"][0]["arms"]]')"
    abench read --pattern=random --sweep=depth=1,4,block-size=16K,64K --bytes=32M --no-probe --runs=2 --json=report.json \
        --markdown=page.md large >table 2>messages
    same 'a knee for each block size' "True ['16K', '64K']" \
        "$(json report.json '"{} {}".format(d["states"][0]["knees"][0] == d["states"][0]["knee"], [k[-3:] for k in d["states"][0]["knees"]])')"
    same 'two asterisks, and no comparison of one size with another' '2 2' \
        "$(grep -c '^depth=.*\*$' table) $(grep -c '^depth=.,block-size=64K .* -\*\?$' table)"
    same 'nor in other reports' 2 "$(grep -c '^| depth=.,block-size=64K | [^|]* | - |  |' page.md)"
    same 'the other arms have the first block size, and so has the command to use' '1 --block-size=16K' \
        "$(json report.json 'd["states"][0]["arms"][0]["command"].count("--block-size=16K")') $(grep -A3 '^Use' table | grep -o -e '--block-size=[^ ]*')"
    same 'the asterisk is explained' 1 "$(grep -c '^Knee \* ' table)"
    abench read --pattern=random --threads=2 --sweep=depth=1,4 --bytes=1M --no-probe --runs=1 --json=report.json large >table 2>messages
    same 'threads beside a sweep, if they are asked for' 'sync sync-j2 depth=1 depth=4' \
        "$(json report.json '" ".join(a["name"] for a in d["states"][0]["arms"])')"
    abench read --pattern=random --threads=1,2 --bytes=1M --no-probe --runs=1 --json=report.json large >table 2>messages
    same 'sync is the arm of one thread: no second one' 'sync sync-j2 uring' \
        "$(json report.json '" ".join(a["name"] for a in d["states"][0]["arms"])')"
    abench read --sweep=block-size=16K,64K --no-probe --runs=1 --details large >table 2>messages
    same 'whole files are the same work, whatever the size of the blocks is' '2 0' \
        "$(grep -c '^block-size=.* [0-9]*\.[0-9]* *\(too few rounds to tell\)\?$' table) $(
            grep -c 'other work\|the time was up' table)"
    abench read --pattern=random --sweep=block-size=16K,64K --bytes=1M --no-probe --runs=1 --json=report.json large >table 2>messages
    same 'a single point of each size is no knee' 'None [] 0' \
        "$(json report.json '"{} {}".format(d["states"][0]["knee"], d["states"][0]["knees"])') $(grep -c '^Knee' table)"
fi
check 'sequential blocks' abench read --pattern=sequential --arms="sync,$other" --pairs=1 --time=20 large
gives 'a pattern is for reading' 2 '' 'abench: --pattern can only be used with read' 'abench hash --pattern=random large'
gives 'and so is --write' 2 '' 'abench: --write can only be used with read' 'abench copy --write=30 tree'
gives 'and for one file' 2 '' 'abench: --pattern needs exactly one regular file or block device' 'abench read --pattern=random tree'
gives 'bytes are for a pattern' 2 '' 'abench: --bytes needs --pattern' 'abench read --bytes=1M large'

# -- comparing with an older report --
# The older report is this one with other times. They differ so much that no load of the machine matters.
commands=(--arms= --arm 'pace=true' --arm 'work=true')
abench hash --warm "${commands[@]}" --pairs=6 --json=now.json tree >table 2>messages
# older PACE WORK: multiplies the times of both arms by these expressions of a sample's number i
older() {
    python3 -c 'import json, sys
d = json.load(open("now.json"))
for arm, factor in zip(d["states"][0]["arms"], sys.argv[1:]):
    for i, sample in enumerate(arm["samples"]):
        sample["seconds"] *= eval(factor)
json.dump(d, open("old.json", "w"))' "$@"
    abench hash --warm "${commands[@]}" --pairs=6 --compare=old.json tree >table 2>messages
}
older 1 '1e-3 if i % 2 else 1e3'
same 'as fast as the older one: passes' '0 1 0' \
    "$? $(grep -c '^compare  work, warm: ' table) $(grep -c regression table)"
older 1 1e-3
same 'a slower one fails, by name' '3 1' "$? $(grep -c '^compare  work, warm: .*: a regression' table)"
same 'in lines no longer than those of the terminal' '1 0' \
    "$(script -qec "stty cols 60; abench hash --warm ${commands[*]@Q} --pairs=6 --compare=old.json tree" /dev/null </dev/null |
        tr -d '\r' | sed -n '/^compare/,$p' | awk '/^compare/ {n++} length > 60 {long++} END {print n, long + 0}')"
older 1e-7 '1e-10 if i % 2 else 1e-4'
same 'a slower day is none, by the baseline' '0 0' "$? $(grep -c regression table)"
abench hash --warm --pairs=6 --arms=sync --json=old.json tree >table 2>messages
abench hash --warm --pairs=6 --arms=sync --compare=old.json --json tree >report.json 2>messages
same 'JSON stays JSON, and messages go to standard error' '1 hash' \
    "$(grep -c '^compare  sync, warm' messages) $(json report.json 'd["operation"]')"
grep -v '^ "format"' old.json >without.json
gives 'a report of an older abench' 2 '' \
    'abench: cannot compare with without.json: it has no format number, so an older abench wrote it' \
    'abench hash --compare=without.json tree'
sed 's/^ "format": 1,/ "format": 2,/' old.json >newer.json
gives 'a report of another format' 2 '' 'abench: cannot compare with newer.json: its format is 2, not 1' \
    'abench hash --compare=newer.json tree'
echo '{"program": "other"}' >other.json
gives 'what is no report' 2 '' 'abench: cannot compare with other.json: not a report of abench --json' \
    'abench hash --compare=other.json tree'
echo '# notes' >notes.md
gives 'what is no JSON' 2 '' 'abench: cannot compare with notes.md: not a report of abench --json' \
    'abench hash --compare=notes.md tree'
gives 'no report' 2 '' 'abench: cannot compare with none.json: No such file or directory' \
    'abench hash --compare=none.json tree'
if [ "$engine" = sync ]; then
    random=(abench read --pattern=random --arms=sync --no-probe --runs=1)
    "${random[@]}" --bytes=1M --json=random.json large >table 2>messages
    "${random[@]}" --bytes=1M --compare=random.json large >table 2>messages
    same 'the same work is compared' '0 1' "$? $(grep -c '^compare  sync, cold: ' table)"
    while read -r options; do
        # shellcheck disable=SC2086 # several options
        "${random[@]}" --compare=random.json $options large >table 2>messages
        same "other work is not: $options" '2 1' "$? $(grep -c 'cannot compare with random.json: its pattern[_a-z]* is ' messages)"
    done <<'END'
--bytes=2M
--bytes=1M --block-size=8K
--bytes=1M --pattern=sequential --block-size=4K
END
fi
gives 'a report of another operation' 2 '' 'abench: cannot compare with old.json: not a report of read' \
    'abench read --compare=old.json tree'

# -- pictures --
mkdir bare
ln -s "$scratch"/as/* bare/
gives 'no gnuplot: refused before anything is measured' 2 '' \
    'abench: --plot needs gnuplot, which cannot be run; install gnuplot-nox, or omit --plot' \
    'PATH=bare abench hash --plot=a.svg tree'
gives 'another kind of picture' 2 '' 'abench: invalid argument '"'a.gif'"' for '"'--plot'"'; expected FILE.svg or FILE.png' 'abench hash --plot=a.gif tree'
check 'a picture' abench hash "${arms[@]}" --plot=plot.svg tree
same 'with the names of the arms and of the data' 1 \
    "$(python3 -c 'import sys; t = open("plot.svg").read(); print(int(all(w in t for w in sys.argv[1:])))' \
        'sync ' "$other " 'hash tree, cold' '</svg>')"
check 'as PNG' abench hash "${arms[@]}" --cache=both --plot=plot.png tree
same 'which it is' 89504e470d0a1a0a "$(head -c 8 plot.png | od -An -tx1 | tr -d ' \n')"

# -- terminals --
# on_terminal COLUMNS COMMAND: prints what a terminal of that width gets
on_terminal() {
    script -qec "stty cols $1 2>/dev/null; $2" /dev/null </dev/null | tr -d '\r'
}
run="abench hash --arms=sync --pairs=1 tree 2>/dev/null"
on_terminal 80 "NO_COLOR=1 abench hash --no-probe --runs=1 tree 2>/dev/null" >table
same 'our names: lines of the terminal, with the memory' '1 0 1' \
    "$(awk '/^16 blocking threads .* MiB/ {n++} length > 80 {long++} / memory$/ {m++} END {print n, long + 0, m + 0}' table)"
on_terminal 80 "NO_COLOR=1 abench hash ${arms[*]} --no-probe --arm 'a name that is long and even longer and longest=true' tree 2>/dev/null" >table
same 'names that are long: lines of the terminal, the memory is left out' '2 0 0' \
    "$(awk '/^a name that is long and even/ {n++} length > 80 {long++} / memory/ {m++} END {print n, long + 0, m + 0}' table)"
on_terminal 60 "LC_ALL=C.UTF-8 TERM=xterm $run" >table
same 'a terminal gets bars' True "$(grep -q '^1 blocking thread .*[█░▒]' table && echo True)"
same 'and lines of its width' 0 \
    "$(python3 -c 'print(sum(len(l.rstrip("\n")) > 60 for l in open("table", errors="replace") if l.startswith(("Why", "Use", "Sure", "     ")) and "faster" not in l))')"
on_terminal 100 "TERM=xterm abench hash ${arms[*]} tree 2>/dev/null" >table
same 'colours' 1 "$(grep -c $'^Does io_uring.*\033\[1.*\033\[0m\|^Which is.*\033\[1' table)"
same 'without UTF-8, bars of signs' True "$(grep -q '^1 blocking thread .*[#.-][#.-]' table && echo True)"
on_terminal 100 "NO_COLOR=1 TERM=xterm abench hash ${arms[*]} tree 2>/dev/null" >table
same 'NO_COLOR: none' 0 "$(grep -c $'\033' table)"
on_terminal 100 "TERM=xterm abench hash ${arms[*]} --details tree 2>/dev/null" >table
same 'the details have colours, too' True "$(grep -q $'\033\[3[123]m' table && echo True)"
LC_ALL=C.UTF-8 abench hash "${arms[@]}" tree >table 2>messages
same 'a pipe or file: signs, and no colours' '0 True' \
    "$(grep -c -e $'\033' -e '█' table) $(grep -q '^1 blocking thread .*[#.-][#.-]' table && echo True)"

# -- warnings name the cause and the remedy --
for _ in {1..20}; do # true has to run in 20 ms
    abench read --warm --arms= --arm 'a=true' --pairs=1 --details tree >table 2>messages
    ! grep -q '^warning  a run takes' table || break
done
same 'too little work' 1 "$(grep -c '^warning  a run takes .* [mu]s, of which the start .*; choose more or larger files' table)"

: >empty
abench hash --warm "${arms[@]}" empty >table 2>messages
same 'an empty file is in the cache' 0 "$(grep -c 'in the page cache before a warm run' table)"

# -- the figures and the words of one run agree --
abench hash "${arms[@]}" --pairs=2 --cache=both --json=report.json --csv=samples.csv tree >table 2>messages
same 'CSV and JSON have the same figures, and lack the same' '8 []' "$(python3 - <<'P'
import csv, json
states = json.load(open("report.json"))["states"]
samples = {(s["cache"], a["name"], str(r["round"])): r for s in states for a in s["arms"] for r in a["samples"]}
other = []
for row in csv.DictReader(open("samples.csv")):
    sample = samples[row["cache"], row["arm"], row["round"]]
    for key in set(row) - {"operation", "cache", "arm", "check"}:
        if row[key] == "" or sample[key] is None:
            same = row[key] == "" and sample[key] is None
        else:
            same = abs(float(row[key]) - sample[key]) <= 1e-6 * abs(sample[key])
        other += [] if same else [(key, row[key], sample[key])]
print(len(samples), other)
P
)"
abench hash --arms=sync,sync-j2 --no-probe --pairs=1 --cache=both --markdown=page.md tree >table 2>messages
same 'two states: each answer names its own' 'cold warm cold warm' \
    "$(sed -n 's/^\**Which is the fastest, \([a-z]*\)?.*/\1/p' table page.md | xargs)"
abench hash --warm --arms= --arm 'a=sleep 50' --time=1 --pairs=1 tree >table 2>messages
same 'an arm that was stopped: nothing was measured, nor compared' '2 1 1' \
    "$? $(grep -c '^a .* stopped' table) $(tr -s ' \n' ' ' <table | grep -c '^Which.* no result was compared')"
# with this seed it is the second one
abench hash --seed=3 --warm --arms="$engine" --arm 'a=sleep 50' --time=1 --pairs=1 tree >table 2>messages
same 'and that of the arm before it was' '0 1' "$? $(tr -s ' \n' ' ' <table | grep -c 'same digests from every arm (not compared: a)')"
if [ "$engine" = uring ]; then
    abench hash --warm --sweep=depth=1,2 --pairs=1 --details tree >table 2>messages
    same 'no prediction of a sweep, and the reason' 1 "$(grep -c '^predict .*none: the arms of a sweep are not predicted' table)"
fi

# -- what cannot be measured, and options that would have no effect --
mkdir one two
cp -r tree one/
cp -r tree two/
for paths in 'tree tree' 'tree one/tree' 'one two/tree one/tree'; do
    gives "copies of one name: $paths" 2 '' \
        "abench: cannot copy '${paths##* }' beside '$([ "$paths" = 'one two/tree one/tree' ] && echo two/tree || echo tree)': both copies would have one name" \
        "abench copy $paths"
done
for option in --settle=1 --drop-caches; do
    gives "${option%=*} without a cold state" 2 '' "abench: ${option%=*} cannot be combined with --warm" \
        "abench hash --warm $option tree"
done
for option in --pairs=2 --runs=50; do
    gives "--precision beside $option" 2 '' 'abench: --precision cannot be combined with --pairs or --runs' \
        "abench hash --precision=2 $option tree"
done

# -- lessons --
if [ "$engine" = uring ]; then
    # On a busy machine a tenth of a second, in which a read waits, can pass before anything else has run.
    for _ in {1..8}; do
        abench lesson --json=lesson.json >table 2>messages
        lesson=$?
        [ "$(json lesson.json '(d["two_reads"][1]["ratio"] > 1.1 and d["overlap"]["uring"]["files"] > 0 and
            d["many_reads"][1]["seconds"] < 3.2)')" != True ] || break
    done
    same 'the lessons' '0 ' "$lesson $(cat messages)"
    check 'are printed' test -s table
    same 'two slow reads: one after the other, or at once' 'True True' \
        "$(json lesson.json 'str(0.2 <= d["two_reads"][0]["seconds"]) + " " + str(d["two_reads"][1]["ratio"] > 1.1)')"
    same 'what is done meanwhile: nothing, and something' '0 True' \
        "$(json lesson.json 'str(d["overlap"]["sync"]["files"]) + " " + str(d["overlap"]["uring"]["bytes"] > 0)')"
    same '64 reads wait in one thread' 'True True' \
        "$(json lesson.json 'str(d["many_reads"][1]["seconds"] < 3.2) + " " + str(d["many_reads"][1]["memory_peak_bytes"] > 0)')"
    same 'the CPU-bound stage, four ways' '[1, 4]' \
        "$(json lesson.json '[d["cpu_bound"][0]["ratio"], len(d["cpu_bound"])]')"
    same 'a blocking call holds up the others' 'True True' \
        "$(json lesson.json 'str(len(d["blocked"]["ring_seconds"]) == 63) + " " + str(d["blocked"]["blocking_call_seconds"][1] > d["blocked"]["blocking_call_seconds"][0] + 0.09)')"
    same 'lines of code' True "$(json lesson.json '0 < d["code_lines"]["sync"] < d["code_lines"]["uring"]')"
fi
same 'no temporary files are left' '' "$(ls -A "$TMPDIR"; find . -name 'abench.*')"
finish
