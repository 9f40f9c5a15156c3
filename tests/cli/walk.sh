#!/usr/bin/env bash
# walk.sh: --exclude skips the same files as rsync's, and --one-file-system the same as find's -xdev.
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"

mkdir -p tree/a/b/c tree/a/tmp tree/x/a/b tree/tmp tree/x/deep/er
for name in f.o f.c a/f.o a/b/f.c a/b/f.o a/b/c/f.o a/tmp/f x/a/b/f.c x/tmp tmp/g x/deep/f.o x/deep/er/f.o \
    x/.o $'x/new\nline' $'x/\xff.o' 'x/[a]' x/a/b/bb; do
    echo "$name" >"tree/$name"
done

# names OPTION...: prints the files that ahash -r visits; expected_names OPTION...: those that rsync would copy
names() {
    ahash -r -z "$@" tree/ | cut -z -c 67- | LC_ALL=C sort -z | od -c
}
expected_names() {
    # into a missing directory, so that every file is new; \#012 is rsync's newline
    rsync -rn --8-bit-output --out-format='%n' "$@" tree/ missing/ | grep -v '/$' | grep -v '^created directory' |
        sed 's,^,tree/,; s,\\#012,\x01,g; s,\\#\([0-7]\{3\}\),\\\1,g' | tr '\n\001' '\0\n' | LC_ALL=C sort -z | od -c
}

for globs in '*.o' '*' f.o tmp tmp/ '[ab]' '?.?' '.*' /a /a/ /tmp a/b /a/b x/a/b 'a/b/*.o' '/a/*' '*/f.o' \
    'a/**' '**/f.o' '/x/**.o' '\[a]' b/ '/x/deep/er/f.o' nothing '*.o --exclude=tmp/ --exclude=/x/a'; do
    # shellcheck disable=SC2086 # several options
    set -f -- --exclude=$globs
    same "--exclude=$globs" "$(expected_names "$@")" "$(names "$@")"
    set +f
done
same 'operands are not excluded' "$(ahash -r tree)" "$(ahash -r --exclude=tree --exclude=/tree tree)"
same 'files as operands neither' "$(ahash tree/f.o)" "$(ahash -r --exclude='*.o' tree/f.o)"

if strace -o /dev/null true 2>/dev/null; then
    mkdir large
    (cd large && seq -f 'one of the files of a large directory, %.0f' 3000 | tr '\n' '\0' | xargs -0 touch)
    strace -f -e trace=getdents64 -o trace ahash -r large >out
    same 'a large directory is listed by few calls' '3000 yes' \
        "$(wc -l <out) $([ "$(grep -c 'getdents64(.*) = [1-9]' trace)" -le 2 ] && echo yes)"
else
    left_out 'a large directory is listed by few calls' 'strace cannot run here'
fi

if [ "$(id -u)" -eq 0 ] && unshare -m true 2>/dev/null; then
    # shellcheck disable=SC2016 # for the inner shell
    same '--one-file-system' "$(cd tree && find . -type f ! -path './x/deep/*' ! -path './a/b/*' -print0 | sort -z | od -c)" \
        "$(unshare -m bash -c 'mount -t tmpfs none tree/x/deep && mount -t tmpfs none tree/a/b && echo y >tree/x/deep/y &&
            cd tree && ahash -rz -x . | cut -z -c 67- | sort -z | od -c')"
else
    left_out '--one-file-system' 'not root, or no mount namespace can be made here'
fi
mkdir removed
same 'a removed directory is empty' 0 "$(cd removed && rmdir ../removed && ahash -r . 2>&1; echo $?)"
finish
