#!/usr/bin/env bash
# moved.sh: acp while another process moves a directory of the source or of the destination: BIN_DIR ENGINE
# needs: faultfs
# shellcheck source=tests/faults/lib.sh
. "${0%/*}/lib.sh"

if [ ! -x "$injected" ]; then
    left_out 'a run that stops at one call' 'it needs programs of a build'
    ok 'nothing to test'
    finish
fi

# The rights and times of a directory of --parents are known, but not what else the source may have.
for expected in 0 1; do
    options=--parents
    [ $expected = 0 ] || options="-p --parents"
    rm -rf source moved copy
    mkdir -p source/one copy
    echo text >source/one/file
    chmod 775 source source/one
    touch -d 2001-01-01 source source/one
    umask 002
    # shellcheck disable=SC2086 # words
    stopped_at "pwrite 1" --sparse=never --reflink=never $options source/one/file copy
    same "sources of $options: the run has stopped" 0 $?
    umask 022
    mv source moved
    kill -CONT "$stopped"
    wait "$stopped"
    same "sources of $options: the status" $expected $?
    same "sources of $options: the rights of the copies" "775 775" "$(stat -c %a copy/source copy/source/one | xargs)"
    if [ $expected = 1 ]; then
        same "sources of $options: the times of the copies" "$(stat -c %Y moved moved/one)" \
            "$(stat -c %Y copy/source copy/source/one)"
        same "sources of $options: what could not be read is told" 2 \
            "$(grep -c "listing attributes of 'source.*': No such file or directory" stopped-says)"
    fi
done

# With few descriptors, directories are opened again through those below them.
rm -rf source copy other
mkdir -p copy other "source/$(seq -s/ 40)"
chmod 755 source
chmod 700 other
touch -d 2001-01-01 other
printf '#!/bin/sh\nexec prlimit --nofile=20:20 "%s" "$@"\n' "$injected" >few
chmod +x few
injected=./few
stopped_at "mkdirat 30" -a source/. copy
same "a deep directory is moved: the run has stopped" 0 $?
mv "copy/$(seq -s/ 5)" other
before=$(stat -c '%a %y' other)
kill -CONT "$stopped"
wait "$stopped"
same "a deep directory is moved: the status" 1 $?
same "a deep directory is moved: the one that it is in now stays as it is" "$before" "$(stat -c '%a %y' other)"
finish
