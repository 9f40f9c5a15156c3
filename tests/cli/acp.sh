#!/usr/bin/env bash
# acp.sh: acp against GNU's cp: the same files, the same messages, the same exit status.
# needs: perl
# shellcheck disable=SC2016 # the snippets are for another shell to expand
scripts=$(cd "${0%/*}/../../scripts" && pwd)
# shellcheck source=tests/cli/lib_cp.sh
. "${0%/*}/lib_cp.sh"
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"
stand_in cp acp # from here on cp is our program; the setups use `gnu cp`
root=
[ "$(id -u)" -eq 0 ] && root=yes
mounted=$scratch/mounted
trap 'umount "$mounted" 2>/dev/null; chmod -R u+rwX "$scratch" 2>/dev/null; rm -rf "$scratch"' EXIT

# evict FILE...: drops it from the page cache
evict() {
    local file
    for file; do
        dd of="$file" oflag=nocache conv=notrunc,fdatasync count=0 status=none
    done
}

check 'it is our program that stands in' bash -c 'cp --version | grep -q aioutils'
check '--help' acp --help
[ ! -c /dev/full ] || gives '--help to /dev/full' 1 '' 'cp: write error: No space left on device' 'cp --help >/dev/full'

# -- destinations --
ab='echo a >a; echo b >b; mkdir d e; echo f >d/f'
same_as_cp 'a file to a new name' "$ab" 'cp a new'
same_as_cp 'a file over a file' "$ab; head -c 100000 /dev/zero >b" 'cp a b'
same_as_cp 'an empty file over an empty one: it is new' ': >e; : >t; : >u; : >v; mkdir d; : >d/e' \
    'cp /dev/null t; cp e u; cp --sparse=always e v; cp -r e d; cp -u e d'
same_as_cp 'a file into a directory' "$ab" 'cp a d; cp -v b d/; cp -v b ./d'
same_as_cp 'several into a directory' "$ab" 'cp -v a b d'
two='mkdir x1 x2 dir; seq 100000 >x1/same; echo 2 >x2/same; mkdir x1/d x2/d; seq 100000 >x1/d/same; echo 2 >x2/d/same'
same_as_cp 'two files of one name' "$two" 'cp x1/same x2/same dir'
same_as_cp 'two files of one name, -r' "$two" 'cp -r x1/same x2/same dir'
same_as_cp 'a file twice' "$two" 'cp x1/same x1/same dir'
same_as_cp 'a directory twice' "$two" 'cp -r x1/d x1/d dir'
same_as_cp 'two directories of one name: the later one wins' "$two" 'cp -r x1/d x2/d dir'
same_as_cp 'the contents of two directories' "$two" 'cp -r x1/. x2/. dir'
same_as_cp 'a directory and then its contents' "$two" 'cp -r x1/d x2/. dir'
same_as_cp 'a directory over a file of another operand' \
    'mkdir x1 x2 dir; echo 1 >x1/n; mkdir x2/n' 'cp -r x1/n x2/n dir'
same_as_cp 'a file over a directory of another operand' \
    'mkdir x1 x2 dir; echo 1 >x1/n; mkdir x2/n' 'cp -r x2/n x1/n dir'
same_as_cp '-t' "$ab" 'cp -v -t d a b; cp --target-directory=e/ a'
same_as_cp '-T to a name' "$ab" 'cp -T a new; cp --no-target-directory a b'
same_as_cp '-T to a directory' "$ab" 'cp -T a d'
same_as_cp '-rT of a directory to a directory' "$ab" 'cp -rTv d e'
same_as_cp '-rT to a new name' "$ab" 'cp -rTv d new'
same_as_cp '-T with three operands' "$ab" 'cp -T a b d'
same_as_cp '-t with -T' "$ab" 'cp -t d -T a; cp -t d -T'
same_as_cp '-t to what is missing' "$ab" 'cp -t nope a'
same_as_cp '-t to a file' "$ab" 'cp -t b a'
same_as_cp 'an absolute destination' "$ab" 'cp a "$PWD/new"'
same_as_cp 'no operands' "$ab" 'cp'
same_as_cp 'no operands, -t' "$ab" 'cp -t d'
same_as_cp 'one operand' "$ab" 'cp a'
same_as_cp 'one operand, -T' "$ab" 'cp -T a'
same_as_cp 'an odd operand alone' "$ab" "cp \$'a\\n b'"
same_as_cp 'several onto a file' "$ab" 'cp a d/f b'
same_as_cp 'several onto what is missing' "$ab" 'cp a b nope'
same_as_cp 'an unknown option' "$ab" 'cp --nope a new; cp -Y a new'
same_as_cp 'a missing source among others' "$ab" 'cp a nope b d'
same_as_cp 'a missing source' "$ab" 'cp nope new; cp a/x new; cp "" new'
same_as_cp 'a destination of an empty name' "$ab" 'cp a ""'
same_as_cp 'a destination in a missing directory' "$ab" 'cp a nope/new'
same_as_cp 'a new name with a slash' "$ab" 'cp a new/'
same_as_cp 'a name that is too long' "$ab" 'cp a $(printf %0256d 1)'
same_as_cp 'a directory without -r' "$ab" 'cp d new; cp a d b e; cp d/ new; cp . e'
same_as_cp 'a file over a directory' "$ab; mkdir e/a" 'cp a e; cp -T a d'
same_as_cp 'a directory over a file' "$ab" 'cp -r d a; cp -r d b/'
same_as_cp 'a directory over a file in a tree' "$ab; mkdir d/x e/d; echo x >e/d/x" 'cp -rv d e'
same_as_cp 'a file over a directory in a tree' "$ab; mkdir -p e/d/f" 'cp -rv d e'
same_as_cp 'the same source twice' "$ab" 'cp -v a b d'
gives 'standard output is in the order of the operands' 0 \
    "$(printf "'%s' -> 'into/%s'\n" b b a a c c)" '' \
    'for i in a b c; do echo $i >$i; done; mkdir into; cp -v b a c into'
rm -r a b c into

# -- forbidden copies --
same_as_cp 'a file onto itself' "$ab; ln -s a s; ln a h" 'cp a a; cp a ./a; cp a d/../a; cp a .'
same_as_cp 'a file onto its links' "$ab; ln -s a s; ln a h" 'cp a s; cp s a; cp a h; cp -p a h'
same_as_cp 'a file onto its hard link, -a' "$ab; ln a h" 'cp -a a h'
same_as_cp 'a link onto itself, -r' "$ab; ln -s a s" 'cp -r s s; cp -r s .'
same_as_cp 'a link onto what it leads to, -r' "$ab; ln -s a s" 'cp -r s a'
same_as_cp 'a link onto what it leads to, -a' "$ab; ln -s a s" 'cp -a s a'
same_as_cp 'a link in a tree onto what it leads to' "$ab; mkdir e/d; ln -s ../e/d/x d/x; echo x >e/d/x" \
    'cp -r d e'
same_as_cp 'a FIFO onto itself, -r' "$ab; mkfifo p; ln p q" 'cp -r p p; cp -r p q'
same_as_cp 'a directory onto itself' "$ab" 'cp -r d .; cp -rT d d; cp -r d d/..'
# the part that cp copies before it notices depends on the order of the directory entries
itself='status=$?; find . -mindepth 5 -type d; rm -rf d/sub/* d/1/2/new/* d/d/* sub/*
    touch d/sub d/1/2/new d/d sub; exit $status'
export itself
same_as_cp 'a directory into itself, new' "$ab" 'cp -r d d/sub; eval "$itself"'
same_as_cp 'a directory into itself' "$ab; mkdir d/sub" 'cp -r d d/sub; eval "$itself"'
same_as_cp 'a directory into the same' "$ab" 'cp -r d d; eval "$itself"'
same_as_cp 'a directory into itself, deeper' "$ab; mkdir -p d/1/2" 'cp -r d d/1/2/new; eval "$itself"'
same_as_cp 'a directory into itself, -a' "$ab" 'cp -a d d/sub; eval "$itself"'
same_as_cp 'the working directory into itself' "$ab; mkdir sub" 'cp -r . ./sub/; eval "$itself"'
same_as_cp 'the working directory into a new one' "$ab" 'cp -r . sub; eval "$itself"'
same_as_cp 'a dangling link as destination' "$ab; ln -s nope s" 'cp a s; cp a b ./s'
same_as_cp 'a dangling link in a tree as destination' "$ab; mkdir e/d; ln -s nope e/d/f" 'cp -r d e'
same_as_cp 'a link to a file as destination' "$ab; ln -s b s" 'cp a s'
same_as_cp 'a loop of links as destination' "$ab; ln -s s s" 'cp a s'
same_as_cp 'a link to a directory as destination' "$ab; ln -s e s" 'cp a s; cp -r d s'
same_as_cp 'a directory over a link to a directory' "$ab; ln -s e s" 'cp -rT d s'
over='cp -r d e; cp -a d e; cp -rL d e; cp -rb d e; cp -rs d e; cp -rl d e; cp -rn d e; cp -r --remove-destination d e'
gnu_since 9.5 snippet "${over/-rb/-rL}" # -b moves the link out of the way
same_as_cp 'a directory over a link to itself' "$ab; ln -s ../d e/d" "$over"
same_as_cp 'an operand over a link to itself' "$ab; ln -s d s" 'cp -rT d s; cp -rHT d s; cp -rLT d s'
same_as_cp 'a directory over a link to a directory in a tree' \
    "$ab; mkdir d/x e/d; echo x >d/x/x; ln -s .. e/d/x" 'cp -r d e'
same_as_cp 'a running program as destination' "$ab; cp /bin/sleep s" \
    './s 20 & until [ /proc/$!/exe -ef s ]; do :; done; cp a s; status=$?; kill $!; exit $status'

# -- links, FIFOs, nodes --
links='mkdir d; echo f >d/f; ln -s f d/link; ln -s nope d/dangling; ln -s .. d/up; ln -s d dir
    ln -s d/f s; ln -s $(printf %04000d 1) d/long; echo a >a; mkdir e'
same_as_cp 'links in a tree are kept' "$links" 'cp -rv d new; cp -R dir s e'
same_as_cp 'links in a tree are kept, -a' "$links" 'cp -a d new; cp -a dir s e'
same_as_cp 'links are followed without -r' "$links" 'cp s new; cp -v s d/link e; cp d/dangling e'
same_as_cp 'a link to a directory without -r' "$links" 'cp dir e'
same_as_cp 'a link with a slash' "$links" 'cp -r dir/ e'
same_as_cp 'a link over a file' "$links" 'cp -r s a'
same_as_cp 'a link over a link' "$links" 'cp -r s d/link'
same_as_cp 'a link over a directory' "$links; mkdir e/s" 'cp -r s e'
same_as_cp 'a file over a link in a tree' "$links; mkdir e/d; ln -s ../../a e/d/f" 'cp -r d e'
same_as_cp 'a FIFO with -r' 'mkdir d; mkfifo -m 640 d/p p' 'cp -rv d p new; umask 077; cp -r p q'
same_as_cp 'a FIFO with -r over a file' 'mkdir d; mkfifo p d/f; echo x >x; cp -r d e; rm d/f
    echo f >d/f' 'cp -r p x; cp -r e/f d'
same_as_cp 'a FIFO with -r over a directory' 'mkfifo p; mkdir -p d/p' 'cp -r p d'
same_as_cp 'a FIFO with -a' 'mkfifo -m 604 p; touch -d "2002-02-02 02:02:02.2" p' 'cp -a p q'
same_as_cp 'a FIFO is read to its end' 'mkfifo p' \
    'for i in 1 2 3; do echo $i; sleep 0.01; done >p & cp p new; wait'
same_as_cp 'a FIFO is written to' 'mkfifo p; seq 100000 >a' 'cat p >new & cp a p; wait'
same_as_cp 'a file with holes into a FIFO' 'mkfifo p; echo a >a; truncate -s 300000 a; echo z >>a' \
    'cat p >new & cp a p; wait'
same_as_cp 'a file with holes into a pipe' 'truncate -s 300000 a; echo z >>a' \
    'cp a /dev/stdout | sha256sum'
same_as_cp 'a large file that is not cached into a pipe' '
    seq 3000000 >a; dd of=a oflag=nocache conv=notrunc,fdatasync count=0 status=none
    mkfifo p' 'cat p >new & cp a p; wait; cp a /dev/null; rm a'
same_as_cp 'a file with holes to /dev/null' 'truncate -s 300000 a' 'cp a /dev/null'
same_as_cp 'standard input by name' 'seq 100000 >a' 'cat a | cp /dev/stdin new; cp /dev/stdin b <a'
same_as_cp '/dev/null' 'echo a >a' 'cp /dev/null new; cp /dev/null a'
same_as_cp '/dev/full' 'seq 100000 >a' 'cp a /dev/full'
if [ "$root" ] && mknod node c 1 3 2>/dev/null; then
    same_as_cp 'a device node with -r' 'mkdir d; mknod d/n c 1 3; chmod 640 d/n; mknod b b 7 99' \
        'cp -rv d new; cp -r b c; find . -type c -o -type b | sort | xargs stat -c "%n %t %T"'
    same_as_cp 'a device node with -a' 'mkdir d; mknod d/n c 1 5; chown 7:8 d/n' 'cp -a d new'
    same_as_cp 'a device node is read without -r' 'mknod n c 1 3' 'cp n new'
    same_as_cp 'a socket with -r' 'mkdir d; perl -MIO::Socket::UNIX -e \
        "IO::Socket::UNIX->new(Local => q(d/s), Listen => 1) or die"' 'cp -r d new'
    rm node
else
    left_out 'device nodes' 'they cannot be made here'
fi

# -- modes, owners, times --
modes='mkdir d; for m in 0644 0755 0444 0400 0666 0777 4755 2755 6711 1644; do
    echo $m >d/$m; chmod $m d/$m; mkdir d/d$m; echo x >d/d$m/x; chmod $m d/d$m; chmod u+rx,o+r d/d$m; done
    mkdir e; echo old >e/0644; chmod 600 e/0644; echo old >e/4755; chmod 640 e/4755
    mkdir d/closed; echo x >d/closed/x; mkdir d/closed/deeper; echo y >d/closed/deeper/y
    chmod 0555 d/closed d/closed/deeper'
for mask in 000 022 077 027 002 0777; do
    export mask
    same_as_cp "modes, umask $mask" "$modes" 'umask $mask; cp -r d new; cp d/0644 d/4755 e'
    same_as_cp "modes, umask $mask, -p" "$modes" 'umask $mask; cp -rp d new; cp -p d/0644 d/4755 e'
    same_as_cp "modes, umask $mask, -a" "$modes" 'umask $mask; cp -a d new'
done
for mask in 022 077 0300; do
    export mask
    same_as_cp "modes as another user, umask $mask" "$modes; chmod 777 ." \
        'umask $mask; as_nobody cp -r d new'
    # it removes the sticky bit together with those of other owners
    gnu_since 9.5 files '/ new\/d1644 /s/^d 744 /d 1744 /'
    same_as_cp "modes as another user, umask $mask, -p" "$modes; chmod 777 ." \
        'umask $mask; as_nobody cp -rp d new'
done
same_as_cp 'a directory in one with a set-group-ID bit' 'mkdir d s; chmod 2777 s; echo x >d/x' 'cp -r d s'
same_as_cp 'directories that exist keep their mode' 'mkdir -p d e/d; chmod 700 d; chmod 755 e/d' \
    'cp -r d e'
same_as_cp 'directories that exist take the mode with -p' 'mkdir -p d e/d; chmod 700 d' 'cp -rp d e'
times='mkdir -p d/sub; echo f >d/f; echo g >d/sub/g; ln -s f d/link; touch -d "1999-12-31 23:59:59.999999999" d/f
    touch -h -d "2002-02-02 02:02:02.000000001" d/link; touch -d "1960-06-06 06:06:06.5" d/sub/g
    touch -d "2003-03-03 03:03:03.3" d/sub; touch -d "2004-04-04 04:04:04.4" d'
same_as_cp 'times' "$times" 'cp -r d new; cp d/f e'
same_as_cp 'times, -p' "$times" 'cp -rp d new; cp -p d/f e'
same_as_cp 'times, -a' "$times" 'cp -a d new'
same_as_cp 'times, -a over what is there' "$times" 'cp -r d new; cp -a d/. new'
same_as_cp 'the time of access' 'echo a >a; touch -a -d "2002-02-02 02:02:02.222222222" a' \
    'cp -p a b; stat -c %x b'
if [ "$root" ]; then
    owners='mkdir -p d/sub; echo f >d/f; echo g >d/sub/g; ln -s f d/link; mkfifo d/p
        chown 11:12 d; chown -h 13:14 d/link; chown 15:16 d/f d/p; chown 0:18 d/sub/g; chown 19:0 d/sub
        chmod 6755 d/f; echo old >old; chown 21:22 old'
    same_as_cp 'owners' "$owners" 'cp -r d new; cp d/f old'
    same_as_cp 'owners, -p' "$owners" 'cp -rp d new; cp -p d/f old'
    same_as_cp 'owners, -a' "$owners" 'cp -a d new'
    same_as_cp 'owners, -a as another user' "$owners; chmod 777 ." 'as_nobody cp -a d new'
else
    left_out 'owners' 'not root'
fi

# -- hard links --
hard='mkdir -p d/sub; echo 1 >d/1; ln d/1 d/2; ln d/1 d/sub/3; ln d/1 outside; ln -s 1 d/s; ln -P d/s d/t
    : >d/empty; ln d/empty d/sub/empty; mkfifo d/p; ln d/p d/q; echo single >d/single'
same_as_cp 'hard links, -a' "$hard" 'cp -a d new'
same_as_cp 'hard links, -a, among operands' "$hard; mkdir new" 'cp -a d/1 d/2 d/sub/3 outside new'
same_as_cp 'hard links, -a, twice' "$hard" 'cp -a d new; cp -a d/. new'
same_as_cp 'hard links, -a, over files' "$hard; cp -r d new" 'cp -a d/. new'
same_as_cp 'hard links, -r and -p' "$hard" 'cp -r d new; cp -rp d new2'
same_as_cp 'hard links, -a as another user with an unreadable file' "$hard; chmod 0 d/1; chmod 777 ." \
    'as_nobody cp -a d new'
mkdir -p group/{a,b,c,d}
seq 20000 >group/a/0
for i in $(seq 300); do
    ln group/a/0 "group/$(printf %s a b c d | cut -c$((i % 4 + 1)))/$i"
    [ $((i % 3)) -ne 0 ] || echo "$i" >"group/b/single$i"
done
inodes=0
for i in $(seq 20); do
    [ $((i % 2)) -eq 0 ] || evict group/a/0
    timeout "$limit_seconds" acp -a -j8 group "copy$i" || break
    [ "$(find "copy$i" -type f -links +1 -printf '%i %n\n' | sort -u | wc -l)" -eq 1 ] || break
    [ "$(find "copy$i" -type f -links 301 | wc -l)" -eq 301 ] || break
    diff -r group "copy$i" || break
    inodes=$i
    rm -r "copy$i"
done
same '301 names of one file, -a -j8, 20 times' 20 "$inodes"
rm -rf group copy*

# -- contents --
same_as_cp 'files of /proc and sysfs' : \
    'cp /proc/version version; cp /sys/devices/system/cpu/online s; cp /proc/filesystems f'
same_as_cp 'files of /proc and sysfs over longer ones' 'seq 10000 >version; seq 10000 >s' \
    'cp /proc/version version; cp /sys/devices/system/cpu/online s'
same_as_cp 'files of sysfs with -r' : 'cp -r /sys/devices/system/cpu/online s'
names='mkdir d; cd d; for n in "new
line" "back\slash" "qu'\''ote" "two words" -dash --help \~ "*" "?" .hidden "tab	bed"; do
    echo "$n" >"./$n"; mkdir "./$n.d"; echo x >"./$n.d/$n"; done
    for n in $(printf "\377\376") $(printf %0255d 1) $(printf "caf\351"); do echo "$n" >"./$n"; done'
same_as_cp 'odd names' "$names" 'cp -rv d new; cd d; cp -v -- * ../new'
same_as_cp 'odd names that are missing' : "cp \$'new\\nline' \$'\\xff' \"it's\" 'a b' -- -dash ."
same_as_cp 'a name with a dash' 'echo x >-x' 'cp -- -x new; cp ./-x -- -y; cp -y -z'
deep='p=d; for i in $(seq 40); do p=$p/level$i; done; mkdir -p $p; for i in $(seq 40); do
    echo $i >$p/f; p=${p%/*}; done'
same_as_cp 'a deep tree' "$deep" 'cp -r d new'
same_as_cp 'a deep tree, -a' "$deep" 'cp -a d new'
same_as_cp 'names for directories' "$ab" \
    'cp -rv d/ e; cp -rv d/. e; cp -rv d e/..; cp -rv ./d/ e; cp -rv d/../d new'
mib=1048576
sizes=(0 1 4095 4096 4097 65535 65536 65537 524287 524288 524289
    $((8 * mib - 1)) $((8 * mib)) $((8 * mib + 1)) $((8 * mib + 4095)) $((8 * mib + 4096))
    $((8 * mib + 4097)) $((20 * mib + 123)))
head -c $((21 * mib)) /dev/urandom >bytes
mkdir sizes longer
for size in "${sizes[@]}"; do
    head -c "$size" bytes >"sizes/$size"
done
# copied NAME FROM TO: compares the copies of all sizes
copied() {
    local size wrong=''
    for size in "${sizes[@]}"; do
        cmp "$2/$size" "$3/$size" >&2 || wrong+=" $size"
    done
    same "$1" '' "$wrong"
}
acp -r sizes warm
copied 'sizes, warm' sizes warm
evict sizes/*
acp -r sizes cold
copied 'sizes, cold' sizes cold
evict sizes/*
for size in "${sizes[@]}"; do
    acp "sizes/$size" "alone$size" || break
    cmp "sizes/$size" "alone$size" || break
    rm "alone$size"
done
same 'sizes, cold, each alone' '' "$(ls -d alone* 2>/dev/null)"
for temperature in warm cold; do
    for size in "${sizes[@]}"; do
        head -c $((size + 100000)) /dev/zero >"longer/$size"
    done
    [ $temperature = warm ] || evict sizes/* longer/*
    acp -rT sizes longer
    copied "sizes over longer files, $temperature" sizes longer
done
for options in '--direct=always' '--direct=never -j3' '--block-size=4K --depth=3' \
    '--block-size=5000 --depth=2' '--block-size=1M --direct=always --depth=1 -j2'; do
    rm -r cold
    evict sizes/*
    # shellcheck disable=SC2086 # several words
    acp $options -r sizes cold
    copied "sizes, cold, $options" sizes cold
done
evict "sizes/$((20 * mib + 123))"
if ! acp --stats=json "sizes/$((20 * mib + 123))" new 2>&1 | grep -q '"direct_bytes":[1-9]' &&
    [ "$engine" = uring ]; then
    left_out 'large files past the cache' 'this filesystem cannot, or keeps them there'
fi
rm -r warm cold longer sizes new

# holes NAME SIZE OFFSET...: makes a file with 64 KiB of data at each offset
holes() {
    local name=$1 offset
    truncate -s "$2" "$name"
    shift 2
    for offset; do
        dd if=bytes of="$name" bs=64K seek=$((offset / 65536)) count=1 conv=notrunc status=none
    done
}
mkdir sparse
holes sparse/only $((4 * mib))
holes sparse/start $((4 * mib)) $((4 * mib - 65536))
holes sparse/middle $((4 * mib)) 0 $((4 * mib - 65536))
holes sparse/end $((4 * mib)) 0
holes sparse/odd $((4 * mib + 1001)) 131072 $((2 * mib))
holes sparse/large $((30 * mib + 77)) $((3 * mib)) $((20 * mib))
holes sparse/many $((16 * mib)) $(seq 0 131072 $((16 * mib - 1)))
for round in warm cold over; do
    case $round in
    cold) evict sparse/* ;;
    over) gnu cp -r --sparse=never sparse over ;;
    esac
    acp -rT sparse "$round"
    for file in only start middle end odd large many; do
        check "holes: $file, $round: the bytes" cmp "sparse/$file" "$round/$file"
        check "holes: $file, $round: the blocks" \
            [ "$(stat -c %b "$round/$file")" -le $(($(stat -c %b "sparse/$file") + 16)) ]
    done
done
rm -r sparse warm cold over

# -- unreadable sources, unwritable destinations --
same_as_cp 'an unreadable file in a tree' "$ab; echo s >d/secret; chmod 0 d/secret; mkdir d/g
    echo h >d/g/h; chmod 777 ." 'as_nobody cp -r d new'
same_as_cp 'an unreadable file among others' "$ab; chmod 0 a; chmod 777 e" 'as_nobody cp a b d/f e'
same_as_cp 'an unreadable file and a new name' "$ab; chmod 0 a; chmod 777 ." 'as_nobody cp a new'
same_as_cp 'an unreadable directory in a tree' "$ab; mkdir d/closed d/g; echo h >d/g/h
    chmod 0 d/closed; chmod 777 ." 'as_nobody cp -r d new'
same_as_cp 'an unreadable directory' "$ab; chmod 0 d; chmod 777 ." \
    'as_nobody cp -r d new'
same_as_cp 'a directory whose files cannot be looked up' "$ab; chmod 744 d; chmod 777 ." \
    'as_nobody cp -r d new; as_nobody cp d/f x'
same_as_cp 'a directory that is there and that its owner may not read, -a' \
    'chmod 777 .; as_nobody bash -c "mkdir -p d t/d; chmod 444 d; chmod 0 t/d"' 'as_nobody cp -a d t'
same_as_cp 'an unwritable directory' "$ab" 'as_nobody cp a b e; as_nobody cp a new'
same_as_cp 'an unwritable directory, -r' "$ab; ln -s x d/s; mkdir e/d; mkfifo d/p" \
    'as_nobody cp -r d new; as_nobody cp -r d e'
same_as_cp 'an unwritable file' "$ab" 'as_nobody cp a b; as_nobody cp d/f a'
same_as_cp 'an unsearchable directory' "$ab; chmod 700 e; mkdir e/x" 'as_nobody cp a e/x; as_nobody cp a b e'
same_as_cp '-v to closed stdout' "$ab" 'cp -v a new >&-'
same_as_cp '-v to /dev/full' "$ab" 'cp -v a b d >/dev/full'
same_as_cp 'a warning or a question that is lost' "$ab" 'cp a a d 2>&-; echo $?; yes | cp -i a b 2>&-; echo $?; cp a e 2>&-; echo $?'
[ ! -c /dev/full ] || same_as_cp 'a warning to /dev/full' "$ab" 'cp a a d 2>/dev/full'
same_as_cp '-v of files that fail' "$ab" 'cp -v nope a d new; cp -v d new'

seq 40000 >small
evict bytes
for size in 100 10000; do
    export size
    gives "a file-size limit of $size KiB" 1 '' "cp: error writing 'limited': File too large" \
        'trap "" XFSZ; ulimit -f $size; cp bytes limited'
    check "a file-size limit of $size KiB: nothing is left" [ ! -e limited ]
    evict bytes
done

# filesystems of their own: a full one, and a read-only one
full_disk() { # NAME SOURCE: a source that does not fit
    local before after
    gnu cp small "$mounted/already"
    before=$(stat -f -c %f "$mounted")
    export file=$2
    gives "$1: a new file" 1 '' "cp: error writing '../mounted/new': No space left on device" \
        'cp $file ../mounted/new'
    check "$1: nothing is left of it" [ ! -e "$mounted/new" ]
    sync -f "$mounted"
    after=$(stat -f -c %f "$mounted")
    check "$1: the space is free again ($before, $after blocks)" [ $((before - after)) -lt 32 ]
    gives "$1: among others" 1 \
        "$(printf "'%s' -> '../mounted/%s'\n" small small one one "$2" "$2")" \
        "cp: error writing '../mounted/$2': No space left on device" \
        'cp small one; cp -j1 -v small one $file ../mounted'
    check "$1: what fits is there" cmp small "$mounted/small"
    check "$1: and there" cmp one "$mounted/one"
    check "$1: the other is not" [ ! -e "$mounted/$2" ]
    check "$1: there is space after it" acp small "$mounted/after"
    gives "$1: over a file" 1 '' "cp: error writing '../mounted/already': No space left on device" \
        'cp $file ../mounted/already'
    check "$1: it does not look complete" \
        [ "$(stat -c %s "$mounted/already")" -lt "$(stat -c %s "$2")" ]
    rm -f "$mounted/already" one
    mkdir tree tree/d
    gnu cp small tree/a
    gnu ln "$2" tree/m
    gnu cp small tree/d/z
    run_snippet "$own_path" 'cp -r tree ../mounted' own
    same "$1: in a tree" "cp: error writing '../mounted/tree/m': No space left on device" \
        "$(grep -v "/[az]':" "$scratch/own.stderr")"
    check "$1: in a tree: not there" [ ! -e "$mounted/tree/m" ]
    rm -r tree
    umount "$mounted"
}
mkdir "$mounted"
if [ "$root" ] && mount -t tmpfs -o size=1m none "$mounted" 2>/dev/null; then
    full_disk 'a full tmpfs' bytes
    head -c 100M /dev/urandom >large
    evict large
    truncate -s 64M image
    mkfs.ext4 -q -F image
    mount -o loop image "$mounted" && full_disk 'a full ext4' large
    rm large
    mount -o loop,ro image "$mounted"
    same_as_cp 'a read-only filesystem' "$ab" \
        'm=../mounted; cp a $m; cp a $m/new; cp -r d $m; cp a b d/f $m; cp a $m/lost+found'
    umount "$mounted"
    rm image
else
    left_out 'full and read-only filesystems' 'nothing can be mounted here'
fi
rm bytes small

# -- a tree of everything --
"$scripts/make-corpus" corpus
# find's view of a tree: everything that -a keeps; without times, everything that -r keeps
view() {
    (cd "$1" && find . -type d -printf '%y %m %U:%G %T@ %P\0' -o \
        -printf '%y %m %U:%G %T@ %s %n %P -> %l\0') | sort -z -t' ' -k5 | tr '\0' '\n'
}
plain_view() {
    view "$1" | sed 's/^\(. [0-7]* [^ ]*\) [-0-9.]* /\1 /'
}
# diff cannot compare FIFOs
differences() {
    diff -r --no-dereference "$1" "$2" | grep -av ' is a fifo while file .* is a fifo$'
}
check 'a corpus: -a' acp -a corpus copy
same 'a corpus: contents' '' "$(differences corpus copy)"
check 'a corpus: modes, owners, times, links' diff <(view corpus) <(view copy)
if [[ $(rsync --version 2>/dev/null) == *'64-bit timestamps'* ]]; then
    same 'a corpus: rsync' '' "$(rsync -aHn --delete -i corpus/ copy/ 2>&1)"
else
    left_out 'what rsync says of the copy' 'there is no rsync, or it has times until 2038 only'
fi
[ "$(id -u)" -eq 0 ] || chmod -R u+w copy # a user cannot write to all modes
check 'a corpus: -a again' acp -a -j4 corpus/. copy
same 'a corpus: contents again' '' "$(differences corpus copy)"
check 'a corpus: the rest again' diff <(view corpus) <(view copy)
gnu cp -rv corpus theirs | sort >theirs.list
acp -rv corpus ours | sort >ours.list
same 'a corpus: -rv' '' "$(sed 's/theirs/ours/g' theirs.list | diff -a - ours.list)"
same 'a corpus: contents, -r' '' "$(differences corpus ours)"
check 'a corpus: the rest, -r' diff <(plain_view theirs) <(plain_view ours)
finish
