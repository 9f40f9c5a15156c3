#!/usr/bin/env bash
# calls.sh: the calls that a file costs. Its size tells where it ends, without a read that returns nothing. What new files
# are like in a directory of the copy's own is asked once. A new directory can be written into from the start. Two times
# that tell which file is newer need no look at the filesystem.
. "${0%/*}/lib.sh"

if ! strace -o /dev/null true 2>/dev/null; then
    left_out 'system calls a file' 'strace cannot run here'
    finish
fi

head -c 5000 /dev/urandom >small
head -c 4096 /dev/urandom >page
for file in small page; do
    # reads COMMAND...: runs it, and prints how often it has read the file by plain calls
    reads() {
        strace -f -qq -o trace -P "$PWD/$file" -e trace=read,pread64,readv,preadv,preadv2 "$@" >/dev/null || echo failed
        grep -c '(.*) *= [0-9]' trace
    }
    same "acat reads an operand once: $file" 1 "$(reads acat --discard "$file")"
    same "acp reads an operand once: $file" 1 "$(reads acp "$file" copy)"
    check "the copy: $file" cmp "$file" copy
    if [ "$engine" = uring ]; then
        same "the ring's read is the only one: $file" 0 "$(reads ahash --direct=always "$file")"
    else
        same "a direct read is the only one: $file" 1 "$(reads ahash --direct=always "$file")"
    fi
    same "the digest: $file" "$(gnu sha256sum "$file")" "$(ahash --direct=always "$file")"
done

# calls PATTERN COMMAND...: runs it, and prints how many of these calls it has made for each of the 50 files of a tree,
# as a whole number: the few other ones do not count
calls() {
    local pattern=$1
    shift
    strace -f -qq -o trace "$@" >/dev/null || echo failed
    echo $(($(grep -cE "^[0-9]+ +($pattern)\(" trace) / 50))
}
filesystem=$(stat -f -c %T .)
mkdir -p tree/files
for i in {1..50}; do cp small "tree/files/$i"; done
ahash -r --update=sums tree 2>/dev/null
same 'ahash --update reads the old manifest from its beginning to its end' 0 "$(calls lseek ahash -r --update=sums tree 2>/dev/null)"
touch -d @1000000000 tree/files/*
acp -a tree times
same '-u asks for no filesystem if the times tell' 0 "$(calls fstatfs acp -au -T tree times)"
same '--update=changed does not either' 0 "$(calls fstatfs acp -a --update=changed -T tree times)"
case $filesystem in
ext2/ext3 | xfs | btrfs | tmpfs | overlayfs)
    same 'acp -a lists the attributes of each source, and not of a new file' 1 "$(calls flistxattr acp -a tree attributes)"
    same 'acp -a asks for the metadata of each source, and not of a new file' 1 \
        "$(calls 'fstat|newfstatat|statx' acp -a tree metadata)"
    check 'the copy' "$tests/cli/same_tree" tree metadata
    chmod 640 tree/files/*
    same 'acp -a gives a file its mode when it creates it' 0 "$(umask 022 && calls fchmod acp -a tree modes)"
    check 'the copy' "$tests/cli/same_tree" tree modes
    ;;
*) left_out 'metadata of new files' "on $filesystem each is asked" ;;
esac
# another run that copies to the same place may come at any time
mkdir -m 555 read-only
same 'a new directory has the rights of its owner from the start' 1 "$(umask 022
    strace -f -qq -o trace -e trace=mkdir,mkdirat acp -r read-only made && grep -c ' 0755)' trace)"
same 'and those of its source in the end' 555 "$(stat -c %a made)"
rmdir made read-only
case $filesystem in
ext2/ext3 | xfs | btrfs)
    # strace before 6.6 knows no cachestat
    same 'acp does not ask for each small file if it is cached' 0 "$(calls 'cachestat|syscall_0x1c3' acp -r -j1 tree cached)"
    check 'the copy' diff -r tree cached
    ;;
*) left_out 'cachestat' "on $filesystem a read that does not wait may not tell" ;;
esac

finish
