#!/usr/bin/env bash
# acp_attributes.sh: modes of directories below directories that pass on their group, as with GNU cp: BIN_DIR ENGINE
# shellcheck source=tests/cli/lib_cp.sh
. "${0%/*}/lib_cp.sh"
. "${0%/*}/lib.sh"
stand_in cp acp

tree='mkdir -p s/closed s/open s/special; chmod 750 s/closed; chmod 755 s s/open; chmod 3775 s/special; echo a >s/closed/a
    mkdir d old; chmod 2775 d; mkdir d/there; chmod 2700 d/there'
for options in -a -r -rp '-r --no-preserve=mode' '-a --no-preserve=mode' '-r --preserve=mode' '-a --no-preserve=ownership'; do
    same_as_cp "below a set-group-ID directory: $options" "$tree" "umask 022; cp $options s d"
    same_as_cp "below a set-group-ID directory: $options, over one" "$tree" "umask 027; cp $options s/closed/. d/there"
    if [ "$(id -u)" -eq 0 ]; then
        same_as_cp "below a set-group-ID directory of another group: $options" "$tree; chgrp 4711 d; chmod g+s d" \
            "umask 022; cp $options s d"
    fi
done
finish
