# shellcheck shell=bash
# lib.sh: shared by the command line tests. A test starts with
#
#   . "${0%/*}/lib.sh"        its arguments: BIN_DIR ENGINE
#
# and is then in an empty directory of its own, with BIN_DIR first in PATH and ENGINE in
# $AIOUTILS_ENGINE. Each case prints "ok - NAME" or "not ok - NAME"; `finish` ends the script.
set -uo pipefail
export LC_ALL=C
unset POSIXLY_CORRECT

if [ $# -ne 2 ]; then
    echo "usage: $0 BIN_DIR sync|uring" >&2
    exit 2
fi
bin=$(cd "$1" && pwd) || exit 2
engine=$2
export AIOUTILS_ENGINE=$engine
export limit_seconds=60
passed=0
failed=0
gnu_path=$PATH
tests=$(cd "${BASH_SOURCE[0]%/*}/.." && pwd) || exit 2
scratch=$(mktemp -d "${TMPDIR:-/tmp}/aioutils-cli.XXXXXX") || exit 2
trap 'chmod -R u+rwX "$scratch" 2>/dev/null; rm -rf "$scratch"' EXIT
trap 'exit 129' HUP INT TERM
chmod 755 "$scratch" # for commands that run as another user
mkdir "$scratch/as" "$scratch/work"
own_path=$scratch/as:$bin:$gnu_path
export PATH=$own_path
cd "$scratch/work" || exit 2

# The sanitizer of the build: asan, tsan or empty. A sanitizer reserves terabytes of address space, so tests that limit
# the address space must skip.
sanitizer=$(grep -aoE -m 1 '__(asan|tsan)_init' "$bin/acp" | head -n 1)
sanitizer=${sanitizer#__}
sanitizer=${sanitizer%_init}

# LeakSanitizer does not work under strace.
if command -v strace >/dev/null; then
    strace() {
        ASAN_OPTIONS="${ASAN_OPTIONS-}:detect_leaks=0" command strace "$@"
    }
    export -f strace
fi

# wanted NAME: succeeds if the case must be reported: without CHECK_CASE, or if the name matches this glob
wanted() {
    # shellcheck disable=SC2053 # the right side is a glob
    [[ -z ${CHECK_CASE-} || $1 == "$CHECK_CASE" || $1 == $CHECK_CASE ]]
}

ok() {
    wanted "$1" || return 0
    passed=$((passed + 1))
    echo "ok - $1"
}

# not_ok NAME [DETAIL]
not_ok() {
    wanted "$1" || return 0
    failed=$((failed + 1))
    echo "not ok - $1"
    [ -z "${2-}" ] || printf '%s\n' "$2" | sed 's/^/# /'
}

# check NAME COMMAND...: expects exit status 0
check() {
    local name=$1 output
    shift
    if output=$("$@" 2>&1 </dev/null); then
        ok "$name"
    else
        not_ok "$name" "$* failed: ${output:0:2000}"
    fi
}

# same NAME EXPECTED ACTUAL: compares two texts
same() {
    if [ "$2" = "$3" ]; then
        ok "$1"
    else
        not_ok "$1" "expected: $2"$'\n'"actual:   $3"
    fi
}

# stand_in GNU_NAME PROGRAM: makes PROGRAM available to snippets under that name. It is a copy, so that another user
# can run it wherever BIN_DIR is.
stand_in() {
    cp "$bin/$2" "$scratch/as/$1" || exit 2
}

# gnu COMMAND...: runs the system's program, for expected results
gnu() {
    PATH=$gnu_path "$@"
}

gnu_version=$(gnu cp --version | sed -n '1s/.* //p')
declare -A gnu_changes=()

# gnu_since VERSION PART CHANGE: Our programs behave as coreutils 9.1. If the system has VERSION or later, the next
# comparison with GNU changes its PART: stdout, stderr, status or files by the sed script CHANGE. `snippet`: GNU's side
# runs CHANGE instead. tests/cli/gnu_texts has what is not special to one case.
gnu_since() {
    ! printf '%s\n' "$1" "$gnu_version" | sort -VC || gnu_changes[$2]=$3
}

# gnu_as_9_1 PART...: changes what GNU's side gave
gnu_as_9_1() {
    local part
    [ "$gnu_version" != 9.1 ] || return 0
    for part; do
        if [[ $part == std* ]]; then
            "$tests/cli/gnu_texts" <"$scratch/gnu.$part" >"$scratch/gnu.text"
            mv "$scratch/gnu.text" "$scratch/gnu.$part"
        fi
        [ -z "${gnu_changes[$part]-}" ] || sed -i "${gnu_changes[$part]}" "$scratch/gnu.$part"
    done
}

# gnu_too_long LENGTH [REASON]: for snippets: as `b2sum -l LENGTH` of 9.1. 9.6 and 9.7 take it for 512, and later
# versions print no REASON.
gnu_too_long() {
    local line
    line=$(b2sum -l 7 2>&1 | head -n 1)
    printf '%s\n' "${line/7/"$1"}${2-}" >&2
    line=${line##* }
    [ -n "${2-}" ] || echo "b2sum: maximum digest length for ${line/7/BLAKE2b} is 512 bits" >&2
    return 1
}
export -f gnu_too_long

# run_snippet PATH SNIPPET OUT: leaves OUT.stdout, OUT.stderr, OUT.status. The snippet runs in the current directory of
# the test, with its exported variables.
run_snippet() {
    PATH=$1 timeout -k 5 "$limit_seconds" bash -c "$2" \
        </dev/null >"$scratch/$3.stdout" 2>"$scratch/$3.stderr"
    echo $? >"$scratch/$3.status"
}

# same_as_gnu NAME SNIPPET: expects the same standard output, standard error and exit status from a piece of shell with
# GNU's program and with ours. Later cases must not rely on its files: CHECK_CASE can skip it.
same_as_gnu() {
    local part difference detail=''
    wanted "$1" || { gnu_changes=() && return 0; }
    run_snippet "$gnu_path" "${gnu_changes[snippet]-$2}" gnu
    run_snippet "$own_path" "$2" own
    gnu_as_9_1 stdout stderr status
    gnu_changes=()
    for part in stdout stderr status; do
        difference=$(diff -a "$scratch/gnu.$part" "$scratch/own.$part") ||
            detail+="$part differs: ${difference:0:2000}"$'\n'
    done
    if [ -z "$detail" ]; then
        ok "$1"
    else
        not_ok "$1" "$2"$'\n'"$detail"
    fi
}

# gives NAME STATUS STDOUT STDERR SNIPPET: expects this output, without newlines at the end, from our programs
gives() {
    local status out err
    run_snippet "$own_path" "$5" own
    status=$(cat "$scratch/own.status")
    out=$(cat "$scratch/own.stdout")
    err=$(cat "$scratch/own.stderr")
    if [ "$status" = "$2" ] && [ "$out" = "$3" ] && [ "$err" = "$4" ]; then
        ok "$1"
    else
        not_ok "$1" "$5"$'\n'"status $status, expected $2"$'\n'"stdout: $out"$'\n'"stderr: $err"
    fi
}

# left_out WHAT REASON: reports skipped tests; make check shows it
left_out() {
    echo "# sum: left out: $1: $2"
}

# as_nobody COMMAND...: runs it without root's right to read everything
as_nobody() {
    if [ "$(id -u)" -eq 0 ]; then
        setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
    else
        "$@"
    fi
}
export -f as_nobody
# Others cannot reach a clone in the home directory of root.
if ! as_nobody test -x "$bin/acp"; then
    for program in acp ahash acat abench; do
        [ ! -x "$bin/$program" ] || stand_in "$program" "$program"
    done
fi

# child_of PID: prints the PID of its only child
child_of() {
    sed -n "s/^\([0-9]*\) (.*) [A-Z] $1 .*/\1/p" /proc/[0-9]*/stat 2>/dev/null
}

finish() {
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
    exit
}
