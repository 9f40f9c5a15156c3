#!/usr/bin/env bash
# attributes.sh: acp on filesystems without extended attributes, with other ones, that do not list them, or that refuse
# some names: BIN_DIR ENGINE. It must behave as GNU cp, except that a copy never gives rights that the source does not
# give.
# needs: faultfs
# shellcheck source=tests/faults/lib.sh
. "${0%/*}/lib.sh"
stand_in cp acp

if ! gnu setfattr -n user.a -v 1 "$below" 2>/dev/null || ! gnu setfacl -m u:4711:rw "$below" 2>/dev/null; then
    left_out 'all of it' "no extended attributes or ACLs in $scratch, or no setfattr and setfacl"
    ok 'nothing to test'
    finish
fi
setfattr -x user.a "$below"
setfacl -b "$below"

# -- attributes that cannot be listed --

make_listed() {
    mkdir -p "$below/tree/dir"
    echo plain >"$below/tree/plain"
    echo named >"$below/tree/named"
    setfattr -n user.a -v 1 "$below/tree/named" "$below/tree/dir"
    chmod 640 "$below/tree/named"
    chmod 750 "$below/tree/dir"
    setfacl -m u:4711:rwx "$below/tree/named" "$below/tree/dir"
    chmod 600 "$below/tree/plain"
}
make_listed

for errno in EIO EACCES ESTALE; do
    fresh_mount
    rules "listxattr * error=$errno"
    for options in --preserve=xattr --preserve=mode,xattr; do
        gnu_since 9.6 stderr '/preserving permissions/d' # it looks for an ACL in the list, too
        same_as_gnu "attributes that cannot be listed, $errno: $options" \
            "rm -f new; cp $options '$mnt/tree/named' new; status=\$?; cat new; exit \$status"
    done
    gnu_since 9.6 stderr '/preserving permissions/d'
    gnu_since 9.6 status s/1/0/
    same_as_gnu "attributes that cannot be listed, $errno: -a" \
        "rm -f new; cp -a '$mnt/tree/plain' new; status=\$?; stat -c %a new; exit \$status"
    rm -rf new
    acp -r --preserve=xattr "$mnt/tree" new 2>err
    same "attributes that cannot be listed, $errno: a tree: status" 1 $?
    for name in "" /dir /named /plain; do
        check "attributes that cannot be listed, $errno: a tree: tree$name is named" \
            grep -q "acp: listing attributes of '$mnt/tree$name': " err
    done
    check "attributes that cannot be listed, $errno: a tree: the copy" diff -r "$below/tree" new
    mkdir parents
    (cd "$mnt" && acp --parents --preserve=xattr tree/plain "$scratch/work/parents") 2>err
    for name in tree tree/plain; do
        check "attributes that cannot be listed, $errno: --parents: $name is named" \
            grep -q "acp: listing attributes of '$name': " err
    done
    rm -r parents
done


for rule in "listxattr * error="{EIO,EOPNOTSUPP,ENOSYS,ENODATA} "listxattr,xattr * error=EIO"; do
    for options in -a -p --preserve=mode; do
        fresh_mount
        rules "$rule"
        rm -rf new
        timeout "$limit_seconds" acp -r "$options" "$mnt/tree" new 2>err
        status=$?
        rights=$(getfacl -cp new/named | sed -n 's/^group::\(...\).*/\1/p')
        case $rights in
        r-- | ---) ok "$rule: $options: the group gets no more" ;;
        *) not_ok "$rule: $options: the group gets no more" "$rights: $(getfacl -cp new/named)" ;;
        esac
        same "$rule: $options: nor do others" --- "$(getfacl -cp new/named | sed -n 's/^other:://p')"
        if [ $status -eq 0 ]; then
            check "$rule: $options: status 0, and the ACL is there" grep -q '^user:4711:rwx' <(getfacl -cp new/named)
        else
            check "$rule: $options: what is lost is told" grep -q "new/named'\|named'" err
        fi
    done
done
rm -rf new "${below:?}"/*

# -- ACLs of another kind: every file lists one, and POSIX ACLs are not supported --

fresh_mount --nfs4-acl
mkdir -p tree/dir
echo a >tree/a
echo b >tree/dir/b
for options in -a -rp '-r --preserve=mode'; do
    rm -rf "${below:?}"/*
    # shellcheck disable=SC2086 # words
    message=$(acp $options tree "$mnt/new" 2>&1)
    same "NFSv4, $options: nothing is wrong" "0 " "$? $message"
    check "NFSv4, $options: the copy" diff -r tree "$below/new"
    setfattr -n system.nfs4_acl -v listed "$mnt/new/a"
    setfattr -n system.nfs4_acl -v listed "$mnt/new/dir"
    # shellcheck disable=SC2086 # words
    message=$(acp $options "$mnt/new" "$mnt/again" 2>&1)
    same "NFSv4 to itself, $options: nothing is wrong" "0 " "$? $message"
    same "NFSv4 to itself, $options: the file's ACL" listed \
        "$(getfattr --absolute-names --only-values -n user.nfs4_acl "$below/again/a" 2>&1)"
    same "NFSv4 to itself, $options: the directory's ACL" listed \
        "$(getfattr --absolute-names --only-values -n user.nfs4_acl "$below/again/dir" 2>&1)"
    rm -rf back
    # shellcheck disable=SC2086 # words
    message=$(acp $options "$mnt/new" back 2>&1)
    same "from NFSv4, $options: nothing is wrong" "0 " "$? $message"
    check "from NFSv4, $options: the copy" diff -r tree back
done
rm -rf "${below:?}"/* back

# -- a symbolic link that is longer than its size --

fresh_mount
ln -s "$(printf 'x%.0s' {1..300})" "$below/link"
for size in 0 1 4 299; do
    rules "getattr link size=$size"
    rm -f new
    check "a link of 300 bytes that seems to have $size" acp -P "$mnt/link" new
    same "a link of 300 bytes that seems to have $size: its target" "$(readlink "$below/link")" "$(readlink new)"
done

# -- attributes that cannot be set: -a does not tell them, and --attributes-only does --

rm -rf "${below:?}"/* new
setfattr -n user.a -v 1 tree/a tree/dir
for options in -aT '-aT --attributes-only' '-rT --preserve=all' '-rT --preserve=all --attributes-only' \
    '-rT --preserve=xattr' '-rT --preserve=xattr --attributes-only'; do
    export options mnt
    fresh_mount
    rules "xattr * error=EOPNOTSUPP"
    # shellcheck disable=SC2016 # for another shell
    same_as_gnu "attributes that cannot be set: $options" \
        'cp $options tree "$mnt/new" 2>err; status=$?; sort err; rm -rf "$mnt/new"; exit $status'
    rm -rf "${below:?}"/*
    setfattr -n user.a -v 1 "$below"
    fresh_mount
    rules "listxattr * error=EIO"
    gnu_since 9.6 stderr '/preserving permissions/d' # it looks for an ACL in the list, too
    # shellcheck disable=SC2016 # for another shell
    same_as_gnu "attributes that cannot be listed: $options" \
        'cp $options "$mnt" new; status=$?; rm -rf new; exit $status'
    setfattr -x user.a "$below"
done

# -- memory is short when a directory's error is noted --

setfattr -x user.a tree/a
rm -rf "${below:?}"/*
fresh_mount
rules "xattr * error=EOPNOTSUPP"
if [ -x "$injected" ]; then
    silent=''
    for ((nth = 1; nth < 1000; nth++)); do
        rm -rf "${below:?}"/* log
        AIOUTILS_INJECT="malloc $nth ENOMEM" AIOUTILS_INJECT_LOG=$scratch/work/log \
            "$injected" --engine="$engine" -rT --preserve=xattr tree "$mnt/new" >messages 2>&1
        status=$?
        grep -q fired log || break
        [ $status -eq 1 ] && [ -s messages ] || silent+=" $nth: $status $(cat messages)"
    done
    check "memory is short when a directory's error is noted: it was, at times" test "$nth" -gt 10
    same "memory is short when a directory's error is noted: it is told" '' "$silent"
else
    left_out 'short memory' 'it needs programs of a build'
fi

# -- a mode that is taken back after the attributes have been set --

rm -rf new
mkdir new read_only
echo f >read_only/file
setfattr -n user.a -v 1 read_only read_only/file
chmod 444 read_only/file
chmod 555 read_only
chmod 777 new
if [ -x "$injected" ] && as_nobody test -x "$injected"; then
    for options in --preserve=xattr -a --preserve=mode,xattr --preserve=ownership,xattr; do
        silent=''
        for nth in 1 2 3 4 5 6; do
            for source in read_only/file read_only; do
                rm -f new/log
                AIOUTILS_INJECT="fchmod $nth EIO" AIOUTILS_INJECT_LOG=$scratch/work/new/log \
                    as_nobody "$injected" --engine="$engine" -r $options $source new/to 2>messages
                status=$?
                [ $status -eq 1 ] || diff <(gnu find $source -printf '%m %P\n') <(gnu find new/to -printf '%m %P\n') \
                    >/dev/null || silent+=" $source $nth: $(cat messages)"
                chmod -R u+rwx new/to
                rm -rf new/to
            done
        done
        same "a mode that cannot be given back is told: $options" '' "$silent"
    done
else
    left_out 'a mode that cannot be given back' 'it needs programs of a build that others can reach'
fi
chmod 755 read_only

# -- names that a filesystem refuses, as NTFS does some --

rm -rf "${below:?}"/* new
mkdir -p "$below/old/odd-dir" names/odd-dir
echo f | tee names/odd-file names/odd-dir/inside >names/plain
for options in -rT -aT; do
    for to in new old; do
        export options to mnt
        fresh_mount
        rules "getattr,create,mkdir,mknod */odd-* error=EILSEQ" "getattr,create,mkdir,mknod */odd-*/* error=EILSEQ"
        # shellcheck disable=SC2016 # for another shell
        same_as_gnu "names that are refused: $options, $to" \
            'cp $options names "$mnt/$to" 2>&1 | sort; rm -rf "$mnt/new" "$mnt"/old/[!o]*'
    done
done
rules

finish
