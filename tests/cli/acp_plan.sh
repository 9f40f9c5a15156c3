#!/usr/bin/env bash
# acp_plan.sh: --plan, which lists the files of a copy in parts, and runs that copy the parts: BIN_DIR ENGINE.
# tests/cluster has the same with real schedulers.
# needs: perl
# shellcheck disable=SC2016,SC2086 # the snippets are for another shell to expand; options are words
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"

# names [PLAN]: prints the names of a plan, or what a plan of the directory must list
names() {
    if [ $# -gt 0 ]; then cat "$1"/[0-9]*; else find . -mindepth 1 ! -type d -printf '%P\0'; fi | sort -z | tr '\0\n' '\n?'
}

# parts PLAN: prints the parts in their order
parts() {
    find "$1" -mindepth 1 ! -name '.*' -printf '%f\n' | sort -n
}

# copy_parts PLAN OPTION...: copies all parts of src to dst, the last one first, and runs the end run
copy_parts() {
    local plan=$PWD/$1 part
    shift
    for part in $(parts "$plan" | tac); do
        (cd src && acp "$@" --parents --files0-from="$plan/$part" -t ../dst) || echo "part $part failed"
    done
    acp "$@" -v --update=changed -T src dst
}

export -f parts copy_parts

# view DIRECTORY: everything that -a keeps
view() {
    (cd "$1" && find . -printf '%p %y %m %U:%G %n %T@ %l\n' | sort
        find . -type f -print0 | sort -z | xargs -0 sha256sum)
}

# -- the parts --

mkdir -p src/a/b src/empty src/ro
for i in $(seq 40); do
    head -c $((i * 1000)) /dev/urandom >src/a/$i
done
head -c 9000000 /dev/urandom >src/a/b/large
head -c 5000000 /dev/urandom >src/a/b/medium
truncate -s 50M src/sparse
ln src/a/1 src/ro/first
ln src/a/1 src/second
ln -s a/1 src/link
mkfifo src/pipe
echo odd >$'src/new\nline'
echo lead >'src/ -lead'
chmod 555 src/ro
find src -depth -exec touch -h -d '2001-01-01 00:00:00.123456789' {} +
acp -a -T src expected

gives 'it tells what it has made' 0 '9 parts, 49 files, 14820009 bytes' '' 'acp -a --plan=plan,8M -T src dst'
same 'the parts have all names, each once' "$(cd src && names)" "$(names plan)"
same 'they are numbered from 0' "$(seq 0 8 | xargs)" "$(parts plan | xargs)"
same 'a file that is larger than a part stands alone, first' a/b/large "$(tr '\0' '\n' <plan/0)"
same 'all names of an inode are in one part' 1 "$(grep -lzx 'a/1\|ro/first\|second' plan/* | wc -l)"
same 'directories are made, for their owner only' "$(cd src && find . -type d -printf '%P 700\n' | sort)" \
    "$(cd dst && find . -type d -printf '%P %m\n' | sort)"
same 'nothing else is made' '' "$(find dst ! -type d)"
same 'the plan describes itself' $'acp plan 1\nparts 9\nfiles 49\nbytes 14820009
options -r -P --preserve=mode,ownership,timestamps,links,xattr' "$(cat plan/.plan)"
gives 'parts in any order: the end run has nothing to copy' 0 '' '' 'copy_parts plan -a'
same 'and the trees are equal' "$(view expected)" "$(view dst)"
costs=$(for part in $(parts plan); do (cd src && xargs -0 stat -c '%s %b %i' <"../plan/$part") |
    awk '{ b = $2 * 512 < $1 ? $2 * 512 : $1; c += 1048576 + ($3 in seen ? 0 : b); seen[$3] } END { print c }'; done)
same 'costly parts come first' "$(sort -rn <<<"$costs")" "$costs"
same 'a part of several files costs the limit, and two names that came later, at the most' 0 \
    "$(tail -n +2 <<<"$costs" | awk '$1 > 8388608 + 2 * 1048576' | wc -l)"
gives 'without a size one part holds a small tree' 0 '1 parts, 49 files, 14820009 bytes' '' \
    'acp -a --plan=one -T src dst; rm -r one'
gives 'a directory with a comma' 0 '9 parts, 49 files, 14820009 bytes' '' 'acp -a --plan=a,b,8M -T src dst; rm -r a,b'
mkdir nothing
gives 'an empty tree has no parts' 0 $'0 parts, 0 files, 0 bytes\n.plan' '' \
    'acp -a --plan=none -T nothing nowhere; ls -A none; rm -r none nowhere'

# -- what is listed --

gives '--exclude' 0 'ro/first:second:sparse:' '' \
    'acp -a --plan=p --exclude="a/" --exclude="*li*" --exclude=pipe --exclude="*lead" -T src new >/dev/null; tr "\0" : <p/0; rm -rf p new'
gives '-L lists what links lead to, all of one inode together' 0 'a/1:a/again:link:ro/first:second:' '' \
    'cp -a src linked; ln -s ../a/1 linked/a/again; acp -aL --plan=p,1M -T linked new >/dev/null
    sort -z $(grep -lzx a/1 p/*) | tr "\0" :; chmod u+w linked/ro; rm -rf p new linked'
for options in -aL -rL; do
    gives "a part has a file by two directories, one of them a link: both are copied, $options" 0 '/link/f:/link/x/g:/real/f:/real/x/g:' '' \
        "mkdir -p two/real/x && echo 1 >two/real/f && echo 2 >two/real/x/g && ln -s real two/link
        acp $options --plan=p2 -T two out >/dev/null && cd two && acp $options --parents --files0-from=../p2/0 -t ../out
        find ../out -type f | sort | cut -c7- | tr '\\n' ':'; cd ..; rm -r two out p2"
done
gives 'a list with several spellings of a name: the file is copied once' 0 '/f' "acp: warning: source file './one/f' specified more than once
acp: warning: source file 'one/../one/f' specified more than once
acp: warning: source file 'one/f' specified more than once" \
    'mkdir -p one out && echo 1 >one/f && printf "%s\0" one/f ./one/f one/../one/f one/f | acp --parents --files0-from=- --manifest=m -t out
    s=$?; find out -type f | cut -c8-; rm -r one out m; exit $s'
chmod -R u+w src dst
rm dst/a/2
echo changed >src/a/3
echo new >src/a/new
touch -d 2002-01-01 src/a/3
gives '--update=changed lists what has changed, and names of hard links' 0 'a/1:a/2:a/3:a/new:ro/first:second:' '' \
    'acp -a --update=changed --plan=p -T src dst >/dev/null; sort -z p/0 | tr "\0" :; rm -r p'
gives '-u lists what is newer' 0 'a/1:a/2:a/3:a/new:ro/first:second:' '' \
    'acp -au --plan=p -T src dst >/dev/null; sort -z p/0 | tr "\0" :; rm -r p'
gives '-n lists what is missing' 0 'a/1:a/2:a/new:ro/first:second:' '' \
    'acp -an --plan=p -T src dst >/dev/null; sort -z p/0 | tr "\0" :; rm -r p'
acp -a --update=changed --plan=p,3M -T src dst >/dev/null
gives 'an incremental copy in parts' 0 '' '' 'copy_parts p -a'
same 'makes the trees equal' "$(view src)" "$(view dst)"
rm -r p
if [ "$(id -u)" -eq 0 ] && mkdir src/m && mount -t tmpfs none src/m 2>/dev/null; then
    touch src/m/x
    gives '-x leaves out what is on another filesystem' 0 0 '' \
        'acp -ax --plan=p -T src dst >/dev/null; grep -lzx m/x p/* | wc -l; rm -r p'
    umount src/m
else
    left_out '-x' 'nothing can be mounted here'
fi

# -- an unprivileged user --

chmod 555 src/ro src/a/b
touch -d 2001-01-01 src/ro src/a/b
rm -rf dst
[ "$(id -u)" -ne 0 ] || chown -R 65534:65534 src .
for run in first second; do
    as_nobody acp -a --plan=p,3M -T src dst >/dev/null
    check "read-only directories, $run run: their owner may write" as_nobody test -w dst/ro -a -w dst/a/b
    gives "read-only directories, $run run: the parts" 0 '' '' \
        "as_nobody bash -c 'copy_parts p -a'"
    same "read-only directories, $run run: the trees are equal" "$(view src)" "$(view dst)"
    rm -rf p
    chmod 700 dst/ro dst/a/b
    chmod 555 dst/ro dst/a/b
    touch -d 2001-01-01 dst/ro dst/a/b
done
[ "$(id -u)" -ne 0 ] || chown -R 0:0 src .

# -- what is refused --

chmod -R u+w src dst
hint="Try 'acp --help' for more information."
gives 'a plan in a directory that is not empty' 1 '' "acp: cannot write a plan to 'plan': the directory is not empty" \
    'acp -a --plan=plan -T src dst'
gives 'in a directory with hidden files' 1 '' "acp: cannot write a plan to 'p': the directory is not empty" \
    'mkdir p; touch p/.x; acp -a --plan=p -T src dst; s=$?; rm -r p; exit $s'
for place in src/p src/a/p; do
    gives "in the source: $place" 1 '' "acp: cannot write a plan to '$place': it is in the source" \
        "acp -a --plan=$place -T src dst; s=\$?; ls $place 2>/dev/null; exit \$s"
done
for place in into into/p new; do
    gives "in the destination: $place" 1 '' "acp: cannot write a plan to '$place': it is in the destination" \
        "mkdir into; acp -a --plan=$place -T src ${place%%/*}; s=\$?; rmdir into; ls -d new 2>/dev/null; exit \$s"
done
gives 'in no directory' 1 '' "acp: cannot create the directory 'none/p' of the plan: No such file or directory" \
    'acp -a --plan=none/p -T src dst'
gives 'of a file' 1 '' "acp: cannot plan the copy of 'src/sparse': not a directory" 'acp -a --plan=p -T src/sparse dst'
for size in x 0 -1 ''; do
    gives "with the size '$size'" 1 '' "acp: invalid --plan argument 'p,$size': expected DIRECTORY or DIRECTORY,SIZE" \
        "acp -a --plan=p,$size -T src dst"
done
for options in '-T' '-r' '-a src/a'; do
    gives "with $options" 1 '' $'acp: --plan requires -r and -T\n'"$hint" "acp --plan=p $options src dst"
done
gives 'of two sources' 1 '' "acp: extra operand 'dst'"$'\n'"$hint" 'acp -a --plan=p -T src src dst'
for options in --parents --dry-run --verify --durable --manifest=m --files0-from=x; do
    gives "with $options" 1 '' "acp: --plan cannot be combined with --files0-from, --parents, --dry-run, --manifest, --verify or --durable
$hint" "acp -a --plan=p $options -T src dst"
done
for option in -l -s -i -H; do
    gives "with $option" 1 '' $'acp: --plan cannot be combined with -l, -s, -i or -H\n'"$hint" \
        "acp -a $option --plan=p -T src dst"
done
for option in --atomic -b --backup=off -S.old -f --rate=1M --reflink --remove-destination --sparse=always; do
    gives "with $option" 1 '' "acp: --plan copies no files: --atomic, --backup, --force, --rate, --reflink, \
--remove-destination and --sparse belong to the runs of its parts
$hint" "acp -a $option --plan=p -T src dst"
done
for option in --link --symbolic-link; do
    gives "a part with $option" 1 '' "acp: cannot copy a part of the plan '../plan' with -r -P \
--preserve=mode,ownership,timestamps,links,xattr $option: it was made with -r -P --preserve=mode,ownership,timestamps,links,xattr" \
        "cd src && acp -a --parents $option --files0-from=../plan/0 -t ../dst"
done
gives 'a part with other options' 1 '' "acp: cannot copy a part of the plan '../plan' with -r -P: it was made with -r -P \
--preserve=mode,ownership,timestamps,links,xattr" 'cd src; acp -r --parents --files0-from=../plan/3 -t ../dst'
gives 'a part without --parents' 1 '' "acp: cannot copy a part of the plan '../plan' without --parents" \
    'cd src; acp -a --files0-from=../plan/3 -t ../dst'
gives 'a part with --update=changed is none' 0 '' '' \
    'cd src; acp -a --parents --update=changed --files0-from=../plan/3 -t ../dst'

# -- what goes wrong --

mkdir -p bad/closed bad/open
echo x >bad/closed/x
echo y >bad/open/y
chmod 000 bad/closed
[ "$(id -u)" -ne 0 ] || chown -R 65534:65534 bad .
gives 'a directory that cannot be read: the others are planned' 1 $'1 parts, 1 files, 2 bytes\nopen/y' \
    "acp: cannot access 'bad/closed': Permission denied" \
    'as_nobody acp -a --plan=p -T bad new; s=$?; tr "\0" "\n" <p/0; exit $s'
[ "$(id -u)" -ne 0 ] || chown -R 0:0 bad .
chmod 755 bad/closed
rm -rf p new
if [ "$(id -u)" -eq 0 ] && mkdir small && mount -t tmpfs -o size=16k none small 2>/dev/null; then
    mkdir many
    (cd many && seq -f '%0200g' 500 | xargs touch)
    gives 'no room for the lists' 1 '' $'acp: cannot find all files: No space left on device
acp: cannot write the plan \'small/p\': No space left on device' 'acp -a --plan=small/p -T many new'
    same 'no room for the lists: no part can be taken for one' '' "$(ls small/p)"
    umount small
    rm -r many
else
    left_out 'no room for the lists' 'nothing can be mounted here'
fi

if command -v strace >/dev/null; then
    mkdir -p three
    for i in 1 2 3; do
        head -c 4096 /dev/zero >three/$i
    done
    for n in 1 2 3 4; do
        rm -rf p new
        strace -f -qq -o /dev/null -e trace=fsync -e inject=fsync:error=EIO:when=$n acp -a --plan=p,1K -T three new >/dev/null 2>told
        same "fsync fails, $n: it is told" "1 acp: cannot write the plan 'p': Input/output error" "$? $(cat told)"
        mkdir -p new
        check "fsync fails, $n: no part is taken for one of a complete plan" \
            bash -c 'cd three; ! acp -a --parents --files0-from=../p/0 -t ../new 2>/dev/null; [ -z "$(ls ../new)" ]'
    done
    rm -rf three p new told
fi

# -- memory --

# peak NAMES LINKS: prints the KiB of a plan of this tree
peak() {
    rm -rf farm new p
    mkdir farm
    (cd farm && seq -f 'd%g' $(($1 / 1000)) | xargs mkdir &&
        perl -e 'for my $d (1 .. $ARGV[0] / 1000) { for my $f (1 .. 1000) { my $n = "d$d/$f"; my $first = "d$d/" . ($f - $f % 10);
            $ARGV[1] && $f % 10 && -e $first ? link $first, $n : open my $h, ">", $n } }' "$1" "$2")
    acp -a --stats=json --plan=p -T farm new 2>stats >/dev/null
    sed -n 's/.*"memory_peak_bytes": *\([0-9]*\).*/\1/p' stats
}
if [ -z "$sanitizer" ]; then
    for links in 0 1; do
        small=$(peak 2000 $links)
        large=$(peak 40000 $links)
        check "40000 names take no more memory than 2000, links: $links ($small, $large)" test "$large" -lt $((small + small / 4))
    done
    rm -rf farm new p
fi
finish
