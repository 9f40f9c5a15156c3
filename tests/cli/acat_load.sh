#!/usr/bin/env bash
# acat_load.sh: acat --discard in blocks: its reads, its report and its refusals.
# needs: strace python3
# shellcheck disable=SC2016 # the snippets are for another shell to expand
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"

head -c 4199000 /dev/urandom >file # 1025 blocks of 4 KiB and an incomplete one
head -c 100 file >short
: >empty
mkdir directory
sync file

# reports OPTION...: prints the report of a run on file, in JSON
reports() {
    acat --discard --json "$@" file
}

# value KEY: prints its value in the JSON object on standard input
value() {
    python3 -c 'import json, sys
value = json.load(sys.stdin)
for key in sys.argv[1].split("/"):
    value = value[key]
print(json.dumps(value).strip("\""))' "$1"
}

# evict: drops file from the page cache
evict() {
    dd of=file oflag=nocache conv=notrunc,fdatasync count=0 status=none
}

if [ "$engine" = uring ]; then
    several=(--depth=16)
else
    several=(--jobs=4)
fi

# -- reads --
for direct in always never auto; do
    for pattern in random sequential; do
        for options in '' "${several[*]}" "${several[*]} -j3"; do
            read -ra words <<<"$options"
            report=$(reports --pattern="$pattern" --block-size=4K --direct="$direct" "${words[@]}")
            same "each block once: $pattern, --direct=$direct $options" '1025 4198400' \
                "$(value reads <<<"$report") $(value bytes <<<"$report")"
        done
    done
done
evict
same 'nothing in the cache' 0 "$(reports --pattern=random --direct=never --bytes=400K | value resident_bytes)"
same 'what was read is in the cache' 409600 "$(reports --pattern=random --bytes=1 | value resident_bytes)"
same 'blocks past the cache: not' 409600 "$(reports --pattern=random --bytes=1 | value resident_bytes)"
reports --pattern=sequential --direct=never --block-size=4K >report
same 'all of it is in the cache' 4199000 "$(reports --pattern=random --bytes=1 | value resident_bytes)"
same '--bytes: as many blocks as that takes' 3 "$(reports --bytes=8193 --block-size=4K | value reads)"
same '--bytes: more than there is' 2000 "$(reports --bytes=8192000 --pattern=random | value reads)"
same '--time: no less' 1 "$(reports --time=0.2 --pattern=random | value seconds |
    awk '{ print ($1 > 0.19 && $1 < 30) }')"
same '--time and --bytes: what comes first' 1 "$(reports --time=50 --bytes=1 | value reads)"
if strace -o /dev/null true 2>/dev/null && [ "$engine" = sync ]; then
    reads() {
        strace -f -e trace=pread64 -o trace acat --discard --json --direct=never "$@" file >report
        grep -o ', 4096, [0-9]*) *= 4096' trace | sed 's/, 4096, //; s/).*//'
    }
    same 'sequential: one block after the other' "$(seq 0 4096 4194304)" \
        "$(reads --pattern=sequential --block-size=4K)"
    reads --pattern=random >order
    same 'random: every block' "$(seq 0 4096 4194304)" "$(sort -n order)"
    check 'random: not one after the other' bash -c '! sort -nc order 2>/dev/null'
    reads --pattern=random >other
    check 'random: another order each time' bash -c '! cmp -s order other'
fi

# -- the report --
report=$(reports --pattern=random --block-size=8K --direct=never "${several[@]}")
# key NAME EXPECTED KEY
key() {
    same "report: $1" "$2" "$(value "$3" <<<"$report")"
}
key 'the file' file name
key 'its kind' 'regular file' kind
key 'its size' 4199000 size_bytes
key 'the engine' "$engine" engine
key 'why it is this one' null fallback_reason
key 'the pattern' random pattern
key 'the block size' 8192 block_bytes
key 'not direct' false direct
key 'reads' 512 reads
if [ "$engine" = sync ]; then
    key 'reads in flight' 1 depth
    key 'workers' 4 jobs
else
    key 'reads in flight' 16 depth
    key 'workers' 1 jobs
fi
same 'report: direct' true "$(reports --bytes=1 | value direct)"
check 'report: what follows from what' python3 -c '
import json, sys
report = json.loads(sys.argv[1])
latency = report["latency_ns"]
near = lambda a, b: abs(a - b) <= b / 1e6
assert near(report["reads_per_second"] * report["seconds"], report["reads"])
assert near(report["bytes_per_second"] * report["seconds"], report["bytes"])
assert near(report["in_flight_mean"] * report["seconds"], latency["mean"] * report["reads"] / 1e9)
assert report["in_flight_mean"] <= report["depth"] * report["jobs"]
values = [latency[key] for key in ("min", "p50", "p90", "p99", "p99_9", "max")]
assert values == sorted(values) and values[0] > 0
assert latency["min"] <= latency["mean"] <= latency["max"]' "$report"
check 'report: the percentiles follow from the histogram' python3 -c '
import json, math, sys
report = json.loads(sys.argv[1])
histogram, latency = report["latency_histogram"], report["latency_ns"]
limits, counts = histogram["at_most_ns"], histogram["counts"]
assert sum(counts) == report["reads"] and len(limits) == len(counts)
assert limits == sorted(set(limits)) and limits[-1] == latency["max"]
def percentile(percent):
    wanted, seen = math.ceil(round(percent * report["reads"] / 100, 6)), 0
    for limit, count in zip(limits, counts):
        seen += count
        if seen >= wanted:
            return limit
for key, percent in ("p50", 50), ("p90", 90), ("p99", 99), ("p99_9", 99.9):
    assert latency[key] == percentile(percent), key' "$report"
same 'one line for each file' $'a b\nfile' "$(cp file 'a b'
    acat --discard --json --bytes=1 'a b' file |
        while IFS= read -r line; do value name <<<"$line"; done)"
same 'a name that is no text' '78ff' "$(cp file $'x\xff'
    acat --discard --json --bytes=1 $'x\xff' | value name_hex)"
same '--files0-from' $'file\na b' "$(printf 'file\0a b\0' |
    acat --discard --json --bytes=1 --files0-from=- |
        while IFS= read -r line; do value name <<<"$line"; done)"
check 'text: one read' grep -q ' MB/s: 1 read, 1048576 bytes in ' <(acat --discard --bytes=1 file)
text=$(acat --discard --pattern=random --direct=always "${several[@]}" file)
for words in '^file$' 'a regular file, 4199000 bytes, of which [0-9]+ were in the page cache' \
    'random, of 4096 bytes, past the page cache' "engine $engine$" \
    '^ *rate +[0-9]+ IOPS, [0-9.]+ MB/s: 1025 reads, 4198400 bytes in [0-9.]+ s' \
    '^ *latency +mean [0-9.]+ us, min [0-9.]+, max [0-9.]+' \
    '^ *p50 [0-9.]+ us, p90 [0-9.]+ us, p99 [0-9.]+ us, p99.9 [0-9.]+ us'; do
    check "text: $words" grep -qE "$words" <(echo "$text")
done
if strace -o /dev/null true 2>/dev/null; then
    check 'why not uring' bash -c 'AIOUTILS_ENGINE=auto strace -f -o /dev/null \
        -e inject=io_uring_setup:error=EPERM acat --discard --json --bytes=1 file |
        grep -q "\"engine\":\"sync\",\"fallback_reason\":\"io_uring_setup: "'
fi
same '--stats=json beside it' '"bytes":4198400,' "$(acat --discard --pattern=random --stats=json file \
    2>&1 >/dev/null | grep -o '"bytes":[0-9]*,')"

# -- writes --
# zeros NAME: prints the number of its blocks of 4 KiB that have only zeros
zeros() {
    python3 -c 'import sys
data = open(sys.argv[1], "rb").read()
print(sum(not any(data[at:at + 4096]) for at in range(0, len(data), 4096)))' "$1"
}
# writes OPTION...: prints the report of a run on a new file of 200 blocks of zeros
writes() {
    rm -f target
    head -c 819200 /dev/zero >target
    acat --discard --json --pattern=random "$@" - <>target
}
for direct in always never; do
    for options in '' "${several[*]}" "${several[*]} -j3"; do
        read -ra words <<<"$options"
        report=$(writes --write=100 --direct="$direct" "${words[@]}")
        same "each block is written once: --direct=$direct $options" '200 819200 0 0 0 819200' \
            "$(value writes <<<"$report") $(value written_bytes <<<"$report") $(value reads <<<"$report") $(
                value fsyncs <<<"$report") $(zeros target) $(stat -c %s target)"
    done
done
check 'what is written can hardly be compressed' bash -c '[ "$(gzip -c target | wc -c)" -gt 700000 ]'
report=$(writes --write=30 --fsync=16 "${several[@]}")
same 'a share of the blocks, and an fsync after so many' '140 60 3 140' \
    "$(value reads <<<"$report") $(value writes <<<"$report") $(value fsyncs <<<"$report") $(zeros target)"
same 'the report has the share' '30 16 random' \
    "$(value write_percent <<<"$report") $(value fsync_every <<<"$report") $(value pattern <<<"$report")"
check 'reads, writes and fsyncs are timed apart' python3 -c '
import json, sys
report = json.loads(sys.argv[1])
for key, count in ("", 140), ("write_", 60), ("fsync_", 3):
    assert sum(report[key + "latency_histogram"]["counts"]) == count
    assert 0 < report[key + "latency_ns"]["p50"] <= report[key + "latency_ns"]["max"]
assert abs(report["writes_per_second"] * report["seconds"] - 60) < 1e-3
total = sum(report[key + "latency_ns"]["mean"] * count for key, count in (("", 140), ("write_", 60), ("fsync_", 3)))
assert abs(report["in_flight_mean"] * report["seconds"] * 1e9 - total) < total / 1e6' "$report"
same 'text: each has its lines' 'reads writes fsyncs' \
    "$(acat --discard --write=50 --fsync=8 --block-size=4K <>target |
        sed -n 's/^ *rate .*: [0-9]* \(reads\|writes\|fsyncs\), .*/\1/p' | tr '\n' ' ' | sed 's/ $//')"
cp target before
gives 'no file is overwritten by its name' 1 '' "acat: target: --write overwrites no file by its name: use '- <>FILE'" \
    'acat --discard --write=50 target'
gives 'nor if it is open only for reading' 1 '' \
    "acat: -: not open for reading and writing: use '- <>FILE', which overwrites FILE" \
    'acat --discard --write=50 - <target'
check 'the file is as it was' cmp before target
gives 'nor a pipe' 1 '' 'acat: -: neither a regular file nor a block device' \
    'mkfifo pipe; acat --discard --write=50 - <>pipe'
gives '--fsync without --write' 1 '' 'acat: --fsync requires --write' 'acat --discard --fsync=3 target'
for argument in '' 0 -1 101 x; do
    gives "--write=$argument" 1 '' "acat: invalid --write argument '$argument': expected a number from 1 to 100" \
        "acat --discard --write=$argument <>target"
done
if [ -c /dev/full ] && strace -o /dev/null true 2>/dev/null && [ "$engine" = sync ]; then
    gives 'a full disk' 1 '' 'acat: -: No space left on device' \
        'strace -f -o /dev/null -e inject=pwrite64:error=ENOSPC:when=3+ acat --discard --write=100 --block-size=4K <>target'
fi

# -- a block device: a read-only loop device --
if [ "$(id -u)" -eq 0 ] && truncate -s 4M image && device=$(losetup --find --show --read-only image); then
    trap 'losetup -d "$device"; rm -rf "$scratch"' EXIT
    for direct in always never; do
        report=$(acat --discard --json --pattern=random --direct=$direct "${several[@]}" "$device")
        same "a block device, --direct=$direct" 'block device 4194304 1024' \
            "$(value kind <<<"$report") $(value size_bytes <<<"$report") $(value reads <<<"$report")"
    done
else
    left_out 'a block device' 'not root, or no loop device'
fi

# -- refusals --
gives 'what cannot be read in blocks' 1 '' "acat: nope: No such file or directory
acat: directory: Is a directory
acat: /dev/null: neither a regular file nor a block device
acat: short: shorter than a block of 4096 bytes
acat: empty: shorter than a block of 4096 bytes
acat: -: standard input cannot be read in blocks: name the file" \
    'acat --discard --pattern=random nope directory /dev/null short empty -'
gives 'a FIFO' 1 '' 'acat: f: neither a regular file nor a block device' \
    'mkfifo f; acat --discard --pattern=random f'
gives 'no file' 1 '' 'acat: -: standard input cannot be read in blocks: name the file' \
    'acat --discard --pattern=random'
gives 'the rest is read' 1 '' 'acat: nope: No such file or directory' \
    'acat --discard --bytes=1 --json nope file >report; status=$?; grep -q reads report && exit $status'
gives 'past the cache in odd blocks' 1 '' \
    'acat: file: cannot be read past the page cache in blocks of 1000 bytes' \
    'acat --discard --pattern=random --block-size=1000 --direct=always file'
same 'through the cache in odd blocks' false "$(reports --block-size=1000 | value direct)"
gives 'without --discard' 1 '' \
    'acat: --pattern, --time, --bytes, --json, --write and --fsync require --discard' \
    'acat --pattern=random file'
gives 'more than 1 GiB' 1 '' \
    'acat: more than 1024 MiB in flight: choose a smaller --block-size, --depth or --jobs' \
    'acat --discard --pattern=random --block-size=512M -j3 file'
if [ "$engine" = sync ]; then
    gives '--depth with the blocking engine' 1 '' \
        "acat: --depth=8 cannot be combined with engine 'sync': use --jobs=8" \
        'acat --discard --pattern=random --depth=8 file'
fi
gives '--pattern' 1 '' "acat: invalid argument 'none' for '--pattern'
Valid arguments are:
  - 'sequential'
  - 'random'
Try 'acat --help' for more information." 'acat --discard --pattern=none file'
for argument in '' 0 -1 1x x 1e9 nan inf 0x10; do
    gives "--time=$argument" 1 '' "acat: invalid --time argument '$argument': expected seconds from 0.001 to 1000000, such as 10 or 0.5" \
        "acat --discard --time=$argument file"
done
for argument in '' 0 -1 1Q; do
    gives "--bytes=$argument" 1 '' "acat: invalid --bytes argument '$argument': expected a size above 0, such as 64M" \
        "acat --discard --bytes=$argument file"
done
gives 'the report to /dev/full' 1 '' 'acat: write error: No space left on device' \
    'acat --discard --bytes=1 file >/dev/full'
hide=${0%/*}/seccomp
case $hide in /*) ;; *) hide=$OLDPWD/$hide ;; esac
if [ -z "$sanitizer" ]; then
    check 'no threads can be made: one worker reads all' \
        sh -c "'$hide' EAGAIN clone3,CLONE_THREAD \\
            acat --discard -j3 --pattern=random --bytes=64K file | grep 'in each of 1 worker'"
fi
gives 'a file that becomes shorter' 1 '' 'acat: shrinking: became shorter while it was read' '
    cp file shrinking; { sleep 0.3; : >shrinking; } &
    acat --discard --pattern=random --time=15 shrinking; status=$?; wait; exit $status'
finish
