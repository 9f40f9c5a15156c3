#!/usr/bin/env bash
# completions.sh: what bash, zsh and fish offer for a command line. options_listed.sh compares the lists of options.
# needs: perl abench
source=$(cd "${0%/*}/../.." && pwd)
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"

if [ "$engine" != sync ]; then
    ok 'nothing to test: completions do not depend on the engine'
    finish
fi
mkdir completions empty "$scratch/work/dir 1"
touch 'file 1'
for program in acp ahash acat abench; do
    for shell in bash zsh fish; do
        (cd "$source" && scripts/completions $shell $program) >completions/$program.$shell || exit 2
    done
    mv completions/$program.zsh completions/_$program
done

# offered_by_SHELL LINE: prints what the shell offers at its end
offered_by_bash() {
    # shellcheck disable=SC2016 # the inner shell expands it
    bash --norc -c '
        . "$1"
        line=$2
        [[ $line != *= ]] || line+=" "
        read -ra COMP_WORDS <<<"${line//=/ = }"
        [[ $line != *" " ]] || COMP_WORDS+=("")
        [[ $2 != *= ]] || COMP_WORDS=("${COMP_WORDS[@]::${#COMP_WORDS[@]}-1}")
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        _${COMP_WORDS[0]}
        printf "%s\n" "${COMPREPLY[@]}"' - "completions/${1%% *}.bash" "$1" | sort -u
}

offered_by_zsh() {
    "$source/tests/cli/zsh_completions" completions "$1"
    grep . offered | sort -u
}

offered_by_fish() {
    HOME=$PWD fish --no-config -c "source completions/${1%% *}.fish; complete -C '$1'" |
        sed -e 's/\t.*//' -e 's/^--[a-z0-9-]*=//' | sort -u
}

# offers LINE WORD...: each shell offers these words
offers() {
    local line=$1 expected
    shift
    expected=$(printf '%s\n' "$@" | sort -u)
    for shell in "${shells[@]}"; do
        same "$shell: $line" "$expected" "$("offered_by_$shell" "$line")"
    done
}

shells=()
for shell in bash zsh fish; do
    if command -v $shell >/dev/null; then
        shells+=("$shell")
    else
        left_out "completions of $shell" 'it is not installed'
    fi
done

# The words that an option accepts are those of its message about a wrong one.
while read -r program option; do
    mapfile -t valid < <("$bin/$program" "$option=?" 2>&1 | grep '^  - ' | grep -o "[^' ,-][^' ,]*")
    check "$program $option: the message has words" [ "${#valid[@]}" -gt 1 ]
    offers "$program $option=" "${valid[@]}"
done <<'END'
acp --preserve
acp --no-preserve
acp --backup
acp --reflink
acp --sparse
acp --update
acp --engine
acp --direct
acp --progress
acp --stats
ahash --engine
acat --stats
END
cd "$scratch/work" || exit 2
same 'ahash --algorithm: each word is an algorithm' '' "$(
    for word in $(offered_by_bash 'ahash --algorithm '); do
        "$bin/ahash" -a "$word" </dev/null 2>&1 >/dev/null
    done
)"
offers 'acat --discard --pattern=' random sequential
offers 'abench ' copy hash lesson read
last=$("$bin/abench" lesson 0 2>&1 | grep -o 'from 1 to [0-9]*')
mapfile -t lessons < <(seq "${last#from 1 to }")
offers 'abench lesson ' "${lessons[@]}"
offers 'abench lesson --source ' "${lessons[@]}"
# a file as the first operand means hash; bash itself offers files if the function offers nothing
touch other
for line in 'abench oth' 'abench read oth'; do
    for shell in "${shells[@]}"; do
        same "$shell: $line" "$([ "$shell" = bash ] || echo other)" "$("offered_by_$shell" "$line")"
    done
done
offers 'abench copy --verify=' all first
offers 'abench read --cache=c' cold

same 'bash: an option that needs an argument ends in =' '--sparse=' "$(offered_by_bash 'acp --spa')"
same 'bash: an optional argument is not asked for' '--stats' "$(offered_by_bash 'acp --sta')"
same 'bash: the argument as a word of its own' $'always\nauto' "$(offered_by_bash 'acp --sparse a')"
same 'bash: the next word after an optional argument' '' "$(offered_by_bash 'acp --backup n')"
# one more word of a list, behind those that it has; zsh is asked for the word alone
for shell in "${shells[@]}"; do
    for list in 'ahash -a sha256,md' 'ahash --algorithm=sha256,md'; do
        same "$shell: $list" md5 "$("offered_by_$shell" "$list" | sed 's/^sha256,//')"
    done
    same "$shell: a list stays" "$([ "$shell" = zsh ] && echo uring || echo sync,sync-j2,uring)" \
        "$("offered_by_$shell" 'abench read --arms=sync,sync-j2,u')"
done
same 'bash: files' 'file 1' "$(offered_by_bash 'ahash --update f')"
same 'bash: directories' 'dir 1' "$(offered_by_bash 'acp -a --target-directory=d')"
same 'bash: operands follow --' '' "$(offered_by_bash 'acp -- --sparse=')"
finish
