#!/usr/bin/env bash
# acp_attributes.sh: modes of directories below directories that pass on their group, as with GNU cp: BIN_DIR ENGINE
# needs: perl
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
finish
