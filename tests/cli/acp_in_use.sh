#!/usr/bin/env bash
# acp_in_use.sh: a destination that is another copy's source: each copy has all bytes of one of the two: BIN_DIR ENGINE
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"

# bytes LETTER MIB: a file of one letter
bytes() {
    head -c "$2M" /dev/zero | tr '\0' "$1"
}

# whole NAME FILE: FILE has all bytes of the first or of the second source
whole() {
    if cmp -s "$2" "$scratch/a" || cmp -s "$2" "$scratch/b"; then
        ok "$1"
    else
        not_ok "$1" "$2: $(stat -c %s "$2") bytes, $(tr -d A <"$2" | wc -c) of them no A"
    fi
}

bytes A 16 >"$scratch/a"
bytes B 16 >"$scratch/b"
for options in -r '-r -j1' '-r -j4 --reflink=never' '-r --verify' '-rf --block-size=64K --sparse=always'; do
    # s/x becomes d/x; s/y is written over s/x, which d/y leads to
    for how in 'a hard link' 'a symbolic link'; do
        rm -rf s d
        mkdir s d
        cp "$scratch/a" s/x
        cp "$scratch/b" s/y
        if [ "$how" = 'a hard link' ]; then ln s/x d/y; else ln -s ../s/x d/y; fi
        # shellcheck disable=SC2086 # options
        check "$options: the destination is $how to another source" timeout 60 acp $options s/. d
        whole "$options: $how: the copy of that source" d/x
        check "$options: $how: the source has been written over" cmp s/x "$scratch/b"
    done
    rm -rf t
    mkdir -p t/d/d
    cp "$scratch/a" t/d/x
    cp "$scratch/b" t/d/d/x
    echo old >t/x
    # shellcheck disable=SC2086 # options
    check "$options: a tree that lies in its destination" timeout 60 acp $options t/d/. t
    whole "$options: a tree that lies in its destination: the first level" t/x
    check "$options: a tree that lies in its destination: the second level" cmp t/d/x "$scratch/b"
done

# files that take each other's place: a copy that waits keeps no file from the others
rm -rf s d
mkdir s d
for ((i = 0; i < 200; i++)); do
    bytes "$((i % 10))" 1 >"s/$i"
    ln "s/$i" "d/$(((i + 1) % 200))"
done
check 'a ring of 200 files that lead to each other' timeout 60 acp -r s/. d
same 'a ring of 200 files: each has the bytes of one' '' \
    "$(for file in d/*; do bytes "$(head -c 1 "$file")" 1 | cmp - "$file" 2>&1; done)"
finish
