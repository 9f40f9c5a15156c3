#!/usr/bin/env bash
# acp_promises.sh: the guarantees of --verify, --durable and --direct=always.
# shellcheck disable=SC2016 # the snippets are for another shell to expand
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"

# O_DIRECT reads need aligned lengths; other lengths would be read from the cache
head -c 300000 /dev/urandom >source
if command -v strace >/dev/null && strace -qq true 2>/dev/null; then
    strace -f -qq -y -o trace -e trace=read,pread64 acp --verify --block-size=12345 source copy
    check '--verify with an odd block: what is read back is as much as was copied' cmp source copy
    check '--verify with an odd block: read in aligned lengths' \
        bash -c '! grep -E "/copy>.*, 12345\)" trace'
    strace -f -qq -y -o trace -e trace=read,pread64 ahash --direct=always --block-size=12345 source >sum
    check 'ahash --direct=always with an odd block: read in aligned lengths' \
        bash -c '! grep -E "/source>.*, 12345\)" trace'
else
    left_out 'lengths of reads' 'strace is missing'
fi
# files without anything to sync
gives '--durable to /dev/null' 0 '' '' 'acp --durable source /dev/null'
check '--durable to a pipe' bash -c 'acp --durable source /dev/stdout | cmp - source'
check '--durable to a pipe by its descriptor' bash -c 'set -o pipefail; acp --durable source /dev/fd/1 | cmp - source'
if command -v strace >/dev/null; then
    gives '--durable into a directory that cannot be synced alone: the filesystem is synced' 0 1 '' \
        'strace -f -qq -o trace -e trace=fsync,syncfs -e inject=fsync:error=EINVAL:when=2 acp --durable -j1 source to
        s=$?; grep -c "syncfs(.*= 0" trace; exit $s'
fi
# a killed run may have completed it, and not synced it
if command -v strace >/dev/null && strace -qq true 2>/dev/null; then
    mkdir kept
    cp -p source kept/copy
    ln -s copy kept/link
    for options in '-p --update=changed' -pu -n '-p --update=changed --atomic'; do
        gives "--durable $options: a file that is left is synced" 0 1 '' \
            'strace -f -qq -o trace -e trace=fsync,syncfs acp --durable '"$options"' source kept/copy
            s=$?; grep -c "syncfs(.*= 0" trace; exit $s'
    done
    gives '--durable: what a link leads to is synced, too' 0 1 '' \
        'strace -f -qq -y -o trace -e trace=fsync,syncfs acp --durable -p --update=changed source kept/link
        s=$?; grep -c "fsync(.*/kept/copy>.*= 0" trace; exit $s'
    gives '--durable in a tree: what a link leads to is synced, too' 0 1 '' \
        'mkdir -p into/tree tree; cp -p source tree/link; ln -s ../../kept/copy into/tree/link
        strace -f -qq -y -o trace -e trace=fsync,syncfs acp --durable -r -p --update=changed tree into
        s=$?; grep -c "fsync(.*/kept/copy>.*= 0" trace; exit $s'
    gives '--durable: a link whose file cannot be synced' 1 '' "acp: cannot sync 'kept/link': Input/output error" \
        'strace -f -qq -o trace -e trace=fsync -e inject=fsync:error=EIO:when=1 \
        acp --durable -p --update=changed source kept/link'
    rm -rf into tree kept
fi
mkfifo fifo
check '--durable to a FIFO' bash -c 'timeout "$limit_seconds" cat fifo >got & timeout "$limit_seconds" acp --durable source fifo && wait && cmp source got'
# files that cannot be read back
gives '--verify of /dev/null' 1 '' "acp: cannot verify '/dev/null': not a regular file" 'acp --verify source /dev/null'
# The second operand is read until its writer comes, who comes when the first copy has been replaced.
for options in '' -j1 --manifest=sums; do
    # shellcheck disable=SC2016 # it runs in bash
    gives "--verify of a copy that a FIFO has replaced, ${options:-plain}" 1 '' \
        "acp: cannot verify 'into/source': not a regular file" "mkdir into
        timeout \$limit_seconds acp --verify $options source fifo into & acp=\$!
        for ((i = 0; i < 1000; i++)); do cmp -s source into/source && break; sleep 0.01; done
        rm into/source; mkfifo into/source; timeout \$limit_seconds bash -c 'echo other >fifo'
        wait \$acp; status=\$?; rm -r into; exit \$status"
done
# the list of files to compare needs no directory
check '--verify without a directory for temporary files' bash -c 'TMPDIR=/nonexistent acp --verify source copy'

# a file that is written through a link can be on another filesystem than the link's directory
mkdir elsewhere
if command -v strace >/dev/null && strace -qq true 2>/dev/null; then
    for i in $(seq 20); do
        mkdir -p linked new
        echo old >elsewhere/"$i"
        ln -s ../elsewhere/"$i" linked/"$i"
        echo new >new/"$i"
    done
    strace -f -qq -y -o trace -e trace=fsync acp -r --durable new/. linked
    same '--durable through links: each file is synced' 20 "$(grep -c 'fsync(.*/elsewhere/' trace)"
fi

if [ "$(id -u)" -eq 0 ] && truncate -s 8M image && device=$(losetup -f --show image 2>/dev/null); then
    trap 'umount "$scratch/work/packed" 2>/dev/null; losetup -d "$device"; rm -rf "$scratch"' EXIT
    gives '--verify of an image on a larger device' 0 '' '' "acp --verify source $device"
    gives '--durable of an image on a device' 0 '' '' "acp --durable source $device"
    check 'an image on a device' cmp -n 300000 source "$device"
else
    left_out '--verify onto a device' 'no loop device can be set up here'
fi

# a filesystem that compresses
if [ "$(id -u)" -eq 0 ] && command -v mkfs.btrfs >/dev/null && mkdir -p packed && truncate -s 300M disk &&
    mkfs.btrfs -q disk >/dev/null 2>&1 && mount -o loop,compress=zstd disk packed 2>/dev/null; then
    yes abcdefgh | head -c 20000000 >text
    sync text
    gnu dd if=text iflag=nocache count=0 status=none
    acp text packed/text
    sync -f packed/text
    check 'a large cold file is compressed on btrfs' bash -c 'filefrag -v packed/text | grep -q encoded'
    check 'and is the same' cmp text packed/text
    umount packed
else
    left_out 'a large file on btrfs with compression' 'no btrfs can be mounted here'
fi
finish
