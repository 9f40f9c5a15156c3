#!/usr/bin/env bash
# setup.sh: scripts/setup installs what is missing, and nothing else; it needs no root if nothing is. scripts/lint knows
# its stages.
setup=$(cd "${0%/*}/../.." && pwd)/scripts/setup
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"

if [ "$engine" != sync ]; then
    ok 'nothing to test: the set-up does not depend on the engine'
    finish
fi
# This dpkg-query knows every package but those of $absent, and libc6-dev for two architectures. The other programs list
# their arguments.
cat >"$scratch/as/dpkg-query" <<'END'
#!/bin/bash
[[ " ${absent-} " != *" $4 "* ]] || exit 1
text=${3//'${db:Status-Status}'/installed}
printf "$text"
[ "$4" != libc6-dev ] || printf "$text"
END
for program in apt-get apt-cache sudo; do
    printf '#!/bin/sh\necho "%s $*" >>"%s/calls"\n' $program "$scratch" >"$scratch/as/$program"
done
printf '#!/bin/sh\necho 1000\n' >"$scratch/as/id"
chmod +x "$scratch/as"/*

# calls: prints what has been run since the last time
calls() {
    cat "$scratch/calls" 2>/dev/null
    rm -f "$scratch/calls"
}
for task in build check gnu cluster kernels lint fuzz valgrind compare bench deb static; do
    message=$("$setup" $task 2>&1 </dev/null)
    same "$task: nothing is missing" "0, , " "$?, $message, $(calls)"
done
export absent='zsh fish'
message=$("$setup" check 2>&1 </dev/null)
same "an ordinary user without a terminal: status" 1 $?
same "an ordinary user without a terminal: the command" \
    "  sudo apt-get update && sudo apt-get install -y --no-install-recommends fish zsh" "$(tail -n 1 <<<"$message")"
same "an ordinary user without a terminal: nothing is run" "" "$(calls)"
printf '#!/bin/sh\necho 0\n' >"$scratch/as/id"
same "root" "scripts/setup: installing fish zsh" "$("$setup" check 2>&1 </dev/null)"
check "root: the missing packages are installed" \
    grep -q '^apt-get .* install -y --no-install-recommends fish zsh$' "$scratch/calls"
# -- scripts/lint and the Makefile --
if make -sC "${setup%/*}/.." print-flags >/dev/null 2>&1; then
    # defines WORD [VARIABLE...]: whether the files are compiled with -DWORD
    defines() {
        make -sC "${setup%/*}/.." print-flags "${@:2}" | grep -qw -e "-D$1" && echo yes
    }
    same 'libipsec-mb: not for another processor' '' "$(defines HAVE_IPSEC_MB CPPFLAGS=-U__x86_64__)"
    same 'libipsec-mb: not without its header' '' "$(defines HAVE_IPSEC_MB CPPFLAGS=-nostdinc)"
    [ "$(uname -m)" != x86_64 ] || [ ! -e /usr/include/intel-ipsec-mb.h ] ||
        same 'libipsec-mb: for this processor' yes "$(defines HAVE_IPSEC_MB)"
    message=$("${setup%/*}/lint" no-such-stage 2>&1)
    same 'lint: a mistyped stage' "1 lint: there is no stage no-such-stage" "$? ${message%%;*}"
fi
finish
