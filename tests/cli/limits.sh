#!/usr/bin/env bash
# limits.sh: the commands with few descriptors, little memory or locked memory, a file size limit, a full disk, or few
# rights: BIN_DIR ENGINE. They do what is possible correctly, and report the rest.
# needs: strace setpriv
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"
root=
[ "$(id -u)" -eq 0 ] && root=yes
mounted=$scratch/mounted
trap 'umount "$mounted" 2>/dev/null; chmod -R u+rwX "$scratch" 2>/dev/null; rm -rf "$scratch"' EXIT

# a wide and deep tree with files of all sizes
mkdir tree
deep=tree
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
    deep=$deep/d$i
    mkdir "$deep"
    seq $((i * 300)) >"$deep/f"
done
for i in 1 2 3 4 5 6 7 8 9 10; do
    mkdir tree/w$i
    for j in 1 2 3 4 5 6 7 8; do seq $((i * j * 500)) >tree/w$i/$j; done
done
head -c 3000000 /dev/urandom >tree/large
gnu find tree -type f -print0 | LC_ALL=C sort -z | gnu xargs -0 sha256sum >expected
mapfile -t -d '' files < <(gnu find tree -type f -print0 | LC_ALL=C sort -z)

# all_right NAME LIMIT...: expects the three commands to succeed under a limit (words of ulimit)
all_right() {
    local name=$1
    shift
    rm -rf copy
    gives "$name: acp" 0 "" "" "ulimit $* && acp -r tree copy"
    check "$name: acp copies everything" diff -r tree copy
    gives "$name: ahash" 0 "$(LC_ALL=C sort -k2 expected)" "" "ulimit $* && ahash -r tree | LC_ALL=C sort -k2"
    # shellcheck disable=SC2016 # for the other shell
    gives "$name: acat" 0 "$(cat "${files[@]}" | gnu sha256sum)" "" \
        "ulimit $* && cut -c67- expected | tr '\n' '\0' | acat --files0-from=- | sha256sum"
}

all_right "20 descriptors" -n 20
# As few as blocking calls need for two directories and two files, and one more for the ring.
# inherited ones would count, too
exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-
all_right "9 descriptors" -n 9
for options in -rj4 -a "-r --atomic" "-r --durable"; do
    rm -rf copy
    gives "9 descriptors: acp $options" 0 "" "" "ulimit -n 9 && acp $options tree copy"
    check "9 descriptors: acp $options copies everything" diff -r tree copy
done
gives "9 descriptors: ahash -j4" 0 "$(LC_ALL=C sort -k2 expected)" "" \
    "ulimit -n 9 && ahash -rj4 tree | LC_ALL=C sort -k2"
for options in --verify --manifest=list; do
    rm -rf copy
    gives "10 descriptors: acp $options" 0 "" "" "ulimit -n 10 && acp -rj4 $options tree copy"
    check "10 descriptors: acp $options copies everything" diff -r tree copy
done
rm -f list
if [ "$engine" = uring ]; then
    rm -rf copy
    mkdir copy
    AIOUTILS_ENGINE=auto gives "8 descriptors: no ring by default" 0 "" "" "ulimit -n 8 && acp -rT tree copy"
    check "8 descriptors: acp copies everything" diff -r tree copy
    rm -rf copy
    AIOUTILS_ENGINE=auto gives "8 descriptors: acp --durable, no ring by default" 0 "" "" \
        "ulimit -n 8 && acp -r --durable tree copy"
    check "8 descriptors: acp --durable copies everything" diff -r tree copy
fi
mkdir wide
for i in {1..300}; do
    mkdir "wide/$i"
    echo "$i" >"wide/$i/f"
done
gives "more directories than descriptors: acp --verify" 0 "" "" "ulimit -n 100 && acp -r --verify wide copied"
check "more directories than descriptors: acp --verify copies everything" diff -r wide copied
rm -rf wide copied
# as many as usual, but nearly all of them are open
rm -rf copy
gives "10 descriptors left" 0 "" "" "ulimit -n 100 && python3 -c '
import os, sys
while os.dup(2) < 89:
    pass
for fd in range(3, 90):
    os.set_inheritable(fd, True)
os.execvp(sys.argv[1], sys.argv[1:])' acp -rj4 tree copy"
check "10 descriptors left: acp copies everything" diff -r tree copy
# A user's ring needs locked memory: memlock.sh has what --engine=uring does without.
AIOUTILS_ENGINE=${root:+$engine} all_right "no locked memory" -l 0

# too little memory: an error is reported, and every complete-looking file is correct
address_space=(200000 100000 50000 30000 20000 12000)
if [ -z "$sanitizer" ]; then
    all_right "300 MB of address space" -v 300000
    # long_name: prints a list with a name of 310 MB
    long_name() {
        printf 'tree/w1/1\0'
        head -c 310000000 /dev/zero | tr '\0' a
        printf '\0tree/w1/2\0'
    }
    export -f long_name
    limited='set -o pipefail; ulimit -v 300000; long_name'
    gives "a name of 310 MB: ahash" 1 "$(sha256sum tree/w1/1 tree/w1/2)" 'ahash: -:2: File name too long' \
        "$limited | ahash --files0-from=-"
    gives "a name of 310 MB: acat" 1 "$(cat tree/w1/1 tree/w1/2)" 'acat: -:2: File name too long' \
        "$limited | acat --files0-from=-"
    mkdir named
    gives "a name of 310 MB: acp" 1 '' 'acp: -:2: File name too long' "$limited | acp --files0-from=- -t named"
    check "a name of 310 MB: acp copies the others" cmp <(cat tree/w1/1 tree/w1/2) <(cat named/1 named/2)
    rm -r named
else
    left_out 'limits of the address space' "$sanitizer takes more than any of it"
    address_space=()
fi
for kilobytes in "${address_space[@]}"; do
    rm -rf copy
    (ulimit -v "$kilobytes" && exec acp -j3 -r tree copy) >out 2>message
    status=$?
    if [ $status -eq 0 ]; then
        check "$kilobytes KB of address space: acp" diff -r tree copy
    elif [ $status -eq 1 ] || [ $status -eq 127 ]; then
        check "$kilobytes KB of address space: acp says why" test -s message
        difference=$(diff -r tree copy 2>/dev/null | grep -v '^Only in tree')
        same "$kilobytes KB of address space: acp leaves nothing wrong" "" "$difference"
    else
        not_ok "$kilobytes KB of address space: acp" "status $status: $(cat message)"
    fi
    (ulimit -v "$kilobytes" && exec ahash -j3 -r tree) >out 2>message
    status=$?
    if [ $status -eq 0 ]; then
        same "$kilobytes KB of address space: ahash" "$(LC_ALL=C sort -k2 expected)" "$(LC_ALL=C sort -k2 out)"
    else
        check "$kilobytes KB of address space: ahash says why" test -s message
        same "$kilobytes KB of address space: ahash prints nothing wrong" "" "$(grep -vxFf expected out)"
    fi
    (ulimit -v "$kilobytes" && exec acat "${files[@]}") >out 2>message
    status=$?
    if [ $status -eq 0 ]; then
        same "$kilobytes KB of address space: acat" "$(cat "${files[@]}" | gnu sha256sum)" "$(gnu sha256sum <out)"
    else
        check "$kilobytes KB of address space: acat says why" test -s message
        same "$kilobytes KB of address space: acat writes nothing wrong" "" \
            "$(cat "${files[@]}" | head -c "$(stat -c %s out)" | cmp - out 2>&1)"
    fi
done

# Memory for the buffers is not locked memory.
if [ ${#address_space[@]} -gt 0 ]; then
    for ((kilobytes = 4000; kilobytes < 40000; kilobytes += 500)); do
        (ulimit -v $kilobytes && exec acat -j1 --block-size=4M tree/large tree/large) 2>&1 >/dev/null
    done | sort | uniq -c >message
    check "no memory for buffers: is told as this" grep -q "cannot run engine '$engine': Cannot allocate memory$" message
    [ "$engine" = uring ] ||
        same "no memory for buffers, without a ring: no word of locked memory" 0 "$(grep -c RLIMIT_MEMLOCK message)"
fi

# SIGXFSZ ends the program, as with cp; if it is ignored, the write fails
rm -rf copy
gives "file size" 1 "" "acp: error writing 'copy/large': File too large" \
    "trap '' XFSZ; ulimit -f 1000 && acp -r tree copy"
check "file size: nothing half written" test ! -e copy/large
rm copy/../tree/large
check "file size: the rest is copied" diff -r tree copy
head -c 3000000 /dev/urandom >tree/large
gnu find tree -type f -print0 | LC_ALL=C sort -z | gnu xargs -0 sha256sum >expected

# The ring of the probe can be made, but not the next one of the same thread.
if [ "$engine" = uring ]; then
    no_second_ring() {
        strace -f -qqq -o "$scratch/trace" -e trace=io_uring_setup -e inject=io_uring_setup:error=ENOMEM:when=2 "$@"
    }
    no_ring() {
        rm -rf copy
        no_second_ring acp "$1" -r tree copy 2>message
    }
    check "one worker of four has no ring" no_ring -j4
    check "one worker of four has no ring: all is copied" diff -r tree copy
    same "one worker of four has no ring: ahash" "$(grep '  tree/w' expected | LC_ALL=C sort -k2)" \
        "$(no_second_ring ahash -j4 -r tree/w* 2>&1 | LC_ALL=C sort -k2)"
    no_ring -j1
    same "no worker has a ring: status" 1 $?
    why="cannot run engine 'uring': Cannot allocate memory, or RLIMIT_MEMLOCK is too low (ulimit -l)"
    same "no worker has a ring: message" "acp: $why" "$(cat message)"
    check "no worker has a ring: nothing half written" test -z "$(gnu find copy -type f)"
    for command in "ahash -j1" acat; do
        # shellcheck disable=SC2086 # words
        no_second_ring $command tree/w1/1 >out 2>message
        same "no worker has a ring: $command: status" 1 $?
        same "no worker has a ring: $command: message" "${command%% *}: $why" "$(cat message)"
        check "no worker has a ring: $command: prints nothing" test ! -s out
    done
fi

# By default a command then falls back to blocking calls, and --stats reports it.
if [ "$engine" = uring ]; then
    export AIOUTILS_ENGINE=auto
    for command in "ahash -j1" acat "acat --discard --pattern=random --block-size=512"; do
        # shellcheck disable=SC2086 # words
        no_second_ring $command --stats tree/w1/1 >out 2>message
        same "no ring after the probe's: $command falls back" 0 $?
        check "no ring after the probe's: $command: --stats says why" \
            grep -q '^engine .*sync.*not uring: io_uring failed: Cannot allocate memory' message
    done
    no_second_ring ahash -j4 --stats -r tree/w* >out 2>message
    same "one worker of four has no ring by default" "$(grep '  tree/w' expected | LC_ALL=C sort -k2)" \
        "$(LC_ALL=C sort -k2 out)"
    check "one worker of four has no ring: --stats says which, and why" \
        grep -q '^engine     uring, 4 workers, 1 of them sync (io_uring failed: Cannot allocate memory.*)$' message
    no_second_ring ahash -j4 --stats=json -r tree/w* >out 2>message
    check "one worker of four has no ring: --stats=json, too" \
        grep -q '"engine":"uring","fallback_reason":"io_uring failed: .*","fallback_workers":1,' message
    check "no ring after the probe's: acp falls back" no_ring -j1
    check "no ring after the probe's: acp copies everything" diff -r tree copy
    if [ -z "$sanitizer" ]; then
        all_right "30 MB of address space" -v 30000
    fi
    export AIOUTILS_ENGINE=$engine
fi

# Only the main thread is allowed. The limit holds for users other than root.
if [ -n "$root" ] && [ -z "$sanitizer" ]; then
    chmod 777 .
    # an array, because a shell could not start anything either
    one_thread=(setpriv --reuid=4713 --regid=4713 --clear-groups prlimit --nproc=1)
    cp "$bin"/{acp,ahash,acat} "$scratch/as"
    rm -rf copy
    check "one thread: acp" "${one_thread[@]}" "$scratch/as/acp" -r -j4 tree copy
    check "one thread: acp copies everything" diff -r tree copy
    same "one thread: ahash" "$(LC_ALL=C sort -k2 expected)" \
        "$("${one_thread[@]}" "$scratch/as/ahash" -r tree 2>&1 | LC_ALL=C sort -k2)"
    same "one thread: ahash, past the page cache" "$(LC_ALL=C sort -k2 expected)" \
        "$("${one_thread[@]}" "$scratch/as/ahash" -r --direct=always tree 2>&1 | LC_ALL=C sort -k2)"
    same "one thread: acat" "$(cat "${files[@]}" | gnu sha256sum)" \
        "$("${one_thread[@]}" "$scratch/as/acat" "${files[@]}" 2>&1 | gnu sha256sum)"
    # more files than the feed's window has places
    same "one thread: a long list" 20000 "$(yes tree/w1/1 | head -n 20000 | tr '\n' '\0' |
        "${one_thread[@]}" "$scratch/as/ahash" --files0-from=- 2>&1 | grep -c '  tree/w1/1$')"
    same "one thread: standard input, and a file" "$(echo text | gnu sha256sum - tree/w1/1)" \
        "$(echo text | "${one_thread[@]}" "$scratch/as/ahash" - tree/w1/1 2>&1)"
    check "one thread: blocks" "${one_thread[@]}" "$scratch/as/acat" --discard --pattern=random --bytes=64K tree/large
    same "one thread: progress is not shown, and all is done" "$(gnu sha256sum tree/large)" \
        "$("${one_thread[@]}" "$scratch/as/ahash" --progress=always tree/large 2>/dev/null)"
else
    left_out 'one thread' 'not root, or a sanitizer that has threads of its own'
fi

# full to the last block: writing delayed data frees its reservation
fill() {
    local before='' small=0
    : >"$mounted/filler"
    until [ "$before" = "$(stat -c %b "$mounted/filler")" ]; do
        before=$(stat -c %b "$mounted/filler")
        gnu head -c 100M /dev/zero >>"$mounted/filler" 2>/dev/null
        sync -f "$mounted"
    done
    # space that a large file cannot use
    while echo x 2>/dev/null >"$mounted/filler.$small"; do
        small=$((small + 1))
        sync -f "$mounted"
    done
}

if [ -n "$root" ]; then
    mkdir "$mounted"
    gnu dd if=/dev/zero of=image bs=1M count=8 status=none
    if mkfs.ext4 -q image && mount -o loop image "$mounted"; then
        rm -rf "$mounted/lost+found"
        seq 3000000 >big # 22 MB
        acp big "$mounted/big" 2>message
        same "a full disk: status" 1 $?
        same "a full disk: message" "acp: error writing '$mounted/big': No space left on device" "$(cat message)"
        check "a full disk: nothing half written" test ! -e "$mounted/big"
        acp tree/d1/f big tree/w1/1 "$mounted" 2>message
        same "a full disk, several: status" 1 $?
        check "a full disk: the others are copied" cmp tree/w1/1 "$mounted/1"
        acp --direct=always big "$mounted/big" 2>message
        same "a full disk, past the page cache: message" \
            "acp: error writing '$mounted/big': No space left on device" "$(cat message)"
        check "a full disk, past the page cache: nothing half written" test ! -e "$mounted/big"
        acat big >"$mounted/out" 2>message
        same "a full disk, acat: status" 1 $?
        same "a full disk, acat: message" "acat: write error: No space left on device" "$(cat message)"
        rm "$mounted/out"
        fill
        yes tree/w1/1 | gnu head -n 20000 | tr '\n' '\0' | ahash --files0-from=- >"$mounted/out" 2>message
        same "a full disk, ahash: status" 1 $?
        same "a full disk, ahash: message" "ahash: write error: No space left on device" "$(cat message)"
        rm "$mounted"/filler* "$mounted/out"
        ahash --update="$mounted/sums" tree/w1/1 2>/dev/null
        cp "$mounted/sums" sums
        fill
        echo changed >>tree/w1/1
        ahash --update="$mounted/sums" tree/w1/1 2>message
        same "a full disk, ahash --update: status" 1 $?
        check "a full disk, ahash --update: says why" grep -q "'*$mounted/sums'*: No space left on device" message
        check "a full disk, ahash --update: the old manifest" cmp "$mounted/sums" sums
        rm "$mounted"/filler*
        acp tree/w1/1 "$mounted/old"
        acp --atomic big "$mounted/old" 2>message
        same "a full disk, --atomic: message" \
            "acp: error writing '$mounted/old': No space left on device" "$(cat message)"
        check "a full disk, --atomic: the old file" cmp tree/w1/1 "$mounted/old"
        mount -o remount,ro "$mounted"
        acp tree/d1/f "$mounted/new" 2>message
        same "a read-only filesystem: status" 1 $?
        same "a read-only filesystem: message" \
            "acp: cannot create regular file '$mounted/new': Read-only file system" "$(cat message)"
        echo n | acp -i tree/d1/f "$mounted/old" 2>message
        same "a read-only filesystem, -i: root is asked as cp asks" \
            "$(echo n | gnu cp -i tree/d1/f "$mounted/old" 2>&1 | sed 's/^cp/acp/')" "$(cat message)"
        acp --atomic tree/d1/f "$mounted/old" 2>message
        same "a read-only filesystem, --atomic: status" 1 $?
        check "a read-only filesystem, --atomic: says why" grep -q "$mounted.*: Read-only file system" message
        ahash --update="$mounted/sums" tree/w1/2 2>message
        same "a read-only filesystem, ahash --update: status" 1 $?
        check "a read-only filesystem, ahash --update: says why" grep -q "$mounted.*: Read-only file system" message
        same "a read-only filesystem: acat" "$(gnu sha256sum <"$mounted/1")" "$(acat "$mounted/1" | gnu sha256sum)"
        gives "a read-only filesystem: reading" 0 "$(gnu sha256sum "$mounted/1")" "" "ahash '$mounted/1'"
        umount "$mounted"
    else
        not_ok "a filesystem in a file can be mounted"
    fi
else
    left_out 'full and read-only filesystems' 'not root'
fi
finish
