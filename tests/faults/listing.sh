#!/usr/bin/env bash
# listing.sh: --stats if the run waits for a directory to be listed: BIN_DIR ENGINE.
# needs: faultfs
# shellcheck source=tests/faults/lib.sh
. "${0%/*}/lib.sh"

# few files: on a busy machine each of their calls takes long, and the listing must take longest
mkdir -p "$below/tree/slow"
for i in 1 2 3 4; do
    echo "$i" >"$below/tree/slow/$i"
done
echo 0 >"$below/tree/0"

# of STATS EXPRESSION: prints a Python expression of the counters
of() {
    python3 -c "import json, sys; d = json.load(open(sys.argv[1])); print($2)" "$1"
}

# run COMMAND...: with the counters in stats, on a directory that takes two seconds to list
run() {
    fresh_mount
    rules "readdir tree/slow delay=2000"
    "$@" >out 2>stats
    rules
}

for command in "ahash -r --stats=json" "acp -r --stats=json"; do
    [ "${command%% *}" = acp ] && to=copy || to=
    # shellcheck disable=SC2086
    run $command "$mnt/tree" $to
    same "${command%% *}: a slow directory is what the run waits for" 'names True' \
        "$(of stats 'd["bottleneck"], "by listing one directory: " in d["bottleneck_text"]' | tr -d "(),'")"
    same "${command%% *}: its name and size" "$mnt/tree/slow 4 2" \
        "$(of stats '"%s %d %d" % (d["slowest_directory"], d["slowest_directory_names"], d["directories"])')"
    same "${command%% *}: the time" 'True True' \
        "$(of stats '"%s %s" % (d["slowest_directory_seconds"] > 1.5, d["listing_seconds"] >= d["slowest_directory_seconds"])')"
done
run ahash -r --stats "$mnt/tree"
check 'text' grep -q "^listing    2 directories in [2-9][0-9.]* s, the slowest in [2-9][0-9.]* s: '*$mnt/tree/slow'* with 4 names$" stats
same 'no directory, no line' 0 "$(ahash --stats "$below/tree/0" 2>&1 >/dev/null | grep -c '^listing')"
same 'and no name' None "$(ahash --stats=json "$below/tree/0" 2>stats >/dev/null; of stats 'd["slowest_directory"]')"
finish
