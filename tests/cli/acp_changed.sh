#!/usr/bin/env bash
# acp_changed.sh: --update=changed, which ends what a killed acp began, and copies what has changed since: BIN_DIR ENGINE.
# shellcheck disable=SC2016 # the snippets are for another shell to expand
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"

# Prints what -a keeps of each file of a tree; the first name of a file for its others.
view() {
    (cd "$1" && find . -printf '%p %y %m %U:%G %T@ %l %i\n' | sort | awk '{ i = $NF; $NF = ""; print $0, (i in first ? first[i] : $1); if (!(i in first)) first[i] = $1 }'
        find . -type f -print0 | sort -z | xargs -0 sha256sum
        find . -type f -print0 | sort -z | xargs -0 getfattr -d -m user 2>/dev/null)
}

# equal NAME: the trees from and to
equal() {
    same "$1" "$(view from)" "$(view to)"
}

# -- what is skipped --

mkdir from from/d
for name in same size time mode d/one; do
    echo "$name 1" >from/$name
done
ln -s same from/link
mkfifo from/pipe
acp -a from to
equal 'a first copy'
# the bytes tell which files were copied
for name in same size time mode d/one; do
    touch -r to/$name stamp
    echo "$name 2" >to/$name
    touch -r stamp to/$name
done
echo longer >>from/size
touch -r to/size from/size
touch -d 2001-01-01 from/time
chmod 640 from/mode
touch -h -d 2001-01-01 from/link
touch -d 2001-01-01 from/pipe
inodes=$(ls -i to/link to/pipe)
check 'a run with changes' acp -a --update=changed -T from to
same 'the same size and time: skipped' 'same 2' "$(cat to/same)"
same 'the same size and time below a directory: skipped' 'd/one 2' "$(cat to/d/one)"
check 'another size' cmp from/size to/size
same 'another time' 'time 1' "$(cat to/time)"
same 'another mode: the bytes are skipped' 'mode 2' "$(cat to/mode)"
same 'another mode: it is set' 640 "$(stat -c %a to/mode)"
same 'a link and a FIFO stay' "$inodes" "$(ls -i to/link to/pipe)"
same 'their times are set' "$(stat -c %Y from/link from/pipe)" "$(stat -c %Y to/link to/pipe)"
gives '-v names only what is copied' 0 "'from/time' -> 'to/time'" '' \
    'touch -d 2002-02-02 from/time; acp -av --update=changed -T from to'
gives '--dry-run names it' 0 "'from/time' -> 'to/time'" '' \
    'touch -d 2003-02-02 from/time; acp -a --dry-run --update=changed -T from to; acp -a --update=changed -T from to'
gives 'the last --update counts' 0 'same 1' '' 'acp -a --update=changed -u --update=all from/same to/same; cat to/same'
gives '-n overrides it' 0 'mode 2' '' 'touch from/mode; acp -an --update=changed from/mode to/mode; cat to/mode'
gives '-i asks about what has changed' 1 'mode 2' "acp: overwrite 'to/mode'? " \
    'echo n | acp -ai --update=changed from/same from/mode to; s=$?; cat to/mode; exit $s'
gives '-b makes a backup of what has changed' 0 'to/mode~' '' \
    'acp -ab --update=changed from/same from/mode to; ls to/*~; rm to/*~'
gives 'without preserved times every file has changed' 0 "'from/d/one' -> 'new/one'" '' \
    'acp -r from/d new; acp -rv --update=changed -T from/d new; rm -r new'

# -- links and kinds --

ln -sfn other from/link
rm from/pipe from/size
mkfifo from/size
echo regular >from/pipe
rm to/pipe
check 'a link to another name, a file that became a FIFO' acp -a --remove-destination --update=changed -T from to
acp -a -T from to
equal 'they are copied'
ln from/same from/again
ln from/same from/d/again
rm to/d/one
ln to/same to/d/one
touch -d 2004-01-01 from/d/one
check 'hard links that were added, and one that is gone' acp -a --update=changed -T from to
equal 'they are made, and that one is a file of its own'
rm to/again
echo 'same 3' >to/again
touch -r from/again to/again
check 'a name that looks the same but is no link' acp -a --update=changed -T from to
same 'is one' "$(stat -c %i to/same)" "$(stat -c %i to/again)"

# -- attributes --

# a file that is left, and that a symbolic link leads to
mkdir linked
echo data >linked/source
touch -d 2001-01-01 linked/source
if setfattr -n user.a -v 1 linked/source 2>/dev/null; then
    acp -a linked/source linked/file
    ln -s file linked/link
    inode=$(stat -c %i linked/file)
    setfattr -n user.a -v 2 linked/source
    setfacl -m u:4711:r linked/file 2>/dev/null
    chmod 640 linked/source
    changed='acp -L --preserve=all --update=changed source link'
    gives 'through a link: it is left' 0 '' '' "cd linked && $changed"
    same 'through a link: the link stays' file "$(readlink linked/link)"
    same 'through a link: the file stays' "$inode" "$(stat -c %i linked/file)"
    same 'through a link: its mode' 640 "$(stat -c %a linked/file)"
    same 'through a link: its attributes' "$(getfattr -d linked/source | sed 1d)" "$(getfattr -d linked/file | sed 1d)"
    same 'through a link: its ACL' "$(getfacl -cn linked/source)" "$(getfacl -cn linked/file)"
fi

if setfattr -n user.a -v 1 from/mode 2>/dev/null && setfacl -m u:4711:r from/mode 2>/dev/null; then
    check 'attributes that were added' acp -a --update=changed -T from to
    same 'they are set' "$(getfacl -cn from/mode; getfattr -d from/mode | tail -n +2)" \
        "$(getfacl -cn to/mode; getfattr -d to/mode | tail -n +2)"
    setfattr -n user.a -v 2 from/mode
    setfacl -b from/mode
    chmod 400 from/mode
    [ "$(id -u)" -ne 0 ] || chown -R 65534:65534 from to
    check 'attributes that changed, as an unprivileged user' as_nobody acp -a --update=changed -T from to
    same 'they are set' "$(getfacl -cn from/mode; getfattr -d from/mode | tail -n +2)" \
        "$(getfacl -cn to/mode; getfattr -d to/mode | tail -n +2)"
    [ "$(id -u)" -ne 0 ] || chown -R 0:0 from to
else
    left_out 'attributes' "no extended attributes or ACLs in $scratch"
fi
if [ "$(id -u)" -eq 0 ]; then
    chown 4711:4712 from/mode
    chown -h 4711:4712 from/link
    check 'another owner' acp -a --update=changed -T from to
    same 'it is set' "$(stat -c '%u %g' from/mode from/link)" "$(stat -c '%u %g' to/mode to/link)"
fi
if command -v strace >/dev/null && strace -qq true 2>/dev/null; then
    strace -f -qq -o trace acp -a --update=changed from/same from/mode from/link from/size to
    same 'what has not changed is not written to' '' \
        "$(grep -E '(chmod|chown|utimens|setxattr|O_WRONLY|unlink| (sym)?linkat|mknod)' trace)"
else
    left_out 'what has not changed is not written to' 'strace is missing'
fi
rm -rf from to

# -- after a kill --

mkdir from
for i in 1 2 3; do
    head -c 6000000 /dev/urandom >from/$i
done
touch -d 2001-01-01 from/*
acp -a --rate=4M --reflink=never -T from to 2>/dev/null &
for ((i = 0; i < 600; i++)); do # until some bytes are there
    [ -z "$(find to -type f -size +0 2>/dev/null)" ] || break
    sleep 0.05
done
kill -KILL $!
wait $! 2>/dev/null
check 'killed: a file is shorter than its source' \
    bash -c '[ $(stat -c %s to/* | grep -cxv 6000000) -gt 0 ]'
check 'the next run' acp -a --update=changed -T from to
equal 'makes the trees equal'
gives 'another one copies nothing' 0 '' '' 'acp -av --update=changed -T from to'

# -- directories that their owner may not write to --

rm -rf from to
mkdir -p from/ro/sub to
for name in one two; do
    echo $name >from/ro/$name
    echo $name >from/ro/sub/$name
done
chmod 555 from/ro/sub from/ro
touch -d 2001-01-01 from/ro/sub from/ro
printf '%s\0' ro/one ro/sub/one >part1
printf '%s\0' ro/two ro/sub/two >part2
[ "$(id -u)" -ne 0 ] || chown -R 65534:65534 from to
for part in part1 part2 part1; do
    check "a list of a part, as an unprivileged user: $part" \
        as_nobody bash -c "cd from && acp -a --parents --files0-from=../$part -t ../to"
done
same 'the directories can be written to' '755 755' "$(stat -c %a to/ro to/ro/sub | xargs)"
check 'the last run' as_nobody acp -a --update=changed -T from to
equal 'makes the trees equal'
chmod u+w to/ro
rm to/ro/one
chmod 555 to/ro
check 'a run that finds a file missing in a read-only directory' as_nobody acp -a --update=changed -T from to
equal 'adds it'
gives '--parents without a list gives the modes at once' 0 '555' '' \
    'chmod -R u+w to; rm -r to/ro; cd from; as_nobody acp -a --parents ro/one ../to; stat -c %a ../to/ro'
chmod -R u+w from to

# -- a filesystem that cuts times off --

mkdir coarse
truncate -s 8M disk
if [ "$(id -u)" -eq 0 ] && mkfs.ext4 -q -I 128 disk >/dev/null 2>&1 && mount -o loop disk coarse 2>/dev/null; then
    trap 'umount "$scratch/work/coarse" 2>/dev/null; rm -rf "$scratch"' EXIT
    rm -rf from
    mkdir from
    for name in whole rest next; do
        echo $name 1 >from/$name
    done
    touch -d '2001-01-01 00:00:01' from/whole
    touch -d '2001-01-01 00:00:01.000000001' from/next
    touch -d '2001-01-01 00:00:01.123456789' from/rest
    acp -a -T from coarse/to
    gives 'times without their fractions' 0 '' '' 'acp -av --update=changed -T from coarse/to'
    touch -d '2001-01-01 00:00:02.123456789' from/rest
    gives 'another second' 0 "'from/rest' -> 'coarse/to/rest'" '' 'acp -av --update=changed -T from coarse/to'
    touch -d '2100-01-01' from/rest # it keeps none after 2038
    gives 'a time that is too late' 0 "'from/rest' -> 'coarse/to/rest'" '' 'acp -av --update=changed -T from coarse/to'
    gives 'a time that is too late for it' 0 '' '' 'acp -av --update=changed -T from coarse/to'
    gives 'a time that is too late for it, -u' 0 '' '' 'acp -avu -T from coarse/to'
    gives 'times that are too late, and differ' 0 'x' '' \
        'echo rest 1 >late; touch -d 2037-01-01 late; cp -p late coarse/to/rest; echo x >from/rest
        touch -d 2100-01-01 from/rest; acp -a --update=changed -T from coarse/to; cat coarse/to/rest; rm late'
    umount coarse
else
    left_out '--update=changed with coarse times' 'no ext4 with small inodes can be mounted here'
fi
mkdir fine
for name in rest next; do
    echo $name 1 >fine/$name
    echo $name 2 >copy-$name
    touch -d '2001-01-01 00:00:01' copy-$name
done
touch -d '2001-01-01 00:00:01.123456789' fine/rest
touch -d '2001-01-01 00:00:01.000000001' fine/next
gives 'a second that is no fraction cut off: they are copied' 0 $'rest 1\nnext 1' '' \
    'for n in rest next; do acp -p --update=changed fine/$n copy-$n; cat copy-$n; done'

# It sets a time next to the source's to learn this, and restores the old one.
if command -v strace >/dev/null && strace -qq true 2>/dev/null; then
    echo odd 1 >fine/odd # some filesystems keep every other second
    touch -d '2001-01-01 00:00:03' fine/odd
    for name in rest next odd; do
        echo $name 2 >copy-$name
        touch -d "2001-01-01 00:00:0$([ $name != odd ] && echo 1 || echo 2)" copy-$name
        strace -qq -f -o trace -e trace=utimensat -e inject=utimensat:signal=KILL:when=2 \
            acp -p --update=changed fine/$name copy-$name >/dev/null 2>&1
        check "$name: killed before the old time is restored" grep -q 'killed by SIGKILL' trace
        gives "$name: killed before the old time is restored: the next run copies it" 0 "$name 1" '' \
            "acp -p --update=changed fine/$name copy-$name; cat copy-$name"
    done
else
    left_out 'killed before a time is restored' 'strace is missing'
fi
finish
