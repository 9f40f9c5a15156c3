#!/usr/bin/env bash
# ahash_algorithms.sh: ahash under the names of GNU's commands, several algorithms, and their check files.
# needs: openssl
# shellcheck disable=SC2016 # the snippets are for another shell to expand
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"
commands='md5sum sha1sum sha224sum sha256sum sha384sum sha512sum b2sum'
for command in $commands; do stand_in "$command" ahash; done

printf 'x' >x
printf 'y' >y
: >empty
head -c 3333333 /dev/urandom >large
printf '1' >'two words'
printf '2' >$'new\nline'
printf '3' >'back\slash'

# -- started as a command of GNU --
for command in $commands; do
    export command
    same_as_gnu "$command" '$command x y empty large ./*line ./*slash nope'
    same_as_gnu "$command --tag" '$command --tag x empty ./*line "two words"'
    same_as_gnu "$command of standard input" '$command <large'
    gnu "$command" x y large ./*line ./*slash >sums
    gnu "$command" --tag x y large ./*line ./*slash >sums.tag
    sed '1s/^\(.*\)[0-9a-f]  /\1x  /; 2y/0123456789abcdef/123456789abcdef0/; 3s/^..//' sums >sums.bad
    sed 's/^[A-Z0-9]*/SHA3/; 2s/^/MD5/' sums.tag >sums.other
    same_as_gnu "$command -c" '$command -c sums'
    same_as_gnu "$command -c, --tag" '$command -c sums.tag'
    same_as_gnu "$command -c, damaged" '$command -c --warn sums.bad'
    same_as_gnu "$command -c, another tag" '$command -c --warn sums.other'
    same_as_gnu "$command -c, none of its lines" 'echo abc | $command -c'
    same_as_gnu "$command --zero" '$command --zero x ./*line'
done
gnu sha512sum x y >sums512
same_as_gnu 'sha256sum -c of what sha512sum printed' 'sha256sum -c --warn sums512'
gnu b2sum x y >sums512
same_as_gnu 'sha512sum -c of what b2sum printed' 'sha512sum -c --warn sums512'

# -- b2sum -l --
for length in 8 16 128 256 504 512 0; do
    export length
    same_as_gnu "b2sum -l $length" 'b2sum -l $length x empty large'
    same_as_gnu "b2sum --length=$length --tag" 'b2sum --length=$length --tag x ./*line'
done
for length in 520 12 abc '' -1 1x 99999999999999999999 1024; do
    export length
    case $length in
    520 | 1024) gnu_since 9.6 snippet 'gnu_too_long $length' ;;
    9*) gnu_since 9.6 snippet 'gnu_too_long $length ": Value too large for defined data type"' ;;
    esac
    same_as_gnu "b2sum -l '$length'" 'b2sum -l "$length" x'
done
same_as_gnu 'a line without a name' 'for c in b2sum sha256sum; do for n in "" " " "  " " *"; do
    echo "$($c <x | cut -d" " -f1)$n" | $c -c; done; done 2>&1'
# later versions check only the last one, and whether it is too long before whether it is a multiple of 8
gnu_since 9.6 snippet 'b2sum -l 256 x; gnu_too_long 1024; b2sum -l 12 x; b2sum -l 12 x 2>&1 | sed s/12/1028/ >&2; exit 1'
same_as_gnu 'b2sum -l, again' 'b2sum -l 1024 -l 256 x; b2sum -l 256 -l 1024 x; b2sum -l 12 -l 8 x; b2sum -l 1028 x'
for length in 8 256 512; do gnu b2sum -l "$length" x y; gnu b2sum --tag -l "$length" x y; done >sums
same_as_gnu 'b2sum -c of several lengths' 'b2sum -c sums'
same_as_gnu 'b2sum -c -l 256' 'b2sum -c -l 256 sums'
for tag in BLAKE2b-12 BLAKE2b-0 BLAKE2b-1024 BLAKE2b- BLAKE2s; do
    echo "$tag (x) = $(gnu b2sum x | cut -c1-128)"
done >sums
printf '%s  x\n' ab abc a "$(gnu sha256sum x | cut -c1-64)" >>sums
same_as_gnu 'b2sum -c of lengths that there are not' 'b2sum -c --warn sums'
same_as_gnu 'sha256sum has no -l' 'sha256sum -l 256 x'
same_as_gnu 'sha256sum has no --length' 'sha256sum --length=256 x'

# -- abbreviations are GNU's --
gnu sha256sum x y >sums
for option in --b --bi --binary --te --tex --ta --z --q --st --sta --stat --stri --s --i --w --t --bi=3 \
    --nope --c --l; do
    export option
    same_as_gnu "$option" 'sha256sum $option x'
done
for option in --q --st --sta --stat --stri --s --i --w --b --t --z; do
    export option
    same_as_gnu "-c $option" 'sha256sum -c sums $option'
done
same_as_gnu 'b2sum --l' 'b2sum --l=256 x; b2sum x --len 256'
same '--dep abbreviates --depth' "$(gnu sha256sum x)" "$(sha256sum --dep=3 x)"
same '--alg abbreviates --algorithm' "$(gnu sha1sum x)" "$(ahash --alg=sha1 x)"

# -- algorithms --
for pair in sha1:sha1 sha512:sha512 SHA384:sha384 sha3-256:sha3-256 sha512-256:sha512-256 \
    blake2s256:blake2s256 sm3:sm3 md5:md5 blake2b512:blake2b512; do
    same "-a ${pair%:*}" "$(for file in x empty large; do
        openssl dgst -r "-${pair#*:}" "$file" | sed 's/ \*/  /'
    done)" "$(ahash -t -a "${pair%:*}" x empty large)"
done
same '-a blake2b-256' "$(gnu b2sum -l 256 x large)" "$(ahash -t -a blake2b-256 x large)"
several() {
    for file; do
        gnu sha256sum --tag "$file"
        gnu b2sum --tag "$file"
        gnu md5sum --tag "$file"
    done
}
same 'several, of each file in turn' "$(several x empty large ./*line)" \
    "$(ahash -a sha256,blake2b,md5 x empty large ./*line)"
same 'several, of standard input' "$(several large | sed 's/(large)/(-)/')" \
    "$(ahash -a sha256,blake2b,md5 <large)"
mkdir tree
cp x y large tree
same 'several, of a tree' "$(several tree/large tree/x tree/y)" \
    "$(ahash -ra sha256,blake2b,md5 tree)"
same 'one that is named twice is computed once' "$(gnu sha1sum x)" "$(ahash -a sha1,SHA1 x)"
gives 'several, and a missing file' 1 "$(several x)" 'ahash: nope: No such file or directory' \
    'ahash -a sha256,blake2b,md5 nope x'
usual="Usual algorithms are:
  - 'sha256', 'sha512', 'sha3-256', 'sha3-512'
  - 'sha224', 'sha384', 'sha3-224', 'sha3-384', 'sha512-256'
  - 'blake2b', 'blake2b-256', 'blake2s256'
  - 'sha1', 'md5'
  - 'blake2b-BITS', and all of 'openssl list -digest-algorithms'"
gives 'an unknown one' 1 '' "ahash: unknown algorithm 'nope'
$usual
Try 'ahash --help' for more information." 'ahash -a sha256,nope x'
gives 'several, --text: the message names no option that was not given' 1 '' "ahash: --text cannot be combined with \
several algorithms: their lines have tags
Try 'ahash --help' for more information." 'ahash -a sha1,md5 -t x'
gives 'none' 1 '' "ahash: unknown algorithm ''
$usual
Try 'ahash --help' for more information." 'ahash -a "" x'

# -- detection --
{
    gnu md5sum x
    gnu sha1sum x
    gnu sha224sum x
    gnu sha256sum x
    gnu sha384sum x
    gnu sha512sum ./*line
    gnu b2sum --tag x
    gnu b2sum --tag -l 64 x
    ahash -a sha3-512 --tag x
    ahash -a sha256,sm3 y
    openssl dgst -sha512-256 x
} >mixed
name='\./new\nline: OK'
gives '-c detects the algorithm of each line' 0 \
    "$(printf 'x: OK\n%.0s' 1 2 3 4 5; echo "$name"; printf 'x: OK\n%.0s' 1 2 3
        printf 'y: OK\n%.0s' 1 2; echo 'x: OK')" '' 'ahash -c mixed'
sed 's/\(.*\)  x$/\1  y/' mixed >mixed.wrong
same '-c detects, and it does not match' 5 "$(ahash -c mixed.wrong 2>&1 | grep -c '^y: FAILED$')"
gives '-c -a takes no other' 0 'x: OK' \
    'ahash: WARNING: 11 lines are improperly formatted' 'ahash -c -a sha1 mixed'
gives '-c -a decides what a length is' 0 $'x: OK\ny: OK' '' \
    'ahash -t -a sha3-256 x y >sums; ahash -a sha3-256 -c sums'
gives '-c without -a takes it for the usual one' 1 'x: FAILED' \
    'ahash: WARNING: 1 computed checksum did NOT match' 'ahash -t -a sha3-256 x >sums; ahash -c sums'
gives '-c -a of several' 0 $'x: OK\nx: OK' '' \
    '{ ahash -t -a sha3-256 x; ahash -a sha1 --tag x; } >sums; ahash -a sha1,sha3-256 -c sums'
gives '-c of a tag that there is not' 1 '' \
    'ahash: sums: 1: improperly formatted checksum line
ahash: sums: no properly formatted checksum lines found' \
    'echo "NOPE (x) = 00" >sums; ahash -c --warn sums'
for algorithm in sha1 sha224 sha256 sha384 sha512 md5; do
    same "$algorithm: GNU's accepts the output" 'x: OK' \
        "$(ahash -a $algorithm x | gnu "${algorithm}sum" -c)"
done

# -- ahash -c accepts the output of ahash without the name of the algorithm --
for algorithm in $(openssl list -digest-algorithms | grep -o '^ *[A-Z][A-Za-z0-9/-]*' | tr '/' '-') blake2b blake2b-8 \
    blake2b-48 blake2b-128 blake2b-160 blake2b-256 blake2b-384 blake2b-504; do
    export algorithm
    ahash -a "$algorithm" x >sums 2>/dev/null || continue
    gives "$algorithm: a list" 0 $'x: OK\n\\./new\\nline: OK' '' \
        'ahash -a $algorithm x ./*line >sums; ahash -c sums | sed "s/^new/.\/new/"; exit ${PIPESTATUS[0]}'
    gives "$algorithm: a list, and the file has changed" 1 'x: FAILED' \
        'ahash: WARNING: 1 computed checksum did NOT match' \
        'ahash -a $algorithm empty | sed "s/empty/x/" >sums; ahash -c sums'
    gives "$algorithm: a manifest" 0 'x: OK' '' \
        'rm -f sums; ahash --quiet -a $algorithm --update=sums x; ahash -c --strict sums'
done
gives 'a manifest without tags is brought up to date' 0 'sums: 0 new, 0 changed, 2 unchanged, 0 removed, 0 unreadable
x: OK
y: OK' '' 'ahash -t -a sha3-256 x y >sums; ahash -a sha3-256 --update=sums x y; ahash -c sums'
for algorithm in md5 sha1 sha224 sha256 sha384 sha512; do
    same "$algorithm needs no tag" "$(gnu "${algorithm}sum" x)" "$(ahash -a $algorithm x)"
done

# -- lists of b2sum --
for length in 128 160 192 224 256 384 504 512; do
    export length
    gnu b2sum -l "$length" x y empty large >sums
    gives "a list of b2sum -l $length" 0 "$(gnu b2sum -c sums)" '' 'ahash -c sums'
    gives "a list of b2sum -l $length, some do not match" 1 $'x: OK\nlarge: FAILED\nx: FAILED\nlarge: OK' \
        'ahash: WARNING: 2 computed checksums did NOT match' \
        'sed "2s/y$/large/; 3s/empty$/x/" sums | ahash -c'
    gives "a list of b2sum -l $length, nothing matches" 1 $'y: FAILED\nx: FAILED' \
        'ahash: WARNING: 2 computed checksums did NOT match' \
        'sed -n "1s/x$/y/p; 2s/y$/x/p" sums | ahash -c'
done
for i in $(seq 300); do echo "$i" >"tree/$i"; done
gnu b2sum tree/* >sums
same 'a long list of b2sum' "$(gnu b2sum -c sums)" "$(ahash -c sums 2>&1)"
same 'a long list of b2sum, --json' '303 BLAKE2b ok' "$(ahash -c --json sums | grep '"name"' |
    sed 's/.*"algorithm":"\([^"]*\)","status":"\([^"]*\)".*/\1 \2/' | sort | uniq -c | sed 's/^ *//')"
{ gnu sha512sum x y; gnu b2sum x; } >sums
gives 'a list that has matched as another' 1 $'x: OK\ny: OK\nx: FAILED' \
    'ahash: WARNING: 1 computed checksum did NOT match' 'ahash -c sums'
{ gnu b2sum x y; gnu sha512sum x; } >sums
gives 'lines of the usual algorithm match in any list' 0 $'x: OK\ny: OK\nx: OK' '' 'ahash -c sums'
{ gnu sha256sum x; gnu b2sum x; gnu md5sum y; } >sums
gives 'each length has its own algorithm' 0 $'x: OK\nx: OK\ny: OK' '' 'ahash -c sums'
gnu b2sum x >sums
gives '-a sha512 takes it for nothing else' 1 'x: FAILED' \
    'ahash: WARNING: 1 computed checksum did NOT match' 'ahash -a sha512 -c sums'
{ gnu sha512sum x; gnu b2sum y; } >other
gives 'two lists: each has its own algorithm' 1 $'x: OK\nx: OK\ny: FAILED' \
    'ahash: WARNING: 1 computed checksum did NOT match' \
    'ahash -c sums other'
mkfifo pipe
gives 'what a FIFO held is gone' 1 'pipe: FAILED' 'ahash: WARNING: 1 computed checksum did NOT match' \
    '(cat x >pipe) & sed s/x$/pipe/ sums >other; timeout "$limit_seconds" ahash -c other'
gives 'standard input is read once' 1 '-: FAILED' 'ahash: WARNING: 1 computed checksum did NOT match' \
    'sed s/x$/-/ sums >other; ahash -c other <x'

# -- an OpenSSL that is configured without SHA-256 --
# configured NAME LINES: writes the configuration NAME.cnf
configured() {
    printf 'openssl_conf = init\n[init]\n%s\n' "$2" >"$1.cnf"
}
configured legacy $'providers = all\n[all]\nlegacy = one\n[one]\nactivate = 1'
configured null $'providers = all\n[all]\nnull = one\n[one]\nactivate = 1'
configured properties $'alg_section = all\n[all]\ndefault_properties = fips=yes'
for name in legacy null properties; do
    export name
    no_sha256="cannot compute 'sha256': no active OpenSSL provider implements it (see \$OPENSSL_CONF and openssl.cnf)"
    gives "$name: ahash" 1 '' "ahash: $no_sha256" 'OPENSSL_CONF=$PWD/$name.cnf ahash x'
    gives "$name: sha256sum" 1 '' "sha256sum: $no_sha256" 'OPENSSL_CONF=$PWD/$name.cnf sha256sum x'
    gives "$name: several" 1 '' "ahash: $no_sha256" 'OPENSSL_CONF=$PWD/$name.cnf ahash -a blake2b,sha256 x'
    gives "$name: -c" 1 '' "ahash: $no_sha256" 'ahash x >sums; OPENSSL_CONF=$PWD/$name.cnf ahash -c sums'
    gives "$name: --update" 1 '' "ahash: $no_sha256" 'OPENSSL_CONF=$PWD/$name.cnf ahash --update=sums x'
    gives "$name: acp --manifest" 1 '' "acp: $no_sha256" \
        'OPENSSL_CONF=$PWD/$name.cnf acp --manifest=made x copy; s=$?; ls made copy 2>/dev/null; exit $s'
    gives "$name: acp --verify" 1 '' "acp: $no_sha256" \
        'OPENSSL_CONF=$PWD/$name.cnf acp --verify x copy; s=$?; ls copy 2>/dev/null; exit $s'
    gives "$name: BLAKE2b is not OpenSSL's" 0 'x: OK' '' '
        export OPENSSL_CONF=$PWD/$name.cnf; ahash --quiet -a blake2b --update=made x
        ahash -a blake2b -c made; s=$?; rm made; exit $s'
done

finish
