#!/usr/bin/env bash
# no_proc.sh: the commands without /proc, as in a chroot or early at boot: BIN_DIR ENGINE
# needs: abench
here=$(cd "${0%/*}" && pwd)
. "${0%/*}/lib.sh"

# no_proc COMMAND...: runs it in its own mount namespace, with an empty directory as /proc
no_proc() {
    timeout "$limit_seconds" unshare -m --propagation private bash -c 'mount -t tmpfs none /proc && exec "$@"' no_proc "$@"
}
if [ "$sanitizer" = asan ]; then
    left_out 'all of it' 'LeakSanitizer, and its options, need /proc'
    ok 'nothing to test'
    finish
fi
if ! no_proc true 2>/dev/null; then
    left_out 'all of it' 'no mount namespace can be made here'
    ok 'nothing to test'
    finish
fi

mkdir -p s/sub
seq 1000 >s/f
seq 100000 >s/large
ln s/f s/h
ln -s f s/l
mkfifo -m 644 s/p
chmod 2751 s/sub
attributes=false
acls=false
setfattr -n user.x -v 1 s/f 2>/dev/null && setfattr -h -n trusted.x -v 2 s/l && setfattr -n user.x -v 3 s/sub && attributes=true
setfacl -m u:7:rwx s/sub 2>/dev/null && setfacl -d -m u:8:r s/sub && setfacl -m u:7:rw s/large && setfacl -m u:7:rw s/p && acls=true
$attributes || left_out 'extended attributes' "none in $scratch"
$acls || left_out 'ACLs' "none in $scratch"

value() {
    getfattr -h --only-values -n "$1" "$2" 2>&1
}

for options in -a '-a -j3' '-a --direct=always --block-size=16K'; do
    rm -rf d
    # shellcheck disable=SC2086 # words
    message=$(no_proc acp $options s d 2>&1)
    same "acp $options" "0 " "$? $message"
    check "acp $options: the files" diff <(cat s/f s/large) <(cat d/f d/large)
    check "acp $options: a hard link" test d/f -ef d/h
    same "acp $options: a symbolic link" f "$(readlink d/l)"
    same "acp $options: modes and times" "$(stat -c '%n %a %y' s/* | sed 's/^s//')" "$(stat -c '%n %a %y' d/* | sed 's/^d//')"
    if $attributes; then
        same "acp $options: a file's attribute" 1 "$(value user.x d/f)"
        same "acp $options: a link's attribute" 2 "$(value trusted.x d/l)"
        same "acp $options: a directory's attribute" 3 "$(value user.x d/sub)"
    fi
    if $acls; then
        same "acp $options: ACLs" "$(getfacl -cn s/sub s/large s/p 2>&1)" "$(getfacl -cn d/sub d/large d/p 2>&1)"
    fi
    # shellcheck disable=SC2086 # words
    message=$(no_proc acp $options -T s d 2>&1)
    same "acp $options, over it" "0 " "$? $message"
    check "acp $options, over it: a hard link" test d/f -ef d/h
done

# before Linux 6.10 a user other than root cannot name a file by its descriptor alone
old_kernel() {
    no_proc "$here/seccomp" ENOENT AT_EMPTY_PATH "$@"
}
rm -rf d
message=$(old_kernel acp -a s d 2>&1)
same "no AT_EMPTY_PATH: acp -a" "0 " "$? $message"
check "no AT_EMPTY_PATH: acp -a: a hard link" test d/f -ef d/h
same "no AT_EMPTY_PATH: acp -a: no name is left" "$(ls -A s)" "$(ls -A d)"
rm d/h
echo other >d/h
message=$(old_kernel acp -a -T s d 2>&1)
same "no AT_EMPTY_PATH: acp -a, over it" "0 " "$? $message"
check "no AT_EMPTY_PATH: acp -a, over it: a hard link" test d/f -ef d/h
message=$(old_kernel acp --atomic s/large atomic 2>&1)
same "no AT_EMPTY_PATH: acp --atomic" "0 " "$? $message"
check "no AT_EMPTY_PATH: acp --atomic: the copy" cmp s/large atomic

for old in none there; do
    what="--atomic, old file: $old"
    rm -f new
    [ $old = none ] || { echo old >new && chmod 640 new; }
    message=$(no_proc acp --atomic s/f new 2>&1)
    same "$what" "0 " "$? $message"
    check "$what: the copy" cmp s/f new
    [ $old = none ] || same "$what: its mode" 640 "$(stat -c %a new)"
    what="--manifest, old file: $old"
    message=$(no_proc acp --manifest=sums s/f plain 2>&1)
    same "$what" "0 " "$? $message"
    check "$what: it is true" sha256sum -c --quiet sums
    what="ahash --update, old file: $old"
    message=$(no_proc ahash -r --update=list s/f s/large 2>&1 >/dev/null)
    same "$what" "0 " "$? $message"
    check "$what: it is true" sha256sum -c --quiet list
done
same "no temporary file is left" "" "$(find . -name '.a*')"
same "acat" "$(sha256sum <s/large)" "$(no_proc acat s/large 2>&1 | sha256sum)"
same "ahash" "$(sha256sum s/f s/large)" "$(no_proc ahash s/f s/large 2>&1)"
for command in 'ahash s/f' 'acat s/f' 'acp s/f stat'; do
    # shellcheck disable=SC2086 # words
    message=$(no_proc $command --stats 2>&1 >/dev/null)
    same "--stats, $command: status" 0 $?
    check "--stats, $command: the engine" grep -q "engine.*$engine" <(echo "$message")
done
check "--stats=json: what the kernel does not report is null" \
    grep -q '"runqueue_seconds":null' <(no_proc ahash --stats=json s/f 2>&1)
no_proc abench hash --warm --pairs=1 --json=report s/large >out 2>err
same "abench: status" 0 $?
check "abench: the report" grep -q '"arms"' report
check "abench: what the kernel does not report is null" grep -q '"memory_bytes": null' report
finish
