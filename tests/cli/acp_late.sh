#!/usr/bin/env bash
# acp_late.sh: acp while each lock is taken late, so that what a thread is about to wait for has often come before:
# BIN_DIR ENGINE
# needs: cc
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"

if [ -n "$sanitizer" ]; then
    left_out 'all of it' 'the library of a sanitizer must be loaded first'
    ok 'nothing to test'
    finish
fi
cc -shared -fPIC -o late.so -x c - -ldl <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

int pthread_mutex_lock(pthread_mutex_t *mutex)
{
    int (*next)(pthread_mutex_t *) = (int (*)(pthread_mutex_t *))dlsym(RTLD_NEXT, "pthread_mutex_lock");

    usleep((useconds_t)(random() % 300));
    return next(mutex);
}
END
check 'the library that delays locks is there' test -s late.so
# late COMMAND...: runs it so
late() {
    LD_PRELOAD=$scratch/work/late.so timeout "$limit_seconds" "$@"
}

# A link that an earlier operand may read is replaced when that one has been copied.
mkdir source
operands=()
for i in {1..40}; do
    echo text >"source/a$i"
    ln -s new "source/b$i"
    operands+=("source/a$i" "source/b$i")
done
for options in -P "-P -j4" "-a -j4" "-P -j4 --remove-destination" "-P -j4 --backup"; do
    status='' old=''
    for _ in {1..6}; do
        rm -rf copy
        mkdir copy
        for i in {1..40}; do
            ln -s old "copy/b$i"
        done
        # shellcheck disable=SC2086 # words
        late "$bin/acp" --engine="$engine" $options "${operands[@]}" copy
        status="$status $?"
        old="$old$(find copy -name 'b*[0-9]' -lname old)"
    done
    same "links over links, $options: each is replaced" ' 0 0 0 0 0 0 ' "$status $old"
done
finish
