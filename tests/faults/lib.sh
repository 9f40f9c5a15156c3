# shellcheck shell=bash
# lib.sh: shared by the tests on a faulty filesystem: tests/cli/lib.sh, and faultfs on $mnt, which shows $below. Both
# are empty.
# shellcheck source=tests/cli/lib.sh
. "${BASH_SOURCE[0]%/*}/../cli/lib.sh" # sets bin, scratch

if [ -n "${AIOUTILS_TEST_NO_FUSE-}" ]; then
    left_out 'all of it' 'AIOUTILS_TEST_NO_FUSE is set'
    ok 'nothing to test'
    finish
fi
faultfs=$bin/../tests/faults/faultfs
[ -x "$faultfs" ] || faultfs=$bin/../libexec/aioutils/faultfs # installed
below=$scratch/below
mnt=$scratch/mnt
mkdir "$below" "$mnt"
trap 'unmount; chmod -R u+rwX "$scratch" 2>/dev/null; rm -rf "$scratch"' EXIT

unmount() {
    # while an answer is due the mount is busy; a lazy unmount ends with it
    umount "$mnt" 2>/dev/null || umount -l "$mnt" 2>/dev/null || fusermount3 -uz "$mnt" 2>/dev/null
}

# fresh_mount [OPTION...]: mounts faultfs again, so that no earlier request or cached page is left
# shellcheck disable=SC2120 # the tests do
fresh_mount() {
    ! mountpoint -q "$mnt" || unmount
    if ! "$faultfs" "$@" "$below" "$mnt" 2>&1; then
        not_ok "faultfs can be mounted here" "AIOUTILS_TEST_NO_FUSE=1 leaves these tests out"
        finish
    fi
}

# rules [RULE...]: replaces the rules (rules.h)
rules() {
    : >"$mnt/.faultfs"
    # in one write: bash would write line by line
    [ $# -eq 0 ] || printf '%s\n' "$@" | dd of="$mnt/.faultfs" bs=65536 iflag=fullblock status=none || exit 2
}

# fails NAME MESSAGE COMMAND...: expects status 1 and a line that matches
fails() {
    local name=$1 message=$2 status
    shift 2
    timeout "$limit_seconds" "$@" >out 2>"$scratch/stderr" </dev/null
    status=$?
    if [ $status -eq 1 ] && grep -q -- "$message" "$scratch/stderr"; then
        ok "$name"
    else
        not_ok "$name" "status $status, not $message: $(cat "$scratch/stderr")"
    fi
}

# applied: prints how often the first rule was applied
applied() {
    head -n 1 "$mnt/.faultfs" | sed 's/.*applied //'
}
injected=$bin/../tests/faults/acp
# stopped_at PLAN COMMAND-OPERAND...: starts acp, which stops before a call; waits for that, and sets $stopped
stopped_at() {
    AIOUTILS_INJECT="$1 SIGSTOP" "$injected" --engine="$engine" "${@:2}" 2>stopped-says &
    stopped=$!
    # shellcheck disable=SC2016 # for the inner shell
    timeout "$limit_seconds" bash -c 'until grep -q "^State:.T" "/proc/$1/status"; do sleep 0.02; done' - $stopped
}

# shellcheck disable=SC2119
fresh_mount
