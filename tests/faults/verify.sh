#!/usr/bin/env bash
# verify.sh: acp --verify of each kind of source, on a filesystem that changes a byte: BIN_DIR ENGINE
# needs: faultfs
# shellcheck source=tests/faults/lib.sh
. "${0%/*}/lib.sh"

head -c 2097152 /dev/urandom >image
mkfifo fifo
device=
trap '[ -z "$device" ] || losetup -d "$device"; unmount; rm -rf "$scratch"' EXIT

# verified KIND FEED SOURCE [OPTIONS]: FEED writes the source
verified() {
    local command="$2 timeout \$limit_seconds acp ${4-} --verify $3 '$mnt/copy'; status=\$?; wait; exit \$status"
    rules 'read copy flip=1000000'
    gives "$1 ${4-}: a byte that is read back wrong" 1 '' "acp: $mnt/copy: copy on the device differs from the source" \
        "$command"
    rules
    gives "$1 ${4-}: all is well" 0 '' '' "$command"
    check "$1 ${4-}: the copy" cmp image "$mnt/copy"
}

for options in '' -f --atomic '--manifest=sums' '-r --copy-contents -T'; do
    verified 'a file' '' image "$options"
    verified 'a FIFO' 'cat image >fifo &' fifo "$options"
done
same 'a manifest has no FIFO' '' "$(cat sums)"
verified 'standard input' 'cat image |' /dev/stdin
if [ "$(id -u)" -eq 0 ] && device=$(losetup --find --show --read-only image 2>/dev/null); then
    verified 'a block device' '' "$device"
else
    left_out 'a block device' 'not root, or there is no loop device'
fi
finish
