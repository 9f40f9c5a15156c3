#!/usr/bin/env bash
# left_out.sh: scripts/check counts what cannot run, with the reasons, and fails for it if CI is "true". It ends tests
# that hang.
check_script=$(cd "${0%/*}/../.." && pwd)/scripts/check
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"

if [ "$engine" != sync ]; then
    ok 'nothing to test: the engines are not run'
    finish
fi
mkdir -p scripts installed build/bin build/tests tests/cli tests/faults
cp "$check_script" scripts
for kind in unit contract fuzz; do
    mkdir tests/$kind build/tests/$kind
    touch tests/$kind/test.c
    printf '#!/bin/sh\necho ok - 1\n' >build/tests/$kind/test
done
# shellcheck disable=SC2016 # for the tests
{
    printf '#!/bin/sh\n# needs: sh no-such-program\necho ok - 1\n' >tests/cli/needs.sh
    printf '#!/bin/sh\necho "ok - $1 $2"\n[ "$1" != %s/installed ] || echo ok - 2\n' "$PWD" >tests/cli/runs.sh
    printf '#!/bin/sh\necho ok - 1\necho "# sum: left out: a mount: not root"\n' >tests/cli/part.sh
    printf '#!/bin/sh\necho "# sum: left out: all of it: not root"\n' >tests/cli/nothing.sh
    printf '#!/bin/sh\n# needs: injected\necho ok - 1\n' >tests/faults/inject
}
chmod +x build/tests/*/test tests/*/*.sh tests/faults/inject
echo '# nothing' >tests/left_out
unset CI CHECK_BIN CHECK_CASE

# checked [VARIABLE=VALUE]...: the lines after the tests' own
checked() {
    env "$@" scripts/check 2>&1 | sed '1,/^$/d'
}
needs='    tests/cli/needs.sh sync: no-such-program is missing (1)
    tests/cli/needs.sh uring: no-such-program is missing (1)'
inject='    tests/faults/inject sync: it needs programs of a build (1)
    tests/faults/inject uring: it needs programs of a build (1)'
part='    a mount: not root (2)
    all of it: not root (2)'
same 'of a build' "8 left out:
$part
$needs
$inject
7 passed, 0 failed" "$(checked)"
same 'of installed programs' "11 left out:
$part
$needs
    tests/contract/test: a program of a build (1)
$inject
    tests/fuzz/test: a program of a build (1)
    tests/unit/test: a program of a build (1)
6 passed, 0 failed" "$(checked CHECK_BIN="$PWD/installed")"
message=$(checked CI=true)
same 'CI: the sum' "CI=true: 8 of them are not listed in tests/left_out, and count as failed
7 passed, 8 failed" "$(tail -n 2 <<<"$message")"
check 'CI: the status' bash -c '! CI=true scripts/check'
printf '# reason\na mount: not root\nall of it: not root\nno-such-program is missing\nneeds programs of a build\n' >tests/left_out
same 'CI: all of it is listed' "CI=true: 0 of them are not listed in tests/left_out, and count as failed
7 passed, 0 failed" "$(checked CI=true | tail -n 2)"
check 'CI: all of it is listed: the status' env CI=true scripts/check
same 'without io_uring' "    tests/cli/needs.sh uring: AIOUTILS_TEST_NO_URING is set (1)
    tests/cli/nothing.sh uring: AIOUTILS_TEST_NO_URING is set (1)
    tests/cli/part.sh uring: AIOUTILS_TEST_NO_URING is set (1)
    tests/cli/runs.sh uring: AIOUTILS_TEST_NO_URING is set (1)
    tests/faults/inject uring: AIOUTILS_TEST_NO_URING is set (1)" \
    "$(checked AIOUTILS_TEST_NO_URING=1 | grep AIOUTILS)"
mkdir -p build/tests/faults && cp tests/faults/inject build/tests/faults/acp
rm tests/cli/needs.sh tests/cli/nothing.sh tests/cli/part.sh
same 'nothing is left out' "7 passed, 0 failed" "$(checked)"
# as cmocka 1.1.5 and 1.1.7 print it
printf '#!/bin/sh\nprintf "%%s\\n" 1..3 "no filter" "not ok 1 # SKIP one" "ok 2 - two" "ok 3 # SKIP three"\n' \
    >build/tests/unit/test
printf '#!/bin/sh\nprintf "%%s\\n" 1..1 "no filter" "not ok 1 # SKIP all"\n' >build/tests/fuzz/test
same 'skipped cases of C programs' "3 left out:
    tests/fuzz/test: all: no filter (1)
    tests/unit/test: one: no filter (1)
    tests/unit/test: three: it cannot run here (1)
6 passed, 0 failed" "$(checked)"

# -- the limit of time --
rm tests/cli/*.sh tests/faults/*
# shellcheck disable=SC2016 # for the test
printf '#!/bin/sh\nfor i in 1 2 3 4 5 6 7 8; do sleep 1; echo ok - $i; done\n' >tests/cli/works.sh
printf '#!/bin/sh\necho ok - 1\nsleep 100\n' >tests/cli/hangs.sh
chmod +x tests/cli/*.sh
same 'a test that prints is not ended, one that hangs is' '18 passed, 2 failed' \
    "$(CHECK_LIMIT_SECONDS=6 CHECK_JOBS=4 scripts/check build tests/cli 2>&1 | tail -n 1)"
finish
