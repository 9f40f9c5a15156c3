#!/usr/bin/env bash
# hidden.sh: each feature of the kernel that the commands can do without is hidden, as by an older kernel, a container
# or a filesystem: BIN_DIR ENGINE. The results must be right, without a message.
# needs: strace python3
# shellcheck source=tests/cli/lib.sh
here=$(cd "${0%/*}" && pwd)
. "${0%/*}/lib.sh"

mkdir -p tree/sub/empty
for i in 1 2 3 4 5 6; do seq "${i}000" >"tree/$i"; done
mkdir tree/many
for i in {1..150}; do echo "$i" >"tree/many/$i"; done
head -c 3000000 /dev/urandom >tree/large
cp tree/1 tree/sub/inner
ln tree/2 tree/sub/linked
ln -s ../1 tree/sub/symbolic
: >tree/none
printf data >tree/holes
truncate -s 5000000 tree/holes
printf end >>tree/holes
mkfifo -m 604 tree/fifo
chmod 2750 tree/sub
chmod 600 tree/3
find tree -exec touch -h -d '2001-02-03 04:05:06.123456789' {} +
find tree -type f | sort | xargs sha256sum >sums
# without those that cost time and prove no more
sed -i '/ tree.many/d' sums
files=$(cut -c67- sums)
digest=$(head -c 64 sums)
cat tree/1 tree/large tree/holes >whole

# A run of every command; it starts no other programs, which would lack the feature, too.
# shellcheck disable=SC2016 # for the inner shell
commands='
    step() { local to=$1; shift; "$@" >"$to" 2>"$to.err" || echo "$* exits with $?"; [ ! -s "$to.err" ] || cat "$to.err"; }
    step out1 acp -r tree plain
    step out2 acp -a tree same
    step out3 acp -a --direct=always tree past
    step out4 acp -r --verify --atomic --direct=always -j4 tree verified
    step out5 acp --atomic --backup=numbered tree/large old
    step out6 acp --backup=numbered tree/1 old1
    step hashed ahash $files
    step walked ahash -r sub
    step out7 ahash -c --quiet sums
    step out8 ahash -c --quiet --direct=always sums
    step out9 ahash --update=list $files
    step copied acat tree/1 tree/large tree/holes
    step out10 acat --discard tree/large
'

# hidden ERRNO CALL[,CALL]...: checks all commands while these fail
hidden() {
    local what="$2: $1"
    rm -rf plain same past verified old* list sub out* hashed walked copied
    cp -a tree/sub sub
    echo old >old
    echo old >old1
    echo "${digest//?/0}  tree/1" >list
    # files that are not cached take another way
    sync tree/large
    gnu dd if=tree/large iflag=nocache count=0 status=none
    same "$what: status and messages" "" "$(files=$files timeout "$limit_seconds" "$here/seccomp" "$1" "$2" \
        bash -c "$commands" 2>&1)"
    check "$what: acp -r" diff -r --no-dereference -x fifo tree plain
    same "$what: acp -a" "" "$("$here/same_tree" --ignore=holes tree same 2>&1)"
    check "$what: acp -a --direct=always" diff -r --no-dereference -x fifo tree past
    check "$what: acp --verify --atomic" diff -r --no-dereference -x fifo tree verified
    check "$what: acp --atomic --backup" cmp tree/large old
    same "$what: acp --atomic --backup, the old file" old "$(cat 'old.~1~')"
    check "$what: acp --backup" cmp tree/1 old1
    same "$what: acp --backup, the old file" old "$(cat 'old1.~1~')"
    check "$what: ahash" cmp sums hashed
    same "$what: ahash -r" "$(sed -n 's:  tree/sub/:  sub/:p' sums)" "$(sort -k2 walked)"
    check "$what: ahash --update" cmp sums <(grep -v "^#" list)
    check "$what: acat" cmp whole copied
    same "$what: no temporary file is left" "" "$(find . -name '.a*')"
}

# For the C library of 32-bit processors stat(2) is statx, and it does not expect a filter that answers EPERM.
statx=statx
[ "$(od -An -tu1 -j4 -N1 "$bin/acp")" -eq 2 ] || statx=
for call in cachestat clone3 close_range copy_file_range faccessat2 fallocate fchmodat2 getrandom openat2 preadv2 statx \
    fadvise64,fstatfs,memfd_create,mincore,sched_getaffinity; do
    hidden ENOSYS $call
    [ "$call $statx" = 'statx ' ] || hidden EPERM $call
done
[ -n "$statx" ] || left_out 'statx: EPERM' 'the C library of 32-bit processors needs statx'

hidden ENOSYS renameat2 # older than filters
hidden EINVAL openat2   # before RESOLVE_CACHED
hidden EOPNOTSUPP RWF_NOWAIT
hidden EINVAL RWF_NOWAIT
hidden EOPNOTSUPP FICLONE
hidden EPERM FICLONE
hidden EOPNOTSUPP O_TMPFILE
hidden EISDIR O_TMPFILE
hidden EINVAL O_DIRECT
hidden EINVAL SEEK_DATA
hidden EINVAL getrandom,O_TMPFILE # all copies have temporary names at a time
hidden EOPNOTSUPP fallocate
hidden EXDEV copy_file_range
hidden ENOSYS cachestat,mincore,openat2,preadv2,copy_file_range,statx,close_range,faccessat2,fchmodat2,clone3
hidden EPERM cachestat,mincore,openat2,preadv2,copy_file_range,close_range,faccessat2,fchmodat2,clone3${statx:+,statx}

# Rings with fewer features: strace makes the first ways to set one up fail, which an older kernel does not know, or the
# kernel's list of operations end before IORING_OP_READ.
# old_ring EXPRESSION COMMAND...
old_ring() {
    local expression=$1
    shift
    strace -f -qqq -o "$scratch/trace" -e trace=io_uring_setup,io_uring_register -e "inject=$expression" "$@"
}
if [ "$engine" = uring ]; then
    for when in 1+2 1..2+3; do
        what="io_uring_setup fails, when=$when"
        expression=io_uring_setup:error=EINVAL:when=$when
        rm -rf plain
        same "$what: acp -r" "" "$(old_ring "$expression" acp -r -j1 tree plain 2>&1)"
        check "$what: it failed" grep -q 'EINVAL.*INJECTED' "$scratch/trace"
        check "$what: acp -r, the copy" diff -r --no-dereference -x fifo tree plain
        # shellcheck disable=SC2086 # names without blanks
        same "$what: ahash" "$(cat sums)" "$(old_ring "$expression" ahash -j1 --direct=always $files 2>&1)"
    done
fi
# shellcheck disable=SC2086 # names without blanks
same "an operation is missing: ahash" "$(cat sums)" \
    "$(old_ring io_uring_register:poke_exit=@arg3=05:when=1 ahash --engine=auto $files 2>&1)"
check "an operation is missing: --stats" grep -q 'engine.*not uring: .*lacks an operation' \
    <(old_ring io_uring_register:poke_exit=@arg3=05:when=1 ahash --engine=auto --stats tree/1 2>&1)

# Without /proc only fchmodat2, an ACL, and a FIFO's own descriptor change its mode.
no_proc() {
    unshare -m --propagation private bash -c 'mount -t tmpfs none /proc && exec "$@"' no_proc "$@"
}
if [ "$sanitizer" != asan ] && no_proc true 2>/dev/null; then
    for errno in ENOSYS EPERM; do
        rm -rf same
        same "fchmodat2: $errno, and no /proc: acp -a" "" \
            "$(no_proc "$here/seccomp" $errno fchmodat2 "$bin/acp" -a tree same 2>&1)"
        same "fchmodat2: $errno, and no /proc: acp -a, the copy" "" \
            "$("$here/same_tree" --ignore=holes tree same 2>&1)"
    done
    # a writer that waits for a reader of the new FIFO must go on waiting: what it writes would be lost
    mkdir s
    mkfifo -m 640 s/p
    if setfacl -m u:7:r s/p 2>/dev/null && setfacl -b s/p; then
        timeout "$limit_seconds" strace -f -qqq -o trace -e trace=none -e inject=mknodat,mknod:delay_exit=1000000 unshare -m \
            --propagation private bash -c 'mount -t tmpfs none /proc && exec "$@"' no_proc \
            "$here/seccomp" EPERM fchmodat2 "$bin/acp" -a s d 2>messages &
        copy=$!
        until [ -p d/p ] || ! kill -0 $copy 2>/dev/null; do sleep 0.02; done
        bash -c 'echo written >d/p' &
        wait $copy
        same 'a FIFO without fchmodat2 and /proc: acp -a' '0 ' "$? $(cat messages)"
        same 'a FIFO without fchmodat2 and /proc: its mode' 640 "$(stat -c %a d/p)"
        sleep 0.2
        same 'a FIFO without fchmodat2 and /proc: its writer waits' written "$(timeout 5 cat d/p)"
        wait
    else
        left_out 'the writer of a new FIFO' "no ACLs in $scratch"
    fi
else
    left_out 'fchmodat2 without /proc' 'no mount namespace can be made here, or LeakSanitizer needs /proc'
fi
finish
