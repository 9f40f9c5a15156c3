#!/usr/bin/env bash
# abench_write.sh: abench read --write: it overwrites a file that it makes itself, removes it, and refuses all others.
# needs: python3 abench
# shellcheck disable=SC2016 # the snippets are for another shell to expand
. "${0%/*}/lib.sh"
ulimit -c 0
for program in acat ahash acp abench; do
    stand_in "$program" "$program"
done
export TMPDIR=$scratch/tmp
mkdir "$TMPDIR" place
case $engine in
sync) arms=sync,sync-j2 ;;
*) arms=sync,uring-d8 ;;
esac
few=(--size=4M --bytes=1600K --arms="$arms" --pairs=1 --time=30 --no-probe)

# json EXPRESSION: prints a Python expression of the report d and its arms
json() {
    python3 -c 'import json, sys
d = json.load(open("report.json"))
arms = d["states"][0]["arms"]
print(eval(sys.argv[1]))' "$1"
}

# -- a share is written --
abench read --write=25 --fsync=16 "${few[@]}" --pairs=2 --warmup=1 --json=report.json place >table 2>messages
same 'it succeeds, and leaves nothing' '0 ' "$? $(find place "$TMPDIR" -mindepth 1)"
same 'random blocks of a file of its own' 'random 25 16 4096 4194304 1' \
    "$(json '"%s %d %d %d %d %d" % (d["pattern"], d["write_percent"], d["fsync_every"], d["pattern_block_bytes"], d["data"]["bytes"], d["data"]["files"])')"
same 'each arm has the same number of reads, writes and fsyncs' '[(600, 200, 12), (600, 200, 12)]' \
    "$(json '[tuple(sum(a[k + "latency_histogram"]["counts"]) for k in ("", "write_", "fsync_")) for a in arms]')"
same 'the same rates' True \
    "$(json 'all(abs(a["writes_per_second"] * a["seconds"]["median"] - 100) < 1 and abs(a["reads_per_second"] * a["seconds"]["median"] - 300) < 1 and abs(a["fsyncs_per_second"] * a["seconds"]["median"] - 6) < 0.1 for a in arms)')"
same 'and percentiles of each' True \
    "$(json 'all(0 < a[k + "latency_ns"]["p50"] <= a[k + "latency_ns"]["p99"] for k in ("", "write_", "fsync_") for a in arms)')"
same 'the table has a line for each arm, with percentiles of each kind' '1 2' \
    "$(grep -c '  IOPS   MB/s    CPU  r p50  r p99  w p99  f p99 faster$' table) $(sed -n '/IOPS/,/^$/p' table | grep -cE ' ([0-9.]+x|\?)$')"
check 'within the lines of a screen' test "$(wc -l <table)" -le 24
same 'within the width of a screen' 0 "$(grep -c '.\{81\}' table)"
same 'the command is one that overwrites nothing by its name' 1 "$(tr -s '\n ' ' ' <table | grep -c 'Use acat .* - <>FILE ')"
same 'no warning that the data did not come from the device' 0 "$(grep -c 'came from the device' table)"
abench read --write=50 --size=4M --bytes=512K --no-probe --runs=6 --seed=1 place >table 2>messages
same 'all depths: a line for each of eight arms, or of four' "$([ "$(grep -c 'io_uring cannot be used' table)" -gt 0 ] && echo 4 || echo 8)" \
    "$(grep -c '^[0-9]* blocking threads\?  \|^io_uring, [0-9]* in flight  ' table)"
check 'all depths: within the lines of a screen' test "$(sed '/^But/,$d' table | wc -l)" -le 24
abench read --write=50 --fsync=16 "${few[@]}" --pairs=2 --details place >table 2>messages
same '--details has a line for each kind' '2 2 2' \
    "$(grep -c '^[^ ]*  *reads  .* [0-9]' table) $(grep -c '^[^ ]*  *writes  ' table) $(grep -c '^[^ ]*  *fsyncs  ' table)"
abench read --write=100 "${few[@]}" --pattern=sequential --block-size=64K --json=report.json place/new >table 2>messages
same 'only writes, one after the other, of a file by a new name' '0 sequential None [25, 25] ' \
    "$? $(json '"%s %s %s" % (d["pattern"], arms[0]["latency_ns"], [sum(a["write_latency_histogram"]["counts"]) for a in arms])') $(ls place)"
abench read --write=50 "${few[@]}" --direct=never --warm --details --markdown=page.md place >table 2>messages
same 'through the page cache' '0 1' "$? $(grep -c '^| arm .* read p99.9 us | writes/s | write p50 us .* write p99.9 us |$' page.md)"
abench read --write=50 "${few[@]}" --arm 'own=test -s {src} && wc -c {src} >size' place >table 2>messages
same 'a command gets the name of the file' '0 4194304' "$? $(cut -d' ' -f1 size)"
gives 'a size that is too small' 2 '' 'abench: --size must be at least 256K' 'abench read --write=50 --size=64K place'
abench read --write=50 --fsync=16 "${few[@]}" --html=page.html place >table 2>messages
same 'the page says what is written' 1 "$(grep -c 'random, blocks of 4,096 bytes, 1.6 MB, 50% of them written, an fsync after every 16<' page.html)"

# -- fio as an upper limit --
cat >report.fio <<'JSON'
{
  "fio version" : "fio-3.33",
  "jobs" : [
    {"jobname" : "a", "job_runtime" : 2000, "usr_cpu" : 10.0, "sys_cpu" : 20.0, "read" : {"io_bytes" : 1638400}, "write" : {"io_bytes" : 1000000}},
    {"jobname" : "b", "job_runtime" : 1000, "read" : {"io_bytes" : 0}, "write" : {"io_bytes" : 638400}}
  ]
}
JSON
abench read --write=50 "${few[@]}" --bound 'fio=echo note: it begins; cat report.fio' --bound 'no=echo "{"; sleep 0.1' \
    --json=report.json place >table 2>messages
same 'its own times count, for as much as the others do' '0 1 0.3 True' \
    "$? $(json '"%s %s %s" % (arms[2]["seconds"]["median"], round(arms[2]["cpu_seconds"], 6), 0.1 <= arms[3]["seconds"]["median"])')"

# -- a file without a name, of which a killed abench leaves nothing --
abench read --write=50 "${few[@]}" --prepare='ls -A place >>seen' --json=report.json place >table 2>messages
same 'the report names the directory' "0 ['place'] 1" "$? $(json 'd["data"]["paths"]') $(grep -c '^read place  1 file, 4.2 MB' table)"
if python3 -c 'import os; os.open("place", os.O_RDWR | os.O_TMPFILE)' 2>/dev/null; then
    same 'there is no name' '' "$(cat seen)"
fi
abench read --write=50 "${few[@]}" --prepare='ls -A place >>seen' --arm 'own=test -s {src}' place >table 2>messages
same 'unless a command needs one' '0 1' "$? $(sort -u seen | grep -c '^abench\.[0-9]*$')"

# -- nothing else is overwritten --
head -c 1M /dev/urandom >place/file
cp place/file before
ln -s nowhere place/link
gives 'a file that is there' 2 '' "abench: 'place/file' exists: --write makes a file of its own; name a directory, or a file that is not there" \
    'abench read --write=50 place/file'
gives 'a link, wherever it leads' 2 '' "abench: 'place/link' exists: --write makes a file of its own; name a directory, or a file that is not there" \
    'abench read --write=50 place/link'
gives 'nor with --destroy-data' 2 '' 'abench: place/file: not a block device, which --destroy-data is for' \
    'abench read --write=50 --destroy-data place/file'
gives 'nor a device that is not there' 2 '' 'abench: place/none: No such file or directory' \
    'abench read --write=50 --destroy-data place/none'
check 'the file is as it was' cmp before place/file
rm place/file place/link
gives 'two places' 2 '' 'abench: --write needs exactly one directory, new file or block device' \
    'abench read --write=50 place tmp'
gives 'no such place' 2 '' 'abench: nowhere/: No such file or directory' 'abench read --write=50 nowhere/file'
gives 'only for read' 2 '' 'abench: --write can only be used with read' 'abench copy --write=50 place'
for option in --fsync=3 --size=1M --destroy-data; do
    gives "$option alone" 2 '' "abench: ${option%=*} requires --write" "abench read $option place"
done
device=$(find /dev -maxdepth 1 -type b | head -n 1)
if [ -n "$device" ]; then
    gives 'a block device' 2 '' "abench: $device: a block device: --destroy-data overwrites all that is on it" \
        "abench read --write=50 $device"
else
    left_out 'a block device' 'there is none'
fi
gives 'more than there is room for' 2 '' "abench: cannot write 9223 PB to 'place/new'; choose another place, or a smaller --size: *" \
    'abench read --write=50 --size=8388607T place/new 2>&1 | sed "s/: [^:]*$/: */" >&2; exit "${PIPESTATUS[0]}"'
chmod 1777 "$TMPDIR"
chmod a-w place
same 'a read-only place' "abench: cannot create 'place/new': Permission denied
2" \
    "$(as_nobody abench read --write=50 place/new 2>&1 | tail -n 1; echo "${PIPESTATUS[0]}")"
chmod u+w place
(
    trap '' XFSZ
    ulimit -f 1024
    abench read --write=50 --size=4M place
) >table 2>messages
same 'a file that may not grow so large' '2 1 ' "$? $(grep -c "^abench: cannot write 4.19 MB to '.*: File too large$" messages) $(find place "$TMPDIR" -mindepth 1)"

# -- its end --
if [ -n "$device" ] && [ "$(id -u)" -eq 0 ] && truncate -s 8M image && loop=$(losetup --find --show image); then
    trap 'losetup -d "$loop"; rm -rf "$scratch"' EXIT
    abench read --write=50 --bytes=1600K --arms="$arms" --pairs=1 --time=30 --no-probe --destroy-data \
        --json=report.json "$loop" >table 2>messages
    same 'a device is overwritten, and stays' '0 [200, 200] 1' \
        "$? $(json '[sum(a["write_latency_histogram"]["counts"]) for a in arms]') $(losetup -l --noheadings -O NAME "$loop" | grep -c .)"
else
    left_out 'a device with --destroy-data' 'not root, or no loop device'
fi
# ends SIGNAL PLACE: runs abench, ends it by a signal while an arm runs, and prints its status and what is in the place
ends() {
    local pid arm='' i
    rm -rf "$TMPDIR"/abench.*
    env --default-signal abench read --write=50 --size=4M --bytes=1T --arms=sync --time=100 --no-probe "$2" \
        >table 2>messages &
    pid=$!
    for ((i = 0; i < 300; i++)); do
        [ -s "$(echo "$TMPDIR"/abench.*/list)" ] && arm=$(pgrep -P "$pid" acat) && break
        sleep 0.1
    done
    ls -A place >during
    kill -s "$1" "$pid"
    wait "$pid" 2>/dev/null
    echo "$? $(ls -A place)"
    kill -s KILL ${arm:+"$arm"} 2>/dev/null # of a killed abench
}
for signal in INT TERM; do
    same "SIG$signal: nothing is left" "$((128 + $(kill -l "$signal"))) " "$(ends "$signal" place)"
    same "SIG$signal: nor of a file with a name" "$((128 + $(kill -l "$signal"))) " "$(ends "$signal" place/new)"
    same 'which was there' new "$(cat during)"
    same 'nor of the lists' '' "$(find "$TMPDIR" -mindepth 1)"
done
if python3 -c 'import os; os.open("place", os.O_RDWR | os.O_TMPFILE)' 2>/dev/null; then
    same 'SIGKILL: nothing is left of a file without a name' '137 ' "$(ends KILL place)"
else
    left_out 'SIGKILL' 'the filesystem has no O_TMPFILE'
fi
finish
