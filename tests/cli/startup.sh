#!/usr/bin/env bash
# startup.sh: what a command of a few small files does not load or start, as people run them in loops.
. "${0%/*}/lib.sh"

echo data >file
# loads COMMAND...: runs it, and prints which libraries for digests it has loaded
loads() {
    LD_DEBUG=files "$@" 2>&1 >/dev/null | grep -oE 'calling init: .*lib(crypto|sodium)' | sed 's/.*lib//' | xargs
}
same 'acp loads no library for digests' '' "$(loads acp file copy)"
same 'acat loads none' '' "$(loads acat file)"
if [ "$(loads ahash -a sha3-256 file)" = crypto ]; then
    same 'ahash loads what it needs' sodium "$(loads ahash -a blake2b file)"
    if [ -z "$(loads ahash file)" ]; then
        for name in md5 sha1 sha224 sha256 sha384 sha512; do
            same "ahash -a $name loads none" '' "$(loads ahash -a $name file)"
        done
        same 'a configuration of OpenSSL is read' crypto "$(OPENSSL_CONF=/dev/null loads ahash file)"
    else
        left_out 'ahash without libraries' 'it was built without the static libcrypto'
    fi
    # libraries that are none are found first
    mkdir none
    for version in crypto.so.3 crypto.so.4 sodium.so.23 sodium.so.26; do : >"none/lib$version"; done
    for name in sha3-256 blake2b; do
        message=$(LD_LIBRARY_PATH=$PWD/none ahash -a $name file 2>&1)
        same "$name: a library that is missing: status" 1 $?
        same "$name: a library that is missing" \
            "ahash: cannot compute '$name': Can not access a needed shared library" "$message"
    done
else
    left_out 'libraries for digests' 'the programs have them built in'
fi

# -- by default a few small files need no ring, and no thread that finds names --
if strace -o /dev/null true 2>/dev/null; then
    head -c 131072 /dev/zero >small
    head -c 131073 /dev/zero >large
    mkdir many copies
    for i in {1..17}; do echo "$i" >"many/$i"; done
    gnu sha256sum small file 'many/1' >few.sums
    { printf '# a comment\nno line\n\n' && gnu sha256sum --tag file | sed 's/$/\r/'; } >>few.sums
    gnu sha256sum many/* >many.sums
    gnu sha256sum small large >large.sums
    # starts COMMAND...: how many threads and rings it makes
    starts() {
        AIOUTILS_ENGINE=auto strace -f -qq -o trace -e trace=clone,clone3,io_uring_setup "$@" >/dev/null || echo failed
        grep -cE '(clone3?|io_uring_setup)\(' trace
    }
    # acp has a thread that waits for signals
    [ -n "$sanitizer" ] || {
        same 'acp of a small file: one thread' 1 "$(starts acp small copy)"
        same 'acp -a of a small file: one thread' 1 "$(starts acp -a small copy)"
    }
    case $(stat -f -c %T .) in
    nfs | smb* | fuse* | v9fs) left_out 'a few small files' "$PWD is on a server, or may be" ;;
    *)
        [ -n "$sanitizer" ] || {
            same 'acp of a few: one thread' 1 "$(starts acp -a file small copies)"
            for command in ahash 'acat --discard'; do
                # shellcheck disable=SC2086 # words
                same "$command of a few: no thread, no ring" 0 "$(starts $command small file many/[1-9] many/1[0-4])"
            done
            same 'a list of a few: no thread, no ring' 0 "$(starts ahash -c few.sums)"
            check 'a list of many' test "$(starts ahash -c many.sums)" -gt 0
            check 'a list of a larger file' test "$(starts ahash -c large.sums)" -gt 0
            check 'a list on standard input' test "$(starts ahash -c <few.sums)" -gt 0
            check 'acp --durable of a few' test "$(starts acp --durable file small copies)" -gt 1
            check 'acp of a file and a tree' test "$(starts acp -r file many copies)" -gt 1
        }
        same 'the digests of a few' "$(gnu sha256sum small file many/1)" "$(AIOUTILS_ENGINE=auto ahash small file many/1)"
        for list in few many large; do
            same "$list.sums" "$(gnu sha256sum -c $list.sums 2>&1; echo $?)" "$(AIOUTILS_ENGINE=auto ahash -c $list.sums 2>&1 | sed 's/^ahash/sha256sum/'; echo "${PIPESTATUS[0]}")"
        done
        same 'a few that include standard input' "$(gnu sha256sum small - file <many/1)" \
            "$(AIOUTILS_ENGINE=auto ahash small - file <many/1)"
        ;;
    esac
    sync file
    dd of=file oflag=nocache conv=notrunc count=0 status=none
    if [ "$(fincore --bytes --noheadings --output RES file 2>/dev/null)" -eq 0 ] 2>/dev/null; then
        check 'ahash of a few, one of which is not cached' test "$(starts ahash small file)" -gt 0
    else
        left_out 'a file that is not cached' 'the cache here keeps it, or cannot be asked'
    fi
    check 'acp -a of a larger file' test "$(starts acp -a large copy2)" -gt 1
    check 'the copy' cmp small copy
    for command in ahash 'acat --discard'; do
        # shellcheck disable=SC2086 # words
        {
            [ -n "$sanitizer" ] || same "$command of a small file: no thread, no ring" 0 "$(starts $command small)"
            check "$command of a larger file" test "$(starts $command large)" -gt 0
            check "$command of one that is larger" test "$(starts $command small large file)" -gt 0
            check "$command of many" test "$(starts $command many/*)" -gt 0
            check "$command with a number of workers" test "$(starts $command -j2 small)" -gt 0
        }
    done
    [ -n "$sanitizer" ] || {
        same 'ahash of standard input: no thread, no ring' 0 "$(starts ahash <large)"
        same 'ahash of a pipe: no thread, no ring' 0 "$(cat <large | starts ahash -)"
    }
    same 'a pipe' "$(gnu sha256sum <large)" "$(cat <large | AIOUTILS_ENGINE=auto ahash)"
    same 'the digest' "$(gnu sha256sum small)" "$(AIOUTILS_ENGINE=auto ahash small)"
    same 'standard input' "$(gnu sha256sum - <small)" "$(AIOUTILS_ENGINE=auto ahash - <small)"
else
    left_out 'threads and rings' 'strace cannot run here'
fi

finish
