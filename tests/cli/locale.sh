#!/usr/bin/env bash
# locale.sh: messages, -v and prompts are equal to GNU's to the byte, in the C locale and in a UTF-8 locale.
# shellcheck disable=SC2016 # the snippets are for another shell to expand
. "${0%/*}/lib.sh"
for pair in 'cp acp' 'cat acat' 'sha256sum ahash' 'b2sum ahash'; do
    # shellcheck disable=SC2086 # two words
    stand_in $pair
done

# Characters: printable, of no width and of two columns, unassigned, private, control characters. Invalid bytes: a
# single byte, a character cut short at the end and in the middle, an overlong form, a surrogate, a character beyond
# Unicode; also beside special characters of the shell.
names=(plain 'a b' é 日本 😀 $'a\xcc\x81' $'e\xe2\x80\x8bx' $'\xc2\xad' $'\xe2\x80\xae' $'\xc2\xa0' $'\xe3\x80\x80'
    $'\xe2\x80\xa8' $'\xcd\xb8' $'\xee\x80\x80' $'\xf4\x8f\xbf\xbf' $'\xc2\x85' $'\xef\xbb\xbf' $'new\nline'
    $'\a\b\t\v\f\r\033\177' $'\001' $'\377' $'é\377' $'\377é' $'\303' $'\342\202' $'\342\202x' $'\300\257'
    $'\355\240\200' $'\364\220\200\200' $'\200é' "bé'c" "b'é\"" $'é\'\nc' 'é:' '~é' 'é~' '#é' '{é}' 'é b' $'é\nb'
    $'a\n\303\251' $'\xe2\x80\x99' $'\xe2\x80\x98a\xe2\x80\x99' 'a\é' '$é' "日'b")
# These names are tested alone: in a message with two names, GNU's quoting ends too early after a name with a quote that
# ends in an escaped byte.
alone=("b'é" $'é\'\303' $'é\'\n' $'\'é\n' $'é\'\xcd\xb8')
mkdir names all
for name in "${names[@]}"; do
    echo "$name" >"names/$name"
done
cp names/* all
for name in "${alone[@]}"; do
    echo "$name" >"all/$name"
done

for LC_ALL in C C.UTF-8; do
    export LC_ALL
    # The names come from the directory, because the text of a snippet would need quoting.
    same_as_gnu "$LC_ALL: cat, names that do not exist" 'cd all && for f in *; do cat "$f.x"; done'
    same_as_gnu "$LC_ALL: cat, directories" 'for f in names/*; do mkdir -p "d/${f##*/}" && cat "d/${f##*/}"; done; rm -r d'
    same_as_gnu "$LC_ALL: cat, input is output" 'for f in names/*; do cp "$f" "${f##*/}" && cat "${f##*/}" >>"${f##*/}"; rm -- "${f##*/}"; done'
    same_as_gnu "$LC_ALL: cp, names that do not exist" 'cd names && for f in *; do cp -- "$f.x" .; cp -- "x$f" .; cp "./$f" "$f/"; done'
    same_as_gnu "$LC_ALL: cp -v" 'for f in names/*; do cp -v "$f" x; done; cp -rvT names copy | sort; rm -r copy x'
    same_as_gnu "$LC_ALL: cp, ends of names" 'cd names && for f in *; do cp "$f"; cp -t "$f" x; cp -T ./x ./y "$f"; done'
    same_as_gnu "$LC_ALL: cp -i" 'cp -r names copy; for f in names/*; do cp -i "$f" copy <<<n; cp -i "$f" copy <<<y; done; rm -r copy'
    same_as_gnu "$LC_ALL: cp, the same file" 'cd names && for f in *; do cp -- "$f" "./$f"; done'
    same_as_gnu "$LC_ALL: cp --backup -v" 'cp -r names copy; for f in names/*; do cp -bv "$f" copy; done; rm -r copy'
    same_as_gnu "$LC_ALL: sha256sum, names that do not exist" 'cd all && for f in *; do sha256sum "$f.x"; done'
    same_as_gnu "$LC_ALL: sha256sum, files" 'cd all && sha256sum -- *; sha256sum --tag -- *'
    same_as_gnu "$LC_ALL: sha256sum -c" 'cd all && for f in *; do sha256sum -c -- "$f"; done; sha256sum -- * >../sums; sha256sum -c ../sums'
    same_as_gnu "$LC_ALL: sha256sum -c, names that do not exist" 'cd names && sha256sum -- * >../sums; cd .. && sha256sum -c sums'
    same_as_gnu "$LC_ALL: sha256sum -c, standard input" 'sha256sum -c <names/plain'
    words='for word in all/*; do
            word=${word##*/}
            cp "--sparse=x$word" a b; cp "--backup=x$word" a b; cp "--preserve=x$word" a b
            cp "--no-preserve=x$word" a b; cp "--reflink=x$word" a b; b2sum -l "x$word"
        done; b2sum -l 1024; b2sum -l 7; b2sum -l 99999999999999999999; cp --sparse= a b; cp --sparse=a\\ a b
        cp --reflink= a b'
    old_words=${words/b2sum -l 1024/gnu_too_long 1024}
    too_large='gnu_too_long 99999999999999999999 ": Value too large for defined data type"'
    gnu_since 9.6 snippet "${old_words/b2sum -l 9*9/"$too_large"}"
    same_as_gnu "$LC_ALL: words of options" "$words"
    same_as_gnu "$LC_ALL: options that do not exist" 'cp --é; cat -é; sha256sum --bé; cat --show; cp --no'
done

# If one category does not exist, everything is as in the C locale.
unset LC_ALL
export LANG=C.UTF-8
same_as_gnu 'LANG' 'cat é; cp --sparse=é a b'
export LC_CTYPE=C
same_as_gnu 'LANG, and LC_CTYPE=C' 'cat é; cp --sparse=é a b'
unset LC_CTYPE
export LC_TIME=missing 2>/dev/null
same_as_gnu 'LANG, and a category that is missing' 'cat é; cp --sparse=é a b'
unset LC_TIME
export LANG=missing
same_as_gnu 'a locale that is missing' 'cat é; cp --sparse=é a b'
finish
