#!/usr/bin/env bash
# acat.sh: acat against GNU's cat, byte for byte, and its additions.
# needs: python3
# shellcheck disable=SC2016 # the snippets are for another shell to expand
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"
stand_in cat acat
limit_seconds=20

# evict FILE...: drops it from the page cache
evict() {
    local name
    for name; do
        dd of="$name" oflag=nocache conv=notrunc,fdatasync count=0 status=none
    done
}

# -- the files to read --
printf 'x' >x
printf 'y\n' >y
: >empty
head -c 100000 /dev/urandom >middle
head -c 20000000 /dev/urandom >large
mkdir directory
printf '1' >'two words'
printf '2' >$'new\nline'
printf '3' >'back\slash'
printf '5' >$'\xff\xfe'
printf '6' >-dash
printf '7' >"it's"
printf '0' >"$(printf '%0255d' 7)"
ln -s x link
ln -s nowhere dangling
chmod 755 .

# -- bytes --
check 'it is our program that stands in' bash -c 'cat --version | grep -q aioutils'
same_as_gnu 'one file' 'cat x'
same_as_gnu 'several files' 'cat x middle large empty y'
same_as_gnu 'the same file several times' 'cat middle x middle middle'
same_as_gnu 'an empty file' 'cat empty'
same_as_gnu 'a symbolic link' 'cat link dangling y'
same_as_gnu 'odd names' 'cat -- *'
same_as_gnu 'a name with a dash' 'cat ./-dash -- -dash'
mkdir sizes
for size in 4096 65536 131072 524288 1048576; do
    for n in $((size - 1)) $size $((size + 1)); do
        head -c "$n" /dev/urandom >"sizes/$n"
    done
done
same_as_gnu 'sizes around those of the blocks' 'cat sizes/*'
for n in sizes/*; do
    export n
    same_as_gnu "one file: $n" 'cat $n'
done
evict sizes/*
same_as_gnu 'sizes around those of the blocks, cold' 'cat sizes/*'
mkdir many
for i in $(seq 1000); do
    head -c $((i * 37 % 9000)) large >"many/$i"
    printf '\n%d\n' "$i" >>"many/$i"
done
printf '%s\0' many/* | sort -zR >list
same_as_gnu 'many files in their order' 'xargs -0 cat <list'
same 'many files in their order, --files0-from' "$(xargs -0 /usr/bin/cat <list | sha256sum)" \
    "$(acat --files0-from=list | sha256sum)"
same 'many files in their order, some cold' "$(xargs -0 /usr/bin/cat <list | sha256sum)" \
    "$(evict many/1*; acat --files0-from=list | sha256sum)"
cp large other
mixed='many/1 large many/2 many/3 empty other middle many/4 sizes/524289 x large y'
export mixed
same_as_gnu 'large and small files in their order' 'cat $mixed | sha256sum'
# shellcheck disable=SC2086 # words
expected=$(/usr/bin/cat $mixed | sha256sum)
for options in '' --direct=always --direct=never --depth=1 --depth=2 \
    '--depth=3 --block-size=4K' '--block-size=100000' -j3; do
    # shellcheck disable=SC2086
    evict large other middle sizes/* many/?
    # shellcheck disable=SC2086
    same "large and small files in their order, cold: $options" "$expected" \
        "$(acat $options $mixed | sha256sum)"
done
same '--block-size=1' "$(sha256sum <middle)" "$(acat --block-size=1 middle | sha256sum)"
truncate -s 3000000 sparse
printf end >>sparse
same_as_gnu 'a file with holes' 'cat sparse x | sha256sum'
same_as_gnu 'to a file' 'cat large x middle >out; sha256sum out; rm out'
# read from the other end, after acat has ended
pipe_bytes='import fcntl; print(fcntl.fcntl(0, fcntl.F_GETPIPE_SZ))'
same 'a pipe is made larger' 262144 "$(acat x | { cat >/dev/null; python3 -c "$pipe_bytes"; })"
same 'a larger one is left as it is' 1048576 "$(python3 -c '
import fcntl, subprocess
fcntl.fcntl(1, fcntl.F_SETPIPE_SZ, 1 << 20)
subprocess.run(["acat", "x"])' | { cat >/dev/null; python3 -c "$pipe_bytes"; })"
same_as_gnu 'appended to a file' 'echo start >out; cat x middle >>out; sha256sum out; rm out'
same_as_gnu 'into the middle of a file' \
    'cp middle out; cat x y x 1<>out; sha256sum out; rm out'
same_as_gnu '-u' 'cat -u x y; cat -uu x'
rm other

# -- files that are not regular --
same_as_gnu '/proc/version' 'cat x /proc/version y'
same_as_gnu 'a sysfs file' 'cat /sys/devices/system/cpu/online x'
same_as_gnu 'files of /proc that are several reads long' \
    'cat /proc/filesystems /proc/kallsyms /proc/cmdline'
same_as_gnu '/dev/null' 'cat x /dev/null y'
same_as_gnu 'a FIFO' 'mkfifo f; cat large >f & cat x f y | sha256sum; wait; rm f'
same_as_gnu 'a FIFO with a slow writer' '
    mkfifo f
    { printf a; sleep 0.1; printf b; sleep 0.1; printf c; } >f &
    cat x f y; wait; rm f'
same_as_gnu 'FIFOs with slow writers, the last one first' '
    mkfifo f g
    { sleep 0.2; printf a; sleep 0.1; printf b; } >f &
    printf c >g &
    cat f x g y; wait; rm f g'
same_as_gnu 'many FIFOs' '
    mkdir f; for i in $(seq 50); do mkfifo f/$i; done
    for i in $(seq 50); do printf "$i " >f/$i & done
    cat f/*; wait; rm -r f'
same_as_gnu 'a FIFO that is written twice and named twice' '
    mkfifo f
    { for word in one two; do sleep 0.1; echo $word >f; done; } &
    cat f x f; wait; rm f'
same_as_gnu 'a pipe that is named twice' \
    '{ for i in $(seq 20000); do echo $i; done; } | cat /dev/stdin x /dev/stdin | sha256sum'
same_as_gnu 'what is behind a FIFO is written while it is read' '
    mkfifo f
    { sleep 0.2; echo late >g; } >f &
    cat f g; wait; rm f g'
same_as_gnu 'process substitutions' 'cat <(printf a; sleep 0.1; printf b) x <(printf c)'
same_as_gnu '/dev/stdin' 'cat /dev/stdin x <middle'

# bytes are passed on as they come, not at the end of the file
gives 'the bytes of a slow pipe come at once' 0 'xfirst' '' '
    coproc slow { { echo first; sleep 2; } | acat x -; }
    IFS= read -r -t 1 -u "${slow[0]}" line; echo "$line"; wait'
gives 'the bytes of a slow FIFO come at once' 0 'xfirst' '' '
    mkfifo f; { echo first; sleep 2; } >f &
    coproc slow { acat x f y; }
    IFS= read -r -t 1 -u "${slow[0]}" line; echo "$line"
    wait; rm f'

# -- standard input --
same_as_gnu 'standard input' 'cat <middle'
same_as_gnu 'standard input as -' 'cat - <middle'
same_as_gnu 'standard input from a pipe' 'cat large | cat | sha256sum'
same_as_gnu 'standard input among files' 'cat middle | cat x - y - middle | sha256sum'
same_as_gnu 'standard input before and behind files' 'cat - x y <middle; cat x y - <middle'
same_as_gnu 'standard input twice' 'cat - - <middle'
same_as_gnu 'standard input from where it is' \
    '{ dd bs=1 count=3 of=/dev/null status=none; cat x -; } <middle'
same_as_gnu 'standard input is left at its end' '{ cat x -; cat; } <middle'
same_as_gnu 'standard input is a directory' 'cat x - y <directory'
same_as_gnu 'standard input is closed' 'cat <&-'
same_as_gnu 'standard input is closed, among files' 'cat x - y <&-'
same_as_gnu 'standard input is closed and not read' 'cat x <&-'
same_as_gnu 'messages and standard input in order' 'cat nope - directory x 2>&1 <middle'

# -- unreadable files --
same_as_gnu 'a missing file' 'cat x nope y'
same_as_gnu 'an empty name' 'cat x "" y'
same_as_gnu 'a directory' 'cat x directory y'
same_as_gnu 'through a file' 'cat x/y x'
same_as_gnu 'a name that is too long' 'cat $(printf "%0256d" 1)'
same_as_gnu 'a loop of links' 'ln -s loop loop; cat x loop; rm loop'
python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("socket")'
same_as_gnu 'a socket' 'cat socket x'
printf '%s\0' 'a b' $'a\nb' $'a\tb\n' "a'b" "a'b\$" '~a' '#a' 'a:b' '{}' '"' $'\xff1' >missing-names
same_as_gnu 'missing files with odd names' 'xargs -0 cat -- <missing-names'
printf 'secret' >unreadable
chmod 0 unreadable
same_as_gnu 'an unreadable file' 'as_nobody cat x unreadable y'
same_as_gnu 'messages and bytes in order' '
    exec 2>&1
    as_nobody cat x nope middle directory unreadable y empty nope2 large "" sizes/4097 directory'
same_as_gnu 'many that fail among many that do not' '
    for i in $(seq 300); do set -- "$@" many/$i nope$i; done; cat "$@" directory 2>&1'
rm -f unreadable
same_as_gnu 'nothing that can be read' 'cat nope directory'

# -- output --
same_as_gnu 'closed stdout' 'cat x >&-'
same_as_gnu 'closed stdout and a missing file' 'cat nope >&-'
same_as_gnu 'closed stdin and stdout' 'cat <&- >&-'
same_as_gnu 'closed stderr' 'cat x nope y 2>&-'
gnu_since 9.6 stderr '1i cat: x: input file is output file\ncat: nope: No such file or directory'
same_as_gnu 'stdout for reading only' 'cat x nope y 1<x'
same_as_gnu '/dev/full' 'cat x y >/dev/full'
same_as_gnu '/dev/full and nothing to write' 'cat empty >/dev/full'
same_as_gnu '/dev/full and a message before it' 'cat nope empty x directory y >/dev/full'
same_as_gnu '/dev/full from standard input' 'cat <middle >/dev/full'
same_as_gnu '/dev/full and a FIFO that no one opens' 'mkfifo f; cat x f >/dev/full; rm f'
same_as_gnu 'a reader that has gone' 'cat large large | head -c 10; echo ${PIPESTATUS[0]}'
same_as_gnu 'a reader that has gone, from standard input' \
    'cat <large | head -c 10; echo ${PIPESTATUS[0]}'
same_as_gnu 'a reader that has gone, SIGPIPE ignored' \
    'trap "" PIPE; { cat large nope large; echo $? >status; } | head -c 10; cat status; rm status'
gives 'a full disk' 1 '' 'cat: write error: File too large' \
    'trap "" XFSZ; ulimit -f 1; cat x middle nope y >full'
same 'a full disk: what fits' 1024 "$(stat -c %s full)"
rm -f full
gives '--help to /dev/full' 1 '' 'cat: write error: No space left on device' 'cat --help >/dev/full'

# -- a file that is the output --
same_as_gnu 'cat f >>f' 'cp middle f; cat f >>f; sha256sum f'
same_as_gnu 'cat f >f' 'cp middle f; cat f >f; sha256sum f'
same_as_gnu 'cat x f >f' 'cp middle f; cat x f >f; sha256sum f'
same_as_gnu 'cat x f >>f' 'cp middle f; cat x f y >>f; sha256sum f'
same_as_gnu 'cat empty f >f' 'cp middle f; cat empty f >f; sha256sum f'
same_as_gnu 'cat x f 1<>f' 'cp middle f; cat x f y 1<>f; sha256sum f'
same_as_gnu 'cat f <>f, by a link and a hard link' '
    cp middle f; ln -s f l; ln f h; cat x l h ./f y >>f; sha256sum f; rm l h'
same_as_gnu 'cat <f >>f' 'cp middle f; cat <f >>f; sha256sum f'
same_as_gnu 'cat - y <f >>f' 'cp middle f; cat x - y <f >>f; sha256sum f'
same_as_gnu 'cat <f >>f from its end' \
    'cp middle f; { cat >f2; cat x -; } <f >>f; sha256sum f f2; rm f2'
rm -f f

# -- files that change while they are read --
same 'a growing file: at least what was there' 20000000 "$(
    cp large growing
    { for _ in $(seq 200); do echo more >>growing; done; } &
    timeout "$limit_seconds" acat growing | head -c 20000000 | wc -c
    wait
)"
same 'a growing file: nothing else' '' "$(
    cp large growing
    { for _ in $(seq 200); do echo more >>growing; done; } &
    timeout "$limit_seconds" acat growing | tail -c +20000001 | tr -d 'more\n'
    wait
)"
cp large shrinking
(
    sleep 0.2
    : >shrinking
) &
timeout "$limit_seconds" acat x shrinking y | {
    sleep 0.5
    wc -c
} >size
status=$?
wait
same 'a shrinking file ends' 0 "$status"
check 'a shrinking file: no more than was there' test "$(cat size)" -le 20000003
rm -f growing shrinking

# -- options --
for options in '-Z x' '--foo x' '--no-such' '-u --zzz' '--disc=1 x'; do
    export options
    [[ $options == *disc* ]] || same_as_gnu "options: $options" 'cat $options'
done
gives '--discard with an argument' 1 '' "acat: option '--discard' doesn't allow an argument
Try 'acat --help' for more information." 'acat --discard=1 x'
check '--help' acat --help
check '--version' acat --version
same "--engine=$engine" "$(/usr/bin/cat x y)" "$(AIOUTILS_ENGINE=none acat --engine="$engine" x y)"
same '--engine=auto' "$(/usr/bin/cat x y)" "$(acat --engine=auto x y)"

# -- lists of names --
printf 'x\0nope\0y' >list-unended
printf 'x\0\0y\0' >list-empty-name
printf 'x\0-\0y\0-\0' >list-dash
same '--files0-from=-' "$(printf 'xy\nx')" "$(printf 'x\0y\0x\0' | acat --files0-from=-)"
same '--files0-from of odd names' "$(/usr/bin/cat -- ./* 2>/dev/null | sha256sum)" \
    "$(printf '%s\0' ./* | acat --files0-from=- 2>/dev/null | sha256sum)"
same '--files0-from with standard input in it' "$(/usr/bin/cat x middle y | sha256sum)" \
    "$(acat --files0-from=list-dash <middle | sha256sum)"
gives '--files0-from without an end' 1 $'xy' 'acat: nope: No such file or directory' \
    'acat --files0-from=list-unended'
gives '--files0-from with an empty name' 1 $'xacat: list-empty-name:2: invalid zero-length file name
y' '' 'acat --files0-from=list-empty-name 2>&1'
gives '--files0-from=- with a dash in it' 1 'x' \
    "acat: when reading file names from stdin, no file name of '-' allowed" \
    'printf "x\0-\0" | acat --files0-from=-'
gives '--files0-from of nothing' 0 '' '' 'acat --files0-from=/dev/null'
gives '--files0-from that is missing' 1 '' \
    "acat: cannot open 'nope' for reading: No such file or directory" 'acat --files0-from=nope'
gives '--files0-from a directory' 1 '' 'acat: directory: read error: Is a directory' \
    'acat --files0-from=directory'
gives '--files0-from and an operand' 1 '' "acat: extra operand 'x'
file operands cannot be combined with --files0-from
Try 'acat --help' for more information." 'acat --files0-from=list x'

# -- --discard --
bytes=$(xargs -0 /usr/bin/cat <list | wc -c)
gives '--discard' 0 '' '' 'acat --discard x y large middle empty'
gives '--discard to closed stdout' 0 '' '' 'acat --discard x >&-'
gives '--discard to /dev/full' 0 '' '' 'acat --discard x >/dev/full'
gives '--discard of what cannot be read' 1 '' $'acat: nope: No such file or directory
acat: directory: Is a directory' 'acat --discard x nope directory y'
gives '--discard into its input' 0 '' '' 'printf 1 >f; acat --discard f >>f; rm f'
# counts NAME BYTES FILES FAILED COMMAND...: checks the output of --stats=json
counts() {
    local name=$1 line
    line=$("${@:5}" --stats=json 2>&1 >/dev/null | tail -n 1 |
        grep -o '"\(files\|failed_files\|bytes\)":[0-9]*' | sort | tr '\n' ' ')
    same "--stats=json: $name" "\"bytes\":$2 \"failed_files\":$4 \"files\":$3 " "$line"
}
counts 'plain' 20100003 5 0 acat x y large middle empty
counts '--discard' 20100003 5 0 acat --discard x y large middle empty
counts '--discard, failed' 3 4 2 acat --discard x nope directory y
for options in '' -j3 --direct=always '--direct=never -j2' '--depth=2 --block-size=4K'; do
    # shellcheck disable=SC2086
    evict large middle many/2?
    # shellcheck disable=SC2086
    counts "--discard of 1000 files, some cold: $options" "$bytes" 1000 0 \
        acat --discard --files0-from=list $options
    # shellcheck disable=SC2086
    counts "--discard of 1000 files, warm: $options" "$bytes" 1000 0 \
        acat --discard --files0-from=list $options
done
evict large
counts '--discard of a large file, cold' 20000000 1 0 acat --discard large
same '--stats=json counts standard input' '"bytes":6,' "$(printf abc |
    acat --stats=json x - y 2>&1 >/dev/null | grep -o '"bytes":[0-9]*,')"
same '--stats=json: engine' "\"engine\":\"$engine\"" \
    "$(acat --stats=json --discard x 2>&1 | grep -o '"engine":"[a-z]*"')"
check '--stats' bash -c 'acat --stats x 2>&1 >/dev/null |
    grep -q "^engine  *$AIOUTILS_ENGINE, 1 worker"'
same '--stats: one worker, whatever the segments' '"jobs":1' \
    "$(acat --discard --stats=json x - y - x 2>&1 </dev/null | grep -o '"jobs":[0-9]*')"
# copies from file to file within the kernel
gnu cat large >/dev/null
same_as_gnu 'a cached file to a file, among others' 'cat x large - y large <middle >out; sha256sum out; rm out'
same_as_gnu 'appended, which copy_file_range(2) refuses' 'cat x >out; cat large y >>out; sha256sum out; rm out'
same_as_gnu 'from where standard input stands' '{ head -c 5 >out2; dd bs=1000 count=1 status=none; cat; } <large >out
    sha256sum out; rm out out2'
same_as_gnu 'to the middle of a file' '{ cat y; cat large; cat x; } >out; sha256sum out; rm out'
same_as_gnu 'it is the output' 'cp large f; cat f >>f; sha256sum f; { dd bs=9 count=1 status=none <f; cat f y; } 1<>f; sha256sum f; rm f'
same_as_gnu 'a limit of the output' '(ulimit -f 5000; trap "" XFSZ; cat large >out 2>err); echo $?; stat -c %s out; rm out'
same '--stats counts it' '"bytes":20000000, "written_bytes":20000000,' "$(acat --stats=json large 2>&1 >out |
    grep -o '"bytes":[0-9]*,"written_bytes":[0-9]*,' | sed 's/,/, /')"
rm out
if strace -o /dev/null true 2>/dev/null; then
    gnu cat large >/dev/null
    strace -f -e trace=copy_file_range -o trace acat large >out
    check 'it is copied by copy_file_range' grep -q 'copy_file_range.*) = 1048576' trace
    evict large
    strace -f -e trace=copy_file_range -o trace acat large >out
    same 'but not one that has to be read first' 0 "$(grep -c copy_file_range trace)"
    rm out
    check '--discard reads all there is' bash -c '
        strace -f -e trace=read,pread64,preadv2 -o trace acat --engine=sync --discard large
        awk "{ sum += \$NF } END { exit sum < 20000000 }" trace'
    for error in EPERM ENOSYS; do
        export error
        same "--engine=auto if io_uring_setup fails with $error" "$(/usr/bin/cat x y)" \
            "$(strace -f -o /dev/null -e "inject=io_uring_setup:error=$error" \
                acat --engine=auto x y 2>&1)"
        check "--engine=uring if it fails with $error" bash -c '
            strace -f -o /dev/null -e "inject=io_uring_setup:error=$error" \
                acat --engine=uring x >out 2>err && exit 1
            [ ! -s out ] && grep -q "^acat: cannot use engine .uring.: ..*" err'
    done
else
    left_out 'a sandbox without io_uring' 'strace cannot run here'
fi

finish
