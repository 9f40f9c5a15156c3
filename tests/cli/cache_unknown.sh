#!/usr/bin/env bash
# cache_unknown.sh: cached files are recognised on overlayfs, for which cachestat(2) always reports 0, and without
# cachestat (before Linux 6.5, or under a filter). Cached files are read from the cache and stay; others do not.
# needs: strace fincore setpriv python3
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"

hide="${0%/*}/seccomp"
case $hide in /*) ;; *) hide=$OLDPWD/$hide ;; esac
bytes=20971520
mkdir lower upper work merged
head -c $bytes /dev/urandom >lower/file
seq 1000 >lower/small
mkdir lower/many
for i in {1..20}; do seq "$i"000 >"lower/many/$i"; done
mkdir lower/more
for i in {1..200}; do seq "$i" 900 >"lower/more/$i"; done
resident() {
    fincore --bytes --noheadings --output RES lower/file | tr -d ' '
}
evict() {
    dd if=lower/file iflag=nocache count=0 status=none
}
sync lower/file lower/small
evict
if [ "$(resident)" != 0 ]; then
    left_out 'all of it' 'this filesystem keeps files in memory'
    ok 'nothing to test'
    finish
fi
digest=$(gnu sha256sum <lower/file)
digest=${digest%% *}

# past_cache COMMAND...: prints the number of bytes that it read with O_DIRECT
past_cache() {
    "$@" --stats=json 2>&1 >out | sed -n 's/.*"direct_bytes":\([0-9]*\).*/\1/p'
}

# both NAME FILE [PREFIX...]: checks a cached file and an uncached one
both() {
    local name=$1 file=$2 past
    shift 2
    gnu cat "$file" >/dev/null
    past=$(past_cache "$@" ahash "$file")
    same "$name: warm, none is read past the cache" 0 "$past"
    same "$name: warm, the digest" "$digest  $file" "$(cat out)"
    check "$name: warm, it stays" test "$(resident)" -ge $((bytes * 9 / 10))
    past=$(past_cache "$@" acat --discard "$file")
    same "$name: warm, acat" 0 "$past"
    "$@" acat "$file" >copy
    check "$name: warm, acat to a file" cmp copy lower/file
    check "$name: warm, acp" "$@" acp "$file" copied
    check "$name: warm, acp's copy" cmp copied lower/file
    gnu cat "$file" >/dev/null
    for command in 'ahash' 'acat --discard'; do
        evict
        # shellcheck disable=SC2086 # words
        past=$(past_cache "$@" $command "$file")
        [ "$engine" = sync ] || same "$name: cold, $command reads past the cache" $bytes "$past"
        check "$name: cold, $command leaves little in it" test "$(resident)" -lt $((bytes / 2))
    done
}

# a file that is cached is copied within the kernel, with and without cachestat
for errno in '' ENOSYS EPERM; do
    gnu cat lower/file >/dev/null
    strace -f -qqq -e trace=copy_file_range -o trace ${errno:+"$hide" $errno cachestat} acat lower/file >copy
    check "cachestat ${errno:-works}: acat copies within the kernel" grep -q 'copy_file_range(.*) = 1048576' trace
    check "cachestat ${errno:-works}: acat's copy" cmp copy lower/file
    rm copy
done

both 'plain' lower/file
both 'cachestat is missing' lower/file "$hide" ENOSYS cachestat
both 'cachestat is forbidden' lower/file "$hide" EPERM cachestat
# a FUSE filesystem that keeps nothing in the cache, before Linux 6.6
both 'nor can it be mapped by several' lower/file "$hide" ENODEV cachestat,MAP_SHARED
chmod 644 lower/file
if [ "$(id -u)" = 0 ] && mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged 2>/dev/null; then
    both 'overlayfs' merged/file
    both 'overlayfs, cachestat is missing' merged/file "$hide" ENOSYS cachestat
    if [ "$engine" = uring ]; then
        gnu cat merged/many/* >/dev/null # the kernel can have dropped them since
        same 'overlayfs: cached files are read without the ring' 20 \
            "$(ahash -r --stats=json merged/many 2>&1 >out | sed -n 's/.*"resident_files":\([0-9]*\).*/\1/p')"
        same 'overlayfs: their digests' "$(gnu sha256sum merged/many/* | sort)" "$(sort out)"
        # a file that the kernel has dropped since is read, and then more files are asked about
        for ((try = 0; try < 10; try++)); do
            gnu sha256sum merged/more/* | sort >right
            strace -f -qqq -e trace=mincore -o trace ahash -r -j1 merged/more >out
            [ "$(grep -c mincore trace)" -gt 30 ] || break
        done
        check 'overlayfs: of many cached files few are asked about' test "$(grep -c mincore trace)" -le 30
        check 'overlayfs: their digests' cmp right <(sort out)
        sync lower/more/*
        for file in lower/more/*[02468]; do dd if="$file" iflag=nocache count=0 status=none; done
        check 'overlayfs: half of them are cached: their digests' cmp right <(ahash -r -j1 merged/more | sort)
    fi
    umount merged
else
    left_out 'overlayfs' 'it needs root and a mount'
fi

if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
    # the kernel reports nothing about files of other users, so they are read through the cache
    gnu cat lower/file >/dev/null
    gnu cp "$bin/ahash" own_ahash
    gnu cp "$hide" own_hide # another user cannot reach a clone in the home directory of root
    for name in cachestat 'no cachestat'; do
        filter=()
        [ "$name" = cachestat ] || filter=(./own_hide ENOSYS cachestat)
        same "another user's file, $name" "$digest" \
            "$(setpriv --reuid 65534 --clear-groups "${filter[@]}" ./own_ahash lower/file | sed 's/ .*//')"
    done
fi
finish
