#!/usr/bin/env bash
# ahash_update.sh: ahash --update brings a manifest up to date, and never hides a fault that --check would find.
# shellcheck disable=SC2016 # the snippets are for another shell to expand
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"

mkdir -p tree/sub tree/gone
printf 'a' >tree/a
printf 'b' >tree/sub/b
printf 'c' >tree/gone/c
printf 'new' >$'tree/new\nline'
printf 'back' >'tree/back\slash'
: >tree/empty
ln -s a tree/link
# a file that is younger than a tick of the clock is read again next time
settle() {
    sleep 0.15
}
# read_files COMMAND...: prints the number of files that it read
read_files() {
    "$@" --stats=json 2>&1 >/dev/null | sed -n 's/.*"files":\([0-9]*\),"failed_files".*/\1/p'
}
digests() {
    grep -v '^#' "$1"
}
tree_digests() {
    find "$@" -type f -print0 | sort -z | gnu xargs -0 -r sha256sum --
}
settle

# -- a manifest is a check file --
gives 'a new manifest' 0 'sums: 6 new, 0 changed, 0 unchanged, 0 removed, 0 unreadable' '' \
    'ahash -r --update=sums tree'
same 'what is in it' "$(tree_digests tree)" "$(digests sums)"
same 'each file has its state' 6 "$(grep -c '^#: [0-9]* [0-9]* [0-9]* [0-9]*$' sums)"
state=$(stat -c '%s %.9Y %.9Z %i' tree/a | tr -d .)
same 'the state is size, times and inode' "#: $state" "$(grep -B1 '  tree/a$' sums | head -n 1)"
same "GNU's sha256sum -c takes it without a warning" "$(gnu sha256sum -c <(tree_digests tree) 2>&1)" \
    "$(gnu sha256sum -c --strict --warn sums 2>&1)"
check '--check takes it' ahash -c --strict --warn sums

# -- unchanged files are not read --
same 'nothing is read' 0 "$(read_files ahash -r --update=sums tree)"
gives 'nothing has changed' 0 'sums: 0 new, 0 changed, 6 unchanged, 0 removed, 0 unreadable' '' \
    'ahash -r --update=sums tree'
same 'and the digests are still there' "$(tree_digests tree)" "$(digests sums)"
printf 'A' >tree/a
printf 'd' >tree/sub/d
rm -r tree/gone
settle
cp -p sums sums.old
same 'what has changed and what is new is read' 2 "$(read_files ahash -r --update=sums tree)"
same 'the manifest is that of the tree' "$(tree_digests tree)" "$(digests sums)"
cp -p sums.old sums
gives 'the counts' 0 'sums: 1 new, 1 changed, 4 unchanged, 1 removed, 0 unreadable' '' \
    'ahash -r --update=sums tree'
touch -d '2001-01-01 00:00:01.5' tree/a
settle
same 'another mtime' 1 "$(read_files ahash -r --update=sums tree)"
cp -p tree/a copy && printf 'B' >copy && touch -r tree/a copy && mv copy tree/a
settle
same 'another inode and ctime, the same size and mtime' 1 "$(read_files ahash -r --update=sums tree)"
printf 'C' >tree/a && touch -d '2001-01-01 00:00:01.5' tree/a
settle
same 'another ctime only' 1 "$(read_files ahash -r --update=sums tree)"
same 'the manifest is still that of the tree' "$(tree_digests tree)" "$(digests sums)"
touch -d '1960-01-01' tree/empty
settle
ahash -r --update=sums tree >/dev/null
same 'times before 1970' 0 "$(read_files ahash -r --update=sums tree)"
for _ in {1..20}; do # on a busy machine "just before" can be a second ago
    printf 'young' >tree/a
    ahash -r --update=sums tree >/dev/null
    settle
    again=$(read_files ahash -r --update=sums tree)
    [ "$again" = 0 ] || break
done
same 'a file that was written just before is read again' 1 "$again"
gnu sha256sum tree/a tree/sub/b >sums
gives 'a manifest of sha256sum' 0 'sums: 4 new, 0 changed, 2 unchanged, 0 removed, 0 unreadable' '' \
    'ahash -r --update=sums tree'
same 'operands need not be a tree' "$(gnu sha256sum tree/a tree/empty)" \
    "$(ahash --update=two tree/a tree/empty >/dev/null; digests two)"
same 'other ways to write a name' 0 "$(ahash -r --update=dot ./tree/ >/dev/null
    read_files ahash -r --update=dot tree)"
same '--files0-from' "$(gnu sha256sum tree/a)" \
    "$(printf 'tree/a\0' | ahash --update=listed --files0-from=- >/dev/null; digests listed)"
same '--exclude' "$(gnu sha256sum tree/a tree/empty)" \
    "$(ahash -r --update=some --exclude=sub --exclude='*[kl]*' tree >/dev/null; digests some)"
ahash -r --update=tree/sums tree >/dev/null
ahash -r --update="$PWD/tree/sums" tree >/dev/null
same 'it does not list itself' "$(tree_digests tree | grep -v sums)" "$(digests tree/sums)"
rm tree/sums

# -- several algorithms --
ahash -r -a sha1,sha256 --update=both tree >/dev/null
same 'several algorithms' "$(ahash -r -a sha1,sha256 tree)" "$(digests both)"
same 'and nothing is read again' 0 "$(read_files ahash -r -a sha1,sha256 --update=both tree)"
sed '/SHA256 (/d' both >one
gives 'one more algorithm: all is read' 0 \
    'one: 0 new, 5 changed, 0 unchanged, 1 removed, 0 unreadable' '' \
    'rm "tree/back\slash"; ahash -r -a sha1,sha256 --update=one tree'
same 'one more algorithm: the manifest' "$(ahash -r -a sha1,sha256 tree)" "$(digests one)"

# -- entries are not lost --
ahash -r --update=sums tree >/dev/null
settle
ahash -r --update=sums tree >/dev/null
wrong=0000000000000000000000000000000000000000000000000000000000000000
sed "s/^[0-9a-f]*  tree.a$/$wrong  tree\/a/" sums >rotten
cp rotten rotten.old
gives 'a digest that is wrong: --check finds it' 1 'tree/a: FAILED' \
    'ahash: WARNING: 1 computed checksum did NOT match' 'ahash -c --quiet rotten'
gives '--verify finds it, too' 1 "tree/a: FAILED
rotten: 0 new, 0 changed, 4 unchanged, 0 removed, 0 unreadable, 1 failed" '' \
    'ahash -r --update=rotten --verify tree'
same '--verify reads everything' 5 "$(read_files ahash -r --update=rotten --verify tree)"
same '--verify keeps the digest that does not match' "$(cat rotten.old)" "$(cat rotten)"
same '--update does not hide it' "$wrong  tree/a" \
    "$(ahash -r --update=rotten tree >/dev/null; grep '  tree/a$' rotten)"
gives '--verify of what has changed' 0 \
    'sums: 0 new, 1 changed, 4 unchanged, 0 removed, 0 unreadable, 0 failed' '' \
    'echo changed >tree/a; ahash -r --update=sums --verify tree'

cp "$bin/ahash" ../as/
chmod 777 .
cp sums sums.before
chmod 666 sums
chmod 0 tree/sub
as_nobody "$scratch/as/ahash" -r --update=sums tree >out 2>err
same 'a directory that cannot be read: exit status' 1 $?
same 'a directory that cannot be read: message' "$scratch/as/ahash: tree/sub: Permission denied" \
    "$(cat err)"
same 'what was in it is kept' "$(digests sums.before)" "$(digests sums)"
chmod 755 tree/sub
chmod 0 tree/sub/b
touch tree/sub/b
as_nobody "$scratch/as/ahash" -r --update=sums tree >out 2>err
same 'a file that cannot be read is kept' "$(digests sums.before)" "$(digests sums)"
chmod 644 tree/sub/b
gives 'a missing operand: its lines are kept' 1 \
    'kept: 0 new, 0 changed, 1 unchanged, 0 removed, 1 unreadable' \
    'ahash: tree/nope: No such file or directory' '
    { cat sums; echo "'$wrong'  tree/nope/x"; } >kept.all
    grep -A1 -e "nope" kept.all >kept; grep "tree/a$" kept.all >>kept
    ahash --update=kept tree/a tree/nope'
same 'a missing operand: the line' "$wrong  tree/nope/x" "$(grep nope kept)"

printf 'no manifest at all\n' >precious
gives 'a file that is no manifest is left alone' 1 '' \
    'ahash: precious: 1: improperly formatted checksum line: not updated' \
    'ahash -r --update=precious tree'
same 'it is as it was' 'no manifest at all' "$(cat precious)"
gnu sha512sum tree/a >precious
gives 'a manifest of another algorithm is left alone' 1 '' \
    'ahash: precious: 1: improperly formatted checksum line: not updated' \
    'ahash -r --update=precious tree'
for comments in 0 1; do
    { yes "# a comment" | head -n $comments; gnu sha256sum -z tree/a tree/sub/b; } >precious
    cp precious precious.old
    gives "a list that ends its lines with NUL, behind $comments comments, is left alone" 1 '' \
        "ahash: precious: $((comments + 1)): improperly formatted checksum line: not updated" \
        'ahash --update=precious tree/a'
    check "a list that ends its lines with NUL, behind $comments comments: it is as it was" cmp precious precious.old
done
gives 'a directory' 1 '' 'ahash: tree: Is a directory' 'ahash -r --update=tree tree'
gives 'in a directory that is missing' 1 '' \
    "ahash: cannot create 'nope/sums': No such file or directory" 'ahash -r --update=nope/sums tree'

# -- options --
gives '--json' 0 \
    '{"format":1,"type":"manifest","manifest":"sums","new":0,"changed":0,"unchanged":5,"removed":0,"unreadable":0,"failed":null}' '' \
    'ahash -r --update=sums tree >/dev/null; ahash -r --json --update=sums tree'
gives '--quiet' 0 '' '' 'ahash -r --quiet --update=sums tree'
try="Try 'ahash --help' for more information."
gives '--update and --check' 1 '' \
    "ahash: the --update option is meaningless when verifying checksums
$try" 'ahash -c --update=sums sums'
gives '--update and --zero' 1 '' "ahash: the --update option does not support --zero
$try" 'ahash -z --update=sums x'
gives '--update of nothing' 1 '' \
    "ahash: missing operand: with --update, standard input is not read
$try" 'ahash --update=sums'
gives '--verify alone' 1 '' \
    "ahash: the --verify option is meaningful only with --update: --check reads everything
$try" 'ahash --verify x'

# -- files that are not in a manifest: --report-unlisted --
tree_digests tree >all
grep -v '/a$' all >some
gives 'all is listed' 0 'summary: 5 ok, 0 failed, 0 missing, 0 unreadable, 0 malformed, 0 unlisted' '' \
    'ahash -c --quiet --report-unlisted all'
gives 'a file is not' 1 'tree/a: NOT LISTED
summary: 4 ok, 0 failed, 0 missing, 0 unreadable, 0 malformed, 1 unlisted' \
    'ahash: WARNING: 1 file is not listed' 'ahash -c --quiet --report-unlisted some'
gives '--status' 1 '' '' 'ahash -c --status --report-unlisted some'
gives 'two check files list it together' 0 \
    'summary: 5 ok, 0 failed, 0 missing, 0 unreadable, 0 malformed, 0 unlisted' '' \
    'grep /a$ all >a; ahash -c --quiet --report-unlisted some a'
gives 'a directory of choice' 1 'sub: NOT LISTED
summary: 5 ok, 0 failed, 0 missing, 0 unreadable, 0 malformed, 1 unlisted' \
    'ahash: WARNING: 1 file is not listed' '
    mkdir -p other; : >other/x; ahash -c --quiet --report-unlisted=tree --report-unlisted=./other/ all |
        sed "s/^\.\/other\/x/sub/; s/^other\/x/sub/"; exit ${PIPESTATUS[0]}'
gives 'the check file is in the tree' 0 \
    'summary: 5 ok, 0 failed, 0 missing, 0 unreadable, 0 malformed, 0 unlisted' '' \
    'cp all tree/all; ahash -c --quiet --report-unlisted "$PWD/tree/all"; s=$?; rm tree/all; exit $s'
gives 'other ways to write a name' 0 \
    'summary: 5 ok, 0 failed, 0 missing, 0 unreadable, 0 malformed, 0 unlisted' '' \
    'sed "s,tree/,.//tree/./," all >odd; ahash -c --quiet --report-unlisted odd'
gives 'absolute names' 1 "$PWD/tree/a: NOT LISTED
summary: 4 ok, 0 failed, 0 missing, 0 unreadable, 0 malformed, 1 unlisted" \
    'ahash: WARNING: 1 file is not listed' \
    'sed "s,tree/,$PWD/tree/," some >absolute; ahash -c --quiet --report-unlisted absolute'
gives 'names without a directory' 1 './a: NOT LISTED' 'ahash: WARNING: 1 file is not listed' \
    'cd tree; sed "s,tree/,," ../some | ahash -c --quiet --report-unlisted | grep -v summary
     exit ${PIPESTATUS[1]}'
gives '--exclude' 0 'summary: 4 ok, 0 failed, 0 missing, 0 unreadable, 0 malformed, 0 unlisted' '' \
    'ahash -c --quiet --report-unlisted --exclude=a some'
gives '--json' 1 '{"format":1,"type":"status","name":"tree/a","status":"unlisted"}' \
    'ahash: WARNING: 1 file is not listed' \
    'ahash -c --quiet --json --report-unlisted some | grep -v -e summary -e check_file
     exit ${PIPESTATUS[0]}'
gives '--summary' 1 'summary: 1 ok, 1 failed, 1 missing, 0 unreadable, 2 malformed' \
    'ahash: nope: No such file or directory
ahash: WARNING: 2 lines are improperly formatted
ahash: WARNING: 1 listed file could not be read
ahash: WARNING: 1 computed checksum did NOT match' '
    { grep /a$ all; echo x; grep /a$ all | sed s,tree/a,nope,; grep /a$ all | sed s,/a,/sub/b,; echo y; } >bad
    ahash -c --summary bad | grep summary; exit ${PIPESTATUS[0]}'
gives '--report-unlisted without --check' 1 '' \
    "ahash: the --report-unlisted option is meaningful only when verifying checksums
$try" 'ahash --report-unlisted x'

finish
