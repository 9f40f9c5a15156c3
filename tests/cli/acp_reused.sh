#!/usr/bin/env bash
# acp_reused.sh: another process removes a copy, and a new file gets its inode number: that is not what the run has made.
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"

mkdir disk
truncate -s 400M image
if [ "$(id -u)" -ne 0 ] || ! mkfs.xfs -q image >/dev/null 2>&1 || ! mount -o loop image disk 2>/dev/null; then
    left_out 'all of it' 'no xfs can be mounted here'
    ok 'nothing to test'
    finish
fi
trap 'umount "$scratch/work/disk" 2>/dev/null; rm -rf "$scratch"' EXIT

mkdir disk/d
for name in first asked last; do echo $name >$name; done
mkfifo answers
# the question about the second file holds the run while another file takes the first one's place
for before in 'is new' 'was there'; do
    rm -f disk/d/* messages # the last ones have the question, too
    echo old >disk/d/asked
    [ "$before" = 'is new' ] || echo old >disk/d/first
    timeout "$limit_seconds" acp -j1 -i first asked last disk/d <answers >messages 2>&1 &
    exec 5>answers
    [ "$before" = 'is new' ] || echo y >&5
    until grep -qs asked messages || ! kill -0 $! 2>/dev/null; do sleep 0.01; done
    inode=$(stat -c %i disk/d/first)
    rm disk/d/first
    for ((i = 0; i < 1000; i++)); do
        echo other >disk/d/other$i
        [ "$(stat -c %i disk/d/other$i)" != "$inode" ] || break
    done
    mv disk/d/other$i disk/d/last
    if [ $i -eq 1000 ]; then
        left_out "a copy whose inode is given again, $before" 'no file has got that inode'
    fi
    printf 'y\ny\n' >&5
    exec 5>&-
    wait $!
    same "a copy that $before is removed, and its inode is another file's: exit status" 0 $?
    same "a copy that $before is removed, and its inode is another file's" last "$(cat disk/d/last)"
done
finish
