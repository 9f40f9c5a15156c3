#!/usr/bin/env bash
# door.sh: what someone meets first: a mistyped option or algorithm, --version, and --stats of a short run.
seccomp=$(cd "${0%/*}" && pwd)/seccomp
. "${0%/*}/lib.sh" # sets engine
stand_in cp acp

echo data >file
# hint COMMAND...: the last line that it prints
hint() {
    "$@" 2>&1 >/dev/null </dev/null | tail -n 1
}
while read -r meant command; do
    # shellcheck disable=SC2086 # words
    same "$command" "Did you mean '${meant//'~'/ }'?" "$(hint $command)"
done <<'END'
--recursive acp --recusive file copy
--exclude acp --exlude=x file copy
--target-directory acp --target-dirrectory . file
--algorithm ahash --algoritm=md5 file
--recursive ahash --recurisve .
--number acat --numbr file
--discard acat --dicard file
--compare abench hash --compair=old .
--drop-caches abench hash --drop_caches .
--jobs acp --threads=4 -r . copy
--jobs ahash --workers 4 file
--jobs acat --numjobs=4 file
--threads abench read --jobs=4 file
--threads abench read -j4 file
--depth acat --queue-depth=8 file
--depth abench read --iodepth=8 file
--block-size acat --bs=4k file
--engine=uring acp --io_uring file copy
--engine=sync ahash --sync file
--arms=sync,uring abench read --engine=uring file
--verify acp --checksum file copy
--check ahash --checksum file
--durable acp --fsync file copy
--dry-run acp --list file copy
--rate acp --bwlimit=1m file copy
--update acp --resume file copy
--no-clobber acp --ignore-existing file copy
--preserve=timestamps acp --times file copy
--algorithm=help ahash --list
--algorithm=md5 ahash --md5 file
--algorithm=blake2b-BITS ahash --bits=256 file
--tag ahash --bsd file
--time acat --runtime=5 file
--pattern=random abench read --iops file
--pattern abench read --rw=randread file
--json abench hash --export-json=new .
--runs abench hash --rounds=5 .
--version acp -V
abench~read|hash|copy~DIR abench hash -r .
abench~read|hash|copy~DIR abench copy --recursive .
read~--pattern=random abench randread file
read~--write=100 abench write file
copy abench cp file
--help abench help
sha256 ahash -a sha257 file
sha256 ahash -a md5,SHA265 file
sha3-256 ahash -a sha3 file
blake2b ahash -a blake2 file
END
status=$("$bin/acp" --recusive file copy 2>/dev/null; echo $?)
same 'a mistyped option: status' 1 "$status"
for command in 'acp --frobnicate' 'ahash --frobnicate' 'acat --frobnicate' 'abench --frobnicate' 'acp --re' \
    'acp --recursive=yes' 'acp --recursive -q'; do
    # shellcheck disable=SC2086 # words
    same "$command: no hint" "Try '${command%% *} --help' for more information." "$(hint $command)"
done
same "the lines of GNU's command stay" "$(PATH=$gnu_path cp --recusive a b 2>&1)" \
    "$(PATH=$own_path cp --recusive a b 2>&1 | head -n 2)"

same 'ahash -a help: the usual algorithms' '0 1 sha256' "$(ahash -a help >out 2>message </dev/null; echo $?) $(
    grep -c '^Usual algorithms' out) $(grep -o 'sha256' out)$(cat message)"
same 'they are those of the message about a wrong one' "$(tail -n +2 out)" \
    "$(ahash -a sha999 2>&1 </dev/null | grep '^  - ')"
[ ! -c /dev/full ] || gives 'ahash -a help: lost output' 1 '' 'ahash: write error: No space left on device' \
    'ahash -a help >/dev/full'

# A value that is no good: the message names it, the option, and what is good.
printf x >one
printf x >copy
while read -r option command; do
    for value in 0 -1 99999999999999999999999 ten 1.5.5 1Q ''; do
        # 0: no space for copies, and a seed
        case $option$value in --keep-space0 | --seed0) continue ;; esac
        # shellcheck disable=SC2086 # words
        $command $option="$value" one copy >out 2>message </dev/null
        same "$command $option=$value" '0 1 1' "$(wc -c <out) $(head -n 1 message |
            grep -F -e "$option" | grep -cF -e "$value") $(head -n 1 message | grep -cE 'expected .*[0-9]')"
    done
done <<'END'
--jobs acp
--depth acp
--block-size acp
--rate acp
--jobs ahash
--depth ahash
--block-size ahash
--jobs acat
--depth acat
--block-size acat
--time acat --discard
--bytes acat --discard
--write acat --discard --bytes=1
--fsync acat --discard --bytes=1 --write=50
--threads abench read
--depth abench read
--block-size abench read
--bytes abench read --pattern=random
--write abench read
--fsync abench read --write=50
--size abench read --write=50
--precision abench read
--pairs abench read
--runs abench read
--warmup abench read
--time abench read
--seed abench read
--settle abench read
--keep-space abench copy
--sweep abench read
END
# what the commands refuse, abench does not give them
for option in --arms=sync-j1025 --arms=uring-d32769 --arms=uring-j0 --sweep=jobs=1025 --sweep=depth=32769 \
    --sweep=block-size=0 --sweep=block-size=2G --block-size=2G --depth=32769 --threads=1,1025; do
    same "abench $option" 2 "$("$bin/abench" read --pairs=1 --time=20 "$option" one >out 2>&1; echo $?)"
done

gives 'abench: several depths' 2 '' \
    "abench: invalid argument '1,4' for '--depth'; expected a number (or --sweep=depth=N,N...) from 1 to 32768
Try 'abench --help' for more information." 'abench read --depth=1,4 one'
gives 'abench: several block sizes' 2 '' \
    "abench: invalid argument '4K,1M' for '--block-size'; expected a size from 1 to 1G (or --sweep=block-size=SIZE,SIZE...)
Try 'abench --help' for more information." 'abench read --block-size=4K,1M one'

gives 'abench: a time with a unit' 2 '' \
    "abench: invalid argument '1m' for '--time'; expected a number of seconds from 1 to 1000000
Try 'abench --help' for more information." 'abench hash --time=1m .'

# -- --help --
for program in acp ahash acat abench; do
    same "$program --help: no line is longer than 80 columns" '' "$("$program" --help | grep -E '.{81}')"
done

# -- --version --
for program in acp ahash acat abench; do
    "$program" --version >version
    same "$program --version: the first line" "$program (aioutils)" "$(sed -n '1s/ [0-9.]*$//p' version)"
    check "$program --version: liburing" grep -qE '^Built with +liburing [0-9.]+$' version
    check "$program --version: the code of SHA-256" grep -qE '^SHA-256 +OpenSSL' version
    check "$program --version: the libraries" grep -qE '^Other digests +OpenSSL [0-9.]+, libsodium [0-9.]+$' version
    check "$program --version: several files at once" \
        grep -qE '^Small files +(libipsec-mb, AVX(2|-512), [0-9]+ at a time|digested one at a time)$' version
    check "$program --version: io_uring" grep -qE '^io_uring +can(not)? run here' version
    check "$program --version: why it cannot run" \
        grep -qE '^io_uring +cannot run here: io_uring_setup: forbidden by (a seccomp filter|kernel)' \
        <("$seccomp" EPERM setup "$program" --version)
done


# instructions WITHOUT: prints what OpenSSL's SHA-256 uses on this processor if it lacks these
instructions() {
    local flags
    flags=" $(sed -n 's/^\(flags\|vendor_id\)[^:]*: //p' /proc/cpuinfo | sort -u | tr '\n' ' ') "
    for flag in $1; do flags=${flags// $flag / }; done
    case $flags in
    *' sha_ni '*) echo 'SHA instructions' ;;
    *' avx2 '*) echo AVX2 ;;
    *GenuineIntel*' avx '* | *' avx '*GenuineIntel*) echo AVX ;;
    *' ssse3 '*) echo SSSE3 ;;
    *) echo 'no special instructions' ;;
    esac
}

# uses SETTING WITHOUT: expects the name of the code, and the same digest by it. SETTING hides instructions from OpenSSL.
uses() {
    export OPENSSL_ia32cap=$1
    same "--version: SHA-256 without $2" "$(instructions "$2")" \
        "$(ahash --version | sed -n 's/^SHA-256 .*, //p')"
    same "the same digest without $2" "$(gnu sha256sum file)" "$(ahash file)"
    unset OPENSSL_ia32cap
}

if [ "$(uname -m)" = x86_64 ]; then
    uses :~0x20000000 sha_ni
    uses :0 'sha_ni avx2'
    uses ~0x1000000000000000:0 'sha_ni avx2 avx'
    uses 0:0 'sha_ni avx2 avx ssse3'
fi

# fips VALUE COMMAND...: runs it as if the kernel had this value of fips_enabled
fips() {
    # shellcheck disable=SC2016 # the inner shell expands it
    unshare -m --propagation private bash -c 'mount -t tmpfs none /proc/sys && mkdir /proc/sys/crypto &&
        echo "$0" >/proc/sys/crypto/fips_enabled && exec "$@"' "$@"
}
if ! fips 0 true 2>/dev/null; then
    left_out 'the FIPS mode' 'no mount namespace can be made here'
elif ahash --version | grep -q '^SHA-256 .* built in'; then
    same 'no FIPS mode: the code of SHA-256 is built in' 1 "$(fips 0 ahash --version | grep -c '^SHA-256 .* built in')"
    same "FIPS mode: SHA-256 is that of OpenSSL's library" 1 \
        "$(fips 1 ahash --version | grep -c "^SHA-256 *OpenSSL's library")"
    same 'FIPS mode: the same digest' "$(gnu sha256sum file)" "$(fips 1 ahash file)"
fi

# -- --stats --
# on a busy machine even this run can be longer than 20 ms
for _ in {1..10}; do
    ahash --stats file 2>stats >/dev/null
    ! grep -qE '^bottleneck (too short to tell|latency)' stats || break
done
check '--stats: sizes and rates have units' grep -qE '^read +5 B in [0-9.]+ s, [0-9.]+ [kMG]?B/s$' stats
[ -n "$sanitizer" ] ||
    check '--stats: a short run has no bottleneck' grep -qE '^bottleneck (too short to tell|latency)' stats
head -c 3000000 /dev/zero >large
acp --stats large copy 2>stats
check '--stats: what was written' grep -qx 'written    3.00 MB' stats

finish
