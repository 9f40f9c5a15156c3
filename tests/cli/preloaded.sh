#!/usr/bin/env bash
# preloaded.sh: with fakeroot, fakechroot and proot, which replace calls: BIN_DIR ENGINE
. "${0%/*}/lib.sh"

if [ -n "$sanitizer" ]; then
    left_out 'all of it' 'the library of a sanitizer must be loaded first'
    ok 'nothing to test'
    finish
fi

# devices COMMAND: prints what fakeroot tells of the copies of files that it has made
devices() {
    # shellcheck disable=SC2016 # for fakeroot's shell
    fakeroot bash -c '
        mkdir s s/sub
        echo x >s/f && ln s/f s/h
        mknod s/null c 1 3 && mknod s/sub/disk b 7 8
        chown 5:6 s/f s/sub && chmod 4751 s/f && chown 7:8 s/null
        "$0" -a s d && "$0" -au -T s d && "$0" -r s r && "$0" --copy-contents -r s c
        echo "status $?"
        find d r c -printf "%p %y %m %U:%G %n\n" | sort
        stat -c "%n %t:%T" d/null d/sub/disk' "$1" 2>&1
    rm -rf s d r c
}
if command -v fakeroot >/dev/null; then
    same 'fakeroot: devices, owners and set-ID bits' "$(PATH=$gnu_path devices cp)" "$(devices acp)"
    mkdir tree
    echo x >tree/f
    # shellcheck disable=SC2016 # for fakeroot's shell
    same 'fakeroot: ahash -r skips devices' "$(sha256sum tree/f)" \
        "$(fakeroot bash -c 'mknod tree/null c 1 3; ahash -r tree' 2>&1)"
else
    left_out 'fakeroot' 'it is not installed'
fi

# below_root TOOL: reads and copies files of the directory root, which TOOL makes /
below_root() {
    rm -rf root
    mkdir -p root/aio/sub root/to
    seq 30 >root/aio/small
    seq 300000 | tee root/aio/large >root/aio/sub/file
    same "$1: ahash" "$(sed 's,  ,  /,' <(cd root && sha256sum aio/small aio/large))" \
        "$("in_$1" ahash /aio/small /aio/large 2>&1)"
    same "$1: acat" "$(cat root/aio/small root/aio/large)" "$("in_$1" acat /aio/small /aio/large 2>&1)"
    same "$1: acat, one file" "$(cat root/aio/small)" "$("in_$1" acat /aio/small 2>&1)"
    same "$1: acp" '' "$("in_$1" acp -a /aio/small /aio/large /aio/sub /to 2>&1)"
    check "$1: acp: the copies" diff -r root/aio root/to
    same "$1: acp --atomic" '' "$("in_$1" acp --atomic /aio/large /to/small 2>&1)"
    check "$1: acp --atomic: the copy" cmp root/aio/large root/to/small
    # the threads' calls must not lead into each other's directories
    local directory name
    for directory in root/aio/{1..30}; do
        mkdir "$directory"
        for name in {1..20}; do
            echo "$directory/$name" >"$directory/$name"
        done
    done
    same "$1: acp -r" '' "$("in_$1" acp -r /aio /tree 2>&1)"
    check "$1: acp -r: the copies" diff -r root/aio root/tree
    same "$1: ahash -r" "$(cd root && find aio -type f -exec sha256sum {} + | sed 's,  ,  /,' | sort)" \
        "$("in_$1" ahash -r /aio 2>&1 | sort)"
}
# shellcheck disable=SC2317 # called by below_root
in_fakechroot() {
    FAKECHROOT_BASE=$scratch/work/root FAKECHROOT_EXCLUDE_PATH=$bin:/bin:/dev:/etc:/lib:/lib64:/proc:/sys:/usr \
        timeout "$limit_seconds" fakechroot "$@"
}
# By a filter of system calls, proot 5.4 can translate none of them: cat does not find a file below the root, either.
export PROOT_NO_SECCOMP=1
# shellcheck disable=SC2317 # called by below_root
in_proot() {
    timeout "$limit_seconds" proot -r root -b /usr -b /lib -b /lib64 -b /proc -b /dev -b "$bin" -w / "$bin/$1" "${@:2}"
}
# shellcheck disable=SC2317 # called by bound
in_bound() {
    timeout "$limit_seconds" proot -b "$scratch/work/there:$scratch/work/here" "$bin/$1" "${@:2}"
}
# bound: reads and copies files of a directory that proot puts in front of another one
bound() {
    rm -rf there here copies
    mkdir there here copies
    seq 30 >there/small
    seq 300000 >there/large
    seq 40 >here/small
    seq 400000 >here/large
    same 'proot -b: ahash' "$(cd there && sha256sum small large | sed 's,  ,  here/,')" \
        "$(in_bound ahash here/small here/large 2>&1)"
    same 'proot -b: acat' "$(cat there/small there/large)" "$(in_bound acat here/small here/large 2>&1)"
    same 'proot -b: acp' '' "$(in_bound acp -a here/small here/large copies 2>&1)"
    check 'proot -b: acp: the copies' diff -r there copies
}

for tool in fakechroot proot; do
    if ! command -v $tool >/dev/null; then
        left_out $tool 'it is not installed'
    elif ! in_$tool acat --version >/dev/null 2>&1; then
        left_out $tool 'it does not run here'
    else
        below_root $tool
        [ $tool = fakechroot ] || bound
    fi
done
finish
