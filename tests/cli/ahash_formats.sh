#!/usr/bin/env bash
# ahash_formats.sh: lists of checksums from other programs and editors, checked as by GNU's sha256sum.
# needs: perl openssl
# shellcheck disable=SC2016 # the snippets are for another shell to expand
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"
stand_in sha256sum ahash

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
list 'a NUL in the name' 'HEX  x\\0y\n'
list 'a DOS end of file' 'HEX  x\n\x1a'
list 'a name that looks like an option' 'HEX  -x\nHEX -x\n'
list 'no name' 'HEX  \nHEX \nHEX\n'
list 'a digit too few' "${hex#?}  x\n"
list 'a digit too many' '0HEX  x\n'

finish
