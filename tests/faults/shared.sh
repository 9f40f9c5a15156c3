#!/usr/bin/env bash
# shared.sh: acp with a file that has a second user: another name of the destination, a growing source, another run:
# BIN_DIR ENGINE. collisions has random cases of the same.
# needs: faultfs
# shellcheck source=tests/faults/lib.sh
. "${0%/*}/lib.sh"

# letters LETTER SIZE: prints them
letters() {
    head -c "$2" /dev/zero | tr '\0' "$1"
}

# one_of FILE SOURCE...: succeeds if it has the content of one of them
one_of() {
    local file=$1 source
    shift
    for source; do
        ! cmp -s "$file" "$source" || return 0
    done
    echo "$file: $(tr -s 'A-Za-z\0' <"$file" | head -c 100 | tr '\0' 0), $(stat -c %s "$file") bytes"
    return 1
}

# -- a destination that does not distinguish case --

fresh_mount --fold-case
mkdir -p files/d dirs/d/Sub dirs/d/sub links/d mixed/d
letters A 3000000 >files/d/File
letters B 2000000 >files/d/file
echo 1 >dirs/d/Sub/one
echo 2 >dirs/d/sub/two
ln -s here links/d/Link
ln -s there links/d/link
ln -s ../../outside mixed/d/Name
letters C 100000 >mixed/d/name
for options in -r "-r -j1" "-r -j4" -a "-r --atomic" "-r --manifest=$scratch/manifest"; do
    for tree in files dirs links; do
        rm -rf "$mnt/new"
        # shellcheck disable=SC2086 # words
        fails "names of $tree that fold to one, $options" "File exists" acp $options $tree "$mnt/new"
        same "$tree, $options: one of them is there" 1 "$(find "$mnt/new/d" -mindepth 1 -maxdepth 1 | wc -l)"
    done
    rm -rf "$mnt/new"
    # shellcheck disable=SC2086 # words
    acp $options files "$mnt/new" 2>/dev/null
    check "files, $options: it is complete" one_of "$mnt/new/d/file" files/d/File files/d/file
    rm -rf "$mnt/new"
    # shellcheck disable=SC2086 # words
    fails "a link and a file that fold to one, $options" "\(File exists\|through\)" acp $options mixed "$mnt/new"
    check "a link and a file, $options: nothing is written through the link" test ! -e outside -a ! -e "$below/outside"
done
for options in -r "-r -j4" "-r --atomic"; do
    rm -rf "$mnt/new"
    mkdir -p "$mnt/new/d"
    # shellcheck disable=SC2086 # words
    acp $options files/. "$mnt/new" 2>/dev/null
    check "a directory that was there before, $options: the file is complete" \
        one_of "$mnt/new/d/FILE" files/d/File files/d/file
done
# A name that is free is taken by a rename that would replace it. Each file that is not there must be named.
fresh_mount --fold-case --plain-rename
mkdir pairs
for i in $(seq 20); do
    echo a >"pairs/name$i"
    echo b >"pairs/NAME$i"
done
for round in 1 2 3; do
    rm -rf "$mnt/new"
    same "a rename without flags, $round: each file that is missing is named" 20 \
        "$(acp -r --atomic pairs "$mnt/new" 2>&1 | grep -c ': File exists$')"
done
fresh_mount --fold-case
# The large file finds the small one before the call that creates it has returned, since for the kernel the directories
# are two. It must not be complete by then: the small one would be written over its beginning.
mkdir -p fold/d/x fold/D/X
letters A 16 >fold/d/x/Aa
letters B 70000 >fold/D/X/AA
for options in -j2 "-j2 -f" "-j2 -r"; do
    rm -rf "$mnt/fold"
    mkdir -p "$mnt/fold/d/x"
    rules 'getattr fold/d/x/Aa after=2 times=1 delay=1000'
    # shellcheck disable=SC2086 # words
    fails "a file that another thread is creating, $options: one is refused" 'will not overwrite just-created' \
        acp $options --parents -t "$mnt" fold/d/x/Aa fold/D/X/AA
    check "a file that another thread is creating, $options: it is complete" \
        one_of "$(find "$below/fold" -type f)" fold/d/x/Aa fold/D/X/AA
done
rules
rm -rf files dirs links mixed fold "$mnt/new" "$mnt/fold"

# -- names of the destination that are one file --

mkdir source
for i in 1 2 3 4; do
    letters a 3000000 >source/$i.a
    letters b 2500000 >source/$i.b
done
for options in -r "-r -j4" -a "-r --reflink=never" "-r --sparse=always"; do
    for how in hard symbolic; do
        rm -rf copy existing
        mkdir copy existing
        for i in 1 2 3 4; do
            echo old >existing/$i
            for name in $i.a $i.b; do
                if [ $how = hard ]; then ln existing/$i "copy/$name"; else ln -s ../existing/$i "copy/$name"; fi
            done
        done
        # shellcheck disable=SC2086 # words
        check "$how links in the destination, $options" acp $options source/. copy
        for i in 1 2 3 4; do
            for name in $i.a $i.b; do # with -a each becomes a file of its own, as with cp
                check "$how links in the destination, $options: $name is one of the sources" \
                    one_of "copy/$name" source/$i.a source/$i.b
            done
        done
    done
done
rm -rf copy existing source

# Two sources lead to one file by a link. Both may look at the file that was there before one of them takes it away.
# one_file CALL OPTION...: the call waits a moment
one_file() {
    local call=$1 jobs i
    shift
    for jobs in 1 4; do
        rm -rf source copy
        mkdir -p source/link source/real copy/real
        ln -s real copy/link
        for i in $(seq 20); do
            echo a >"source/link/$i"
            echo b >"source/real/$i"
            echo old >"copy/real/$i"
            [ "$1" != -a ] || ln "copy/real/$i" "copy/name$i"
        done
        AIOUTILS_INJECT="$call 1+ pause" "$bin/../tests/faults/acp" --engine="$engine" -r "-j$jobs" "$@" \
            --keep-directory-symlink -T source copy 2>message
        same "two sources for one file by a link, $* -j$jobs: each that is lost is named" 20 \
            "$(grep -c "will not overwrite just-created\|regular file .*: File exists" message)"
        [[ $* != *-b* ]] || same "two sources for one file by a link, $* -j$jobs: the old files are backups" 20 \
            "$(grep -lx old copy/real/*~ | wc -l)"
    done
    rm -rf copy source
}
if [ -x "$bin/../tests/faults/acp" ]; then
    one_file linkat --atomic
    one_file unlinkat --remove-destination
    one_file unlinkat --atomic --remove-destination
    one_file unlinkat -a
    one_file renameat2 -b
    one_file renameat2 --atomic -b
    one_file renameat2 -a -b
fi

# an earlier operand reads by a link what a later one replaces by a hard link, and has not opened it yet
for options in '' -b '-j1 --verify'; do
    rules
    rm -rf "$mnt/source" new copy
    mkdir -p "$mnt/source" new copy/new
    ln -s "$PWD/copy/new/1" "$mnt/source/link"
    echo old >copy/new/1
    echo new >new/0
    ln new/0 new/1
    rules 'link source/link delay=300'
    # shellcheck disable=SC2086 # words
    check "a hard link over what a link leads to, ${options:-plain}" \
        acp $options -rL --preserve=links "$mnt/source" new copy
    same "a hard link over what a link leads to, ${options:-plain}: that is copied as it was" 'old new 2' \
        "$(cat copy/source/link copy/new/1 | xargs) $(stat -c %h copy/new/1)"
done
rules
rm -rf "$mnt/source" new copy

# -- a source that grows --

# growing OPTION...: appends to a source that ends in a hole while it is copied
growing() {
    local size pid what="a source that grows after its hole, $*"
    rm -f from to manifest
    letters x 2000000 >from
    truncate -s 8000000 from
    acp --rate=2M "$@" from to 2>/dev/null &
    pid=$!
    sleep 0.4
    letters y 2000000 >>from
    if ! wait $pid; then
        check "$what: it failed, and left nothing" test ! -e to
        return
    fi
    size=$(stat -c %s to)
    check "$what: the copy is the source up to there" cmp -n "$size" from to
    [ ! -e manifest ] || check "$what: the manifest" sha256sum -c manifest
}
growing
growing --manifest=manifest
growing --verify
growing -j4 --block-size=64K
rm -f from to manifest

# -- two runs --

letters a 4000000 >one
letters b 3000000 >other

# two NAME OPTIONS OPTIONS: starts the second run while the first is copying
two() {
    local pid first second
    rm -f to
    # shellcheck disable=SC2086 # words
    acp --rate=8M $2 one to 2>first &
    pid=$!
    sleep 0.2
    # shellcheck disable=SC2086 # words
    acp $3 other to 2>second
    second=$?
    wait $pid
    first=$?
    check "$1: one of them has copied" test $first -eq 0 -o $second -eq 0
    check "$1: the file is one of the sources" one_of to one other
    if [ $first -ne 0 ]; then check "$1: the first says what it could not copy" grep "'to'" first; fi
    if [ $second -ne 0 ]; then check "$1: the second says what it could not copy" grep "'to'" second; fi
}
two "two runs at a time" "" ""
two "two runs at a time, the second slow" "" --rate=8M
two "two runs at a time, the first --atomic" --atomic ""
two "two runs at a time, the second --atomic" "" --atomic
two "two runs at a time, both --atomic" --atomic --atomic
two "two runs at a time, the second removes the first's file" "" --remove-destination
two "two runs at a time, the other engine" "" "--engine=$([ "$engine" = sync ] && echo uring || echo sync)"

# interrupted NAME SIGNAL COMMAND...: gives the name of a file that is being copied to another, complete file
interrupted() {
    local name=$1 signal=$2 pid
    shift 2
    rm -f to
    acp --rate=4M one to 2>/dev/null &
    pid=$!
    sleep 0.2
    "$@"
    kill -"$signal" $pid
    wait $pid
    check "$name: what has got the name is there" cmp other to
}
interrupted "SIGTERM, after a run with --atomic" TERM acp --atomic other to
cp other renamed
interrupted "SIGHUP, after a rename" HUP mv renamed to

# outrun SIGNAL OPTION...: ends a run after another one has completed its file, in place or beside it
outrun() {
    local signal=$1 pid
    shift
    rm -f to
    acp --rate=4M one to 2>/dev/null &
    pid=$!
    sleep 0.2
    check "SIG$signal, after another run of the same file${*:+, $*}: that has copied it" acp "$@" one to
    kill -"$signal" $pid
    wait $pid
    check "SIG$signal, after another run of the same file${*:+, $*}: the file stays" cmp one to
}
outrun TERM
outrun HUP --reflink=never
outrun TERM --remove-destination
outrun TERM --atomic
outrun TERM -a --update=changed

cp one "$below/failing"
rules "read failing error=EIO after=2 delay=600"
rm -f to
acp "$mnt/failing" to 2>/dev/null &
cp other renamed
sleep 0.3
mv renamed to
wait $!
check "a read error, after a rename: what has got the name is there" cmp other to

# -- a run that is stopped at one call, and another one --

# held_at PLAN COMMAND-OPERAND...: starts acp, of which one thread waits before a call for good, so that the run cannot
# end before a signal ends it; waits for that, and sets $held
held_at() {
    rm -f held-log
    AIOUTILS_INJECT="$1 hold" AIOUTILS_INJECT_LOG=held-log "$injected" --engine="$engine" "${@:2}" 2>/dev/null &
    held=$!
    timeout "$limit_seconds" bash -c 'until grep -q "^fired" held-log; do sleep 0.02; done' 2>/dev/null
}

if [ -x "$injected" ]; then
    fresh_mount
    rules
    echo mine >mine
    echo theirs, and longer >theirs
    lock="fcntl 6" # the first ones are for the standard descriptors and the limit of their number

    # a temporary file that has all bytes, and not its name yet, beside a run that removes left ones
    stopped_at "renameat2 1" --atomic one "$mnt/to"
    same "a temporary file: it has no name yet" 0 $?
    check "a temporary file: another run into that directory" acp --atomic other "$mnt/more"
    kill -CONT $stopped
    wait $stopped
    same "a temporary file: the first run" 0 $?
    check "a temporary file: it has its name" cmp one "$mnt/to"

    rm -f to
    acp --rate=4M one to 2>/dev/null &
    pid=$!
    sleep 0.2
    stopped_at "$lock" mine to
    same "a maker is interrupted: another run has opened its file" 0 $?
    kill $pid
    wait $pid
    kill -CONT $stopped
    wait $stopped
    same "a maker is interrupted: the other run" 0 $?
    check "a maker is interrupted: the other run's copy is there" cmp mine to

    rm -f to
    stopped_at "$lock" mine to
    same "a maker is slow: it has no lock yet" 0 $?
    check "a maker is slow: another run writes the file" acp theirs to
    kill -CONT $stopped
    wait $stopped
    same "a maker is slow: it fails" 1 $?
    same "a maker is slow: it says so" 1 "$(grep -c "'to': another process is writing it" stopped-says)"
    check "a maker is slow: the file is the other run's" cmp theirs to

    rm -f to
    : >to
    stopped_at "$lock" mine to
    same "a rewriter is slow: it has no lock yet" 0 $?
    check "a rewriter is slow: another run writes the file" acp theirs to
    kill -CONT $stopped
    wait $stopped
    same "a rewriter is slow: it copies" 0 $?
    check "a rewriter is slow: the file has no tail of the other one" cmp mine to

    rm -rf to d
    mkdir d
    echo old >d/mine
    stopped_at "$lock" mine other d
    same "a file is replaced while it is opened: it has no lock yet" old "$(cat d/mine)"
    cp theirs renamed
    mv renamed d/mine
    kill -CONT $stopped
    wait $stopped
    same "a file is replaced while it is opened: it copies" 0 $?
    check "a file is replaced while it is opened: the new file is written over" cmp mine d/mine
    rm -r d

    rm -f to
    held_at "$lock" one to
    same "a maker ends before its lock: it has made the file" 0 $?
    stopped_at "pwrite 1" mine to
    same "a maker ends before its lock: another run has locked it" 0 $?
    kill $held
    wait $held
    same "a maker ends before its lock: by the signal" 143 $?
    kill -CONT $stopped
    wait $stopped
    same "a maker ends before its lock: the other run" 0 $?
    check "a maker ends before its lock: the other run's copy is there" cmp mine to

    rm -f to
    touch -d 2020-01-01 one
    held_at "flistxattr 2" -a one to
    same "a maker is interrupted at the attributes: all bytes are there" 0 $?
    check "a maker is interrupted at the attributes: another run" acp -a --update=changed one to
    kill $held
    wait $held
    same "a maker is interrupted at the attributes: it has ended by the signal" 143 $?
    check "a maker is interrupted at the attributes: the copy is there" cmp one to

    rm -rf s d
    mkdir s d
    echo new >s/f
    echo old >d/f
    touch -d 2001-01-01 d/f
    stopped_at "openat 4" -b -u -rT s d
    same "a name is taken after a backup: it has been made" 'd/f~' "$(echo d/*)"
    echo theirs >d/f
    touch -d 2001-01-01 d/f
    kill -CONT $stopped
    wait $stopped
    same "a name is taken after a backup: it fails" 1 $?
    same "a name is taken after a backup: it says so" 1 \
        "$(grep -c "cannot create regular file 'd/f': File exists" stopped-says)"
    same "a name is taken after a backup: both files are there" $'theirs\nold' "$(cat d/f d/f~)"
    rm -rf s d

    # two runs make a numbered backup of one file, on a filesystem that cannot rename to new names only
    fresh_mount --plain-rename
    echo first >"$mnt/to"
    stopped_at "renameat2 2" --backup=numbered one "$mnt/to"
    same "two backups: the first run has chosen a name" 0 $?
    check "two backups: another run" acp --backup=numbered other "$mnt/to"
    kill -CONT $stopped
    wait $stopped
    same "two backups: the first run" 0 $?
    check "two backups: its copy is there" cmp one "$mnt/to"
    check "two backups: and the other one's" cmp other "$mnt/to.~1~"
    same "two backups: and the first file" first "$(cat "$mnt/to.~2~")"
    rm "$mnt"/to*
    echo first >"$mnt/to"
    stopped_at "renameat2 2" --backup=numbered one "$mnt/to"
    same "an interrupted backup: it has a name" 0 $?
    kill $stopped
    kill -CONT $stopped
    wait $stopped
    same "an interrupted backup: the signal has ended it" 143 $?
    same "an interrupted backup: the file is there, and nothing else" "$mnt/to first" "$(echo "$mnt"/to*) $(cat "$mnt/to")"
    # a failed copy gives the name back
    echo first >"$mnt/to"
    rules "create to error=EIO"
    fails "a backup of a failed copy" "cannot create regular file '$mnt/to': Input/output error" \
        acp --backup=numbered one "$mnt/to"
    same "a backup of a failed copy: the file has its name, and there is nothing else" "$mnt/to first" \
        "$(echo "$mnt"/to*) $(cat "$mnt/to")"
    rm "$mnt/to"
    fresh_mount --fold-case
    echo first >"$mnt/to"
    echo second >"$mnt/TO.~1~"
    check "a backup's name that folds to an existing one" acp --backup=numbered one "$mnt/to"
    same "a backup's name that folds to an existing one: both are there" $'first\nsecond' \
        "$(cat "$mnt/to.~2~" "$mnt/to.~1~")"
    rm "$mnt"/to*
    fresh_mount

    mkdir linked copied
    cp one linked/1
    ln linked/1 linked/2
    stopped_at "linkat 1" -a -j1 --manifest=sums linked/. copied
    same "a source is written to between its two names: the first one is copied" 0 $?
    dd if=other of=linked/1 conv=notrunc status=none
    kill -CONT $stopped
    wait $stopped
    same "a source is written to between its two names: it fails" 1 $?
    same "a source is written to between its two names: it says so" 1 \
        "$(grep -c "cannot tell the digest of 'copied/\./[12]': .* was written to while it was copied" stopped-says)"
    check "a source is written to between its two names: no digest is wrong" sha256sum --quiet -c sums
    same "a source is written to between its two names: one digest is told" 1 "$(wc -l <sums)"
else
    left_out 'a run that stops at one call' 'it needs programs of a build'
fi
finish
