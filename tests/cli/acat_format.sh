#!/usr/bin/env bash
# acat_format.sh: acat's options that change the bytes, against GNU's cat.
# needs: python3
# shellcheck disable=SC2016 # the snippets are for another shell to expand
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"
stand_in cat acat

# each byte in the middle, at the end and at the start of a line; at the end of a file, and before \r
python3 - <<'END'
every = bytes(range(256))
open("bytes", "wb").write(every + b"\n".join(bytes([b, b, 10, b, 13, 10]) for b in every) + every)
open("long", "wb").write(b"a\tb" * 3000000 + b"\n" + b"\xff\r\0" * 100000 + b"\n\n\n" + b"x" * 8191 + b"\r\n")
open("edges", "wb").write(b"".join(b"x" * n + e for n in (8190, 8191, 8192, 8193, 131071, 131072, 131073)
                                   for e in (b"\r\n", b"\n\n\n", b"\r\r", b"\t\n", b"\x80\n")))
open("lines", "wb").write(b"\n".join(b"%d" % n * (n % 4) for n in range(120000)))
open("newlines", "wb").write(b"\n" * 300000)
END
printf 'a\r' >cr
printf '\nb\r\n\r\rc\r' >after-cr
printf 'x' >unended
printf 'x\n\n\n' >blanks
printf '\n\ny' >blank-first
printf '\n' >newline
: >empty
mkdir directory
head -c 3000000 /dev/urandom >random
printf 'text \303\244\342\202\254 \t\001\177\n\n\n\r\n last' >text

# -- one option, and all combinations of options that interact --
for option in -A -b -e -E -n -s -t -T -u -v --show-all --number-nonblank --show-ends --number \
    --squeeze-blank --show-tabs --show-nonprinting; do
    export option
    for name in bytes long edges lines random; do
        export name
        same_as_gnu "$option of $name" 'cat $option $name | sha256sum'
    done
    same_as_gnu "$option, over the ends of files" \
        'cat $option cr after-cr cr cr unended blanks blank-first newline empty newline text cr'
    same_as_gnu "$option of standard input" 'cat $option text - cr - blanks <bytes'
done
for combination in {,-b}\ {,-n}\ {,-s}\ {,-E}\ {,-T}\ {,-v}; do
    export combination
    same_as_gnu "options:$combination" \
        'cat $combination cr after-cr cr unended blanks blank-first newline empty text newlines lines \
            edges bytes | sha256sum'
done
same_as_gnu 'several in one word' 'cat -nsbET text; cat -vet text; cat -bnu text'
same_as_gnu 'among and behind the operands' 'cat text -n blanks -E; cat text -- -n'
same_as_gnu 'abbreviated' 'cat --num text; cat --number-n text; cat --show-e text; cat --sq blanks'

# -- several files --
same_as_gnu 'numbers go on over files' 'cat -n blanks unended blank-first blanks empty unended unended'
same_as_gnu 'blank lines of two files are squeezed' 'cat -s blanks blank-first newline newlines blanks'
same_as_gnu 'a carriage return at the end of a file' 'cat -E cr; cat -E cr empty; cat -E cr blanks'
same_as_gnu 'lines go on behind what cannot be read' \
    'cat -nE cr nope after-cr directory newline nope unended 2>&1'
mkdir many
for i in $(seq 500); do head -c $((i * 37 % 9000)) bytes >"many/$i"; done
same_as_gnu 'many files' 'cat -A many/*; cat -n many/*; cat -bs many/*'
same_as_gnu 'many numbers' 'for i in 1 2 3 4 5 6 7 8 9; do set -- "$@" lines; done; cat -n "$@" | tail'
same_as_gnu 'a pipe that comes in pieces' '
    { printf "a\r"; sleep 0.1; printf "\n\n"; sleep 0.1; printf "\nb\t"; sleep 0.1; printf "c"; } |
        cat -nsA - unended'
same_as_gnu 'a FIFO that comes in pieces' '
    mkfifo f; { printf "a\r"; sleep 0.1; printf "\nb"; sleep 0.1; printf "\n"; } >f &
    cat -nE cr f unended; wait; rm f'
gives 'the lines of a slow pipe come at once' 0 '     1	first$' '' '
    coproc slow { { echo first; sleep 2; } | acat -nE; }
    IFS= read -r -t 1 -u "${slow[0]}" line; echo "$line"; wait'
for options in --block-size=1 --block-size=4K --depth=1 --direct=always; do
    same "-A with $options" "$(gnu cat -A cr bytes after-cr text | sha256sum)" \
        "$(acat "$options" -A cr bytes after-cr text | sha256sum)"
done

# -- output --
same_as_gnu 'to a file' 'cat -A lines bytes >out; cat -n text >>out; sha256sum out; rm out'
same_as_gnu '/dev/full' 'cat -n text >/dev/full'
same_as_gnu '/dev/full and nothing but a carriage return' 'cat -E cr >/dev/full'
same_as_gnu '/dev/full and nothing to write' 'cat -n empty >/dev/full'
same_as_gnu 'a reader that has gone' 'cat -A newlines lines | head -c 10; echo ${PIPESTATUS[0]}'
same_as_gnu 'a file that is the output' 'cp text f; cat -n f - <cr >>f; cat f; rm f'
same '--stats=json counts what was written' '"written_bytes":18,' \
    "$(printf 'a\nb' | acat -n --stats=json - unended 2>&1 >/dev/null |
        grep -o '"written_bytes":[0-9]*,')"
same '--discard looks at nothing' '' "$(acat --discard -A bytes)"
finish
