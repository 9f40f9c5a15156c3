#!/usr/bin/env bash
# acp_attributes.sh: modes of directories below directories that pass on their group, as with GNU cp: BIN_DIR ENGINE
# shellcheck disable=SC2154 # what lib.sh sets
# needs: perl setpriv
# shellcheck source=tests/cli/lib_cp.sh
. "${0%/*}/lib_cp.sh"
. "${0%/*}/lib.sh"
stand_in cp acp

tree='mkdir -p s/closed s/open s/special; chmod 750 s/closed; chmod 755 s s/open; chmod 3775 s/special; echo a >s/closed/a
    mkdir d old; chmod 2775 d; mkdir d/there; chmod 2700 d/there'

# gnu_keeps_bits OPTIONS: Later versions give the exact mode of the source. 9.1 keeps the set-group-ID bit that a
# directory has inherited, unless the source has special bits; without modes it gives these bits, too.
gnu_keeps_bits() {
    if [[ $1 = *--no-preserve=mode ]]; then
        gnu_since 9.5 files '/ d\/s\/special /s/^d 2/d 3/'
    elif [ "$1" != -r ]; then
        gnu_since 9.5 files '/ d\/\(s\|s\/closed\|s\/open\|there\) /s/^d 7/d 27/'
    fi
}

for options in -a -r -rp '-r --no-preserve=mode' '-a --no-preserve=mode' '-r --preserve=mode' '-a --no-preserve=ownership'; do
    gnu_keeps_bits "$options"
    same_as_cp "below a set-group-ID directory: $options" "$tree" "umask 022; cp $options s d"
    gnu_keeps_bits "$options"
    same_as_cp "below a set-group-ID directory: $options, over one" "$tree" "umask 027; cp $options s/closed/. d/there"
    if [ "$(id -u)" -eq 0 ]; then
        gnu_keeps_bits "$options"
        same_as_cp "below a set-group-ID directory of another group: $options" "$tree; chgrp 4711 d; chmod g+s d" \
            "umask 022; cp $options s d"
    fi
done

# The mode must come back after an ordinary user has set extended attributes of a file with another group.
if [ "$(id -u)" -eq 0 ] && setfattr -n user.a -v 1 . 2>/dev/null; then
    export as_member="setpriv --reuid=65534 --regid=65534 --groups=65534,4711"
    for options in --preserve=ownership,xattr --preserve=ownership,xattr,mode -a; do
        # shellcheck disable=SC2016 # for the shell that runs it
        same_as_cp "extended attributes and another group: $options" "mkdir -p s d/old; echo s | tee s/a s/b s/c >d/old/b
            setfattr -n user.a -v 1 s s/*; chmod 600 s/a; chmod 444 s/c; chown -R 65534:65534 s d; chgrp 4711 s s/*" \
            '$as_member "$(command -v cp)" -r '"$options s d/new; "'$as_member "$(command -v cp)" -r '"$options s/. d/old"
    done
fi

# Of several files of one directory not each is asked for what it was created with.
mkdir mixed
for i in {1..8}; do
    for mode in 644 664 640 600 755 4755 2755 400 444; do
        echo "$i" >"mixed/$i-$mode"
        chmod "$mode" "mixed/$i-$mode"
    done
done
if [ "$(id -u)" -eq 0 ]; then
    for i in {1..8}; do
        echo closed >"mixed/$i-closed"
        chmod 0 "mixed/$i-closed"
        echo owned >"mixed/$i-owned"
        chown $((4711 + i % 2)):$((4712 + i / 4)) "mixed/$i-owned"
        echo group >"mixed/$i-group"
        chgrp $((4712 + i / 4)) "mixed/$i-group"
    done
fi
setfattr -n user.some -v value mixed/[57]-6* 2>/dev/null
setfacl -m u:4711:rw mixed/[58]-6*4 2>/dev/null
for mask in 022 002 027 077; do
    for options in -a '-a -j4' '-a --atomic'; do
        mkdir plain group.gnu group.own acl.own
        # shellcheck disable=SC2086 # words
        (umask $mask && acp $options mixed plain)
        check "files of all modes: $options, umask $mask" "$tests/cli/same_tree" mixed plain/mixed
        # what the directories above pass on
        [ "$(id -u)" -ne 0 ] || chgrp 4711 group.gnu group.own
        chmod g+s group.gnu group.own
        setfacl -d -m u:4711:rwx,g::rwx,o::r acl.own 2>/dev/null
        # shellcheck disable=SC2086 # words
        (umask $mask && gnu cp -a mixed group.gnu && acp $options mixed group.own && acp $options mixed acl.own)
        chmod g+s group.gnu/mixed # see gnu_keeps_bits
        check "below a set-group-ID directory: $options, umask $mask" \
            "$tests/cli/same_tree" group.gnu/mixed group.own/mixed
        check "below a default ACL: $options, umask $mask" "$tests/cli/same_tree" mixed acl.own/mixed
        rm -rf plain group.gnu group.own acl.own
    done
done
# -- a default ACL, which gives new files and directories their rights instead of the umask --
if setfacl -d -m u::rwx . 2>/dev/null; then
    setfacl -k .
    for acl in u::r-x,g::r-x,o::- u::rw-,g::r--,o::x u::r-x,u:1:rwx,m::r-x; do
        for options in -r -rp '-r --preserve=ownership' '-r --no-preserve=mode' --parents; do
            source=s
            [[ $options != *--parents ]] || source=s/sub/closed/g
            for mask in 022 0777; do
                same_as_cp "below a default ACL $acl: $options, umask $mask" \
                    "mkdir -p s/sub/closed d; echo f | tee s/sub/f >s/sub/closed/g; chmod 555 s/sub/closed
                    setfacl -d -m $acl d; chmod 777 d" \
                    "umask $mask; as_nobody cp $options $source d"
            done
        done
    done
    # the rights are those of the umask alone; what a directory gives to others stays
    for options in -r -a '-r --parents'; do
        same_as_cp "the ACLs below a default ACL: $options --no-preserve=mode" \
            'mkdir -p s/sub d; echo f | tee s/f >s/sub/g; setfacl -d -m u:1:rwx d; chmod 777 d' \
            "umask 027; as_nobody cp $options --no-preserve=mode s d; getfacl -cpR d >acls"
    done
    # the copies have their right group when they are created
    # shellcheck disable=SC2016 # the snippet is for another shell to expand
    same_as_cp "below a default ACL: a user's own files, umask 0777" \
        'mkdir s d; echo f >s/f; setfacl -d -m u::r-x,g::r-x,o::- d; [ "$(id -u)" -ne 0 ] || chown -R 65534:65534 s d' \
        'umask 0777; as_nobody cp -r --preserve=ownership s d'
fi

# -- root without the right to give files away --
if [ "$(id -u)" -eq 0 ] && setpriv --bounding-set=-chown --inh-caps=-chown true 2>/dev/null; then
    # shellcheck disable=SC2016 # the snippet is for another shell to expand
    gives 'an owner that cannot be preserved: the permissions are' 1 '751 0' \
        "cp: failed to preserve ownership for 'given': Operation not permitted" \
        'echo f >mine; chown 4711 mine; chmod 4751 mine
        setpriv --bounding-set=-chown --inh-caps=-chown cp -p mine given; x=$?; stat -c "%a %u" given; exit $x'
else
    left_out 'an owner that cannot be preserved' 'it needs root and setpriv'
fi

finish
