#!/usr/bin/env bash
# ahash_unlisted.sh: ahash -c --report-unlisted recognises a listed file by any spelling of its path.
# shellcheck disable=SC2016 # the snippets are for another shell to expand
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"

mkdir -p data/sub other
printf '1' >data/a
printf '2' >data/sub/b
printf '3' >other/c
ln -s data link
here=$(pwd -P)
gnu sha256sum data/a data/sub/b >relative
gnu sha256sum "$here/data/a" "$here/data/sub/b" >absolute
gnu sha256sum link/a link/sub/b >through-link
gnu sha256sum data/sub/../a data/../data/sub/b >detours
gnu sha256sum .//data/./a ./data//sub/b >dots
gnu sha256sum data/a "$here/data/sub/b" >mixed

summary='summary: 2 ok, 0 failed, 0 missing, 0 unreadable, 0 malformed'
for list in relative absolute through-link detours dots mixed; do
    export list
    for tree in data ./data data/ .//data/. link "$here/data" other/../data; do
        export tree
        gives "names: $list, DIR: ${tree/$here/...}" 0 "$summary, 0 unlisted" '' \
            'ahash -c --quiet --report-unlisted="$tree" $list'
    done
done
for list in absolute detours mixed; do
    export list
    gives "names: $list, no DIR" 0 "$summary, 0 unlisted" '' 'ahash -c --quiet --report-unlisted $list'
done
printf '4' >data/new
for list in relative absolute through-link detours mixed; do
    export list
    gives "names: $list, a new file" 1 "data/new: NOT LISTED
$summary, 1 unlisted" 'ahash: WARNING: 1 file is not listed' 'ahash -c --quiet --report-unlisted=data $list'
    gives "names: $list, a new file, no DIR" 1 'new: NOT LISTED' 'ahash: WARNING: 1 file is not listed' \
        'ahash -c --quiet --report-unlisted $list | sed -n "s/.*new: NOT/new: NOT/p"; exit ${PIPESTATUS[0]}'
done
gives 'all listed names lead up' 1 "$here/data/new: NOT LISTED" 'ahash: WARNING: 1 file is not listed' \
    'cd other; sed "s,  data/,  ../data/," ../relative | ahash -c --quiet --report-unlisted | grep -v summary
     exit ${PIPESTATUS[1]}'
rm data/new

# -- names are listed, not contents --
ln data/a data/hard
gives 'another hard link is another name' 1 'data/hard: NOT LISTED' 'ahash: WARNING: 1 file is not listed' \
    'ahash -c --quiet --report-unlisted=data relative | grep -v summary; exit ${PIPESTATUS[0]}'
rm data/hard
ln -s data/a shortcut
printf '4' >data/sub/new
gives 'a directory within another one: each file is told once' 1 "data/sub/new: NOT LISTED
$summary, 1 unlisted" 'ahash: WARNING: 1 file is not listed' \
    'ahash -c --quiet --report-unlisted=data --report-unlisted=./data/sub --report-unlisted=data relative'
gives 'with and without DIR: both are walked' 1 "data/sub/new: NOT LISTED
$summary, 1 unlisted" 'ahash: WARNING: 1 file is not listed' \
    'mkdir nothing; ahash -c --quiet --report-unlisted --report-unlisted=nothing relative'
rm data/sub/new
gives 'standard error is not unlisted' 0 "$summary, 0 unlisted" '' \
    'ahash -c --quiet --report-unlisted=data relative 2>data/messages; s=$?; rm data/messages; exit $s'
gives 'what a listed link leads to' 0 "$summary, 0 unlisted" '' \
    'sed "s,data/a,shortcut," relative >linked; ahash -c --quiet --report-unlisted=data linked'
gives 'a directory of the same name elsewhere' 1 'other/data/a: NOT LISTED' \
    'ahash: WARNING: 1 file is not listed' \
    'mkdir other/data; cp data/a other/data; rm other/c
     ahash -c --quiet --report-unlisted=other relative | grep -v summary; exit ${PIPESTATUS[0]}'
gives 'a directory that is missing' 1 'data/sub/b: NOT LISTED' 'ahash: gone/b: No such file or directory
ahash: WARNING: 1 listed file could not be read
ahash: WARNING: 1 file is not listed' \
    'sed "s,data/sub/b,gone/b," relative >lost; ahash -c --quiet --report-unlisted=data lost | grep NOT
     exit ${PIPESTATUS[0]}'
if mkdir mounted && mount --bind data mounted 2>/dev/null; then
    gives 'a bind mount' 0 "$summary, 0 unlisted" '' 'ahash -c --quiet --report-unlisted=mounted relative'
    umount mounted
else
    left_out 'a bind mount' 'mounting is not allowed'
fi

finish
