#!/usr/bin/env bash
# remote.sh: the workers of acp on a filesystem whose calls may take a round trip to a server: BIN_DIR ENGINE.
# needs: faultfs injected python3
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/faults/lib.sh
. "${0%/*}/lib.sh"

mkdir tree "$below/tree"
echo a >tree/a
echo b >"$below/tree/b"
most=$(nproc)
[ "$most" -ge 32 ] || most=32

# jobs OPERAND...: prints the number of workers of a copy
jobs() {
    acp -r --stats=json "$@" 2>&1 | grep -o '"jobs":[0-9]*' | cut -d : -f 2
}
same 'to it, a new name' "$most" "$(jobs tree "$mnt/new")"
same 'to it, into a directory' "$most" "$(jobs tree "$mnt")"
same 'to its root' "$most" "$(jobs -T tree "$mnt")"
same 'from it' "$most" "$(jobs "$mnt/tree" new)"
same 'a number that is given counts' 3 "$(jobs -j3 tree "$mnt/new")"
same 'a copy that stays on this machine has one a processor' "$(nproc)" "$(jobs tree local)"
same 'a file has one' '"jobs":1' "$(acp --stats=json tree/a "$mnt/a" 2>&1 | grep -o '"jobs":[0-9]*')"

# Calls that wait for the server overlap: while one waits, those for other files are made.
mkdir "$below/files"
for ((i = 0; i < 2 * most; i++)); do echo "$i" >"$below/files/$i"; done
for engine in "$engine" auto; do
    for op in utimens flush; do
        rules "$op met/* together=$most"
        acp -a --engine="$engine" "$mnt/files" "$mnt/met"
        same "$engine: the number of files in $op at a time" "$most" "$(sed 's/.*together //' "$mnt/.faultfs")"
        check "$engine: all is copied" diff -r "$below/files" "$below/met"
        rm -r "$below/met"
    done
done

# So do those that look at files, and leave or list them.
acp -a "$mnt/files" "$mnt/met"
for op in "getattr files/*" "listxattr met/*"; do
    rules "$op together=$most"
    acp -a --update=changed -T "$mnt/files" "$mnt/met"
    same "unchanged files: the number in ${op% *} at a time" "$most" "$(sed 's/.*together //' "$mnt/.faultfs")"
done
rules "getattr files/* together=$most"
acp -a --plan="$mnt/plan" -T "$mnt/files" "$mnt/met"
same 'a plan: the number of files in getattr at a time' "$most" "$(sed 's/.*together //' "$mnt/.faultfs")"
check 'a plan: all files are in it' test "$(cat "$below"/plan/[0-9]* | tr '\0' '\n' | sort)" = "$(seq 0 $((2 * most - 1)) | sort)"
touch -d 2020-01-01 "$below/files/3"
chmod 600 "$below/files/5"
rules
acp -a --update=changed -T "$mnt/files" "$mnt/met"
check 'changed files: all is copied' "$here/../cli/same_tree" "$below/files" "$below/met"

# Names in a destination that is there are looked up in several directories at a time.
mkdir "$below/seen"
for ((i = 0; i < 8; i++)); do mkdir "$below/seen/$i" && echo "$i" >"$below/seen/$i/file"; done
acp -a "$mnt/seen" "$mnt/seen.copy"
echo new >"$below/seen/3/file"
rm "$below/seen.copy/5/file"
for options in -au "-a --update=changed"; do
    fresh_mount
    rules "getattr seen.copy/*/file together=7"
    # shellcheck disable=SC2086
    acp $options -T "$mnt/seen" "$mnt/seen.copy"
    same "$options: the number of directories at a time" 7 "$(sed 's/.*together //' "$mnt/.faultfs")"
    check "$options: all is copied" "$here/../cli/same_tree" "$below/seen" "$below/seen.copy"
done

# Directories are listed, made, and given their times at a time; names of one directory are made one after the other.
# remove DIR: removes it, also what is in a directory that its owner cannot write
remove() {
    chmod -R u+w "$1"
    rm -r "$1"
}
mkdir "$below/nested"
for ((i = 0; i < 8; i++)); do mkdir -p "$below/nested/$i/in" && echo "$i" >"$below/nested/$i/in/file"; done
touch -d 2020-01-01 "$below"/nested/* "$below"/nested/*/in
chmod 500 "$below/nested/3"
for rule in 'readdir nested/*/in' 'mkdir nested.copy/*/in' 'utimens nested.copy/*'; do
    fresh_mount
    rules "$rule together=7"
    acp -a -T "$mnt/nested" "$mnt/nested.copy"
    same "directories: the number in $rule at a time" 7 "$(sed 's/.*together //' "$mnt/.faultfs")"
    check "directories, $rule: all is copied" "$here/../cli/same_tree" "$below/nested" "$below/nested.copy"
    remove "$below/nested.copy"
done
acp -a "$mnt/nested" "$mnt/nested.copy"
rm -r "$below/nested.copy/5/in"
fresh_mount
rules 'readdir nested.copy/*/in together=6'
acp -a --update=changed -T "$mnt/nested" "$mnt/nested.copy"
same 'existing directories: the number in readdir at a time' 6 "$(sed 's/.*together //' "$mnt/.faultfs")"
check 'existing directories: all is copied' "$here/../cli/same_tree" "$below/nested" "$below/nested.copy"
remove "$below/nested.copy"
fresh_mount
rules 'readdir nested/*/in together=7'
same 'digests of a tree' "$(cd "$below" && gnu sha256sum nested/*/in/file)" "$(cd "$mnt" && ahash -r nested)"
same 'digests of a tree: the number of directories that are listed at a time' 7 "$(sed 's/.*together //' "$mnt/.faultfs")"
# An operand that an earlier one makes is copied with the attributes that it gets.
fresh_mount
mkdir "$below/to"
rules 'utimens to/nested/3 microseconds=300000' 'utimens to/nested/3/in microseconds=300000'
acp -a "$mnt/nested" "$mnt/to/nested/3" "$mnt/to"
check 'an operand that an earlier one makes' "$here/../cli/same_tree" "$below/nested/3" "$below/to/3"
remove "$below/to"
# An error is that of its directory, whichever thread meets it.
fresh_mount
rules 'open nested/1/in/file error=EIO'
gives_status() { acp -a -T "$@" 2>/dev/null; echo $?; }
same 'a file that fails: status' 1 "$(gives_status "$mnt/nested" "$mnt/nested.copy")"
check 'a file that fails: the others are copied' test "$(cat "$below"/nested.copy/*/in/file | sort)" = "$(seq 0 7 | grep -v 1)"
remove "$below/nested.copy"
rules 'mkdir nested.copy/4/in error=ENOSPC'
same 'a directory that cannot be made: status' 1 "$(gives_status "$mnt/nested" "$mnt/nested.copy")"
check 'a directory that cannot be made: the others are' test "$(cat "$below"/nested.copy/*/in/file | wc -l)" = 7
remove "$below/nested.copy"
rules 'readdir nested/2/in error=EIO'
same 'a directory that cannot be listed: status' 1 "$(gives_status "$mnt/nested" "$mnt/nested.copy")"
check 'a directory that cannot be listed: the others are copied' test "$(cat "$below"/nested.copy/*/in/file | wc -l)" = 7
remove "$below/nested.copy"
rules 'utimens nested.copy/6/in error=EPERM'
same 'a directory whose times cannot be set: the message' "acp: preserving times for '$mnt/nested.copy/6/in': Operation not permitted" \
    "$(acp -a -T "$mnt/nested" "$mnt/nested.copy" 2>&1)"
remove "$below/nested.copy"
rules

# So are links in them made.
rules "link seen.links/* together=8"
acp -al -T "$mnt/seen" "$mnt/seen.links"
same "-al: the number of links at a time" 8 "$(sed 's/.*together //' "$mnt/.faultfs")"
check "-al: all are links" test "$(stat -c %i "$below"/seen/*/file)" = "$(stat -c %i "$below"/seen.links/*/file)"

# A directory tells at once which names are missing: the server is asked no more than for a new directory.
mkdir "$below/there"
for to in fresh there; do
    rules "getattr $to/[0-9]*"
    acp -a --update=changed -T "$mnt/files" "$mnt/$to"
    sed 's/.*matched //' "$mnt/.faultfs" >asked.$to
    check "to a directory that is $to: all is copied" "$here/../cli/same_tree" "$below/files" "$below/$to"
done
same 'questions about names that are missing' "$(cat asked.fresh)" "$(cat asked.there)"

# Symbolic links are made by threads, too.
mkdir "$below/symbolic"
for ((i = 0; i < 2 * most; i++)); do
    ln -s "to $i" "$below/symbolic/$i"
done
for options in -a "-a --update=changed"; do
    rules "link symbolic/* together=$most"
    # shellcheck disable=SC2086
    acp $options -T "$mnt/symbolic" "$mnt/symbolic.copy"
    same "symbolic links, $options: the number that is read at a time" "$most" \
        "$(sed 's/.*together //' "$mnt/.faultfs")"
    check "symbolic links, $options: all are copied" "$here/../cli/same_tree" "$below/symbolic" "$below/symbolic.copy"
done

# Threads make no links about which the user is asked: the questions come in the order of the walk.
mkdir "$below/asked" "$below/asked.copy"
for i in 0 1 2 3; do
    ln -s new "$below/asked/$i"
    ln -s old "$below/asked.copy/$i"
done
rules "getattr asked*/0 delay=200"
printf '%s\n' y n y n | acp -ai -T "$mnt/asked" "$mnt/asked.copy" 2>questions
same 'symbolic links, -ai: the order of the questions' "$(printf "acp: overwrite '$mnt/asked.copy/%s'? " 0 1 2 3)" \
    "$(cat questions)"
same 'symbolic links, -ai: those that are replaced' 'new old new old' "$(readlink "$below"/asked.copy/* | xargs)"
check 'symbolic links, --dry-run' acp -a --dry-run -T "$mnt/asked" "$mnt/asked.new"
check 'symbolic links, --dry-run: nothing is made' test ! -e "$below/asked.new"
rules

# If memory is short, the walk does the work of a thread, or tells what cannot be done.
mkdir "$below/short" "$below/short.copy"
for i in 0 1 2; do
    echo $i >"$below/short/$i"
    ln -s $i "$below/short/l$i"
done
for options in -a '-a --update=changed'; do
    for sources in "$mnt/short/." "$(echo "$mnt"/short/*)"; do
        [ "$options" = -a ] || acp -a -T "$mnt/short" "$mnt/short.copy"
        wrong='' complete=0
        for ((nth = 1; nth < 1000; nth++)); do
            [ "$options" != -a ] || rm -f "$below"/short.copy/*
            rm -f log
            # shellcheck disable=SC2086 # words
            AIOUTILS_INJECT="malloc $nth ENOMEM" AIOUTILS_INJECT_LOG=$scratch/work/log \
                "$bin/../tests/faults/acp" $options -t "$mnt/short.copy" $sources >messages 2>&1
            status=$?
            grep -q fired log || break
            if [ $status -eq 0 ] && diff -r --no-dereference "$below/short" "$below/short.copy" >>messages; then
                complete=$((complete + 1))
            elif [ $status -ne 1 ] || ! grep -q 'Cannot allocate memory' messages; then
                wrong+=" $nth: $status $(cat messages)"
            fi
        done
        what="memory is short, $options ${sources//"$mnt/"/}"
        same "$what: the copy is complete, or a message tells" '' "$wrong"
        check "$what: copies are complete without a piece of memory" test "$complete" -gt 0
    done
done

# One worker of uring closes many files at a time, once it has met a slow close.
fresh_mount
(cd "$below" && gnu sha256sum files/*) >digests
if [ "$AIOUTILS_ENGINE" = uring ]; then
    # several: the kernel interrupts a close, and so its delay, when it starts a thread for the ring
    rules 'flush * delay=20 times=8' 'flush * after=8 together=8'
    same 'digests while files are closed' "$(cat digests)" "$(cd "$mnt" && ahash -j1 files/*)"
    same 'the number of files that are closed at a time' 8 "$(sed -n '2s/.*together //p' "$mnt/.faultfs")"
fi
# It opens many at a time, too, if their names are known, but opening them waits.
if [ "$AIOUTILS_ENGINE" = uring ]; then
    fresh_mount --cache=30
    stat "$mnt"/files/* >/dev/null
    rules 'open * delay=20 times=8' 'open * after=8 together=8'
    same 'bytes of files that are opened meanwhile' "$(cd "$below" && cat files/*)" "$(cd "$mnt" && acat -j1 files/*)"
    same 'the number of files that are opened at a time' 8 "$(sed -n '2s/.*together //p' "$mnt/.faultfs")"
fi
fresh_mount
rules 'getattr,flush * delay=2'
same 'digests if calls on open files wait' "$(cat digests)" "$(cd "$mnt" && ahash -j1 files/*)"
rules 'getattr,flush * delay=2' 'flush files/*3 error=EIO'
same 'digests if files cannot be closed' "$(cat digests)" "$(cd "$mnt" && ahash -j1 files/*)"

# A request for metadata fails, as if io-wq had no thread: a plain call asks.
if [ "$AIOUTILS_ENGINE" = uring ]; then
    fresh_mount
    rules 'getattr,flush * delay=2'
    rm -f log
    same 'digests if requests for metadata fail' "$(cat digests)" "$(cd "$mnt" &&
        AIOUTILS_INJECT='cqe_stat 1+ EAGAIN' AIOUTILS_INJECT_LOG=$scratch/work/log \
            "$bin/../tests/faults/ahash" -j1 files/*)"
    check 'such requests have failed' grep -q fired log
fi

# The ring refuses requests while it asks for metadata and closes files: each file is digested or told, and no more
# descriptors stay open than if no request closes a file.
if [ "$AIOUTILS_ENGINE" = uring ]; then
    injected=$(realpath "$bin/../tests/faults/ahash")
    for rule in "" 'getattr,flush * delay=2'; do
        for nth in 2 3 5 8 13; do
            fresh_mount
            ${rule:+rules "$rule"}
            rm -f log
            (cd "$mnt" && AIOUTILS_INJECT="submit $nth+ EIO" AIOUTILS_INJECT_LOG=$scratch/work/log "$injected" -j1 files/*) \
                >some 2>messages
            status=$?
            [ -n "$rule" ] || { descriptors=$(grep descriptors log) && break; }
            same "the ring fails at $nth: exit status" 1 "$status"
            # those that no slot has taken before are left to the message on the engine
            { sed 's/.*files/files/' some; sed -n 's/.*: \(files[^:]*\): Input.*/\1/p' messages; } | sort >told
            same "the ring fails at $nth: each file up to the last one taken" \
                "$(sed 's/.*files/files/' digests | head -n "$(wc -l <told)")" "$(cat told)"
            check "the ring fails at $nth: is told" grep -q "cannot run engine 'uring': Input/output error$" messages
            same "the ring fails at $nth: digests" '' "$(comm -23 <(sort some) <(sort digests))"
            same "the ring fails at $nth: open descriptors" "$descriptors" "$(grep descriptors log)"
        done
    done
fi

# Operands are looked up before it is their turn: here in a directory each, since FUSE may look up names of one
# directory one after the other.
mkdir "$below/operands"
for ((i = 0; i < 2 * most; i++)); do mkdir -p "$below/dirs/$i" && echo "$i" >"$below/dirs/$i/f"; done
(cd "$below" && printf 'dirs/%s/f\0' {0..9} missing $(seq 10 $((2 * most - 1))) 3) >list
for options in -a '-a -u'; do
    fresh_mount --cache=30
    rules "getattr dirs/[1-9]*/f together=$most" # the filesystem of the first one is asked for before
    # shellcheck disable=SC2086 # words
    (cd "$mnt" && acp $options -v --files0-from="$scratch/work/list" --parents -t operands >"$scratch/out" 2>"$scratch/err")
    same "operands: status, $options" 1 $?
    same "operands: the number in getattr at a time, $options" "$most" "$(sed 's/.*together //' "$mnt/.faultfs")"
    check "operands: all is copied, $options" diff -r "$below/dirs" "$below/operands/dirs"
    same "operands: messages, $options" "acp: failed to get attributes of 'dirs/missing': No such file or directory
acp: warning: source file 'dirs/3/f' specified more than once" "$(cat "$scratch/err")"
    same "operands: their order, $options" "$(seq -f "'dirs/%g/f'" 0 $((2 * most - 1)))" \
        "$(sed -n 's/^\(.*f.\) -> .*/\1/p' "$scratch/out")"
    rm -r "$below/operands/dirs"
done
fresh_mount

# A worker that waits for another name of its file does not keep that name from being copied.
mkdir -p links/a links/b
for ((i = 0; i < 3 * most; i++)); do
    echo "$i" >"links/a/+$i"
    echo "$i" >"links/a/$i"
    ln "links/a/$i" "links/b/$i"
done
rules "create * delay=20 deaf" # the walk is ahead of the workers
check 'names of one inode in two directories' timeout "$limit_seconds" acp -a -u links "$mnt/links"
check 'names of one inode in two directories: the copy' "$here/../cli/same_tree" links "$below/links"

# A directory of two operands has the attributes of the second one, however long those of the first one take.
mkdir -p one/sub two/sub
touch one/sub/1 two/sub/2
chmod 700 one/sub
touch -d 2001-01-01 one/sub two/sub
mkdir -p "$below/both/sub"
rules "listxattr both/sub times=1 delay=500"
check 'a directory of two operands' acp -a one/sub two/sub "$mnt/both"
same 'a directory of two operands: its rights' "$(stat -c %a two/sub)" "$(stat -c %a "$below/both/sub")"
finish
