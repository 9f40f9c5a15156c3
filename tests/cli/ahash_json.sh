#!/usr/bin/env bash
# ahash_json.sh: ahash --json: an object a line, whatever the names are.
# needs: python3
# shellcheck disable=SC2016 # the snippets are for another shell to expand
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"

# fields NAME...: parses JSON with Python and prints these fields, with "-" for null or a missing field
cat >../fields <<'END'
import json, sys
for line in sys.stdin.buffer:
    found = json.loads(line.decode("utf-8"))
    print(*["-" if found.get(key) is None else found[key] for key in sys.argv[1:]])
END
fields() {
    python3 ../fields "$@"
}

printf 'x' >x
: >empty
head -c 300000 /dev/urandom >middle
sha256() {
    gnu sha256sum -- "$1" | sed 's/^\\//' | cut -c1-64
}
same 'names and bytes' $'x 1\nempty 0\nmiddle 300000' "$(ahash --json x empty middle | fields name bytes)"
same 'the digest' "{'SHA256': '$(sha256 middle)'}" "$(ahash --json middle | fields digests)"
same 'several digests' "{'MD5': '$(gnu md5sum <x | cut -c1-32)', 'SHA256': '$(sha256 x)'}" \
    "$(ahash --json -a md5,sha256 x | fields digests)"
gives 'a missing file is named on both ways' 1 \
    '{"format":1,"type":"digest","name":"nope","bytes":null,"digests":null,"error":"No such file or directory"}' \
    'ahash: nope: No such file or directory' 'ahash --json nope'
mkdir tree
cp x middle tree
same 'a tree' $'tree/middle\ntree/x' "$(ahash --json -r tree | fields name)"
same 'standard input' '- 300000' "$(ahash --json <middle | fields name bytes)"

# -- odd names are preserved --
cat >../names <<'END'
import json, os, sys
for line in sys.stdin.buffer:
    found = json.loads(line.decode("utf-8"))
    name = bytes.fromhex(found["name_hex"]) if "name_hex" in found else os.fsencode(found["name"])
    sys.stdout.buffer.write(name + b"\0")
END
mkdir odd
for name in $'new\nline' 'back\slash' $'carriage\rreturn' $'tab\t' '"quoted"' $'\xff\xfe' $'a\xffb' \
    $'\xc3\xa4' 'a b' $'\x01\x7f'; do
    printf '%s' "$name" >"odd/$name"
done
same 'odd names' "$(printf '%s\0' odd/* | od -c)" \
    "$(ahash --json odd/* | python3 ../names | od -c)"

# -- checking --
printf 'unreadable' >closed
{
    gnu sha256sum x
    gnu sha256sum empty | sed 's/empty/middle/'
    gnu sha256sum x | sed 's/x$/nope/'
    echo 'no line of ours'
    gnu sha256sum closed
    gnu md5sum --tag empty
} >sums
chmod 0 closed
cp "$bin/ahash" ../as/
as_nobody "$scratch/as/ahash" --json -c sums >out 2>err
same '-c exits with 1' 1 $?
same '-c: the status of each line' "checked x SHA256 ok
checked middle SHA256 failed
checked nope SHA256 missing
malformed_line - - malformed
checked closed SHA256 unreadable
checked empty MD5 ok
check_file - - -" "$(fields type name algorithm status <out)"
same '-c: expected and computed' "$(sha256 empty) $(sha256 middle)" \
    "$(sed -n 2p out | fields expected computed)"
same '-c: the line that is malformed' 'sums 4' "$(sed -n 4p out | fields check_file line)"
same '-c: the counts' 'sums 2 1 1 1 1' \
    "$(tail -n 1 out | fields check_file ok failed missing unreadable malformed)"
same '-c: messages go on' 5 "$(wc -l <err)"
chmod 644 closed
same '-c --quiet' 'failed missing malformed - ' \
    "$(ahash --json --quiet -c sums 2>/dev/null | fields status | tr '\n' ' ')"
same '-c --ignore-missing' 'ok failed malformed' "$(ahash --json -c --ignore-missing sums 2>/dev/null |
    fields status | sed -n 1,3p | tr '\n' ' ' | sed 's/ $//')"
same '-c --ignore-missing counts them' 1 \
    "$(ahash --json -c --ignore-missing sums 2>/dev/null | tail -n 1 | fields missing)"
gives '-c --status prints nothing' 1 '' 'ahash: nope: No such file or directory' \
    'ahash --json -c --status sums'
gives '-c of a missing check file' 1 \
    '{"format":1,"type":"check_file","check_file":"nope","ok":0,"failed":0,"missing":0,"unreadable":0,"malformed":0,"error":"No such file or directory"}' \
    'ahash: nope: No such file or directory' 'ahash --json -c nope'
for option in -z -b -t --tag; do
    export option
    gives "--json $option" 1 '' "ahash: --json cannot be combined with --binary, --tag, --text or --zero
Try 'ahash --help' for more information." 'ahash --json $option x'
done
gives 'to /dev/full' 1 '' 'ahash: write error: No space left on device' 'ahash --json x >/dev/full'

finish
