#!/usr/bin/env bash
# recipes.sh: every command of acp-many(7), run as written there, with real schedulers: BIN_DIR ENGINE.
# shellcheck source=tests/cluster/lib.sh
. "${0%/*}/lib.sh"

"$here/../../scripts/make-odd-tree" --short src 2>/dev/null
head -c 7000000 /dev/urandom >src/large
touch -d 2001-01-01 src/large
acp -a -T "$SRC" expected
for launcher in "${launchers[@]}"; do
    start_again
    check "$launcher: the plan" recipe plan
    launch "$launcher"
    parts=$(find "$P" -name '[0-9]*' | wc -l)
    check "$launcher: there are more parts than nodes ($parts)" test "$parts" -gt 6
    same "$launcher: the end run finds nothing to copy" '' "$(acp -av --update=changed -T "$SRC" "$DST" 2>&1)"
    check "$launcher: the end run" recipe end
    same "$launcher: the copy is that of acp -a" '' "$(differences expected)"
done
part=1G
for launcher in "${launchers[@]}"; do
    start_again
    recipe plan >/dev/null
    launch "$launcher"
    same "$launcher, more processes than parts: the end run finds nothing to copy" '' \
        "$(acp -av --update=changed -T "$SRC" "$DST" 2>&1)"
    same "$launcher, more processes than parts: the copy is that of acp -a" '' "$(differences expected)"
done
part=3M

# -- a file that is gone, and a part that nothing is copied of --

mkdir -p small/d
for i in $(seq 30); do
    head -c 300000 /dev/urandom >small/d/"$i"
done
chmod 555 small/d
SRC=$scratch/work/small
for launcher in "${launchers[@]}"; do
    start_again
    recipe plan >/dev/null
    printf 'd/none\0' >>"$P/1"
    : >"$P/2"
    launch "$launcher"
    check "$launcher, a file is gone, a part is empty: the end run" recipe end
    same "$launcher, a file is gone, a part is empty: the copy" '' "$(differences small)"
done

# -- an unprivileged user, and a source file that cannot be read --

if as_nobody true 2>/dev/null; then
    client=as_nobody
    chown -R 65534:65534 small .
    for launcher in "${launchers[@]}"; do
        start_again
        chmod 000 small/d/7
        recipe plan >/dev/null
        launch "$launcher"
        recipe end >/dev/null 2>&1
        same "$launcher, an unreadable file: the status of the end run" 1 $?
        same "$launcher, an unreadable file: all others are there" 29 "$(find "$DST" -type f | wc -l)"
        chmod 644 small/d/7
        check "$launcher, a file that was unreadable: a plan of what is missing" recipe again
        P=$P.again launch "$launcher"
        check "$launcher, a file that was unreadable: the end run" recipe end
        same "$launcher, a file that was unreadable: the copy" '' "$(differences small)"
    done
    client=
    chown -R 0:0 small .
else
    left_out 'an unprivileged user' 'there is none in this user namespace'
fi

# -- digests --

start_again
recipe plan >/dev/null
(cd "$SRC" && for part in "$P"/*; do acp -a --parents --files0-from="$part" --manifest="$P.${part##*/}.sums" -t "$DST"; done)
recipe end
check 'the check of the whole' recipe check
same 'it has a digest of each file' 30 "$(wc -l <"$P.all")"
chmod -R u+w "$DST"
echo changed >"$DST/d/7"
rm "$DST/d/9"
run "$("$here/recipe" check | tail -n 1)" >out 2>/dev/null
same 'two faults are found, and no other' "$DST/d/7: FAILED"$'\n'"$DST/d/9: FAILED open or read" "$(sort out)"
cd "$SRC" || exit 2
same 'digests in parts are those of ahash -r' "$(ahash -r .)" "$(recipe digests)"
check 'lists for an array' recipe lists
same 'they have each file once' "$(find . -type f | sort)" "$(cat "$P".files/* | tr '\0' '\n' | sort)"
finish
