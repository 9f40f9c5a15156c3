#!/usr/bin/env bash
# ahash_streams.sh: FIFOs, pipes, terminals and devices do not hold up the other operands of ahash.
# needs: python3
# shellcheck disable=SC2016 # the snippets are for another shell to expand
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"
limit_seconds=30

printf 'x' >x
head -c 3333333 /dev/urandom >large # larger than the buffer of a pipe
mkfifo f1 f2 f3
of_x=$(gnu sha256sum <x | cut -c1-64)
of_large=$(gnu sha256sum <large | cut -c1-64)
of_nothing=$(gnu sha256sum </dev/null | cut -c1-64)
export of_x of_large of_nothing

# Each of these would hang if ahash waited for the first operand: its writer comes, or writes, only after another
# operand has been read to its end.
gives 'a FIFO that has no writer yet' 0 "$of_x  f1"$'\n'"$of_large  f2" '' \
    '{ cat large >f2; cat x >f1; } & ahash -j1 f1 f2; wait'
gives 'a FIFO whose writer is slow' 0 "$of_x  f1"$'\n'"$of_large  f2" '' \
    '{ exec 9>f1; cat large >f2; cat x >&9; exec 9>&-; } & ahash -j1 f1 f2; wait'
gives 'in the order of the operands' 0 \
    "$of_large  f3"$'\n'"$of_x  f1"$'\n'"$of_x  x"$'\n'"$of_large  f2" '' \
    '{ cat large >f2; cat x >f1; cat large >f3; } & ahash -j1 f3 f1 x f2; wait'
gives 'a writer that writes nothing' 0 "$of_nothing  f1"$'\n'"$of_large  f2" '' \
    '{ cat large >f2; : >f1; } & ahash -j1 f1 f2; wait'
gives 'a FIFO that is a pipe of the shell' 0 "$of_large"$'\n'"$of_x" '' \
    'ahash -j1 <(sleep 0.2; cat large) <(cat x) | cut -d" " -f1'
gives 'standard input' 0 "$of_x  -"$'\n'"$of_large  f1" '' \
    '{ cat large >f1; cat x; } | ahash -j1 - f1'
gives 'standard input between' 0 "$of_large  f1"$'\n'"$of_x  -"$'\n'"$of_large  f2" '' \
    '{ cat large >f2; cat x; exec >&-; cat large >f1; } | ahash -j1 f1 - f2'
gives 'standard input twice' 0 "$of_x  -"$'\n'"$of_nothing  -"$'\n'"$of_large  f1" '' \
    '{ cat x; exec >&-; cat large >f1; } | ahash -j1 - - f1'
gives 'standard input by another name' 0 "$of_large  /dev/stdin"$'\n'"$of_x  f1" '' \
    '{ cat x >f1; cat large; } | ahash -j1 /dev/stdin f1'
gives '--check of what is slow' 0 $'f1: OK\nf2: OK' '' '
    printf "%s\n" "$of_x  f1" "$of_large  f2" >sums
    { cat large >f2; cat x >f1; } & ahash -j1 -c sums; wait'
gives 'several algorithms' 0 "$(gnu md5sum --tag <x | sed 's/-/f1/')
$(gnu sha256sum --tag <x | sed 's/-/f1/')" '' 'cat x >f1 & ahash -j1 -a md5,sha256 f1; wait'
gives 'many of them' 0 "$(for i in $(seq 40); do echo "$of_x  many$i"; done)" '' '
    for i in $(seq 40); do mkfifo many$i; done
    for i in $(seq 40 -1 1); do cat x >many$i; done & ahash -j1 $(printf "many%s " $(seq 40)); wait
    rm many*'

# -- devices --
gives '/dev/null' 0 "$of_nothing  /dev/null"$'\n'"$of_x  x" '' 'ahash -j1 /dev/null x'
cat >../terminal <<'END'
# Runs a command that reads a new terminal, whose name replaces TERMINAL. Types a line and the end of the file after
# the FIFO f2 has been read.
import os, subprocess, sys, tty
master, slave = os.openpty()
name = os.ttyname(slave)
child = subprocess.Popen([name if word == "TERMINAL" else word for word in sys.argv[1:]],
                         stdout=subprocess.PIPE)
with open("f2", "wb") as fifo, open("large", "rb") as data:
    fifo.write(data.read())
os.write(master, b"typed\n\x04")
print(child.communicate()[0].decode().replace(name, "TERMINAL"), end="")
sys.exit(child.returncode)
END
of_typed=$(echo typed | gnu sha256sum | cut -c1-64)
gives 'a terminal' 0 "$of_typed  TERMINAL"$'\n'"$of_large  f2" '' \
    'python3 ../terminal ahash -j1 TERMINAL f2'

# -- a run whose output cannot be written ends before all is read --
full='write error: No space left on device'
digest=$(gnu sha256sum </dev/null)
export digest
gives 'an endless check file' 1 '' "ahash: $full" \
    'yes "${digest%% *}  /dev/null" | timeout "$limit_seconds" ahash -c >/dev/full'
gives 'an endless check file, --json' 1 '' "ahash: $full" \
    'yes "${digest%% *}  /dev/null" | timeout "$limit_seconds" ahash -c --json >/dev/full'
gives 'an endless check file, bad lines' 1 '' "ahash: $full" \
    'yes "${digest%% *}" | timeout "$limit_seconds" ahash -c --json >/dev/full'
gives 'an endless list' 1 '' "ahash: $full" \
    'yes /dev/null | tr "\n" "\0" | timeout "$limit_seconds" ahash --files0-from=- >/dev/full'
gives 'an endless list, --json' 1 '' "ahash: $full" \
    'yes /dev/null | tr "\n" "\0" | timeout "$limit_seconds" ahash --json --files0-from=- >/dev/full'
gives 'a tree' 1 '' "ahash: $full" 'timeout "$limit_seconds" ahash -r /usr >/dev/full'
gives 'standard output is closed' 1 '' 'ahash: write error: Bad file descriptor' \
    'yes /dev/null | tr "\n" "\0" | timeout "$limit_seconds" ahash --files0-from=- >&-'
gives 'a reader that has gone, SIGPIPE ignored' 1 '' 'ahash: write error: Broken pipe' \
    'trap "" PIPE; yes /dev/null 2>/dev/null | tr "\n" "\0" 2>/dev/null |
        timeout "$limit_seconds" ahash --files0-from=- | head -n 1 >/dev/null; exit ${PIPESTATUS[2]}'
gives 'acat of an endless list' 1 '' "acat: $full" \
    'yes /etc/passwd | tr "\n" "\0" | timeout "$limit_seconds" acat --files0-from=- >/dev/full'
gives 'acat -n of an endless file' 1 '' "acat: $full" 'timeout "$limit_seconds" acat -n /dev/zero >/dev/full'
mkdir many
for i in $(seq 200); do echo "$i" >"many/$i"; done
gives 'acp -v goes on copying' 1 '' "acp: $full" \
    'acp -rv many copied >/dev/full; s=$?; diff -r many copied; exit $s'
gives 'a manifest is brought up to date' 1 '' "ahash: $full" 'ahash -rv --update=manifest many >/dev/full'
same 'a manifest is brought up to date: all is listed' 200 "$(grep -vc '^#' manifest)"

finish
