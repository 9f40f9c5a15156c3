#!/usr/bin/env bash
# acp_tree.sh: tests that acp -a loses nothing of a tree with all kinds of files, by every attribute and by rsync.
# needs: python3
# shellcheck source=tests/cli/lib.sh
here=$(cd "$(dirname "$0")" && pwd)
. "${0%/*}/lib.sh"
same_tree=$here/same_tree
make_odd_tree=$here/../../scripts/make-odd-tree
kept=(mode owner mtime target device links holes xattrs acls contents type)

# -- same_tree notices each difference --
"$make_odd_tree" --short tree 2>without
cat without # parts that the filesystem cannot have

# remove PATH...: a user cannot remove files from directories of all modes
remove() {
    chmod -R u+rwX "$@"
    rm -rf "$@"
}

# notices KIND PATH COMMAND: after COMMAND in the copy, same_tree reports that PATH differs by KIND
notices() {
    local said
    remove changed
    gnu cp -a tree changed
    (cd changed && bash -c "$3") || {
        not_ok "same_tree notices $1" "$3 failed"
        return
    }
    if said=$("$same_tree" tree changed) || ! grep -qF -- "$2: $1" <<<"$said"; then
        not_ok "same_tree notices $1" "$3"$'\n'"it says: ${said:0:2000}"
    else
        ok "same_tree notices $1: $3"
    fi
    unseen=("${unseen[@]/#$1/}")
}
unseen=("${kept[@]}")
gnu cp -a tree changed
same 'same_tree finds no difference where cp kept all' '' "$("$same_tree" tree changed 2>&1)"
notices contents sizes/4096 'printf x | dd of=sizes/4096 bs=1 seek=4095 conv=notrunc status=none &&
    touch -r ../tree/sizes/4096 sizes/4096'
notices size sizes/513 'truncate -s 512 sizes/513'
notices mode modes/0644 'chmod 0646 modes/0644'
notices mode empty 'chmod g+s empty'
notices mtime times/nanoseconds 'touch -d @1234567890.123456788 times/nanoseconds'
notices mtime empty 'touch -d @1 empty'
notices mtime times/old-link 'touch -h -d @1 times/old-link'
notices target links/to-file 'ln -sfn b links/to-file'
notices links links/b 'cp -p links/b x && mv x links/b'
notices links sizes/1 'ln sizes/1 sizes/one'
notices links links/fifo 'rm links/fifo && mkfifo links/fifo'
notices holes holes/odd 'cp -p --sparse=never holes/odd x && mv x holes/odd'
notices holes sizes/zeros 'cp -p --sparse=always sizes/zeros x && mv x sizes/zeros'
notices type special/fifo 'rm special/fifo && touch special/fifo'
notices type sizes/1 'rm sizes/1 && mkdir sizes/1'
notices 'only in A' empty 'rmdir empty'
notices 'only in B' 'names/\xfe' 'touch names/$'"'\\xfe'"
if ! grep -q 'without user xattrs' without; then
    notices xattrs xattrs/file 'setfattr -n user.empty -v x xattrs/file'
    notices xattrs xattrs/dir 'setfattr -x user.bytes xattrs/dir'
fi
if ! grep -q 'without ACLs' without; then
    notices acls acls/file 'setfacl -m g:3:r acls/file'
    notices acls acls/default 'setfacl -k acls/default'
fi
if [ "$(id -u)" -eq 0 ]; then
    notices owner owners/1-2 'chown 2 owners/1-2'
    notices owner owners/link 'chown -h 2 owners/link'
    notices device special/null 'rm special/null && mknod special/null c 1 4'
    notices xattrs xattrs/link 'setfattr -h -x trusted.link xattrs/link'
    if ! [ -s without ]; then
        same 'each kind of difference has been tried' '' "$(tr -d ' ' <<<"${unseen[*]}")"
    fi
fi
remove changed

# -- the copy by acp --
# copies_all NAME TREE [AS...]
copies_all() {
    local name=$1 tree=$2
    shift 2
    check "$name: acp -a" "$@" acp -a "$tree" "$tree-copy"
    same "$name: nothing differs" '' "$("$same_tree" "$tree" "$tree-copy" 2>&1)"
}
copies_all 'odd tree' tree
same 'as cp has it' '' "$(gnu cp -a tree expected && "$same_tree" expected tree-copy 2>&1)"
same 'rsync finds nothing to do' '' "$(rsync -aHAXn --delete --itemize-changes tree/ tree-copy/ 2>&1)"
[ "$(id -u)" -eq 0 ] || chmod -R u+w tree-copy # a user cannot write to all modes
check 'over what is there' acp -a tree/. tree-copy
same 'still nothing differs' '' "$("$same_tree" tree tree-copy 2>&1)"
"$make_odd_tree" deep 2>/dev/null
copies_all 'paths beyond PATH_MAX' deep
remove tree-copy deep-copy
copies_all 'few descriptors' tree bash -c 'ulimit -n 20; "$@"' -
copies_all 'few descriptors, deep' deep bash -c 'ulimit -n 20; "$@"' -

# -- no copy ever has wider rights than its source --
mkdir rights rights-copy
for mode in 0777 0644 0640 0664 0600 4755; do
    echo $mode >rights/$mode
    chmod $mode rights/$mode
done
# created FILE: prints the rights with which its copy was created
created() {
    rm -rf rights-copy/*
    strace -qq -f -o trace -e trace=openat acp -a rights/* rights-copy
    sed -n "s/.*\"$1\", .*O_CREAT[^,]*, \([0-7]*\).*/\1/p" trace
}
if strace -o /dev/null true 2>/dev/null; then
    umask 0
    same 'everyone has the rights of its group' '0777 0644 0600' "$(for f in 0777 0644 0600; do created $f; done | xargs)"
    same 'its group has more rights' '0600 0600' "$(for f in 0640 0664; do created $f; done | xargs)"
    same 'it is set-user-ID' 0755 "$(created 4755)"
    if setfacl -m u:1:r,g::- rights/0644 2>/dev/null; then
        chmod g=r rights/0644 # sets the mask; the mode alone stays the same
        same 'it has an ACL' 0600 "$(created 0644)"
    fi
    if [ "$(id -u)" -eq 0 ]; then
        chown 1 rights/0777
        same 'another one owns it' 0700 "$(created 0777)"
    fi
    umask 022
    rm -rf rights-copy
    acp -a rights rights-copy
    same 'in the end each is as its source' '' "$("$same_tree" rights rights-copy 2>&1)"
else
    left_out 'the rights at creation' 'strace cannot run here'
fi

if [ "$(id -u)" -eq 0 ]; then
    mkdir -m 777 nobodys
    cp "$make_odd_tree" nobodys/make && chmod 755 nobodys/make
    (cd nobodys && as_nobody ./make --short tree 2>/dev/null)
    cp "$bin/acp" nobodys/acp && chmod 755 nobodys/acp
    check 'as another user' as_nobody bash -c 'cd nobodys && ./acp -a tree copy'
    same 'nothing differs, either' '' "$("$same_tree" nobodys/tree nobodys/copy 2>&1)"
else
    left_out 'owners, devices, and another user' 'not root'
fi
finish
