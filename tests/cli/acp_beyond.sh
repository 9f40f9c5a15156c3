#!/usr/bin/env bash
# acp_beyond.sh: acp's additions to cp: manifests, verified, atomic and durable copies, dry runs.
# needs: python3
# shellcheck disable=SC2016 # the snippets are for another shell to expand
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"
mounted=$scratch/mounted
trap 'umount "$mounted" 2>/dev/null; rm -rf "$scratch"' EXIT
root=
[ "$(id -u)" -eq 0 ] && root=yes

# a tree with difficult files for digests: holes, hard links, odd names, sizes around blocks
mkdir -p tree/sub "tree/odd"
for size in 0 1 4095 4096 4097 65535 65536 65537 1048577; do
    head -c "$size" /dev/urandom >"tree/$size"
done
truncate -s 3M tree/hole_at_end
head -c 5000 /dev/urandom | dd of=tree/hole_at_end conv=notrunc status=none
truncate -s 2M tree/hole_first
echo end >>tree/hole_first
truncate -s 300000 tree/all_hole
head -c 200000 /dev/zero >tree/zeros
head -c 9000000 /dev/urandom >tree/sub/large
ln tree/4097 tree/sub/hard
ln -s ../4097 tree/sub/soft
echo x >tree/odd/$'a\nb'
echo y >'tree/odd/back\slash'
echo z >$'tree/odd/\377\376'
mkfifo tree/sub/fifo

# -- --manifest --
for how in -r -a '-a --sparse=always' '-a --sparse=never' '-a --reflink=never'; do
    rm -rf copy sums
    # shellcheck disable=SC2086 # several options
    check "--manifest, $how" acp $how --manifest=sums tree copy
    check "--manifest, $how: sha256sum -c" gnu sha256sum -c --quiet --strict sums
    check "--manifest, $how: ahash -c" ahash -c --quiet --strict sums
    same "--manifest, $how: every file" "$(find copy -type f -print0 | sort -z | gnu xargs -0 sha256sum | sort)" \
        "$(sort sums)"
    check "--manifest, $how: the copy" diff -r --exclude=fifo --no-dereference tree copy
done
same '--manifest: in the order of the paths' "$(find copy -type f -not -path '*/odd/*' | sort)" "$(grep -v odd sums | cut -c67-)"
echo old >sums
gives '--manifest of a failed run: what was copied' 1 '' "acp: cannot stat 'nope': No such file or directory" \
    'acp --manifest=sums nope tree/4096 copy/sub'
same '--manifest of a failed run: the rest is there' "$(gnu sha256sum copy/sub/4096)" "$(cat sums)"
gives '--manifest that cannot be written' 1 '' "acp: cannot write the manifest 'nope/sums': No such file or directory" \
    'acp --manifest=nope/sums tree/4096 copy/new'
check '--manifest that cannot be written: nothing is copied' [ ! -e copy/new ]
gives '--manifest to standard output' 0 "$(cd tree && gnu sha256sum 4096 | sed 's/ 4096$/ ..\/copy\/x/')" '' \
    'cd tree; acp --manifest=/dev/stdout 4096 ../copy/x'
gives '--manifest leaves out what was not copied' 0 '' '' \
    'acp -n --manifest=sums tree/4097 copy/x; cat sums'
gives '--manifest with --dry-run' 1 '' "$(printf '%s\n' 'acp: --dry-run cannot be combined with --manifest or --verify' \
    "Try 'acp --help' for more information.")" 'acp --dry-run --manifest=s tree/1 copy/y'
gives '--manifest with links' 1 '' "$(printf '%s\n' 'acp: --manifest, --verify and --atomic cannot be combined with --link or --symbolic-link' \
    "Try 'acp --help' for more information.")" 'acp -l --manifest=s tree/1 copy/y'
for option in --manifest=s --verify; do
    gives "${option%=*} with --attributes-only" 1 '' \
        "$(printf '%s\n' 'acp: --attributes-only cannot be combined with --manifest or --verify' \
            "Try 'acp --help' for more information.")" "acp --attributes-only $option tree/1 copy/y"
done
for options in '' -r '-a -j1' '-r --durable' -f; do
    gives "--atomic with --attributes-only, ${options:-plain}: the contents stay" 0 $'old\nold' '' \
        "mkdir one two; echo new >one/file; ln one/file one/link; echo old >two/file
        ln two/file two/link; acp --atomic --attributes-only $options one/file one/link two
        cat two/file two/link; rm -r one two"
done

# -- --verify --
rm -rf copy
check '--verify' acp -a --verify tree copy
check '--verify: the copy' diff -r --exclude=fifo --no-dereference tree copy
check '--verify of one file' acp --verify tree/1048577 copy/one
check '--verify with --manifest' acp -r --verify --manifest=sums tree copy2
check '--verify with --manifest: it is right' gnu sha256sum -c --quiet sums
rm -rf copy2
deep=copy/$(printf 'd%.0s' {1..200})
mkdir "$deep"
(cd "$deep" && for _ in {1..25}; do d=$(printf 'e%.0s' {1..200}); mkdir "$d" && cd "$d" || exit; done; echo deep >file)
check '--verify beyond PATH_MAX' acp -r --verify copy copy3
rm -rf copy3 copy
if command -v strace >/dev/null; then
    gives '--verify: a read that fails' 1 '' "acp: cannot read 'v' back: Input/output error" \
        'AIOUTILS_ENGINE=sync strace -qq -f -o trace -P "$PWD/v" -e trace=read,pread64 -e inject=read,pread64:error=EIO acp --verify tree/4096 v'
fi
if command -v strace >/dev/null; then
    # it is stopped before it reads back, which leaves time to change the copy
    gives '--verify: what differs is named' 1 '' "acp: w: copy on the device differs from the source" '
        strace -qq -f -o /dev/null -e trace=fsync -e inject=fsync:signal=SIGSTOP:when=1 acp --verify tree/65536 w & pid=$!
        until [ "$(stat -c %s w 2>/dev/null)" = 65536 ]; do kill -0 $pid || exit 2; sleep 0.05; done
        printf X | dd of=w bs=1 seek=99 conv=notrunc status=none
        child=$pid
        while next=$(cat "/proc/$child/task/$child/children") && [ -n "$next" ]; do child=${next%% *}; done
        while kill -CONT $child 2>/dev/null; do sleep 0.05; done
        wait $pid'
fi

# -- --atomic --
mkdir copy
echo old >copy/file
chmod 640 copy/file
ln copy/file copy/other
check '--atomic over a file' acp --atomic tree/4097 copy/file
check '--atomic: the new bytes' cmp tree/4097 copy/file
same '--atomic: the other name has the old ones' old "$(cat copy/other)"
same '--atomic: its mode stays' 640 "$(stat -c %a copy/file)"
ln -s file copy/link
gives '--atomic: not over a link' 1 '' "acp: cannot replace 'copy/link' atomically: not a regular file" 'acp --atomic tree/1 copy/link'
mkfifo copy/fifo
gives '--atomic: not over a FIFO' 1 '' "acp: cannot replace 'copy/fifo' atomically: not a regular file" 'acp --atomic tree/1 copy/fifo'
gives '--atomic: not over a device' 1 '' "acp: cannot replace '/dev/null' atomically: not a regular file" 'acp --atomic tree/1 /dev/null'
for name in new/ new//; do
    gives "--atomic: $name names no file" 1 '' "acp: cannot create regular file 'copy/$name': Not a directory" \
        "acp --atomic tree/1 copy/$name"
done
# what is no regular file, too, whose bytes may end at any time
mkfifo fifo
for source in /dev/stdin fifo; do
    echo old >copy/replaced
    ln copy/replaced copy/replaced.other
    [ $source != fifo ] || echo new >fifo &
    check "--atomic from $source" bash -c "echo new | acp --atomic $source copy/replaced"
    wait
    same "--atomic from $source: the bytes, and those of the other name" 'new old' "$(cat copy/replaced copy/replaced.other | xargs)"
    rm copy/replaced*
done
gives '--atomic from a FIFO over a device' 1 '' "acp: cannot replace '/dev/null' atomically: not a regular file" \
    'echo new | acp --atomic /dev/stdin /dev/null'
check '--atomic of a tree' acp -a --atomic tree copy/tree
check '--atomic of a tree: the copy' diff -r --exclude=fifo --no-dereference tree copy/tree
check '--atomic of a tree again' acp -a --atomic tree/. copy/tree
check '--atomic: options together' acp -a --atomic --durable --verify --manifest=sums --backup=numbered tree/. copy/tree
check '--atomic: the copy' diff -r --exclude=fifo --exclude='*.~1~' --no-dereference tree copy/tree
same '--atomic: nothing is left' '' "$(find copy -name '.acp-*')"
if command -v strace >/dev/null; then
    check '--atomic on a filesystem that has no files without a name' \
        strace -qq -f -o trace -P copy -e trace=openat -e inject=openat:error=EOPNOTSUPP acp --atomic tree/4096 copy/named
    check '--atomic on a filesystem that has no files without a name: it was so' grep -q 'O_TMPFILE.*INJECTED' trace
    check '--atomic on a filesystem that has no files without a name: the copy' cmp tree/4096 copy/named
    for call in pwrite64 linkat fchmod; do
        echo old >copy/file
        strace -qq -f -o /dev/null -e trace=$call -e inject=$call:error=EIO acp --atomic --sparse=always -p tree/4097 copy/file >/dev/null 2>&1
        check "--atomic: old or new after a failed $call" bash -c 'cmp -s copy/file tree/4097 || [ "$(cat copy/file)" = old ]'
        same "--atomic: nothing is left after a failed $call" '' "$(find copy -name '.acp-*')"
    done
    # each call of close(2) fails in one of the runs: over a file, and to a new name
    told=0
    bad=
    for n in $(seq 60); do
        for name in file new; do
            rm -f copy/new
            echo old >copy/file
            strace -qq -f -o /dev/null -e trace=close -e inject=close:error=ENOSPC:when="$n" acp --atomic tree/4097 copy/$name >/dev/null 2>closed
            grep -q "'copy/$name': No space left" closed || continue
            told=$((told + 1))
            [ ! -e copy/new ] && [ "$(cat copy/file)" = old ] || bad+=" $name $n"
        done
    done
    check '--atomic: close failed in some runs' [ "$told" -ge 2 ]
    same '--atomic: no name after a failed close' '' "$bad"
    same '--atomic: nothing is left after a failed close' '' "$(find copy -name '.acp-*')"
fi
mkdir only
echo old >only/file
if chattr +a only 2>/dev/null; then
    gives '--atomic in a directory that keeps its names: over a file' 1 '' \
        "acp: cannot create regular file 'only/file': Operation not permitted" 'acp --atomic tree/1 only/file'
    check '--atomic in a directory that keeps its names: a new name' acp --atomic tree/1 only/new
    gives 'a hard link in such a directory' 1 '' \
        "acp: cannot create hard link 'only/file' to 'tree/1': Operation not permitted" 'acp -lf tree/1 only/file'
    gives 'a symbolic link in such a directory' 1 '' \
        "acp: cannot create symbolic link 'only/file' to '$PWD/tree/1': Operation not permitted" 'acp -sf "$PWD/tree/1" only/file'
    same 'nothing is left that cannot be removed' $'file\nnew' "$(ls -A only)"
    same 'the file is the old one' old "$(cat only/file)"
    chattr -a only
else
    left_out 'a directory to which names can be added only' 'only root can make one, on some filesystems'
fi
# it ends at a random point: the destination is old or new, and no other name is left
for i in 1 2 3 4 5 6; do
    echo old >copy/file
    timeout -s KILL "0.0$i" acp --atomic --rate=100M tree/sub/large copy/file 2>/dev/null
    check "--atomic: killed, $i" bash -c 'cmp -s copy/file tree/sub/large || [ "$(cat copy/file)" = old ]'
done

# -- --durable --
check '--durable of a file' acp --durable tree/4096 copy/durable
check '--durable of a tree' acp -r --durable tree copy/durables
check '--durable of a tree: the copy' diff -r --exclude=fifo --no-dereference tree copy/durables
if command -v strace >/dev/null; then
    calls() { strace -qq -f -e trace=fsync,fdatasync,syncfs -o trace acp "$@" && grep -oE '(fsync|fdatasync|syncfs)\(' trace | tr -d '('  | sort | uniq -c | xargs; }
    same '--durable of a file: the file and its directory' '2 fsync' "$(calls --durable tree/4096 copy/d1)"
    same '--durable of two files' '3 fsync' "$(calls --durable tree/4096 tree/1 copy)"
    same '--durable of a tree: one call' '1 syncfs' "$(calls -r --durable tree copy/d2)"
    gives '--durable: a failure is one' 1 '' "acp: cannot sync 'copy/d3': Input/output error" \
        'strace -qq -f -o /dev/null -e trace=fsync -e inject=fsync:error=EIO:when=1 acp --durable tree/4096 copy/d3'
    check '--durable: what is not on the device is not left' [ ! -e copy/d3 ]
    gives '--durable: a tree that could not be synced' 1 '' "acp: cannot sync 'copy': Input/output error" \
        'strace -qq -f -o /dev/null -e trace=syncfs -e inject=syncfs:error=EIO acp -r --durable tree copy/d4'
fi
if [ -n "$root" ] && mkdir "$mounted" && mount -t tmpfs -o size=4m none "$mounted" 2>/dev/null; then
    check '--durable, --verify, --atomic on a tmpfs' acp -r --durable --verify --atomic tree/odd "$mounted"
    check 'on a tmpfs: the copy' diff -r tree/odd "$mounted/odd"
else
    left_out '--durable and its like on a tmpfs' 'it cannot be mounted here'
fi

# -- --dry-run --
rm -rf copy
gives '--dry-run' 0 "$(printf "'%s' -> '%s'\n" tree/1 copy tree/4096 copy2)" '' 'acp --dry-run tree/1 copy; acp --dry-run tree/4096 copy2'
check '--dry-run: nothing is made' [ ! -e copy ]
acp -rv tree copy | sort >done.list
rm -rf copy
acp -r --dry-run tree copy | sort >dry.list
check '--dry-run says what -v says' cmp dry.list done.list
check '--dry-run of a tree: nothing is made' [ ! -e copy ]
mkdir copy
echo old >copy/1
gives '--dry-run: with -n, -u, -b' 0 "'tree/1' -> 'copy/1'" '' 'acp --dry-run -n tree/1 copy; acp --dry-run -u tree/1 copy; acp --dry-run -b tree/1 copy; [ "$(cat copy/*)" = old ]'
gives '--dry-run: what would fail' 1 '' "acp: cannot overwrite directory 'copy/sub' with non-directory" \
    'mkdir copy/sub; acp --dry-run tree/1 -T copy/sub'

# -- --rate, --exclude, --files0-from --
check '--rate' acp --rate=100M tree/65536 copy/rate
check '--rate: the copy' cmp tree/65536 copy/rate
gives '--rate of nothing' 1 '' "acp: invalid --rate argument '0': expected bytes per second above 0, such as 50M" 'acp --rate=0 tree/1 copy'
same '--rate: 100 KiB at 100 KiB/s are not instant' slow "$(head -c 204800 /dev/zero >r; start=$(date +%s%N)
    acp --rate=100K --block-size=16K --direct=never r r2; [ $(($(date +%s%N) - start)) -gt 800000000 ] && echo slow)"
same '--rate: a file of one block takes its time' slow "$(head -c 20000 /dev/zero >r; start=$(date +%s%N)
    acp --rate=10000 r r2; [ $(($(date +%s%N) - start)) -gt 800000000 ] && echo slow)"
if command -v strace >/dev/null; then
    head -c 300000 /dev/urandom >moved
    for error in ETXTBSY ENOENT EACCES ENOTTY EPERM EXDEV EIO; do
        check "copy_file_range that fails with $error" strace -f -qq -o trace -e trace=copy_file_range \
            -e inject=copy_file_range:error=$error acp moved moved2
        check "copy_file_range that fails with $error: the copy" cmp moved moved2
        rm moved2
    done
    check 'copy_file_range that fails: it was called' grep -q INJECTED trace
    (head -c 4096 /dev/urandom && echo) >no_hole # a last block of a random byte may be zeros
    for file in no_hole tree/hole_first; do
        check "ftruncate that is refused: $file" strace -f -qq -o trace -e trace=ftruncate \
            -e inject=ftruncate:error=EPERM acp --sparse=always "$file" sized
        check "ftruncate that is refused: $file: the copy" cmp "$file" sized
        rm sized
    done
    strace -f -qq -o trace -e trace=copy_file_range acp --sparse=never moved moved2
    check '--sparse=never: no blocks that may be shared' bash -c '! grep -q copy_file_range trace'
    # cloning is tried again for another filesystem, but not for each file
    mkdir cloned
    strace -f -qq -o trace -e trace=ioctl -e inject=ioctl:error=EXDEV acp -j1 -r tree cloned
    check 'a clone that fails with EXDEV: once for a directory' \
        bash -c '[ $(grep -c FICLONE trace) -ge 2 ] && [ $(grep -c FICLONE trace) -le 12 ]'
else
    left_out 'calls that fail' 'strace is missing'
fi
gives '--exclude' 0 $'x\nx/sub' '' 'acp -r --exclude="[0-9a-z]*_*" --exclude=/sub/* --exclude="[0-9]*" --exclude=odd/ --exclude=zeros tree x; find x | sort'
find tree -maxdepth 1 -type f -print0 >list
mkdir from
check '--files0-from' acp --files0-from=list -t from
same '--files0-from: all are there' "$(find tree -maxdepth 1 -type f | wc -l)" "$(find from -type f | wc -l)"
gives '--exclude without -r' 1 '' $'acp: --exclude requires -r\nTry \'acp --help\' for more information.' \
    'acp --exclude=x from/a new'
gives '--files0-from without -t' 1 '' 'acp: --files0-from requires --target-directory (-t)' 'acp --files0-from=list from'
gives '--files0-from, nothing' 0 '' '' 'acp --files0-from=/dev/null -t from'
# an unusable name is reported, and the others are copied
mkdir bad
printf '%s\0' tree/1 '' tree/65536 '' >list
gives '--files0-from with empty names' 1 $'1\n65536' "acp: list:2: invalid zero-length file name
acp: list:4: invalid zero-length file name" 'acp --files0-from=list -t bad; s=$?; ls bad; rm bad/*; exit $s'
gives '--files0-from=- with a dash in it' 1 $'1\n65536' \
    "acp: when reading file names from stdin, no file name of '-' allowed
acp: -:3: invalid zero-length file name" \
    'printf "%s\0" tree/1 - "" tree/65536 | acp --files0-from=- -t bad; s=$?; ls bad; exit $s'
gives '--files0-from a directory' 1 '' 'acp: tree: read error: Is a directory' 'acp --files0-from=tree -t bad'
check '--files0-from a pipe, with --parents' bash -c 'find tree/odd -type f -print0 | acp --parents --files0-from=- -t from && diff -r tree/odd from/tree/odd'
check '--stats=json' bash -c 'acp -r --stats=json tree y 2>&1 | python3 -c "import json,sys; assert json.load(sys.stdin)[\"files\"] > 15"'
finish
