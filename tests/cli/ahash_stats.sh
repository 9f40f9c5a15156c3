#!/usr/bin/env bash
# ahash_stats.sh: ahash --stats: the time of each worker, and the bottleneck of the run.
# needs: python3
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"

head -c 60000000 /dev/zero >large
mkdir many
for i in $(seq 300); do echo "$i" >"many/$i"; done
cat >../fields <<'END'
import json, sys
found = json.loads(sys.stdin.readlines()[-1])
print(*[eval(word, {}, found) for word in sys.argv[1:]])
END
fields() {
    python3 ../fields "$@"
}

ahash --stats=json -j3 -r many 2>stats >/dev/null
same 'each worker is there' '3 3 300' "$(fields jobs 'len(workers)' 'sum(w["files"] for w in workers)' <stats)"
same 'the workers add up' 'True True' "$(fields \
    'abs(sum(w["hashing_seconds"] for w in workers) - hashing_seconds) < 1e-3' \
    'abs(sum(w["rest_seconds"] for w in workers) - rest_seconds) < 1e-3' <stats)"
same 'the split adds up to the CPU time' True \
    "$(fields 'abs(hashing_seconds + rest_seconds - user_seconds - system_seconds) < 1e-6' <stats)"
same 'and is no more than the time there was' True \
    "$(fields 'hashing_seconds + rest_seconds + waiting_seconds <= jobs * seconds + 0.01' <stats)"
# With a slow digest, because a sanitizer slows down the reading. Busy processors change nothing: a thread that is ready
# to run and gets no processor does not wait for I/O.
busy=()
for _ in $(seq "$(nproc)"); do
    timeout 60 sh -c 'while :; do :; done' &
    busy+=($!)
done
ahash --stats=json -a sha3-512 large 2>stats >/dev/null
kill "${busy[@]}"
wait "${busy[@]}" 2>>log
same 'one file in the cache is bound by the processor' 'cpu True' \
    "$(fields bottleneck '"in SHA3-512; " in bottleneck_text' <stats)"
same 'and nothing would help' True \
    "$(fields '"neither more workers nor a deeper queue would help" in bottleneck_text' <stats)"
if [ "$(nproc)" -gt 1 ]; then
    same 'and its digest has a thread of its own' 1 \
        "$(ahash --stats large 2>&1 >/dev/null | grep -c '^engine .* 1 worker, digests on threads of their own')"
    for _ in {1..5}; do # a busy machine may have dropped the file from its cache
        ahash --stats -j1 -a sha3-512 large 2>stats >/dev/null
        ! grep -q '^bottleneck *CPU-bound' stats || break
    done
    same 'except with -j1' 0 "$(grep -c 'threads of their own' stats)"
    check 'and the report says that it would help' grep -q -- '-j2 would give it a thread of its own' \
        <(tr -s '\n ' ' ' <stats)
    same 'in lines of at most 80 columns' '' "$(grep -E '.{81}' stats)"
else
    left_out "a thread for one file's digest" 'there is one processor'
fi
for size in 1048576 1179648 2097151 16777216 16777217; do
    head -c "$size" /dev/urandom >sized
    same "a file of $size bytes, in whatever pieces" "$(sha256sum sized)" "$(ahash sized)"
done
same 'the same for standard input' 'cpu 1 1' \
    "$(ahash --stats=json -a sha512 2>&1 >/dev/null <large | fields bottleneck jobs files)"
mkfifo fifo
{ sleep 1; cat many/1; } >fifo &
ahash --stats=json -j1 fifo 2>stats >/dev/null
wait
same 'a slow FIFO is not' 'latency True' "$(fields bottleneck 'waiting_seconds > 0.5' <stats)"
# the second starts when ahash has opened the list
{ sleep 1; echo many/1 | tr '\n' '\0'; } >fifo &
ahash --stats=json --files0-from=fifo 2>stats >/dev/null
wait
same 'a slow list is the list' 'names True' "$(fields bottleneck 'waiting_for_names_seconds > 0.5' <stats)"
same 'nothing at all' nothing "$(ahash --stats=json --files0-from=/dev/null 2>&1 | fields bottleneck)"
ahash --stats -j2 -r many 2>stats >/dev/null
check 'text: all workers' grep -q '^workers    waiting [0-9.]* s, hashing [0-9.]* s, rest [0-9.]* s; ' stats
same 'text: each of them' 2 "$(grep -c '^worker [12]   waiting ' stats)"
same 'text: the line that says why' 1 "$(grep -c '^bottleneck .' stats)"

# 9 MB of small files, so that each worker begins a batch, if it can; and without the library, by a file that is none
mkdir small no-library
head -c 9000000 /dev/urandom | split -b 9001 -a 4 - small/
echo | tee no-library/libIPSec_MB.so.1 >no-library/libIPSec_MB.so.2
for algorithm in sha1 sha224 sha256 sha384 sha512; do
    (cd small && "${algorithm}sum" -- *) >right
    (cd small && ahash -a "$algorithm" -j1 -- *) >found
    check "$algorithm of many small files" cmp right found
    (cd small && LD_LIBRARY_PATH=$PWD/../no-library ahash --stats=json -a "$algorithm" -j1 -- * 2>../stats) >found
    check "$algorithm of many small files, without libipsec-mb" cmp right found
    same 'and no batch' '0 None' "$(fields batch_files batch_library <stats)"
    (cd small && OPENSSL_CONF=/dev/null ahash --stats=json -a "$algorithm" -j1 -- * 2>../stats) >found
    check "$algorithm of many small files, by OpenSSL's configuration" cmp right found
    same 'which has no batch' '0 None' "$(fields batch_files batch_library <stats)"
done
ahash --version | grep -q '^Small files *libipsec-mb' && most=500 || most=0
(cd small && ahash --stats=json -a sha512 -j1 -- * 2>../stats >/dev/null)
check 'small files are in batches, as --version tells' [ "$(fields batch_files <stats)" -ge "$most" ]
name=$(ahash --version | sed -n 's/^Small files *\(libipsec-mb.*\)/\1/p')
for option in --manifest=copied.sums --verify; do
    rm -rf copied
    same "acp $option names what digests them" "${name:-None}" \
        "$(acp -rT -j1 --stats=json "$option" small copied 2>&1 | fields batch_library)"
done
# the kernel counts the memory of who starts a program as that program's peak
python3 -c 'import subprocess
taken = b"x" * (192 << 20)
subprocess.run(["ahash", "--stats=json", "right"], stdout=subprocess.DEVNULL)' 2>stats
check 'peak memory is of this process, and not of the one that started it' [ "$(fields memory_peak_bytes <stats)" -lt $((160 << 20)) ]
# by O_DIRECT, with either engine
seq 100000 >large
mkfifo pipe
if dd if=large of=/dev/null iflag=direct bs=64K status=none 2>/dev/null; then
    for command in 'ahash large' 'ahash -r large' 'acat large' 'acp large copied.large' 'acp --verify large copied.large'; do
        # shellcheck disable=SC2086 # several words
        same "bytes past the page cache, $command" "$(stat -c %s large)" \
            "$($command --direct=always --stats=json 2>&1 >/dev/null | fields direct_bytes)"
    done
    cat large >pipe &
    same 'a pipe has none' "$(stat -c %s large) 0" \
        "$(acat --direct=always --stats=json pipe 2>&1 >/dev/null | fields bytes direct_bytes)"
else
    left_out 'bytes past the page cache' 'this filesystem cannot'
fi
(cd small && sha256sum -- *) >sums
check 'the same by -c' bash -c 'cd small && ahash -c --quiet ../sums'

finish
