#!/usr/bin/env bash
# calls.sh: the reads that a file costs. Its size tells where it ends, without a read that returns nothing.
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

finish
