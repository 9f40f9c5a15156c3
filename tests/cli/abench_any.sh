#!/usr/bin/env bash
# abench_any.sh: abench answers on any files: trees that change, files that cannot be read, block devices, one small
# file, wrong options; and its exit status tells what came of it.
# needs: python3 abench
# shellcheck disable=SC2016 # the snippets are for another shell to expand
. "${0%/*}/lib.sh"
for program in acat ahash acp abench; do
    stand_in "$program" "$program"
done
export TMPDIR=$scratch/tmp
mkdir -p "$TMPDIR" tree/sub
for i in {1..9}; do
    head -c $((i * 1000)) /dev/urandom >"tree/sub/$i"
done
arms=("--arms=$engine" --no-probe --pairs=2)

# json FILE EXPRESSION: prints a Python expression of the report d
json() {
    python3 -c 'import json, sys; d = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$1" "$2"
}

abench "${arms[@]}" --json tree >report.json 2>messages
same 'a path alone means hash' '0 hash 9' "$? $(json report.json 'd["operation"], d["data"]["files"]' | tr -d "(),'")"
abench ./tree --json "${arms[@]}" >report.json 2>messages
same 'wherever the options are' '0 hash' "$? $(json report.json 'd["operation"]')"

# -- trees that change --
# in_use NAME CHANGED COMMAND: COMMAND, before an arm's work, changes the tree; no arm fails, and CHANGED files are left out
in_use() {
    local operation work
    for operation in hash copy read; do
        case $operation in
        hash) work='find {src} -type f -print0 | xargs -0 sha256sum' ;;
        copy) work='/bin/cp -r {src} {dst}' ;;
        read) work='xargs -0 cat <{list}' ;;
        esac
        rm -rf live
        cp -r tree live
        for name in log gone '\new
line'; do
            echo x >"live/$name"
        done
        sleep 0.1 # the clock of files may be coarse
        abench $operation "${arms[@]}" --arm "change=$3; $work" --json=report.json live >table 2>messages
        same "$operation, $1" "True $2 12 " \
            "$(json report.json 'str(d["equal_work"]) + " %d %d" % (d["data"]["changed_files"], d["data"]["files"] + d["data"]["changed_files"])') $(cat messages)"
        same "$operation, $1: the report counts them" "$(($2 > 0))" "$(tr -s ' \n' ' ' <table | grep -c "$2 files\? left out that changed")"
    done
}
in_use 'a log that grows' 1 'date >>live/log'
in_use 'a file that vanishes' 1 'rm -f live/gone'
in_use 'a name with a newline' 1 'for f in live/*line; do date >>"$f"; done'
in_use 'a new file' 0 'date >>live/sub/new'
in_use 'all at once' 2 'date >>live/log; rm -f live/gone; date >>live/sub/new'
for paths in live 'live tree'; do
    rm -rf live
    cp -r tree live
    echo x >live/gone
    sleep 0.1
    # shellcheck disable=SC2086 # operands
    abench copy "${arms[@]}" --arm 'change=date >>live/gone; cp -r {src} {dst}; rm -f live/gone' $paths >table 2>messages
    same "a file that grows, is copied, and vanishes: $paths" '0 ' "$? $(cat messages)"
done
abench hash "${arms[@]}" --arm 'wrong=date >>{src}/sub/1; sha256sum {src}/sub/2' tree >table 2>messages
same 'digests that are missing still differ' '1 1' "$? $(grep -c '^wrong  *differs' table)"
abench copy "${arms[@]}" --arm 'wrong=date >>{src}/sub/1; cp -r {src} {dst}; echo x >>{dst}/sub/2' tree >table 2>messages
same 'and so does a wrong copy' '1 1' "$? $(grep -c '^wrong  *differs' table)"
for operation in hash copy; do
    [ $operation = hash ] && work='sha256sum {src}/sub/*' || work='cp -r {src} {dst}'
    abench $operation "${arms[@]}" --arm "last=$work; rm -f \$TMPDIR/abench.*/manifest \$TMPDIR/abench.*/reference" \
        --pairs=1 tree >table 2>messages
    same "$operation: a result that cannot be compared: status" 1 $?
    check "$operation: a result that cannot be compared: said" grep -qx 'abench: arm last: cannot compare its result' messages
done

# -- files that cannot be read --
rm report.json
cp -r tree closed
mkdir closed/dir
echo x >closed/dir/file
chmod 000 closed/dir closed/sub/1
chmod 777 . "$TMPDIR"
for operation in hash read copy; do
    as_nobody abench $operation "${arms[@]}" --arm 'gnu=case {src} in *) [ -z {dst} ] || exec /bin/cp -r {src} {dst}; find {src} -type f -print0 | xargs -0 sha256sum; esac' \
        --json=report.json closed >table 2>messages
    same "$operation: files that cannot be read are left out" '0 True 8 2' \
        "$? $(json report.json 'str(d["equal_work"]) + " %d %d" % (d["data"]["files"], d["data"]["unreadable_files"])')"
    same "$operation: and named" 2 "$(grep -c '^abench: closed/.*: Permission denied' messages)"
done
chmod -R u+rwX closed

# -- block devices --
head -c 8M /dev/urandom >image
device=
[ "$(id -u)" -eq 0 ] && device=$(losetup -f --show image 2>/dev/null)
if [ -b "$device" ]; then
    abench read "${arms[@]}" --json=report.json "$device" >table 2>messages
    same 'a block device is read' '0 sequential 8388608 1' \
        "$? $(json report.json '"%s %d %d" % (d["pattern"], d["pattern_bytes"], d["data"]["files"])')"
    gives 'but not from the page cache' 2 '' 'abench: a block device cannot be read warm: it is read past the page cache' \
        "abench read --warm $device"
    gives 'nor copied' 2 '' "abench: $device: a block device can only be used with read" "abench copy $device"
    abench "${arms[@]}" --json=report.json "$device" >table 2>messages
    same 'also without an operation' '0 read' "$? $(json report.json 'd["operation"]')"
    losetup -d "$device"
    device=$(losetup -r -f --show image)
    gives 'a read-only device is not written' 2 '' "abench: cannot write to '$device': Read-only file system" \
        "abench read --write=50 --destroy-data $device"
    losetup -d "$device"
else
    left_out 'block devices' 'no loop device can be set up'
fi

# -- space for little more than one copy --
mkdir mount few
for i in {1..200}; do
    head -c 20000 /dev/urandom >"few/$i"
done
truncate -s 10M disk
if [ "$(id -u)" -eq 0 ] && mkfs.ext4 -q disk 2>/dev/null && mount -o loop disk mount 2>/dev/null; then
    abench copy --arms=sync,uring --runs=2 --dest=mount --json=report.json few >table 2>messages
    status=$?
    case $engine in
    uring) same 'copies of the probe leave the space of a copy' '0 there is too little space for the copies of the probe ' \
        "$status $(json report.json 'd["states"][0]["prediction_why_not"]') $(cat messages)" ;;
    *) same 'copies one at a time' '0 ' "$status $(cat messages)" ;;
    esac
    umount mount
else
    left_out 'space for little more than one copy' 'no ext4 can be mounted here'
fi
rm -r few disk

# -- too much for the time --
# A copy of all files takes seconds, of a sample of them none. They are many, because a sample has a hundred at least:
# a busy machine takes a smaller part of them.
mkdir -p many/a/b many/c slow
for i in {1..1500}; do
    echo "$i" >"many/$((i % 3))"
    printf "%${i}s" "" >"many/a/b/-$i"
done
ln -s a many/link
cp "$bin/abench" slow/
cat >slow/acp <<EOF
#!/bin/sh
case "\$*" in *--files0-from=*) ;; *) sleep 2.5 ;; esac
exec "$bin/acp" "\$@"
EOF
chmod +x slow/acp
mkdir to
slow/abench copy --arms=sync,sync-j2 --no-probe --time=30 --precision=100 --dest=to --json=report.json many >table 2>messages
same 'a copy that takes too long: a sample is copied, and equal' '0 1503 True True content ' \
    "$? $(json report.json '"%d %s %s %s" % (d["data"]["whole_files"], 100 <= d["data"]["files"] < 1503, d["equal_work"], d["states"][0]["arms"][1]["samples"][0]["check"])') $(cat messages)"
same 'a copy that takes too long: said, with the time of all' '1 1' \
    "$(tr -s ' \n' ' ' <table | grep -c 'measured on a sample of [0-9]* of 1,503 files, .* All takes about .*(.*\.\..*): 1 blocking thread; ') $(grep -c '^Use    acp -r .*many DEST' table)"
slow/abench copy --arms=sync,sync-j2 --no-probe --time=30 --precision=100 --dest=to --details --markdown=page.md \
    --html=page.html many >table 2>messages
same '--details, --markdown and --html name the sample, too' '1 1 1' \
    "$(grep -c '^copy .* of 1,503 files' table) $(grep -c '^copy of [0-9]* of 1,503 files' page.md) $(grep -c 'many: [0-9]* of 1,503 files' page.html)"
same 'a copy that takes too long: nothing is left' '' "$(ls -A to)"
cat >slow/acp <<EOF
#!/bin/sh
case "\$*" in *--files0-from=*) exit 0 ;; *) sleep 2.5 ;; esac
exec "$bin/acp" "\$@"
EOF
slow/abench copy --arms=sync,sync-j2 --no-probe --time=30 --precision=100 --dest=to many >table 2>messages
same 'a sample that is not copied differs' '1 2' "$? $(grep -c ' differs$' table)"
# not even one run fits, and no probe has told so
cat >slow/acp <<EOF
#!/bin/sh
case "\$*" in *--files0-from=* | *--version*) ;; *) sleep 50 ;; esac
exec "$bin/acp" "\$@"
EOF
for option in --no-probe --durable; do
    slow/abench copy --arms=sync,sync-j2 "$option" --time=16 --precision=100 --dest=to --json=report.json many >table 2>messages
    same "a copy of which no run ends, $option: a sample is copied, and named so" '0 1503 100 True 1 ' \
        "$? $(json report.json '"%d %d %s" % (d["data"]["whole_files"], d["data"]["files"], d["equal_work"])') $(tr -s ' \n' ' ' <table | grep -c 'measured on a sample of 100 of 1,503 files') $(cat messages)"
done
rm -r many to slow
if [ "$engine" = uring ]; then
    mkdir many
    (cd many && seq 1600 | split -l 1 -a 3)
    # the probe has 1 s, which one run takes, or 4 s, which more runs would take
    for limit in 10 40; do
        abench copy --arms=sync,uring --settle=1 --time=$limit --runs=1 --json=report.json many >table 2>messages
        same "a probe that does not end in its time, $limit s: that of a sample is tried" '0 1600 True ' \
            "$? $(json report.json '"%d %s" % (d["data"]["whole_files"], d["data"]["files"] in range(90, 110))') $(cat messages)"
    done
    # each arm is stopped after 0.1 s, when it has done nothing yet
    mkdir slow
    cp "$bin/abench" slow/
    cat >slow/acp <<EOF
#!/bin/sh
case "\$*" in *--files0-from=* | *--version*) ;; *) sleep 0.3 ;; esac
exec "$bin/acp" "\$@"
EOF
    chmod +x slow/acp
    slow/abench copy --arms=sync,uring --settle=1 --time=40 --runs=1 --json=report.json many >table 2>messages
    same 'a probe whose runs are stopped before they have done anything: a sample is tried' '0 1600 True ' \
        "$? $(json report.json '"%d %s" % (d["data"]["whole_files"], d["data"]["files"] in range(90, 110))') $(cat messages)"
    rm -r many slow
fi

# -- warnings that are told once --
abench copy --arms=sync,sync-j2,auto --no-probe --runs=3 tree >table 2>messages
check 'that copies are not on the device: once at most' [ "$(tr -s ' \n' ' ' <table | grep -o 'which --durable measures' | wc -l)" -le 1 ]
if [ "$(stat -f -c %T /dev/shm 2>/dev/null)" = tmpfs ] && kept=$(mktemp -d /dev/shm/abench-test.XXXXXX); then
    echo x >"$kept/file"
    abench hash "${arms[@]}" "$kept" >table 2>messages
    same 'a filesystem in memory: why nothing is cold, once' '1 0' \
        "$(tr -s ' \n' ' ' <table | grep -c 'tmpfs keeps its files in memory') $(tr -s ' \n' ' ' <table | grep -c 'stayed in the page cache')"
    rm -r "$kept"
else
    left_out 'a filesystem in memory' '/dev/shm is none'
fi

# -- what is meant --
gives 'a mistyped operation' 2 '' "abench: unknown operation 'raed'; expected read, hash, copy or lesson
Try 'abench --help' for more information.
Did you mean 'read'?" 'abench raed tree'
mkdir alone
cp "$bin/abench" alone
gives 'without the other programs' 2 '' "abench: cannot run '$PWD/alone/ahash': No such file or directory" 'PATH=alone:$PATH abench tree'
gives 'a mistyped path' 2 '' 'abench: tree/none: No such file or directory' 'abench tree/none'
gives 'operands as those of cp' 2 '' \
    'abench: new (copies are made beside the first PATH, or in --dest=DIR): No such file or directory' 'abench copy tree new'
echo x >tiny
for pattern in random sequential; do
    gives "a file shorter than a block: $pattern" 2 '' \
        'abench: --pattern needs a file of at least one block, 512 B; choose a larger file or a smaller --block-size' \
        "abench read --pattern=$pattern --block-size=512 --runs=1 tiny"
done
AIOUTILS_ENGINE=sync abench --arms=sync,uring --no-probe --runs=1 tiny >table 2>messages
# of a busy machine neither may be said
check 'a run that is too short is told once at most' [ "$(grep -c 'a run takes' table)" -le 1 ]
check 'the rate of a tiny file is not 0' grep -qE '^1 blocking thread .* <0\.1 +[0-9.]+ [mu]s ' table
abench copy "${arms[@]}" --details tiny >table 2>messages
same '--details of a tiny file: no amount is 0' '1 0' \
    "$(grep -cE ' ([0-9.]+ (bytes|kB)) +([0-9.]+ (bytes|kB))$' table) $(grep -cE ' 0(\.0*)? [kM]?B' table)"
AIOUTILS_ENGINE=auto abench hash --no-probe --runs=6 tiny >table 2>messages
if grep -q 'too short to tell' table; then
    same 'and no option is recommended that was best by chance' 1 "$(grep -c '^Use    ahash -r .*tiny   (takes [a-z_ ]* by itself; a' table)"
    same 'nor marked in the table' 0 "$(grep -c '  use$' table)"
else
    left_out 'what is recommended after runs that are too short' 'the machine is too busy, or io_uring cannot be used'
fi
mkdir -p sealed/src
echo x >sealed/src/file
chmod 555 sealed
as_nobody abench copy "${arms[@]}" sealed/src >table 2>messages
same 'copies in the working directory: said' '0 1' \
    "$? $(tr -s ' \n' ' ' <table | grep -c "But .*the copies were made in the working directory, because '.*/sealed' cannot be written; choose another one with --dest=DIR")"
if command -v script >/dev/null; then
    script -qec "abench ${arms[*]} --warmup=1 tree" /dev/null </dev/null >terminal
    same 'a terminal shows the rounds and the time that is left' '1 2' \
        "$(grep -c 'warm-up, at most [0-9]*:[0-9][0-9] left: [1i]' terminal) $(grep -o 'round [12], at most [0-9]*:[0-9][0-9] left: ' terminal | sort -u | cut -d, -f1 | uniq | wc -l)"
fi

# -- exit status --
abench "${arms[@]}" --require-answer tree >table 2>messages
case $engine in
uring) same 'two rounds are no answer' 4 $? ;;
*) same 'without io_uring nothing is asked' 0 $? ;;
esac
abench --arms=sync,sync-j2 --no-probe --runs=1 --require-answer tree >table 2>messages
same 'one round does not tell the fastest' '4 1 1' \
    "$? $(grep -c '^Which is the fastest?  CANNOT TELL' table) $(grep -c 'a hint, no more' <(tr '\n' ' ' <table | tr -s ' '))"
abench "${arms[@]}" --json=old.json tree >table 2>messages
rm -r live
mkdir live
echo x >live/file
abench "${arms[@]}" --compare=old.json live >table 2>messages
same 'a report about other files cannot be compared' '2 1' \
    "$? $(grep -c 'cannot compare with old.json: it is about other files: 9 of [0-9]* bytes, not 1 of 2 bytes' messages)"
for option in durable verify=all dest=. keep-space=1M; do
    gives "--$option is for copies" 2 '' "abench: --${option%%=*} can only be used with copy" "abench hash --$option tree"
done
for option in cold time=3 plot=x.svg; do
    gives "--$option is not for lessons" 2 '' "abench: --${option%%=*} cannot be used with lesson" "abench lesson --$option"
done
same 'nothing is left' '' "$(ls -A "$TMPDIR"; find . -name 'abench.*')"
finish
