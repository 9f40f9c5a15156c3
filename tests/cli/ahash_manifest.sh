#!/usr/bin/env bash
# ahash_manifest.sh: what ahash --update refuses to replace, what it keeps, and what it tells.
# shellcheck disable=SC2016 # the snippets are for another shell to expand
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"

mkdir tree
printf 'a' >tree/a
printf 'b' >tree/b
# what is younger than a tick of the clock is read again next time
settle() {
    sleep 0.15
}
digests() {
    grep -v '^#' "$1"
}
settle

# -- only a manifest is replaced --
# refused NAME MESSAGE FILE: FILE is not replaced, and is as it was
refused() {
    local before after
    before=$(cksum <"$3")
    gives "$1" 1 '' "ahash: $2" "timeout 10 ahash -r --update='$3' tree"
    after=$(cksum <"$3")
    same "$1: it is as it was" "$before" "$after"
}
not_formatted='1: improperly formatted checksum line: not updated'
not_found='no properly formatted checksum lines found: not updated'
printf '# of mine\n\n# and nothing else\n' >comments
refused 'a file of comments' "comments: $not_found" comments
printf '\n\r\n\n' >blank
refused 'a file of blank lines' "blank: $not_found" blank
head -c 100000 /dev/zero >zeros
refused 'a file without a line end' "zeros: $not_formatted" zeros
{ echo '# a comment'; printf '#'; head -c 70000 /dev/zero | tr '\0' '#'; } >long
refused 'a file with a comment that is too long' "long: 2: ${not_formatted#*: }" long
{ ahash tree/a; printf '%070000d  x\n' 0; } >long
refused 'a file with a line that is too long' "long: 2: ${not_formatted#*: }" long
if [ -z "$sanitizer" ]; then
    truncate -s 3G image
    gives 'a disk image takes neither memory nor time' 1 '' "ahash: image: $not_formatted" \
        '(ulimit -v 1500000; timeout 20 ahash -j1 -r --update=image tree)'
    same 'a disk image is as it was' 3221225472 "$(stat -c %s image)"
    rm image
else
    left_out 'a disk image as manifest' 'the sanitizer needs the addresses'
fi
: >empty
gives 'an empty file is replaced' 0 'empty: 2 new, 0 changed, 0 unchanged, 0 removed, 0 unreadable' '' \
    'ahash -r --update=empty tree'
mkdir none
gives 'a manifest of nothing' 0 'nothing: 0 new, 0 changed, 0 unchanged, 0 removed, 0 unreadable' '' \
    'ahash -r --update=nothing none'
gives 'a manifest of nothing is one' 0 'nothing: 2 new, 0 changed, 0 unchanged, 0 removed, 0 unreadable' '' \
    'ahash -r --update=nothing tree'

mkfifo fifo
gives 'a FIFO' 1 '' "ahash: cannot update 'fifo': not a regular file" 'timeout 10 ahash -r --update=fifo tree'
gives 'a device' 1 '' "ahash: cannot update '/dev/zero': not a regular file" \
    'timeout 10 ahash -r --update=/dev/zero tree'
gives 'a device that takes anything' 1 '' "ahash: cannot update '/dev/null': not a regular file" \
    'timeout 10 ahash -r --update=/dev/null tree'
gives 'standard output, a pipe' 1 '' "ahash: cannot update '/dev/stdout': not a regular file" \
    'ahash -r --update=/dev/stdout tree | cat; exit ${PIPESTATUS[0]}'
ahash tree/a >out
gives 'standard output, a file' 1 "$(ahash tree/a)" \
    "ahash: cannot update '/dev/stdout': not a name that can be replaced" \
    'ahash -r --update=/dev/stdout tree >>out; s=$?; cat out; exit $s'
gives 'a directory' 1 '' 'ahash: tree: Is a directory' 'ahash -r --update=tree tree'

# -- the manifest is not one of its files --
: >tree/empty
gives 'an operand' 1 '' 'ahash: tree/empty: input file is output file
ahash: tree/empty: not updated' 'ahash --update=tree/empty tree/a tree/empty'
same 'an operand is as it was' 0 "$(stat -c %s tree/empty)"
gives 'an operand by another name' 1 '' 'ahash: link: input file is output file
ahash: tree/empty: not updated' 'ln -s tree/empty link; ahash --update=tree/empty link'
gives 'an operand of a list' 1 '' 'ahash: tree/empty: input file is output file
ahash: tree/empty: not updated' 'printf "tree/empty\0tree/a\0" | ahash --update=tree/empty --files0-from=-'
same 'an operand of a list is as it was' 0 "$(stat -c %s tree/empty)"
gives 'in a tree it is left out' 0 'tree/empty: 2 new, 0 changed, 0 unchanged, 0 removed, 0 unreadable' '' \
    'ahash -r --update=tree/empty tree'
rm tree/empty

finish
