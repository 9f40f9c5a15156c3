#!/usr/bin/env bash
# acat_busy.sh: after the reader has gone and acat has ended, no request in flight keeps the filesystem busy.
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"

truncate -s 120M image
mkdir disk
if [ "$(id -u)" != 0 ] || ! mkfs.ext4 -q image 2>/dev/null || ! mount -o loop image disk 2>/dev/null; then
    left_out 'all of it' 'it needs root, mkfs.ext4 and a loop mount'
    ok 'nothing to test'
    finish
fi
trap 'umount disk 2>/dev/null; chmod -R u+rwX "$scratch" 2>/dev/null; rm -rf "$scratch"' EXIT
head -c 60000000 /dev/urandom >disk/large
umount disk

# gone NAME STATUS COMMAND...: reads only the first bytes of its output, 20 times
#
# A request in flight keeps it busy in 18 rounds and more. So does any other process that looks at the mount in that
# moment, which no round can prevent: two rounds may be busy.
gone() {
    local name=$1 expected=$2 busy=0 status=
    shift 2
    for _ in {1..20}; do
        mount -o loop image disk || exit 2
        "$@" 2>/dev/null | head -c 100 >/dev/null
        status="$status ${PIPESTATUS[0]}"
        umount disk 2>message && continue
        busy=$((busy + 1))
        sed 's/^/# /' message
        until umount disk 2>/dev/null; do sleep 0.05; done
    done
    same "$name: it is not busy" 0 $((busy > 2 ? busy : 0))
    same "$name: the status is cat's" "$expected" "$(tr ' ' '\n' <<<"$status" | sed '/^$/d' | uniq)"
}

for direct in auto always; do
    gone "--direct=$direct" 141 acat --direct=$direct disk/large disk/large
    gone "--direct=$direct, -n" 141 acat -n --direct=$direct disk/large
done
# shellcheck disable=SC2016 # the inner shell expands it
gone 'SIGPIPE is ignored' 1 sh -c 'trap "" PIPE; exec acat --direct=always disk/large'
finish
