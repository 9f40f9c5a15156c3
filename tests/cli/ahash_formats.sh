#!/usr/bin/env bash
# ahash_formats.sh: lists of checksums from other programs and editors, checked as by GNU's sha256sum.
# needs: perl openssl
# shellcheck disable=SC2016 # the snippets are for another shell to expand
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"
stand_in sha256sum ahash
stand_in b2sum ahash

printf 'x' >x
printf 'y' >'two words'
hex=$(gnu sha256sum x | cut -c1-64)
upper=${hex^^}
base64=$(printf '%s' "$hex" | perl -ne 'print pack("H*", $_)' | openssl base64)

# list NAME FORMAT: compares the check of a list; in the printf format HEX, UPPER and BASE64 are the digest of x
list() {
    local format=$2
    format=${format//HEX/$hex}
    format=${format//UPPER/$upper}
    format=${format//BASE64/$base64}
    # shellcheck disable=SC2059 # it is a format
    printf -- "$format" >list
    same_as_gnu "$1" 'sha256sum -c --warn list'
    same_as_gnu "$1, --strict" 'sha256sum -c --strict list'
}
list 'plain' 'HEX  x\n'
list 'no newline at the end' 'HEX  x'
list 'line ends of DOS' 'HEX  x\r\nHEX *x\r\n'
list 'line ends of DOS, tagged' 'SHA256 (x) = HEX\r\n'
list 'two carriage returns' 'SHA256 (x) = HEX\r\r\n'
list 'upper-case digits' 'UPPER  x\n'
list 'upper-case digits, tagged' 'SHA256 (x) = UPPER\n'
list 'a leading ./' 'HEX  ./x\n'
list 'binary mode' 'HEX *x\n'
list 'one blank' 'HEX x\n'
list 'one blank, then two' 'HEX x\nHEX  x\n'
list 'two blanks, then one' 'HEX  x\nHEX x\n'
list 'three blanks' 'HEX   x\n'
list 'a tab' 'HEX\tx\n'
list 'blanks in front' '  HEX  x\n'
list 'a blank behind' 'HEX  x \n'
list 'blanks in the name' "HEX  two words\n"
list 'comments and blank lines' '# list\n\nHEX  x\n#\n\r\n'
list 'a comment that is indented' ' # list\nHEX  x\n'
list 'a byte order mark' '\xef\xbb\xbfHEX  x\nHEX  x\n'
list 'a signature' '-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nHEX  x\n-----BEGIN PGP SIGNATURE-----\n\nabc=\n'
list 'as openssl dgst prints' 'SHA256(x)= HEX\n'
list 'as openssl 3 prints' 'SHA2-256(x)= HEX\n'
list 'as openssl dgst -r prints' 'HEX *x\n'
list 'as gpg --print-md prints' 'x: HEX\n'
list 'as BSD prints' 'SHA256 (x) = HEX\n'
list 'as BSD prints, two blanks' 'SHA256  (x) = HEX\n'
list 'a tag in lower case' 'sha256 (x) = HEX\n'
list 'a tag and base64' 'SHA256 (x) = BASE64\n'
list 'something behind a tagged line' 'SHA256 (x) = HEX  \n'
list 'an escaped line' '\\\\HEX  x\n'
list 'an escaped line, tagged' '\\\\SHA256 (x) = HEX\n'
list 'a NUL behind the digest' 'HEX\\0 x\nHEX\\0  x\n'
list 'a NUL in the name' 'HEX  x\\0y\n'
list 'a DOS end of file' 'HEX  x\n\x1a'
list 'a name that looks like an option' 'HEX  -x\nHEX -x\n'
list 'no name' 'HEX  \nHEX \nHEX\n'
list 'a digit too few' "${hex#?}  x\n"
list 'a digit too many' '0HEX  x\n'

gives 'b2sum -l with -a' 1 '' "b2sum: --algorithm cannot be combined with --length
Try 'b2sum --help' for more information." 'b2sum -a sha1 -l 128 x'

# -- tags of BLAKE2b: b2sum skips a character behind the name, and takes a length as C writes numbers --

b2=$(gnu b2sum x | cut -d' ' -f1)
b2_256=$(gnu b2sum -l 256 x | cut -d' ' -f1)
# tag TEXT DIGEST: compares the check of a line that begins with this format
tag() {
    # shellcheck disable=SC2059 # it is a format
    printf -- "$1(x) = $2\n" >list
    case $1 in # 9.9 skips only a blank
    'BLAKE2b  ' | 'BLAKE2b\t' | 'BLAKE2b\t ' | 'BLAKE2bp' | 'BLAKE2bp ' | 'BLAKE2b)' | 'BLAKE2b\0' | 'BLAKE2b\0 ')
        gnu_since 9.9 snippet "sed 's/^BLAKE2b[^(]*/BLAKE2b /' list | b2sum -c --warn" ;;
    esac
    same_as_gnu "b2sum: a line that begins with '$1'" 'b2sum -c --warn list'
}
for between in '' ' ' '  ' '   ' '\t' '\t ' ' \t' '\t\t' 'p' 'p ' 'pp' ')' '\0' '\0 ' '-' '- ' '-512' '-512 ' '-512  ' '-512\t' \
    '-01000 ' '-0x200 ' '-00512 ' '- 512 ' '-\t512' '-+512 ' '- -512 ' '-512k ' '-512-' 'p-512 ' '-0 ' '-520 ' '-511 ' \
    '-18446744073709552128 '; do
    tag "BLAKE2b$between" "$b2"
done
for between in ' ' '-256' '-256  ' '-0400 ' '-0x100' '-0256 ' '-08 '; do
    tag "BLAKE2b$between" "$b2_256"
done
printf 'BLAKE2b (x) = %s\nBLAKE2b\nBLAKE2b \nBLAKE2b-\n' "$b2" >list
same_as_gnu 'b2sum: lines that end behind the tag' 'b2sum -c --warn list'

# -- what cksum of coreutils 9.5 accepts beside this --

# accepts NAME STATUS TEXT ARGUMENT...: expects this status and standard output from a check of the list
accepts() {
    local name=$1 status=$2 text=$3 got
    shift 3
    got=$(ahash -c "$@" list 2>/dev/null)
    same "$name" "$status: $text" "$?: $got"
}
# encode ALGORITHM: prints the digest of x in base64
encode() {
    ahash -a "$1" -t x | cut -d' ' -f1 | perl -ne 'chomp; print pack("H*", $_)' | openssl base64 -A
}
for tag in MD5 SHA1 SHA224 SHA256 SHA384 SHA512 SHA3-256 BLAKE2b BLAKE2b-8 BLAKE2b-128 BLAKE2b-256; do
    digest=$(encode "$tag")
    printf '%s (x) = %s\r\n' "$tag" "$digest" >list
    accepts "base64, $tag" 0 'x: OK'
    printf '%s (x) = %s=\n' "$tag" "$digest" >list
    accepts "base64 with a character too many, $tag" 1 ''
    printf '%s (x) = %s\n' "$tag" "${digest%?}" >list
    accepts "base64 with a character too few, $tag" 1 ''
    [[ $tag == *-8 ]] && continue
    printf '%s  x\n' "$digest" >list
    accepts "base64 without a tag, -a $tag" 0 'x: OK' -a "$tag"
    [[ $tag == *-* ]] || accepts "base64 without a tag, $tag" 0 'x: OK'
done
printf 'SHA256 (x) = %s\nSHA256 (two words) = %s\n' "$base64" "$base64" >list
accepts 'base64 of another file' 1 $'x: OK\ntwo words: FAILED'
printf 'SHA256 (x) = %s\n' "${base64/SIE=/SIF=}" >list
accepts 'base64 with bits behind the last byte' 1 'x: FAILED'
printf '%s  x\n' "${base64/+/-}" >list
accepts 'base64 for addresses' 1 ''
printf 'usr/share/doc/some/name/ x\n' >list
accepts 'a word of the length of a digest in base64' 1 ''
for between in '  ' '\t' '\t '; do
    # shellcheck disable=SC2059 # it is a format
    printf "SHA256$between(x) = $hex\nBLAKE2b$between(x) = $b2\n" >list
    accepts "a tag and '$between'" 0 $'x: OK\nx: OK'
done
printf 'SHA256   (x) = %s\nBLAKE2bp (x) = %s\n' "$hex" "$b2" >list
accepts 'a tag and three blanks, and the tag of another algorithm' 1 ''

finish
