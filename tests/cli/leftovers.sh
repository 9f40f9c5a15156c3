#!/usr/bin/env bash
# leftovers.sh: the temporary names that a killed acp leaves, and how the next run removes them: BIN_DIR ENGINE.
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"

if ! command -v strace >/dev/null || ! strace -qq true 2>/dev/null; then
    left_out 'killed runs' 'strace is missing, or may not trace'
    finish
fi
head -c 8000000 /dev/urandom >source
chmod 640 source
mkdir copy

left() {
    find copy -name '.acp-*' -printf '%f\n'
}

# A file is replaced by a rename. A process that is killed just before it leaves the complete new file.
echo old >copy/file
strace -qq -f -o trace -e trace=renameat,renameat2,rename -e inject=renameat,renameat2,rename:signal=KILL \
    acp --atomic source copy/file >/dev/null 2>&1
same 'killed before the rename: the old file is there' old "$(cat copy/file)"
same 'killed before the rename: one temporary file is left' 1 "$(left | grep -cxE '\.acp-[0-9a-f]{16}')"
name=$(left)
# other machines, and other mounts, have other first digits; other files have other names
foreign=.acp-00000000${name: -8}
cp copy/"$name" copy/"$foreign"
touch copy/.acp- copy/"$name"0 copy/.acp-zzzzzzzz"${name: -8}"
# another process that is still writing one holds it locked
held=${name%????????}00000000
touch copy/"$held"
exec 9<copy/"$held"
flock -n 9
check 'the next --atomic run in that directory' acp --atomic source copy/other
check 'the file that the killed run left is removed' test ! -e copy/"$name"
check 'a file whose process still lives stays' test -e copy/"$held"
check "another machine's file stays" cmp source copy/"$foreign"
check 'names that are only similar stay' ls copy/.acp- copy/"$name"0 copy/.acp-zzzzzzzz"${name: -8}"
exec 9<&-
check 'a run into another directory' acp --atomic source other
check 'removes nothing there' test -e copy/"$held"
check 'a later run in the directory' acp --atomic source copy/third
check 'removes the file whose process has ended' test ! -e copy/"$held"
# An unprivileged user may not write to the copy of a read-only file.
chmod 777 copy
chmod 644 source
as_nobody sh -c "touch copy/$held && chmod 444 copy/$held"
check 'a run of the user whose copy of a read-only file is left' as_nobody acp --atomic source copy/fourth
check 'removes it' test ! -e copy/"$held"
chmod 640 source
rm -rf copy
mkdir -p copy/tree/dir tree/dir

# A run that copies a tree removes what is left in the directories that it merges into.
echo new >tree/dir/file
echo old >copy/tree/dir/file
strace -qq -f -o trace -e trace=renameat,renameat2,rename -e inject=renameat,renameat2,rename:signal=KILL \
    acp -r --atomic tree copy >/dev/null 2>&1
same 'a tree, killed before a rename: the old file is there' old "$(cat copy/tree/dir/file)"
same 'a tree, killed before a rename: one temporary file is left' 1 "$(left | wc -l)"
check 'a tree: the next run' acp -r --atomic tree copy
same 'a tree: removes the file' '' "$(left)"
check 'a tree: and copies' diff -r tree copy/tree
rm -rf copy tree
mkdir copy

# A filesystem without files that have no name: the copy has its temporary name while it is written.
env ASAN_OPTIONS="${ASAN_OPTIONS-}:detect_leaks=0" strace -qq -f -o trace -P copy -e trace=openat -e inject=openat:error=EOPNOTSUPP \
    acp --atomic --rate=1M source copy/file >/dev/null 2>&1 &
tracer=$!
for _ in $(seq 200); do
    name=$(left)
    [ -n "$name" ] && [ "$(stat -c %s copy/"$name")" -gt 0 ] && break
    sleep 0.05
done
check 'written under a temporary name' test -n "$name"
same "its rights are not wider than the source's" 0 "$((0$(stat -c %a copy/"$name") & ~0640))"
check 'the name of the copy is not there yet' test ! -e copy/file
read -r child _ <"/proc/$tracer/task/$tracer/children"
kill -KILL "$child"
{ wait "$tracer"; } 2>/dev/null
same 'killed while it is written: the temporary file is left' "$name" "$(left)"
check 'killed while it is written: the copy is not there' test ! -e copy/file
check 'the next run' acp --atomic source copy/file
same 'removes it' '' "$(left)"
check 'and copies' cmp source copy/file

finish
