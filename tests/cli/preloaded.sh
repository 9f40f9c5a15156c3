#!/usr/bin/env bash
# preloaded.sh: libraries that replace calls, those of fakeroot and fakechroot: BIN_DIR ENGINE
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

# in_root COMMAND...: runs it as if the directory root were /
in_root() {
    FAKECHROOT_BASE=$scratch/work/root FAKECHROOT_EXCLUDE_PATH=$bin:/bin:/dev:/etc:/lib:/lib64:/proc:/sys:/usr \
        timeout "$limit_seconds" fakechroot "$@"
}
if command -v fakechroot >/dev/null; then
    mkdir -p root/aio/sub
    seq 30 >root/aio/small
    seq 300000 | tee root/aio/large >root/aio/sub/file
    same 'fakechroot: ahash' "$(sed 's,  ,  /,' <(cd root && sha256sum aio/small aio/large))" \
        "$(in_root ahash /aio/small /aio/large 2>&1)"
    same 'fakechroot: acat' "$(cat root/aio/small root/aio/large)" "$(in_root acat /aio/small /aio/large 2>&1)"
    same 'fakechroot: acat, one file' "$(cat root/aio/small)" "$(in_root acat /aio/small 2>&1)"
    mkdir root/to
    same 'fakechroot: acp' '' "$(in_root acp -a /aio/small /aio/large /aio/sub /to 2>&1)"
    check 'fakechroot: acp: the copies' diff -r root/aio root/to
    same 'fakechroot: acp --atomic' '' "$(in_root acp --atomic /aio/large /to/small 2>&1)"
    check 'fakechroot: acp --atomic: the copy' cmp root/aio/large root/to/small
else
    left_out 'fakechroot' 'it is not installed'
fi
finish
