#!/usr/bin/env bash
# remote.sh: the workers of acp on a filesystem whose calls may take a round trip to a server: BIN_DIR ENGINE.
# needs: faultfs
# shellcheck source=tests/faults/lib.sh
. "${0%/*}/lib.sh"

mkdir tree "$below/tree"
echo a >tree/a
echo b >"$below/tree/b"
most=$(nproc)
[ "$most" -ge 32 ] || most=32

# jobs OPERAND...: prints the number of workers of a copy
jobs() {
    acp -r --stats=json "$@" 2>&1 | grep -o '"jobs":[0-9]*' | cut -d : -f 2
}
same 'to it, a new name' "$most" "$(jobs tree "$mnt/new")"
same 'to it, into a directory' "$most" "$(jobs tree "$mnt")"
same 'to its root' "$most" "$(jobs -T tree "$mnt")"
same 'from it' "$most" "$(jobs "$mnt/tree" new)"
same 'a number that is given counts' 3 "$(jobs -j3 tree "$mnt/new")"
same 'a copy that stays on this machine has one a processor' "$(nproc)" "$(jobs tree local)"
same 'a file has one' '"jobs":1' "$(acp --stats=json tree/a "$mnt/a" 2>&1 | grep -o '"jobs":[0-9]*')"
finish
