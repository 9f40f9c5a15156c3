#!/usr/bin/env bash
# ahash_cache.sh: a large file that was not in the page cache does not stay there; a cached one does.
# needs: fincore
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"

head -c 50000001 /dev/urandom >large
head -c 5000 /dev/urandom >small
resident() {
    fincore --bytes --noheadings --output RES "$1" | tr -d ' '
}
# stays NAME BYTES: that many bytes of the large file are still in the cache. Less than 512 KiB may be missing: a command
# that drops pages drops 1 MiB or more, and the kernel may take single pages at any time.
stays() {
    check "$1" test "$(resident large)" -gt $(($2 - 512 * 1024))
}
# evict FILE: writes a file to the device and drops it from the cache
evict() {
    dd if="$1" iflag=nocache count=0 status=none
}
sync large small
evict large
if [ "$(resident large)" != 0 ]; then
    left_out 'all of it' 'this filesystem keeps files in memory'
    ok 'nothing to test'
    finish
fi
digest=$(gnu sha256sum large)

evict large
same 'it is cold' 0 "$(resident large)"
same 'a cold large file is read' "$digest" "$(ahash large)"
same 'nothing of it is left' 0 "$(resident large)"
same 'with two algorithms' 2 "$(ahash -a md5,sha1 large | wc -l)"
same 'nothing of it is left by these' 0 "$(resident large)"
same 'in a tree' "$(gnu sha256sum small; evict large)" "$(mkdir tree && ln large tree/large && ln small tree/small &&
    ahash -r tree | sed -n 's,tree/small,small,p')"
same 'nothing of it is left by a tree' 0 "$(resident large)"
echo "$digest" >sums
evict large
same '--check' 'large: OK' "$(ahash -c sums)"
same 'nothing of it is left by --check' 0 "$(resident large)"

gnu cat large >/dev/null
all=$(resident large)
stays 'it is warm' 50000001
same 'a file that is in the cache is read' "$digest" "$(ahash large)"
stays 'and stays there' "$all"
same 'with O_DIRECT, too' "$digest" "$(ahash --direct=always large)"
stays 'and stays there, too' "$all"
evict large
same 'with --direct=never it goes through the cache' "$digest" "$(ahash --direct=never large)"
check 'and is left there' test "$(resident large)" -ge 40000000
evict large
head -c 40000000 large >/dev/null
part=$(resident large)
same 'a file most of which is in the cache' "$digest" "$(ahash large)"
stays 'keeps what was there' "$part"

finish
