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
    screen=$(tail -n +2 <<<"$output")
}

echo x >x
seq 100000 >large
long=$(printf 'n%.0s' {1..100})-end
odd=$'a\nb\e[2J\xffc'
mkfifo slow "$long" "$odd"
digest=$(gnu sha256sum <x | cut -c 1-64)

on_terminal 200 '2/3 files  589 kB/589 kB  stalled 1 s: slow' slow ahash -j2 --progress large slow x
same 'the line names a stalled file' "0 1" "$status $seen"
same 'and is gone at the end' "$(gnu sha256sum large; echo "$digest  slow"; gnu sha256sum x)" "$screen"
on_terminal 200 'stalled 1 s: slow' slow ahash --progress missing slow missing
same 'messages stay whole' "1 1 ahash: missing: No such file or directory
$digest  slow
ahash: missing: No such file or directory" "$status $seen $screen"

on_terminal 60 'nnnn-end' "$long" bash -c "ahash --progress $long >/dev/null"
same 'a long name keeps its end' "0 1" "$status $seen"
check 'the line is not wider than the terminal' test "$widest" -eq 59
on_terminal 20 '0/1 files' slow bash -c "ahash --progress slow >/dev/null"
check 'of a narrow one neither' test "$widest" -eq 19
on_terminal 200 'stalled 1 s: a?b?[2J?c' "$odd" bash -c 'ahash --progress a* >/dev/null'
same 'control characters do not reach the terminal' "0 1" "$status $seen"
on_terminal 200 'stalled 1 s: -' slow bash -c 'cat slow | ahash --progress >/dev/null'
same 'standard input is -' "0 1" "$status $seen"
check 'it is drawn more than once a second' test "$begun" -ge 4

on_terminal 200 '1/2+ files  589 kB/589 kB+  stalled 1 s: slow' slow \
    bash -c '{ printf "large\0slow\0"; cat slow >&2; } | ahash -j2 --progress --files0-from=- >/dev/null'
same 'of a list that goes on, more may come' "0 1" "$status $seen"

on_terminal 200 'stalled 1 s: slow' slow bash -c 'acat --progress large slow >out'
same 'acat' "0 1 " "$status $seen $screen"
same 'acat writes the same' "$(cat large x | gnu sha256sum)" "$(gnu sha256sum <out)"
on_terminal 200 'stalled 1 s: -' slow bash -c 'cat slow | acat --progress large - >out'
same 'acat of standard input' "0 1 " "$status $seen $screen"

mkdir into
on_terminal 200 'stalled 1 s: slow' slow acp -v --progress large slow x into
same 'acp' "0 1 'large' -> 'into/large'
'slow' -> 'into/slow'
'x' -> 'into/x'" "$status $seen $screen"

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
    'until grep -q "^0/1 files  0 B/0 B  stalled [1-9][0-9]* s: slow$" out; do sleep 0.1; done'
echo x >slow
wait

same_words='Valid arguments are:'
gives 'a bad --progress' 1 '' "ahash: invalid argument 'maybe' for '--progress'
$same_words
  - 'never'
  - 'auto'
  - 'always'
Try 'ahash --help' for more information." 'ahash --progress=maybe'
finish
