#!/usr/bin/env bash
# options_listed.sh: each program's option table, --help, man page and completions list the same options.
# needs: ldd cc perl python3 abench
source=$(cd "${0%/*}/../.." && pwd)
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"

if [ "$engine" != sync ]; then
    ok 'nothing to test: the options do not depend on the engine'
    finish
fi
# A static program has its own getopt_long.
if ! ldd "$bin/acp" >/dev/null 2>&1; then
    left_out 'lists of options' 'the programs are linked statically'
    ok 'nothing to test'
    finish
fi

# prints the tables instead of parsing
cat >getopt.c <<'C'
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

int getopt_long(int argc, char *const *argv, const char *letters, const struct option *options, int *index)
{
    static const char *const arguments[] = {[no_argument] = "", [required_argument] = "=", [optional_argument] = "[="};

    (void)argc, (void)argv, (void)index;
    for (; *letters; letters++)
        if (*letters != ':')
            printf("-%c\n", *letters);
    for (; options->name; options++)
        printf("--%s%s\n", options->name, arguments[options->has_arg]);
    exit(0);
}
C
cc -shared -fPIC -o getopt.so getopt.c || exit 2

# same_options NAME PROGRAM PAGE [LEFT_OUT]... -- [OPERAND]...
same_options() {
    local name=$1 program=$2 page=$3 left_out=()
    shift 3
    while [ "$1" != -- ]; do
        left_out+=("$1")
        shift
    done
    shift
    "$program" --help >help
    ASAN_OPTIONS="${ASAN_OPTIONS-}:verify_asan_link_order=0:detect_leaks=0" LD_PRELOAD=$PWD/getopt.so "$program" "$@" >table
    check "$name: the table has options" grep -qx -e --help table
    same "$name: all have the same options" '' \
        "$("$source/tests/cli/listed_options" table help "$source/cmd/$page/$page.1" "${left_out[@]}")"
}

# in_completions PROGRAM [OPTION]...: the completions have the options in "table", except for these
in_completions() {
    local program=$1 shell expected
    shift
    expected=$(sed -e 's/\[=$//' table | grep -vxF -e "$(printf '%s\n' "${@:-none}")" | sort -u)
    for shell in bash zsh fish; do
        (cd "$source" && scripts/completions $shell "$program") >"completion.$shell"
    done
    # shellcheck disable=SC2016 # the inner shell expands it
    same "$program: bash completes the options in the table" "$expected" "$(
        bash --norc -c '. ./completion.bash; COMP_WORDS=($1 -); COMP_CWORD=1; _$1
            printf "%s\n" "${COMPREPLY[@]}"' - "$program" | sort
    )"
    # these two do not mark an argument with = alone
    expected=${expected//=/}
    same "$program: zsh completes them" "$expected" "$(
        sed -n "s/^ *'[^-]*\(([^)]*)\)\?\(--\?[A-Za-z0-9-]*[a-zA-Z0-9]\)[=+-]*\[.*/\2/p" completion.zsh | sort
    )"
    same "$program: fish completes them" "$expected" "$(
        grep '^complete ' completion.fish | sed "s/ -d '.*//" | grep -oE -e '-[sl] [A-Za-z0-9-]+' | sed 's/^-s /-/; s/^-l /--/' | sort
    )"
}

# --path is an old name of --parents, which cp has without listing it
same_options acp "$bin/acp" acp help:--path man:--path --
in_completions acp --path
same_options acat "$bin/acat" acat --
in_completions acat
# --length is for b2sum
same_options ahash "$bin/ahash" ahash {table,help}:{-l,--length=} --
in_completions ahash
stand_in b2sum ahash
same_options b2sum "$scratch/as/b2sum" ahash --
same_options abench "$bin/abench" abench -- read .
in_completions abench

finish
