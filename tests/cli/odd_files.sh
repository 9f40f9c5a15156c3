#!/usr/bin/env bash
# odd_files.sh: files that can block a reader without end, or are not ready at once: BIN_DIR ENGINE. They are regular
# files of pseudo filesystems that poll(2) never reports readable, a file with a write lease, and a FIFO that replaced
# a regular file.
# needs: python3
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"
mounted=$scratch/mounted
swapper=
trap '[ -z "$swapper" ] || kill "$swapper"; umount "$mounted" 2>/dev/null; rm -rf "$scratch"' EXIT

# reads NAME FILE: expects the output of cat within 10 s
reads() {
    same "$1: acp" "0 $(gnu sha256sum <"$2")" "$(timeout "$limit_seconds" acp "$2" copy 2>&1; echo "$? $(gnu sha256sum <copy)")"
    rm -f copy # its mode, that of FILE, can forbid a user to write
    same "$1: ahash" "$(gnu sha256sum "$2")" "$(timeout "$limit_seconds" ahash "$2" 2>&1)"
    same "$1: acat" "$(gnu cat "$2" | gnu sha256sum)" "$(timeout "$limit_seconds" acat "$2" 2>&1 | gnu sha256sum)"
}

if [ -r /proc/bus/input/devices ]; then
    reads "/proc/bus/input/devices" /proc/bus/input/devices
else
    left_out '/proc/bus/input/devices' 'there is none'
fi
mkdir "$mounted"
if mount -t mqueue mqueue "$mounted" 2>/dev/null; then
    : >"$mounted/aioutils-test.$$"
    reads "a message queue" "$mounted/aioutils-test.$$"
    rm "$mounted/aioutils-test.$$"
else
    left_out 'a message queue' 'no mqueue filesystem can be mounted'
fi

# The holder gives up the lease half a second after the request, as a file server does.
cat >hold.py <<'E2'
import fcntl, os, signal, sys, time
fd = os.open(sys.argv[1], os.O_RDWR)
def asked(*_):
    time.sleep(.5)
    fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    sys.exit()
signal.signal(signal.SIGIO, asked)
fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_WRLCK)
open("held", "w").close()
time.sleep(60)
E2
# with_lease FILE NAME EXPECTED COMMAND...: compares its output while FILE has a lease
with_lease() {
    local file=$1 holder
    rm -f held
    python3 hold.py "$file" 2>/dev/null &
    holder=$!
    until [ -e held ] || ! kill -0 "$holder" 2>/dev/null; do
        sleep .05
    done
    if [ -e held ]; then
        same "$2" "$3" "$(timeout "$limit_seconds" "${@:4}" 2>&1)"
    else
        left_out "$2" 'no lease can be had'
    fi
    kill "$holder" 2>/dev/null
    wait "$holder"
}
echo content >leased
echo old >target
with_lease leased "a lease: ahash" "$(gnu sha256sum leased)" ahash leased
with_lease leased "a lease: acat" content acat leased
with_lease leased "a lease: acp" "" acp leased copy
check "a lease: acp copies it" cmp leased copy
# shellcheck disable=SC2016 # for the inner shell
with_lease leased "a lease: acat --discard --pattern" 0 \
    bash -c 'acat --discard --pattern=sequential --block-size=1 --bytes=1 "$0" >report; echo $?' leased
ahash leased >list
with_lease list "a lease on the manifest: ahash --update" "list: 0 new, 0 changed, 1 unchanged, 0 removed, 0 unreadable" \
    ahash --update=list leased
with_lease list "a lease on the list: ahash -c" "leased: OK" ahash -c list
# shellcheck disable=SC2016 # for the inner shell
with_lease leased "a lease: abench read --pattern" 0 \
    bash -c 'abench read --pattern=random --block-size=1 --bytes=8 --direct=never --arms=sync,sync-j2 --runs=1 --no-probe "$0" >report; echo $?' leased
if command -v abench >/dev/null; then
    mkdir measured
    echo x >measured/file
    echo x >measured/other
    timeout "$limit_seconds" abench hash --cold --arms=sync,sync-j2 --runs=2 --no-probe \
        --prepare='test -p measured/file || { rm measured/file; mkfifo measured/file; }' measured >report 2>messages
    same 'abench: a FIFO that replaces a file is left out' "1" "$(grep -c 'left out' report)"
fi
with_lease target "a lease on the destination: acp" "" acp leased target
check "a lease on the destination: acp copies to it" cmp leased target

# The two are exchanged all the time, so that some run finds a regular file and opens a FIFO.
cat >swap.py <<'E2'
import ctypes
libc = ctypes.CDLL(None)
while True:
    libc.renameat2(-100, b"tree/50", -100, b"fifo", 2)
E2
mkdir tree
for i in $(seq 100); do echo "$i" >"tree/$i"; done
mkfifo fifo
python3 swap.py &
swapper=$!
# ends COMMAND...: expects each of many runs to end, without a message except that the file was replaced
ends() {
    for _ in $(seq 40); do
        rm -rf copy
        timeout "$limit_seconds" "$@" >/dev/null 2>message
        status=$?
        [ "$status" -le 1 ] || break
        grep -v 'tree/50' message && status=2 && break
    done
    [ "$status" -le 1 ]
}
check "a FIFO that replaced a file of the walk: ahash" ends ahash -r tree
check "a FIFO that replaced a file of the walk: acp" ends acp -r tree copy
kill "$swapper"
wait "$swapper" 2>/dev/null
swapper=
# one more name of a FIFO becomes a link: no second writer comes
mkfifo fifo_a
ln fifo_a fifo_b
for options in --preserve=links '-r --copy-contents --preserve=links' '-L --preserve=links -b'; do
    mkdir names
    echo bytes >fifo_a &
    # shellcheck disable=SC2086 # several words
    same "two names of a FIFO, $options" '0 2 bytes' \
        "$(timeout "$limit_seconds" acp $options fifo_a fifo_b names; echo $? "$(stat -c %h names/fifo_b)" "$(cat names/fifo_a)")"
    wait
    rm -r names
done
mkfifo fifo_c
(sleep 0.2; : >fifo_c) &
same 'a FIFO that no bytes come through, --preserve=links' '0 0' \
    "$(timeout "$limit_seconds" acp --preserve=links fifo_c none; echo $? "$(stat -c %s none)")"
wait
# an existing file keeps its contents until a FIFO has a writer
mkfifo fifo_d
echo old >kept
same 'a FIFO without a writer: interrupted' 124 "$(timeout -s INT 1 acp fifo_d kept; echo $?)"
same 'the file is as it was' old "$(cat kept)"
echo new >fifo_d &
check 'a FIFO that gets a writer' timeout "$limit_seconds" acp fifo_d kept
same 'the file has its bytes' new "$(cat kept)"
(sleep 0.2; : >fifo_d) &
check 'a FIFO whose writer writes nothing' timeout "$limit_seconds" acp fifo_d kept
same 'the file is empty' '' "$(cat kept)"
wait
finish
