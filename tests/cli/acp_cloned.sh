#!/usr/bin/env bash
# acp_cloned.sh: copies that share their source's blocks, over each kind of file: BIN_DIR ENGINE
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"
mounted=$scratch/mounted
trap 'umount "$mounted" 2>/dev/null; rm -rf "$scratch"' EXIT
mkdir "$mounted"

# over FILESYSTEM OPTIONS: copies a file over a new, an empty, a shorter, a longer and a linked file
over() {
    local dest
    rm -rf d m
    mkdir d
    touch -d 2020-01-01 d/empty
    head -c 5000 /dev/urandom >d/shorter
    head -c 900000 /dev/urandom >d/longer
    : >d/one
    ln d/one d/other
    for dest in new empty shorter longer one; do
        # shellcheck disable=SC2086 # words
        gives "$1: acp $2 onto $dest" 0 '' '' 'acp '"$2"' file d/'"$dest"
        check "$1: acp $2 onto $dest: all bytes" cmp file "d/$dest"
    done
    # shellcheck disable=SC2086 # words
    gives "$1: acp $2, an empty file" 0 '' '' 'touch -d 2020-01-01 d/empty2 && acp '"$2"' empty d/empty2'
    check "$1: acp $2, an empty file: new times" [ d/empty2 -nt d/longer ]
}

all() {
    local options
    head -c 300000 /dev/urandom >file
    : >empty
    for options in '' --reflink=always '--reflink=always --manifest=m' -f --verify --sparse=auto; do
        over "$1" "$options"
    done
    rm -rf tree copy
    mkdir -p tree/below copy/tree/below
    cp file tree/below/1
    cp file tree/2
    : >copy/tree/below/1
    : >copy/tree/2
    for options in -r -a '-r --reflink=always' '-a --atomic' '-r -j4' '-b -r'; do
        rm -rf copy/tree
        mkdir -p copy/tree/below
        : >copy/tree/below/1
        : >copy/tree/2
        gives "$1: acp $options over a tree of empty files" 0 '' '' "acp $options tree copy"
        check "$1: acp $options over a tree of empty files: all bytes" \
            bash -c 'cmp file copy/tree/below/1 && cmp file copy/tree/2'
    done
}

cloned=
for filesystem in xfs btrfs; do
    truncate -s 0 image && truncate -s 400M image
    if [ "$(id -u)" -eq 0 ] && command -v mkfs.$filesystem >/dev/null && mkfs.$filesystem -q -f image >/dev/null 2>&1 &&
        mount -o loop image "$mounted" 2>/dev/null; then
        cloned=1
        cd "$mounted" || exit 2
        all $filesystem
        cd "$scratch" || exit 2
        umount "$mounted"
    else
        left_out $filesystem "not root, no mkfs.$filesystem, or it cannot be mounted here"
    fi
done
[ -n "$cloned" ] || ok 'nothing to test'
finish
