#!/usr/bin/env bash
# faults.sh: a filesystem that fails, cuts short, lies and changes bytes, through the real kernel: BIN_DIR ENGINE. The
# exit status reports it, the message names the file and the side, and an incomplete file never looks complete.
# needs: faultfs
here=$(cd "${0%/*}" && pwd)
# shellcheck source=tests/faults/lib.sh
. "${0%/*}/lib.sh"

make_files() {
    seq 1000 >"$below/small"
    seq 100000 >"$below/middle"
    head -c 10000000 /dev/urandom >"$below/large"
    : >"$below/empty"
    gnu cp --sparse=never "$below/middle" "$below/holes"
    truncate -s 5000000 "$below/holes"
}
make_files
cp -r "$below" right

# nothing_wrong DIRECTORY: checks that its files are equal to those in right/
nothing_wrong() {
    local file
    gnu find "$1" -type f >"$scratch/found"
    while read -r file; do
        cmp "$file" "right/${file##*/}" || return
    done <"$scratch/found"
}

# -- reading --

for options in "" --direct-io; do
    for errno in EIO ENOMEM ESTALE; do
        for after in 0 1 3; do
            what="read $after fails with $errno $options"
            # shellcheck disable=SC2086 # words
            fresh_mount $options
            rules "read large error=$errno after=$after"
            fails "$what: ahash" "large: " ahash "$mnt/large" "$mnt/small"
            same "$what: ahash, the other one" "$(sha256sum <"$below/small")" "$(sed 's| .*|  -|' out)"
            fails "$what: acat" "large: " acat "$mnt/large"
            check "$what: acat, what it wrote" cmp -n "$(stat -c %s out)" out "$below/large"
            fails "$what: acp" "error reading '$mnt/large'" acp -r "$mnt" new
            check "$what: acp, the other ones" test -e new/small -a -e new/middle -a ! -e new/large
            check "$what: acp, nothing wrong" nothing_wrong new
            rm -rf new
        done
    done
done

# The good bytes before a bad place of a device are delivered, even if the read of the bad place ends first.
for options in "" --direct-io; do
    for direct in auto always never; do
        what="a bad place, --direct=$direct $options"
        # shellcheck disable=SC2086 # words
        fresh_mount $options
        rules "read large error=EIO from=6029312 to=6033408" "read large delay=200 from=4194304 to=4300000"
        fails "$what: acat" "large: Input/output error" acat --direct="$direct" "$mnt/large"
        check "$what: acat, no good byte is lost" cmp out <(head -c 6029312 "$below/large")
        fails "$what: acat --discard" "large: Input/output error" acat --discard --direct="$direct" "$mnt/large"
        rules "read middle error=EIO from=40960 to=41000"
        fails "$what: acat, a small file" "middle: Input/output error" acat --direct="$direct" "$mnt/middle" "$mnt/small"
        check "$what: acat, the next file" cmp out <(head -c 40960 "$below/middle" && cat "$below/small")
        rm -rf new
        fails "$what: acp" "error reading" acp -r --direct="$direct" "$mnt" new
        check "$what: acp, nothing wrong" nothing_wrong new
    done
done

# Of a regular file this is an error as any other. Not by direct reads: io_uring repeats these in the kernel, without end.
fresh_mount
rules "read large error=EAGAIN from=6029312"
for direct in never $([ "$engine" != sync ] || echo auto always); do
    what="a read ends with EAGAIN each time, --direct=$direct"
    fails "$what: acat" "large: Resource temporarily unavailable" acat --direct="$direct" "$mnt/large" right/small
    check "$what: acat, no good byte is lost" cmp out <(head -c 6029312 right/large && cat right/small)
    fails "$what: ahash" "large: Resource temporarily unavailable" ahash --direct="$direct" "$mnt/large"
    fails "$what: acp" "error reading '$mnt/large'" acp --direct="$direct" "$mnt/large" ended
    check "$what: acp, nothing is left" test ! -e ended
done

# -- a read that fails once, and not when it is repeated --
fresh_mount --direct-io
for file in small middle large; do
    for direct in auto always; do
        rules "read $file error=EIO times=1"
        same "$file, direct=$direct: a read fails once: ahash" "$(cd right && sha256sum "$file")" \
            "$(cd "$mnt" && ahash --direct="$direct" "$file" 2>&1)"
        same "$file, direct=$direct: a read fails once: ahash: it has happened" 1 "$(applied)"
        rules "read $file error=EIO times=1"
        rm -f copy
        check "$file, direct=$direct: a read fails once: acp" acp --direct="$direct" "$mnt/$file" copy
        check "$file, direct=$direct: a read fails once: acp, the copy" cmp copy "right/$file"
        same "$file, direct=$direct: a read fails once: acp: it has happened" 1 "$(applied)"
    done
done
# it shrinks before the read is repeated
rules "read middle error=EIO times=1" "read middle resize=100000 after=1 times=1"
check "a read fails once, and the file shrinks: acp" acp "$mnt/middle" shrunk
check "a read fails once, and the file shrinks: what there was" cmp shrunk <(head -c 100000 right/middle)
cp right/middle "$below"

# all_the_same NAME RULE [OPTION]: expects correct results without a message
all_the_same() {
    local name=$1 rule=$2
    shift 2
    fresh_mount "$@"
    rules "$rule"
    same "$name: ahash" "$(cd "$below" && sha256sum large middle)" "$(cd "$mnt" && ahash large middle)"
    acat "$mnt/large" "$mnt/middle" >out
    check "$name: acat" cmp out <(cat "$below/large" "$below/middle")
    rm -rf new
    check "$name: acp" acp -r "$mnt" new
    check "$name: acp, nothing wrong" diff -r right new
    check "$name: it has happened" test "$(applied)" -gt 0
    rm -rf new
}

all_the_same "short reads" "read * short=1000" --direct-io
all_the_same "reads of one byte" "read small short=1" --direct-io
all_the_same "reads that are slow now and then" "read * delay=20 times=20"
all_the_same "interrupted reads" "read * error=EINTR times=3" --direct-io

# A server dies: all blocks before the one that fails are written, without a wait for that one.
unmount
for options in "" --direct-io; do
    for direct in auto always never; do
        what="a server dies, --direct=$direct $options"
        # shellcheck disable=SC2086 # words
        "$faultfs" --foreground $options "$below" "$mnt" &
        server=$!
        # shellcheck disable=SC2016 # for the inner shell
        timeout "$limit_seconds" bash -c 'until mountpoint -q "$1"; do sleep 0.02; done' - "$mnt"
        rules "read large from=4194304 delay=$((limit_seconds * 1000))"
        : >out
        acat --direct="$direct" "$mnt/large" >out 2>message &
        pid=$!
        # shellcheck disable=SC2016 # for the inner shell
        timeout "$limit_seconds" bash -c 'until [ "$(stat -c %s out)" -eq 4194304 ]; do sleep 0.02; done'
        same "$what: what comes before is written" 0 $?
        kill -KILL $server
        wait $server 2>/dev/null
        wait $pid
        same "$what: acat fails" 1 $?
        check "$what: acat, nothing wrong" cmp out <(head -c 4194304 right/large)
        check "$what: acat says so" grep -q "large: " message
        unmount
    done
done

# -- listings that repeat names, and sizes that are too large --
fresh_mount
mkdir -p "$below/tree/sub"
cp right/small "$below/tree/one"
cp right/middle "$below/tree/sub/two"
for count in 1 100; do
    for options in -r "-a -j4" "-r --atomic" "-r --manifest=manifest"; do
        what="names that are listed $count times more, $options"
        rules "readdir * repeat=$count"
        rm -rf new
        # shellcheck disable=SC2086 # words
        fails "$what: acp tells each" "cannot create .*'new/one'.*: File exists" acp $options "$mnt/tree" new
        check "$what: acp, nothing is lost" diff -r "$below/tree" new
        echo old >new/one
        # shellcheck disable=SC2086 # words
        fails "$what: acp over files tells each" "will not overwrite just-created 'new/one'" acp $options -T "$mnt/tree" new
        check "$what: acp over files, nothing is lost" diff -r "$below/tree" new
    done
    same "names that are listed $count times more: ahash" "$(cat right/small right/middle | wc -l)" \
        "$(ahash -r "$mnt/tree" | sort -u | cut -d' ' -f3 | xargs cat | wc -l)"
    rules "readdir tree repeat=$count" "readdir tree/sub repeat=$count"
    check "names that are listed $count times more, in the destination" acp -au -T "$below/tree" "$mnt/tree"
done
rm -rf new manifest "$below/tree"

# -- listings that tell no type, or a wrong one --
mkdir -p "$below/tree/sub/lower" "$below/outside"
cp right/small "$below/tree/one"
cp right/middle "$below/tree/sub/lower/two"
echo outside >"$below/outside/secret"
ln -s ../outside "$below/tree/sub/link"
ln -s one "$below/tree/symbolic"
mkfifo "$below/tree/fifo" "$below/tree/sub/fifo"
fresh_mount
# of_types DIR: the names below it, their types and what links lead to
of_types() {
    (cd "$1" && find . -exec stat -c '%n %F' {} + | sort)
}
(cd "$below/tree" && sha256sum one sub/lower/two) >digests
for type in 0 1 2 6 10 12 14 15; do # unknown, FIFO, devices, link, socket, and two that do not exist
    rules "readdir * type=$type"
    for options in -r -a '-ru --atomic' '-r -j1 --exclude=none' '-rb --verify'; do
        rm -rf new
        # shellcheck disable=SC2086 # words
        check "names that are listed as of type $type, $options: acp" timeout 100 acp $options "$mnt/tree" new
        same "names that are listed as of type $type, $options: each is what it was" "$(of_types "$below/tree")" \
            "$(of_types new)"
        check "names that are listed as of type $type, $options: bytes" cmp new/sub/lower/two right/middle
    done
    same "names that are listed as of type $type: ahash" "$(cat digests)" "$(cd "$mnt/tree" && ahash -r one sub)"
done
for type in 4 8; do # all are directories, all are regular files
    rules "readdir * type=$type"
    for options in -r -a '-rL --atomic' '-ru -j1'; do
        rm -rf new
        # shellcheck disable=SC2086 # words
        fails "names that are all listed as of type $type, $options: acp tells it" 'fifo' acp $options "$mnt/tree" new
        same "names that are all listed as of type $type, $options: no link is followed" '' \
            "$([ "${options#-rL}" != "$options" ] || grep -r outside new)"
    done
    fails "names that are all listed as of type $type: ahash tells it" 'fifo' ahash -r "$mnt/tree"
done
rules
rm -rf new digests "$below/tree" "$below/outside"
fresh_mount --direct-io
for size in 600000 3000000; do
    rules "getattr middle size=$size"
    for options in "" --atomic --verify --sparse=always; do
        rm -f copy
        # shellcheck disable=SC2086 # words
        check "a size of $size, which is too large, $options: acp" acp $options "$mnt/middle" copy
        check "a size of $size, which is too large, $options: acp, no byte is lost" \
            cmp -n "$(stat -c %s right/middle)" copy right/middle
    done
done

# -- lists that are interrupted, or end at a bad place --
fresh_mount --direct-io
(cd right && sha256sum small middle) >"$below/sums"
printf '%s\0' right/small right/middle >"$below/names"
sums=$(cat "$below/sums")
rules "read names error=EINTR times=2" "open names error=EINTR times=2"
same "an interrupted list: ahash" "${sums//  /  right/}" "$(ahash --files0-from="$mnt/names" 2>&1)"
same "an interrupted list: ahash: it has happened" 2 "$(applied)"
rules "read names error=EINTR times=2" "open names error=EINTR times=2"
check "an interrupted list: acat" cmp <(acat --files0-from="$mnt/names") <(cat right/small right/middle)
rules "read names error=EINTR times=2" "open names error=EINTR times=2"
mkdir listed
check "an interrupted list: acp" acp --files0-from="$mnt/names" -t listed
check "an interrupted list: acp, nothing wrong" nothing_wrong listed
same "an interrupted list: acp, all files" 2 "$(find listed -type f | wc -l)"
rules "read sums error=EINTR times=2" "open sums error=EINTR times=2"
same "an interrupted list: ahash -c" $'small: OK\nmiddle: OK' "$(cd right && ahash -c "$mnt/sums" 2>&1)"
rules "read sums error=EINTR times=2" "open sums error=EINTR times=2"
# shellcheck disable=SC2016 # for the inner shell
check "an interrupted list: ahash --update" env -C right bash -c 'ahash --update="$1" small middle' - "$mnt/sums"
same "an interrupted list: ahash --update: it is complete" "$sums" "$(grep -v '^#' "$below/sums")"
rm -rf listed
# A part of a name is the name of another file: it is not taken for that.
cp right/small cut-
cp right/middle cut-off
{
    yes cut-off | head -n 511 | tr '\n' '\0' # 4088 bytes
    printf 'abc\0cut-off\0'
} >"$below/names"
rules "read names error=EIO from=4096"
ahash --files0-from="$mnt/names" >out 2>message
same "a list that ends at a bad place: ahash: no name is cut off" 0 "$(grep -c 'cut-$' out)"
same "a list that ends at a bad place: ahash says so" 1 "$(grep -c 'names: read error: Input/output error$' message)"
mkdir listed
acp --files0-from="$mnt/names" -t listed 2>message
same "a list that ends at a bad place: acp: no name is cut off" no "$([ -e listed/cut- ] && echo yes || echo no)"
same "a list that ends at a bad place: acp says so" 1 "$(grep -c 'names: read error: Input/output error$' message)"
ahash --update="$below/list" cut-off right/small right/middle >out
lines=$(grep -v '^#' "$below/list")
ahash --update="$below/list" --files0-from="$mnt/names" >out 2>message
same "a list that ends at a bad place: ahash --update says so" '1 1' \
    "$? $(grep -c 'names: read error: Input/output error$' message)"
same "a list that ends at a bad place: ahash --update keeps all lines" "$(sort <<<"$lines")" \
    "$(grep -v '^#' "$below/list" | sort -u)"
rm -rf listed cut- cut-off "$below/sums" "$below/list" "$below/names"
mkdir "$below/top"
(cd "$below/top" && echo 1 >a && echo 2 >b && sha256sum a b >../sums)
rules "readdir top error=EIO"
(cd "$mnt/top" && ahash -r --update="$below/sums" . a) >out 2>message
same "a working directory that cannot be listed: ahash --update says so" '1 1' \
    "$? $(grep -c ': \.: Input/output error$' message)"
same "a working directory that cannot be listed: ahash --update keeps all lines" $'a\nb' \
    "$(sed -n 's/^[^#].*  //p' "$below/sums")"
rules
rm -r "$below/top" "$below/sums"
# directories and links are looked at by calls of their own
mkdir -p "$below/top/linked"
echo one >"$below/top/linked/one"
ln -s linked/one "$below/top/link"
(cd "$below/top" && sha256sum link >sums)
rules "link top/link error=EINTR times=1"
same "an interrupted readlink: what a link leads to is listed" "link: OK" \
    "$(cd "$mnt/top" && ahash -c --report-unlisted sums 2>&1 | grep -v ^summary)"
rules "unlink top/plan error=EINTR times=1"
fails "an interrupted rmdir: the plan is in its source" 'it is in the source' acp -rT --plan="$mnt/top/plan" "$mnt/top" new
check "an interrupted rmdir: its directory is gone" test ! -e "$below/top/plan"
rm -r "$below/top"
# a part of a plan is copied with the options of the plan, which is read before
acp -rT --plan="$below/plan" right new >out
rules "read plan/.plan error=EIO"
fails "a plan that cannot be read: no part is copied" "error reading '$mnt/plan/.plan': Input/output error" \
    acp -a --parents --files0-from="$mnt/plan/0" -t new
rules "read plan/.plan error=EINTR times=1"
fails "an interrupted plan: the other options are found" 'it was made with' \
    acp -a --parents --files0-from="$mnt/plan/0" -t new
rm -r "$below/plan"
# a plan of which only a part could be written
for failing in 'rename plan/.part-2' 'write plan/.part-2' 'rename plan/.aioutils-*'; do
    rules "$failing error=EIO"
    fails "a plan that cannot be written ($failing)" "cannot write the plan .*plan.*: Input/output error" \
        acp -rT --plan="$mnt/plan,1M" right new
    rules
    : >>"$below/plan/0"
    fails "a plan that is not complete ($failing): no part is copied" 'the plan is not complete' \
        acp -r --parents --files0-from="$mnt/plan/0" -t new
    rm -r "$below/plan"
done

all_the_same "a size of 0" "getattr middle size=0" --direct-io
# Requests are cut off at such a size, rounded up to pages; plain reads are not.
for size in 1 4096 5000 65536 70000; do
    all_the_same "a size of $size, which is too small" "getattr middle size=$size" --direct-io
done
for size in 4096 2000000 8388608; do
    all_the_same "a large file's size of $size, which is too small" "getattr large size=$size" --direct-io
done
fresh_mount --direct-io
rules "getattr middle size=3000000"
same "a size that is too large: ahash" "$(sha256sum <right/middle)" "$(ahash "$mnt/middle" | sed 's| .*|  -|')"
acat "$mnt/middle" >out
check "a size that is too large: acat" cmp out right/middle
all_the_same "a filesystem that cannot tell holes" "seek * error=EINVAL"
for error in EINVAL EOPNOTSUPP ENOSYS; do
    fresh_mount # the kernel remembers ENOSYS
    rules "seek * error=$error"
    rm -f copy
    acp "$mnt/holes" copy
    check "a filesystem that cannot tell holes ($error): they are found by their zeros" [ "$(stat -c %b copy)" -lt 9000 ]
done
fresh_mount

fresh_mount --direct-io
rules "read large resize=5000000 after=2 times=1"
timeout "$limit_seconds" acp "$mnt/large" shrunk
same "a file that shrinks: acp" 0 $?
check "a file that shrinks: what there was" cmp -n "$(stat -c %s shrunk)" shrunk right/large
cp right/large "$below"

# -- writing --

# write_fails RULE MESSAGE: expects that the failed copy is absent and the others are complete
write_fails() {
    local options
    for options in "" --direct-io; do
        # shellcheck disable=SC2086 # words
        fresh_mount $options
        rm -rf "${below:?}/new"
        rules "$1"
        fails "$1 $options" "$2" acp -r right "$mnt/new"
        check "$1 $options: it is not there" test ! -e "$below/new/large"
        check "$1 $options: the others are" test -e "$below/new/small" -a -e "$below/new/middle"
        check "$1 $options: nothing wrong" nothing_wrong "$below/new"
    done
    rm -rf "${below:?}/new"
}

for errno in EIO ENOSPC EDQUOT; do
    write_fails "write *large error=$errno after=2" "error writing '.*large'"
    write_fails "write *large error=$errno times=1" "error writing '.*large'"
    write_fails "create *large error=$errno" "cannot create regular file '.*large'"
done
write_fails "flush *large error=EIO" "'.*large': Input/output error"
write_fails "flush *large error=ENOSPC" "'.*large': No space left on device"

fresh_mount --direct-io
rules "write * short=1000"
check "short writes" acp -r right "$mnt/new"
check "short writes: nothing wrong" diff -r right "$below/new"
rm -rf "${below:?}/new"

fresh_mount --direct-io
rules "write * error=EINTR times=3"
check "interrupted writes" acp -r right "$mnt/new"
check "interrupted writes: nothing wrong" diff -r right "$below/new"
rm -rf "${below:?}/new"

# close(2) is interrupted: it is asked again whether bytes are lost
for options in "" --atomic; do
    fresh_mount
    rules "flush * error=EINTR times=3"
    # shellcheck disable=SC2086 # words
    check "interrupted closes $options" acp -r $options right "$mnt/new"
    check "interrupted closes $options: nothing wrong" diff -r right "$below/new"
    rm -rf "${below:?}/new"
    rules "flush * error=EINTR times=2" "flush * error=EDQUOT after=2"
    # shellcheck disable=SC2086 # words
    fails "interrupted closes $options, and then no room" "'.*/new': Disk quota exceeded" acp $options right/large "$mnt/new"
    check "interrupted closes $options, and then no room: it is not there" test ! -e "$below/new"
done
rules "flush * error=EINTR times=2"
check "an interrupted close of standard output" bash -c "ahash right/large >'$mnt/list'"
check "an interrupted close of standard output: acat" bash -c "acat right/large >'$mnt/list'"
rules "flush list error=EINTR times=1" "flush list error=EDQUOT after=1"
fails "an interrupted close of standard output, and then no room" "write error: Disk quota" bash -c "ahash right/large >'$mnt/list'"
rules "flush list error=ENOSPC"
for command in "acat right/large" "acat -n right/small" "acp -v right/small copied" "ahash right/small"; do
    fails "standard output that fails when it is closed: $command" "write error: No space" bash -c "$command >'$mnt/list'"
done
rules "flush * error=EINTR times=3"
check "interrupted closes: --manifest" acp -r --manifest="$mnt/list" right "$mnt/new"
rm "$below/list"
rules "flush * error=EINTR times=3"
check "interrupted closes: ahash --update" ahash -r --update="$mnt/list" right
rm -rf "${below:?}/new" "$below/list"

# as with cp, which opens with O_TRUNC
fresh_mount
rules "truncate * error=EPERM"
for options in '' -r '-r --sparse=always' '-rf --verify' '--manifest=sums'; do
    for file in small large; do
        seq 2000000 >"$below/$file"
        ln -f "$below/$file" "$below/other"
        # shellcheck disable=SC2086 # words
        check "a $file file over another, which can be emptied only when it is opened, ${options:-plain}" \
            acp $options "right/$file" "$mnt/$file"
        check "a $file file over another, ${options:-plain}: it is the new one by both names" \
            cmp "$below/other" "right/$file"
    done
done
rm -f "$below"/* sums

# -- additions to copying --

fresh_mount
rules "fsync *large error=EIO"
fails "--durable, a failing fsync" "large" acp --durable right/large "$mnt/"
rm -f "$below"/*

fresh_mount
rules "read large flip=5000000"
fails "--verify, a byte that is read back wrong" "large" acp --verify right/large "$mnt/"
fresh_mount
check "--verify, all is well" acp --verify right/middle "$mnt/"
rm -f "$below"/*

fresh_mount
cp right/small "$below/large"
rules "write * error=ENOSPC after=1"
fails "--atomic, a full disk" "No space left on device" acp --atomic right/large "$mnt/"
check "--atomic, a full disk: the old file" cmp "$below/large" right/small
rules "rename * error=EIO"
fails "--atomic, a failing rename" "large" acp --atomic right/large "$mnt/"
check "--atomic, a failing rename: the old file" cmp "$below/large" right/small
same "--atomic: nothing else is left" large "$(ls -A "$below")"

# -- attributes and directories --

rm -rf "${below:?}"/*
mkdir "$below/dir"
cp right/* "$below"
cp right/small "$below/dir/inside"
for rule in "getattr small error=EIO" "open small error=EIO" "readdir dir error=EIO"; do
    fresh_mount
    rules "$rule"
    fails "$rule: acp" "\(small\|dir\)'.*: Input/output error" acp -r "$mnt" new
    check "$rule: the others" cmp new/large right/large
    rm -rf new
    fails "$rule: ahash" "\(small\|dir\): Input/output error" ahash -r "$mnt"
    same "$rule: ahash, the others" 1 "$(grep -c /large out)"
done

# -- calls that a notification interrupts: a signal, or io-wq that wants another worker --

# stopped COMMAND...: stops the command and lets it go on, again and again
stopped() {
    local pid
    "$@" &
    pid=$!
    while kill -STOP $pid 2>/dev/null; do
        kill -CONT $pid
        sleep 0.02
    done
    wait $pid
}

rm -rf "${below:?}"/* new
mkdir -p "$below/tree/dir"
for i in $(seq 200); do echo "$i" >"$below/tree/$i"; done
ln -s 1 "$below/tree/link"
ln "$below/tree/2" "$below/tree/dir/2"
mkfifo "$below/tree/dir/fifo"
fresh_mount
rules "getattr,open,create,mkdir,mknod,chmod,chown,utimens,xattr,listxattr,link,rename,unlink,readdir * delay=5"
for options in "-a" "-a --atomic"; do
    rm -rf "$below/new"
    # shellcheck disable=SC2086 # words
    same "interrupted calls: acp $options" 0 "$(stopped acp $options "$mnt/tree" "$mnt/new" 2>&1; echo $?)"
    same "interrupted calls: acp $options, the copy" '' "$("$here/../cli/same_tree" "$below/tree" "$below/new" 2>&1)"
    same "interrupted calls: acp $options, nothing else is left" '' "$(find "$below/new" -name '.acp-*')"
done
same "interrupted calls: ahash" "$(cd "$below/tree" && ahash -r . | sort)" "$(cd "$mnt/tree" && stopped ahash -r . 2>&1 | sort)"
finish
