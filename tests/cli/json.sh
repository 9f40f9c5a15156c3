#!/usr/bin/env bash
# json.sh: every JSON document of every program is as its schema in tests/schema says.
# needs: strace python3 abench
# shellcheck disable=SC2016 # the snippets are for another shell to expand
validate=$(cd "${0%/*}/../schema" && pwd)/validate
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"
# the first Python in PATH may be another one than the package is for
for python in python3 /usr/bin/python3 ''; do
    [ -n "$python" ] && "$python" -c 'import jsonschema' 2>/dev/null && break
done
if [ -z "$python" ]; then
    left_out 'the schemas' 'python3-jsonschema is missing'
    finish
fi

# valid NAME TYPES SNIPPET: the snippet prints documents of these types, in this order
valid() {
    local types
    types=$(bash -c "$3" 2>errors </dev/null | "$python" "$validate" 2>&1)
    same "$1" "$2" "$(tr '\n' ' ' <<<"$types" | sed 's/ $//')"
}

mkdir tree
printf 'x' >tree/x
: >tree/empty
head -c 3000000 /dev/urandom >tree/large
printf 'y' >"tree/$(printf '\377\303\244 "\\\001')"
printf 'z' >"tree/$(printf '\303\244\n')"

# -- ahash --
valid 'ahash: plain, failing, of odd names' "$(printf 'digest %.0s' {1..7} | sed 's/ $//')" \
    'ahash --json -r -a md5,sha256 nope tree; printf x | ahash --json'
valid 'ahash: a directory that cannot be read' digest 'ahash --json tree'
ahash -r tree >sums
odd=$(printf 'list\377')
{
    sed 's,tree/x$,tree/empty,' sums | grep empty
    sed 's,tree/x$,nope,' sums | grep nope
    echo 'not a line'
    cat sums
} >"$odd"
export odd
valid '--check' 'checked checked checked malformed_line checked checked checked checked checked check_file check_file' \
    'ahash -c --json "$odd" nope'
valid '--check --quiet' 'checked checked malformed_line check_file summary' \
    'ahash -c --json --quiet --summary "$odd" | grep -v \"empty\".*\"ok\"'
valid '--report-unlisted' 'check_file status summary' \
    'grep -v x$ sums | ahash -c --json --quiet --report-unlisted=tree'
valid '--update' 'status status status status status manifest' 'ahash -r --json -v --update="$odd.new" tree'
valid '--update, and nothing has changed' manifest 'ahash -r --json --update="$odd.new" tree'
sleep 0.2
printf 'xx' >tree/x
rm tree/empty
valid '--update, changed and removed' 'status status manifest' 'ahash -r --json -v --update="$odd.new" tree'
valid '--update --verify' manifest 'ahash -r --json --verify --update="$odd.new" tree'

# -- counters --
for options in '' '-j2' '--direct=always'; do
    export options
    valid "ahash --stats=json $options" stats 'ahash -r --stats=json $options tree 2>&1 >/dev/null'
    valid "acp --stats=json $options" stats 'rm -rf copy; acp -r --stats=json $options tree copy 2>&1'
    valid "acat --stats=json $options" stats 'acat --stats=json $options tree/large 2>&1 >/dev/null'
    valid "acat --discard --stats=json $options" stats 'acat --discard --stats=json $options tree/large 2>&1'
done
valid '--stats=json of failing files' 'stats stats stats' 'for command in ahash acat "acp -t copy"; do
    $command --stats=json nope tree/x 2>&1 >/dev/null | grep "^{"; done'
valid '--stats=json of nothing' stats 'ahash --stats=json --files0-from=/dev/null 2>&1'
stand_in sha256sum ahash
valid '--stats=json under another name' stats 'sha256sum --stats=json tree/x 2>&1 >/dev/null'
if strace -o /dev/null true 2>/dev/null; then
    valid 'without io_uring' 'stats load' 'export AIOUTILS_ENGINE=auto
        no_uring="strace -f -o /dev/null -e inject=io_uring_setup:error=EPERM"
        $no_uring ahash --stats=json tree/x 2>&1 >/dev/null; $no_uring acat --discard --json --bytes=1 tree/large'
fi

# -- reads in blocks --
valid 'acat --discard --json' 'load load load' 'acat --discard --json --block-size=4K tree/large nope tree/large
    cp tree/large "$odd.file"; acat --discard --json --pattern=random --direct=never "$odd.file"'

head -c 1M /dev/urandom >blocks
valid 'acat --discard --json --write' 'load load' 'for options in --fsync=3 "--block-size=4K --fsync=16"; do
    acat --discard --json --direct=never --write=50 $options <>blocks; done'

# -- abench --
case $engine in
sync) arms=sync,sync-j2 ;;
*) arms=sync,uring ;;
esac
export arms
valid 'abench hash, cold and warm, a failing arm, odd names' bench '
    abench hash --arms=$arms --pairs=2 --time=30 --cache=both --arm "broken=exit 3" --arm "killed=kill -9 \$\$" \
        --arm "$odd=true" --json tree'
valid 'abench read of a pattern' bench \
    'abench read --pattern=random --bytes=1M --arms=$arms --pairs=1 --time=30 --json tree/large'
valid 'abench read --write' bench \
    'abench read --write=30 --fsync=8 --size=4M --bytes=1M --arms=$arms --pairs=1 --time=30 --json .'
valid 'abench read, a sweep' bench \
    'abench read --warm --no-probe --pairs=1 --time=30 --sweep=jobs=1,2 --arms=$arms --json tree'
valid 'abench copy' bench 'abench copy --warm --arms=$arms --arm "cp=cp -r {src} {dst}" --pairs=1 --time=30 --json tree'
valid 'abench copy, durable, of an odd name' bench \
    'abench copy --warm --durable --arms=$arms --pairs=1 --time=30 --json "$odd.file"'
if [ "$engine" = uring ]; then
    valid 'abench lesson' lesson 'abench lesson --json'
fi
finish
