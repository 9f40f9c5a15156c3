#!/usr/bin/env bash
# progress.sh: --progress: the terminal while files are read, and afterwards.
# needs: python3
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"
limit_seconds=20
terminal=$(cd "$OLDPWD" && cd "$(dirname "$0")" && pwd)/terminal

# on_terminal COLUMNS STALLED FIFO COMMAND...: once the terminal shows the text STALLED, FIFO is written to.
# Leaves the words that tests/cli/terminal prints first in $status $widest $begun $seen, and $screen.
on_terminal() {
    local columns=$1 until=$2 fifo=$3 output
    shift 3
    output=$(timeout -k 5 "$limit_seconds" "$terminal" "$columns" "$until" "$fifo" "$@")
    read -r status widest begun seen <<<"$output"
    # the last line without what depends on the time
    screen=$(tail -n +2 <<<"$output" | sed -E 's/^((copied|digested|read|checked) [0-9,]+ files?), .* in [0-9.]+ s \([^)]*\/s\)/\1/')
}

echo x >x
seq 100000 >large
long=$(printf 'n%.0s' {1..100})-end
odd=$'a\nb\e[2J\xffc'
mkfifo slow "$long" "$odd"
digest=$(gnu sha256sum <x | cut -c 1-64)

on_terminal 200 '2 of 3 files  589 of 589 kB  stalled 1 s: slow' slow ahash -j2 --progress large slow x
same 'the line names a stalled file' "0 1" "$status $seen"
same 'and another one stays at the end' "$(gnu sha256sum large; echo "$digest  slow"; gnu sha256sum x)
digested 3 files" "$screen"
on_terminal 200 'stalled 1 s: slow' slow ahash --progress missing slow missing
same 'messages stay whole' "1 1 ahash: missing: No such file or directory
$digest  slow
ahash: missing: No such file or directory
digested 1 file, 2 failed" "$status $seen $screen"

on_terminal 60 'nnnn-end' "$long" bash -c "ahash --progress $long >/dev/null"
same 'a long name keeps its end' "0 1" "$status $seen"
check 'the line is not wider than the terminal' test "$widest" -eq 59
on_terminal 20 'slow  0 of 0 B' slow bash -c "ahash --progress slow >/dev/null"
check 'of a narrow one neither' test "$widest" -eq 19
on_terminal 200 'stalled 1 s: a?b?[2J?c' "$odd" bash -c 'ahash --progress a* >/dev/null'
same 'control characters do not reach the terminal' "0 1" "$status $seen"
on_terminal 200 'stalled 1 s: -' slow bash -c 'cat slow | ahash --progress >/dev/null'
same 'standard input is -' "0 1" "$status $seen"
check 'it is drawn more than once a second' test "$begun" -ge 4

on_terminal 200 '1 of >2 files  589 kB  stalled 1 s: slow' slow \
    bash -c '{ printf "large\0slow\0"; cat slow >&2; } | ahash -j2 --progress --files0-from=- >/dev/null'
same 'of a list that goes on, more may come' "0 1" "$status $seen"

on_terminal 200 'stalled 1 s: slow' slow bash -c 'acat --progress large slow >out'
same 'acat' "0 1 read 2 files" "$status $seen $screen"
same 'acat writes the same' "$(cat large x | gnu sha256sum)" "$(gnu sha256sum <out)"
on_terminal 200 'stalled 1 s: -' slow bash -c 'cat slow | acat --progress large - >out'
same 'acat of standard input' "0 1 read 1 file" "$status $seen $screen"

mkdir into
on_terminal 200 'stalled 1 s: slow' slow acp -v --progress large slow x into
same 'acp' "0 1 'large' -> 'into/large'
'slow' -> 'into/slow'
'x' -> 'into/x'
copied 3 files" "$status $seen $screen"

# a long run that shows nothing
quiet() {
    on_terminal 200 '' '' bash -c "(sleep 0.4; echo x >slow) & $1"
    same "$1 shows nothing" "0 0 ${2-}" "$status $begun $screen"
}
quiet 'ahash slow >/dev/null'
quiet 'ahash --progress=never slow >/dev/null'
quiet 'ahash --progress=auto slow >/dev/null 2>out'
same 'auto: not without a terminal' '' "$(cat out)"
quiet 'acat --progress slow' x

ahash --progress=always slow >/dev/null 2>out &
# shellcheck disable=SC2016 # for the inner shell
check 'always: a line now and then' timeout "$limit_seconds" bash -c \
    'until grep -q "^slow  0 of 0 B  stalled [1-9][0-9]* s: slow$" out; do sleep 0.1; done'
echo x >slow
wait
check 'always: a last line' grep -qE '^digested 1 file, 2 B in [0-9.]+ s \([0-9.]+ B/s\)$' out

# -- $AIOUTILS_PROGRESS --
export AIOUTILS_PROGRESS=1
on_terminal 200 'stalled 1 s: slow' slow bash -c 'ahash slow >/dev/null'
same 'the environment turns it on' '0 1 digested 1 file' "$status $seen $screen"
on_terminal 200 '' '' ahash x
same 'but shows nothing of a short run' "0 0 $digest  x" "$status $begun $screen"
same 'nor without a terminal' "$digest  x" "$( (sleep 1.2; echo x >slow) & ahash x slow 2>&1 | head -n 1)"
quiet 'ahash --progress=never slow >/dev/null'
unset AIOUTILS_PROGRESS

# -- a tree: the total is counted while the run goes on --
mkdir tree tree/{a,b,.hidden}
for i in {1..40}; do
    head -c 50000 /dev/zero >"tree/a/$i"
    echo x >"tree/b/$i"
done
head -c 1500000 /dev/zero >tree/.hidden/large
ln -s a tree/link
# counted PATTERN COMMAND...: the line that it shows each second has the total before the end
counted() {
    local pattern=$1
    shift
    "$@" --progress=always 2>out >/dev/null
    grep -qE "$pattern" out || { cat out; return 1; }
}
bar=' +[0-9]+% \[=*>? *\]  [0-9.]+ [kM]?B/s'
check 'acp: files, bytes, part, rate' counted "^[0-9]+ of 82 files  [0-9.]+( kB)? of 3\.50 MB $bar" \
    acp -r --rate=1M tree trees
check 'and the time left' grep -qE 's  [0-9]:[0-9]+ left$' out
check 'and the last line' grep -qE '^copied 82 files, 3\.50 MB in [0-9.]+ s \([0-9.]+ [kM]B/s\)$' out
check 'an excluded directory is not counted' counted '^[0-9]+ of 42 files ' \
    acp -r --rate=1M --exclude=a tree trees2
acp -r -T --plan=plan --progress=always tree planned >/dev/null 2>out
same 'a plan counts what it lists' 'listed 82 files' "$(sed 's/, 0 B in .*s)$//' out | tail -n 1)"
ahash -r tree >list
echo bad >>list
ahash -c --report-unlisted=. --progress=always list nope >/dev/null 2>out
same 'a check counts the files that it reads, and a list that is missing' 'checked 81 files, 1 failed' \
    "$(sed -nE 's/^(checked .*), [0-9.]+ MB in .*\/s\)/\1/p' out)"
echo newer >tree/b/1
acp -r -u -T --progress=always tree trees 2>out
same 'files that stay are counted apart' 'copied 2 files, 80 skipped' \
    "$(sed -E 's/, 6 B in .*s\)//' out | tail -n 1)"
check 'with links followed, too' counted '^[0-9]+ of 121 files  ' acp -rL --rate=1M tree trees3

# -- what a signal leaves, and how to go on --
# stops NAME MESSAGE COMMAND...: interrupts it once it has shown something
stops() {
    local name=$1 message=$2 child
    shift 2
    rm -f out # or what the last one has shown counts
    env --default-signal "$@" --rate=1M --progress=always 2>out & # or it ignores SIGINT, as jobs in the background
    child=$!
    # shellcheck disable=SC2016 # for the inner shell
    timeout "$limit_seconds" bash -c 'until grep -qs " files" out; do sleep 0.05; done'
    kill -INT "$child"
    wait "$child"
    same "$name: status" 130 $?
    if grep -qE "^stopped after [0-9.]+ [kM]?B, [0-9]+ files? complete$message$" out &&
        ! tail -n 1 out | grep -q '.\{81\}'; then
        ok "$name: the last line"
    else
        not_ok "$name: the last line" "$(cat out)"
    fi
}
stops 'a new tree' '; to go on, add -u -T' acp -r tree new
acp -r -u -T tree new
check 'and that is true' diff -r tree new
mkdir dir
stops 'into a directory' '; to go on, add -u' acp -r tree dir
acp -r -u tree dir
check 'and that is true, too' diff -r tree dir/tree
stops 'with times' '; to go on, add --update=changed -T' acp -a tree times
acp -a --update=changed -T tree times
check 'and that is true of times' diff -r tree times
stops 'with a manifest, which would lack what is complete' '; no manifest was written' \
    acp -r --manifest=sums tree listed
check 'and that is true of the manifest' [ ! -e sums ]
mkdir there
head -c 1800000 /dev/urandom >source
echo x >there/source
stops 'a file that was there' ', 1 existing file not: go on without -u' acp source x there

same_words='Valid arguments are:'
gives 'a bad --progress' 1 '' "ahash: invalid argument 'maybe' for '--progress'
$same_words
  - 'never'
  - 'auto'
  - 'always'
Try 'ahash --help' for more information." 'ahash --progress=maybe'
finish
