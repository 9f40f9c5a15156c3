#!/usr/bin/env bash
# acp_itself.sh: a directory copied into itself is an error, also on btrfs, whose open directories do not list new
# entries: BIN_DIR ENGINE
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"
mounted=$scratch/mounted
trap 'umount "$mounted" 2>/dev/null; rm -rf "$scratch"' EXIT

# itself FILESYSTEM SOURCE DEST MADE COPIED SNIPPET: SNIPPET fails and names SOURCE and DEST; the new directory MADE
# then has the files that COPIED lists
itself() {
    rm -rf t
    mkdir -p t/x/y
    echo 1 >t/file
    echo 2 >t/x/y/file
    gives "$1: $6" 1 '' "acp: cannot copy a directory, '$2', into itself, '$3'" "$6"
    same "$1: $6: everything else is copied" "$5" "$(cd "$4" && find . -mindepth 1 -printf '%P\n' | sort | xargs)"
}

all() {
    local options all='file x x/y x/y/file'
    for options in -r -a -rl -rx -rn -rb -rL '-r --atomic' '-r --durable' '-r -j1'; do
        itself "$1" t t/new t/new "$all" "acp $options t t/new"
    done
    itself "$1" t t/new t/new "$all" 'acp -rT t t/new'
    itself "$1" t t/x/t t/x/t "$all" 'acp -r t t/x'
    itself "$1" t t/x/new t/x/new "$all" 'acp -r t t/x/new'
    itself "$1" t/x t/x/new t/x/new 'y y/file' 'acp -r t/x t/x/new'
    itself "$1" . new t/new "$all" 'cd t && acp -r . new'
    rm -rf t
    mkdir -p t/x
    echo 1 >t/file
    gives "$1: it is excluded" 0 '' '' 'acp -r --exclude=/new t t/new'
}

all 'this filesystem'
mkdir "$mounted"
if [ "$(id -u)" -eq 0 ] && command -v mkfs.btrfs >/dev/null && truncate -s 128M image &&
    mkfs.btrfs -q image >/dev/null 2>&1 && mount -o loop image "$mounted" 2>/dev/null; then
    cd "$mounted" || exit 2
    all btrfs
    cd "$scratch" || exit 2
else
    left_out btrfs 'not root, no mkfs.btrfs, or it cannot be mounted here'
fi
finish
