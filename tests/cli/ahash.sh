#!/usr/bin/env bash
# ahash.sh: ahash against GNU's sha256sum, byte for byte, and its additions.
# shellcheck disable=SC2016 # the snippets are for another shell to expand
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"
stand_in sha256sum ahash

# -- the files to digest --
printf 'x' >x
printf 'y' >y
: >empty
head -c 100000 /dev/urandom >middle
head -c 3333333 /dev/urandom >large
mkdir directory
printf '1' >'two words'
printf '2' >$'new\nline'
printf '3' >'back\slash'
printf '4' >$'carriage\rreturn'
printf '5' >$'\xff\xfe'
printf '6' >-dash
printf '7' >"it's"
printf '8' >' blank'
printf '9' >'*star'
printf '0' >"$(printf '%0255d' 7)"
ln -s x link
ln -s nowhere dangling
digest_x=$(gnu sha256sum x | cut -c1-64)
digest_y=$(gnu sha256sum y | cut -c1-64)
export digest_x digest_y

# -- digests --
same_as_gnu 'one file' 'sha256sum x'
same_as_gnu 'several files' 'sha256sum x middle large empty y'
same_as_gnu 'the same file twice' 'sha256sum x x'
same_as_gnu 'an empty file' 'sha256sum empty'
same_as_gnu 'a symbolic link' 'sha256sum link dangling'
same_as_gnu '-b' 'sha256sum -b x y'
same_as_gnu '-t' 'sha256sum -t x y'
same_as_gnu '-b -t' 'sha256sum -bt x'
same_as_gnu '--tag' 'sha256sum --tag x *'
same_as_gnu '--tag -z' 'sha256sum --tag -z -- *'
same_as_gnu '-z' 'sha256sum -z -- *'
same_as_gnu 'odd names' 'sha256sum -- *'
same_as_gnu 'odd names, --binary' 'sha256sum --binary -- *'
same_as_gnu 'options behind operands' 'sha256sum x -b y'
same_as_gnu 'a name with a dash' 'sha256sum ./-dash -- -dash'
same_as_gnu 'a missing file' 'sha256sum x nope y'
same_as_gnu 'an empty name' 'sha256sum ""'
printf '%s\0' 'a b' $'a\nb' $'a\tb\n' "a'b" "a'b\$" $'a\'b\n' '~a' 'a~' '#a' 'a:b' 'a\b' \
    '{}' '{' '"' $'\xff1' >../missing-names
same_as_gnu 'missing files with odd names' 'xargs -0 sha256sum -- <../missing-names'
same_as_gnu 'a directory' 'sha256sum x directory y'
same_as_gnu 'a name that is too long' 'sha256sum $(printf "%0256d" 1)'
same_as_gnu 'through a file' 'sha256sum x/y'
same_as_gnu '/proc/version' 'sha256sum /proc/version'
same_as_gnu 'a sysfs file' 'sha256sum /sys/devices/system/cpu/online'
same_as_gnu 'a file of /proc that is several reads long' 'sha256sum /proc/filesystems /proc/cmdline'
same_as_gnu '/dev/null' 'sha256sum /dev/null'
same_as_gnu 'messages and lines in order' 'sha256sum x nope y directory middle 2>&1'
chmod 755 .
printf 'secret' >unreadable
chmod 0 unreadable
same_as_gnu 'an unreadable file' 'as_nobody sha256sum x unreadable y'
rm -f unreadable

mkdir many
for i in $(seq 2000); do echo "$i" >"many/$i"; done
same_as_gnu 'many files in their order' 'sha256sum $(ls -r many/*)'
rm -r many

# -- standard input --
same_as_gnu 'standard input' 'sha256sum <x'
same_as_gnu 'standard input as -' 'sha256sum - <middle'
same_as_gnu 'standard input from a pipe' 'cat large | sha256sum'
same_as_gnu 'standard input among files' 'cat middle | sha256sum x - y'
same_as_gnu 'standard input twice' 'sha256sum - x - <middle'
same_as_gnu 'standard input from where it is' \
    '{ dd bs=1 count=3 of=/dev/null status=none; sha256sum; } <middle'
same_as_gnu 'standard input is left at its end' '{ sha256sum; cat; } <middle'
same_as_gnu 'standard input is a directory' 'sha256sum - <directory'
same_as_gnu 'standard input is closed' 'sha256sum <&-; sha256sum - <&-; sha256sum x - y - <&-'
same_as_gnu 'standard input is closed and not read' 'sha256sum x <&-'
same_as_gnu 'a FIFO' 'mkfifo fifo; cat large >fifo & sha256sum x fifo y; wait; rm fifo'
same_as_gnu 'two FIFOs' \
    'mkfifo f1 f2; cat large >f1 & cat middle >f2 & sha256sum f1 f2; wait; rm f1 f2'

# -- output --
same_as_gnu 'closed stdout' 'sha256sum x >&-'
same_as_gnu 'closed stdout, nothing to print' 'sha256sum nope >&-'
same_as_gnu 'closed stderr' 'sha256sum x nope 2>&-'
gives '/dev/full' 1 '' 'sha256sum: write error: No space left on device' 'sha256sum x y >/dev/full'
gives '/dev/full and a message' 1 '' \
    $'sha256sum: nope: No such file or directory\nsha256sum: write error: No space left on device' \
    'sha256sum x nope y >/dev/full'
gives '--help to /dev/full' 1 '' 'sha256sum: write error: No space left on device' \
    'sha256sum --help >/dev/full'
gives 'a reader that has gone' 141 '' '' \
    'yes x | head -30000 | tr "\n" "\0" | sha256sum --files0-from=- | head -1 >/dev/null
     exit ${PIPESTATUS[3]}'

# -- checking --
gnu sha256sum x y middle large empty >good
gnu sha256sum -b x y >good-binary
gnu sha256sum --tag x y >good-tag
gnu sha256sum -- ./-dash ./*line ./*slash ./*return ./two* ./$'\xff\xfe' ./' blank' './*star' >odd
gnu sha256sum --tag -- ./*line ./*slash ./*return ./two* >odd-tag
sed 's/$/\r/' good >crlf
tr a-f A-F <good | sed 's/EMPTY/empty/; s/MIDDLE/middle/; s/LARGE/large/' | sed 's/  .*/\L&/' >upper
{
    echo "$digest_x  x"
    echo "$digest_y  x"
    echo "$digest_y  y"
} >flipped
{
    echo "$digest_y  x"
    echo "$digest_x  y"
} >flipped-both
{
    echo "$digest_x  x"
    echo "$digest_x  nope"
} >missing
{
    echo "$digest_x  nope"
    echo "$digest_x  directory"
    echo "$digest_x  nope either"
} >missing-all
{
    echo '# a comment'
    echo
    echo "$digest_x  x"
    echo 'this is no checksum line'
    echo "${digest_x:1}  x"
    echo "${digest_x}0  x"
    echo "$digest_x"
    echo "$digest_x x"
    echo "$digest_x  "
    echo "MD5 (x) = $digest_x"
    echo "SHA256 (x) $digest_x"
    echo "SHA256 (x) = ${digest_x}0"
    printf '\\%s  bad\\escape\n' "$digest_x"
    echo "$digest_x *x"
    echo "  $digest_x  x"
    echo "SHA256(x)= $digest_x"
} >malformed
{
    echo "$digest_x x"
    echo "$digest_y y"
    echo "$digest_x  blank"
} >blank-style
printf '%s  x' "$digest_x" >unended
echo "$digest_x  -" >dash
echo "$digest_x  $(printf '%0300d' 1)" >name-too-long

for sums in good good-binary good-tag odd odd-tag crlf upper flipped flipped-both \
    missing missing-all malformed blank-style unended dash name-too-long \
    empty x /dev/null nope directory; do
    export sums
    for options in '' --quiet --status --warn --strict --ignore-missing '--ignore-missing --quiet' \
        '--strict --warn'; do
        export options
        same_as_gnu "-c $options $sums" 'sha256sum -c $options $sums'
    done
    same_as_gnu "-c - <$sums" 'sha256sum -c --warn - <$sums'
    same_as_gnu "-c <$sums, messages and lines in order" 'sha256sum -c 2>&1 <$sums'
done
same_as_gnu '-c of several' 'sha256sum -c good flipped nope directory good-tag'
same_as_gnu '-c of several, one bad' 'sha256sum -c --strict good malformed'
same_as_gnu '-c from a pipe' 'cat good missing | sha256sum -c'
same_as_gnu '-c from a FIFO' \
    'mkfifo fifo; cat good flipped >fifo & sha256sum -c fifo; wait; rm fifo'
same_as_gnu '-c of an odd name' \
    'cp x "it'\''s a list"; sha256sum -c "it'\''s a list"; rm it*list'
same_as_gnu '-c that lists standard input' 'sha256sum -c dash <x'
same_as_gnu '-c of lists, of which one lists standard input' 'cat good | sha256sum -c dash -; cat good | sha256sum -c - dash'
same_as_gnu '-c with standard input closed' 'sha256sum -c good <&-'
same_as_gnu '-c of standard input, which is closed' 'sha256sum -c <&-; sha256sum -c - good <&-; sha256sum -c dash <&-'
same_as_gnu '-c to closed stdout' 'sha256sum -c good >&-'
same_as_gnu '-c of a file that is no list' 'sha256sum -c large 2>&1'
same_as_gnu '-c of a line without end' 'head -c 3000000 /dev/zero | sha256sum -c --warn'
same_as_gnu '-c, the last of --quiet --status --warn' '
    sha256sum -c --status --quiet --warn malformed
    sha256sum -c --warn --status malformed; sha256sum -c --warn --quiet malformed'
{ gnu sha256sum x; echo none; } >partly
same_as_gnu '-c, a warning that is lost' 'sha256sum -c partly 2>&-'
gives '-c to /dev/full' 1 '' 'sha256sum: write error: No space left on device' \
    'sha256sum -c good >/dev/full'
gives '-c answers each line before the next' 0 $'x: OK\ny: OK' '' '
    coproc sums { sha256sum -c; }
    for name in x y; do
        /usr/bin/sha256sum $name >&"${sums[1]}"
        IFS= read -r -t 20 -u "${sums[0]}" line || exit 3
        echo "$line"
    done'

# -- options that cannot be combined --
for options in '--tag -t x' '-t --tag x' '-c --tag good' '-c -z good' '-c -b good' '-c -t good' \
    '--ignore-missing x' '--quiet x' '--status x' '--strict x' '--warn x' '-w x' \
    '-c --status --quiet -z --tag -t x' '--no-such-option' '-y' '--tag=1 x' '--te'; do
    export options
    case $options in # 9.10 refuses --tag with -t in either order, and looks at -c first
    '-t --tag x') gnu_since 9.10 snippet 'sha256sum --tag x' ;;
    '-c --status --quiet -z --tag -t x') gnu_since 9.10 snippet 'sha256sum --tag -t x' ;;
    esac
    same_as_gnu "options: $options" 'sha256sum $options'
done
gives '-r -c' 1 '' "sha256sum: the --recursive option is meaningless when verifying checksums
Try 'sha256sum --help' for more information." 'sha256sum -rc good'
check 'it is our program that stands in' bash -c 'sha256sum --version | grep -q aioutils'
check '--help' ahash --help
check '--version' ahash --version

# -- lists of names --
tr '\n' '\0' <<<$'x\ny\nempty' >list
printf 'x\0nope\0y' >list-unended
printf 'x\0\0y\0' >list-empty-name
same '--files0-from' "$(gnu sha256sum x y empty)" "$(ahash --files0-from=list)"
same '--files0-from=-' "$(gnu sha256sum x y empty)" "$(ahash --files0-from=- <list)"
same '--files0-from of odd names' "$(gnu sha256sum -- ./* 2>/dev/null)" \
    "$(printf '%s\0' ./* | ahash --files0-from=- 2>/dev/null)"
same '--files0-from without an end' "$(gnu sha256sum x nope y 2>&1)" \
    "$(sha256sum --files0-from=list-unended 2>&1)"
gives '--files0-from with an empty name' 1 "$(gnu sha256sum x y)" \
    'ahash: list-empty-name:2: invalid zero-length file name' 'ahash --files0-from=list-empty-name'
gives '--files0-from=- with a dash in it' 1 "$(gnu sha256sum x)" \
    "ahash: when reading file names from stdin, no file name of '-' allowed" \
    'printf "x\0-\0" | ahash --files0-from=-'
gives '--files0-from of nothing' 0 '' '' 'ahash --files0-from=/dev/null'
gives '--files0-from that is missing' 1 '' \
    "ahash: cannot open 'nope' for reading: No such file or directory" 'ahash --files0-from=nope'
gives '--files0-from a directory' 1 '' 'ahash: directory: read error: Is a directory' \
    'ahash --files0-from=directory'
gives '--files0-from and an operand' 1 '' "ahash: extra operand 'x'
file operands cannot be combined with --files0-from
Try 'ahash --help' for more information." 'ahash --files0-from=list x'
for option in --exclude=x -x; do
    name=--exclude
    [ "$option" = -x ] && name=--one-file-system
    for command in "ahash $option good" "ahash -c $option good"; do
        gives "$command" 1 '' "ahash: the $name option is meaningful only with --recursive or --report-unlisted
Try 'ahash --help' for more information." "$command"
    done
done
gives '-c --files0-from' 0 "$(gnu sha256sum -c good good-tag)" '' \
    'printf "good\0good-tag\0" | ahash -c --files0-from=-'

# -- trees --
mkdir -p tree/a tree/a.b/c/d tree/empty tree/'a b'
for name in a/1 a/2 a.b/1 a.b/c/1 a.b/c/d/1 'a b/1' a- a0 $'new\nline' $'\xff' .hidden; do
    echo "$name" >"tree/$name"
done
ln -s a tree/link-to-directory
ln -s a/1 tree/link-to-file
ln -s nowhere tree/dangling
ln -s .. tree/a/loop
mkfifo tree/fifo
tree_digests() {
    find "$@" -type f -print0 | sort -z | gnu xargs -0 -r sha256sum --
}
same '-r' "$(tree_digests tree)" "$(ahash -r tree)"
same '-r with a slash' "$(tree_digests tree/)" "$(ahash -r tree/)"
same '-r .' "$(cd tree && tree_digests .)" "$(cd tree && ahash -r .)"
same '-r of an absolute name' "$(tree_digests "$PWD/tree")" "$(ahash -r "$PWD/tree")"
same '-r of a link to a directory' "$(tree_digests tree/link-to-directory/)" \
    "$(ahash -r tree/link-to-directory/)"
same '-r of a tree and files' "$(gnu sha256sum x; tree_digests tree; gnu sha256sum y)" \
    "$(ahash -r x tree y)"
same '-r of a file' "$(gnu sha256sum x)" "$(ahash -r x)"
same '-r --files0-from' "$(tree_digests tree; gnu sha256sum x)" \
    "$(printf 'tree\0x\0' | ahash -r --files0-from=-)"
same '-r -j5' "$(tree_digests tree)" "$(ahash -r -j5 tree)"
gives '-r of an empty directory' 0 '' '' 'ahash -r tree/empty'
gives '-r of what is missing' 1 '' 'ahash: nope: No such file or directory' 'ahash -r nope'
gives 'a directory without -r' 1 '' 'ahash: tree: Is a directory' 'ahash tree'
mkdir tree/closed
chmod 0 tree/closed
chmod 0 tree/a/1
gives '-r with what cannot be read in it' 1 "$(gnu sha256sum tree/a/2)" \
    $'ahash: tree/a/1: Permission denied\nahash: tree/closed: Permission denied' \
    'cp '"$bin"'/ahash ../as/; as_nobody ahash -r tree/a tree/closed; exit $?'
chmod 755 tree/closed
chmod 644 tree/a/1
ahash -r tree >tree.sums
same_as_gnu 'the output of -r is a check file' 'sha256sum -c tree.sums'

# -- the common options --
same '--depth --block-size --direct' "$(gnu sha256sum large middle)" \
    "$(ahash --depth=3 --block-size=4KiB --direct=always large middle)"
same '--direct=never -j3' "$(gnu sha256sum large middle x)" \
    "$(ahash --direct=never -j3 large middle x)"
same "--engine=$engine" "$(gnu sha256sum x)" "$(AIOUTILS_ENGINE=none ahash --engine="$engine" x)"
[ "$engine" != uring ] || same 'io_uring is a name of uring' '"engine":"uring" "engine":"uring"' \
    "$(ahash --engine=io_uring --stats=json x 2>&1 >/dev/null | grep -o '"engine":"uring"') \
$(AIOUTILS_ENGINE=io_uring ahash --stats=json x 2>&1 >/dev/null | grep -o '"engine":"uring"')"
same '--engine=auto' "$(gnu sha256sum x)" "$(ahash --engine=auto x)"
gives '$AIOUTILS_ENGINE of no engine' 1 '' \
    "ahash: invalid value 'none' of \$AIOUTILS_ENGINE: expected auto, sync or uring" \
    'AIOUTILS_ENGINE=none ahash x'
gives '--engine of no engine' 1 '' "ahash: invalid argument 'none' for '--engine'
Valid arguments are:
  - 'auto'
  - 'sync'
  - 'uring', 'io_uring'
Try 'ahash --help' for more information." 'ahash --engine=none x'
gives '-j0' 1 '' "ahash: invalid --jobs argument '0': expected a number from 1 to 1024" \
    'ahash -j0 x'
gives '--block-size=x' 1 '' "ahash: invalid --block-size argument 'x': expected a size from 1 to 1G" 'ahash --block-size=x x'
gives '--block-size=9E' 1 '' "ahash: invalid --block-size argument '9E': expected a size from 1 to 1G" 'ahash --block-size=9E x'
ahash --stats=json x middle large nope 2>stats >/dev/null
same '--stats=json is one line behind the messages' 2 "$(wc -l <stats)"
for pair in "\"engine\":\"$engine\"" '"files":4' '"failed_files":1' '"bytes":3433334' '"fallback_reason":null'; do
    check "--stats=json: $pair" grep -qF "$pair" stats
done
check '--stats' bash -c \
    'ahash --stats x 2>&1 >/dev/null | grep -q "^engine  *$AIOUTILS_ENGINE, 1 worker"'
check '--stats counts standard input' \
    bash -c 'printf abc | ahash --stats=json 2>&1 | grep -q "\"files\":1,.*\"bytes\":3,"'

# -- a sandbox without io_uring --
if strace -o /dev/null true 2>/dev/null; then
    mkdir lines
    for i in $(seq 500); do : >"lines/$i"; done
    same 'a pipe gets whole lines, no more at once than it takes in one piece' '' "$(
        strace -f -qq -o writes -s 10000 -e trace=write -e signal=none ahash -r lines | cat >/dev/null
        grep 'write(1, ' writes | grep -v '\\n", [0-9]*[ )]' | cut -c1-200
        sed -n 's/.*write(1, .*, \([0-9]*\)[ )].*/\1/p' writes | awk '$1 > 4096')"
    check 'and still several at once' test "$(grep -c 'write(1, ' writes)" -lt 100
    for error in EPERM ENOSYS; do
        export error
        same "--engine=auto if io_uring_setup fails with $error" "$(gnu sha256sum x y)" \
            "$(strace -f -o /dev/null -e "inject=io_uring_setup:error=$error" \
                ahash --engine=auto x y 2>&1)"
        check "--engine=uring if it fails with $error" bash -c '
            strace -f -o /dev/null -e "inject=io_uring_setup:error=$error" \
                ahash --engine=uring x >out 2>err && exit 1
            cat err
            [ ! -s out ] && grep -q "^ahash: cannot use engine .uring.: ..*" err'
    done
else
    left_out 'a sandbox without io_uring' 'strace cannot run here'
fi

finish
