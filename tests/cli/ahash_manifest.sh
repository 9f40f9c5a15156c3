#!/usr/bin/env bash
# ahash_manifest.sh: the files that ahash --update refuses to replace, those that it keeps, and its messages.
# needs: python3
# shellcheck disable=SC2016 # the snippets are for another shell to expand
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"

mkdir tree
printf 'a' >tree/a
printf 'b' >tree/b
# a file that is younger than a tick of the clock is read again next time
settle() {
    sleep 0.15
}
digests() {
    grep -v '^#' "$1"
}
settle

# -- only a manifest is replaced --
# refused NAME MESSAGE FILE: FILE is not replaced and stays unchanged
refused() {
    local before after
    before=$(cksum <"$3")
    gives "$1" 1 '' "ahash: $2" "timeout $limit_seconds ahash -r --update='$3' tree"
    after=$(cksum <"$3")
    same "$1: it is as it was" "$before" "$after"
}
not_formatted='1: improperly formatted checksum line: not updated'
not_found='no properly formatted checksum lines found: not updated'
printf '# of mine\n\n# and nothing else\n' >comments
refused 'a file of comments' "comments: $not_found" comments
printf '\n\r\n\n' >blank
refused 'a file of blank lines' "blank: $not_found" blank
head -c 100000 /dev/zero >zeros
refused 'a file without a line end' "zeros: $not_formatted" zeros
{ echo '# a comment'; printf '#'; head -c 70000 /dev/zero | tr '\0' '#'; } >long
refused 'a file with a comment that is too long' "long: 2: ${not_formatted#*: }" long
{ ahash tree/a; printf '%070000d  x\n' 0; } >long
refused 'a file with a line that is too long' "long: 2: ${not_formatted#*: }" long
if [ -z "$sanitizer" ]; then
    truncate -s 3G image
    gives 'a disk image takes neither memory nor time' 1 '' "ahash: image: $not_formatted" \
        '(ulimit -v 1500000; timeout "$limit_seconds" ahash -j1 -r --update=image tree)'
    same 'a disk image is as it was' 3221225472 "$(stat -c %s image)"
    rm image
else
    left_out 'a disk image as manifest' 'the sanitizer needs the addresses'
fi
: >empty
gives 'an empty file is replaced' 0 'empty: 2 new, 0 changed, 0 unchanged, 0 removed, 0 unreadable' '' \
    'ahash -r --update=empty tree'
mkdir none
gives 'a manifest of nothing' 0 'nothing: 0 new, 0 changed, 0 unchanged, 0 removed, 0 unreadable' '' \
    'ahash -r --update=nothing none'
gives 'a manifest of nothing is one' 0 'nothing: 2 new, 0 changed, 0 unchanged, 0 removed, 0 unreadable' '' \
    'ahash -r --update=nothing tree'

mkfifo fifo
gives 'a FIFO' 1 '' "ahash: cannot update 'fifo': not a regular file" 'timeout "$limit_seconds" ahash -r --update=fifo tree'
gives 'a device' 1 '' "ahash: cannot update '/dev/zero': not a regular file" \
    'timeout "$limit_seconds" ahash -r --update=/dev/zero tree'
gives 'a device that takes anything' 1 '' "ahash: cannot update '/dev/null': not a regular file" \
    'timeout "$limit_seconds" ahash -r --update=/dev/null tree'
gives 'standard output, a pipe' 1 '' "ahash: cannot update '/dev/stdout': not a regular file" \
    'ahash -r --update=/dev/stdout tree | cat; exit ${PIPESTATUS[0]}'
ahash tree/a >out
gives 'standard output, a file' 1 "$(ahash tree/a)" \
    "ahash: cannot update '/dev/stdout': not a name that can be replaced" \
    'ahash -r --update=/dev/stdout tree >>out; s=$?; cat out; exit $s'
gives 'a directory' 1 '' 'ahash: tree: Is a directory' 'ahash -r --update=tree tree'

# -- the manifest is not one of its files --
: >tree/empty
gives 'an operand' 1 '' 'ahash: tree/empty: input file is output file
ahash: tree/empty: not updated' 'ahash --update=tree/empty tree/a tree/empty'
same 'an operand is as it was' 0 "$(stat -c %s tree/empty)"
gives 'an operand by another name' 1 '' 'ahash: link: input file is output file
ahash: tree/empty: not updated' 'ln -s tree/empty link; ahash --update=tree/empty link'
gives 'an operand of a list' 1 '' 'ahash: tree/empty: input file is output file
ahash: tree/empty: not updated' 'printf "tree/empty\0tree/a\0" | ahash --update=tree/empty --files0-from=-'
same 'an operand of a list is as it was' 0 "$(stat -c %s tree/empty)"
gives 'in a tree it is left out' 0 'tree/empty: 2 new, 0 changed, 0 unchanged, 0 removed, 0 unreadable' '' \
    'ahash -r --update=tree/empty tree'
rm tree/empty
gives 'standard input' 1 '' 'ahash: -: with --update, standard input is not read
ahash: new: not updated' 'echo x >./-; echo y | ahash --update=new tree/a -; s=$?; rm ./-; ls new 2>/dev/null; exit $s'
gives 'standard input in a list' 1 '' 'ahash: -: with --update, standard input is not read
ahash: new: not updated' 'printf "tree/a\0-\0" >names; echo y | ahash --update=new --files0-from=names'

# -- all lines of the old manifest are read as the first ones say --
printf 'lead' >' lead'
digest() {
    ahash "$1" | cut -d' ' -f1
}
blank="$(digest tree/a) gone
$(digest ' lead')  lead"
echo "$blank" >list
gives 'one blank between digest and name' 1 'list: 0 new, 0 changed, 1 unchanged, 0 removed, 1 unreadable' \
    'ahash: gone: No such file or directory' 'ahash --update=list " lead" gone'
same 'one blank between digest and name: no line is lost' "$(digest ' lead')   lead
$(digest tree/a)  gone" "$(digests list)"
rm ' lead'
ahash tree/a tree/b >list
mkfifo slow
gives 'a manifest that changes meanwhile' 1 '' 'ahash: list: changed while it was read
ahash: list: not updated' 'ahash --update=list slow tree/a & exec 3>slow; echo junk >list; exec 3>&-; wait $!'
same 'a manifest that changes meanwhile is as it was' junk "$(cat list)"
ahash tree/a tree/b >list
gives 'a manifest that gets a line meanwhile' 1 '' 'ahash: list: changed while it was read
ahash: list: not updated' 'ahash --update=list slow tree/a & exec 3>slow; ahash ./tree/b >>list; exec 3>&-; wait $!'
same 'a manifest that gets a line meanwhile has it' "$(ahash tree/a tree/b ./tree/b)" "$(cat list)"
for name in list new; do
    export name
    gives "another file gets the name of the manifest meanwhile: $name" 1 '' \
        "ahash: cannot update '$name': another file has been created there" \
        'ahash --update=$name slow tree/a & exec 3>slow; echo image >image; mv image $name; exec 3>&-; wait $!'
    same "another file gets the name of the manifest meanwhile is as it was: $name" image "$(cat $name)"
    rm $name
done
ahash tree/a >list
gives 'a manifest that is removed meanwhile' 0 'list: 1 new, 0 changed, 1 unchanged, 0 removed, 0 unreadable' '' \
    'ahash --update=list slow tree/a & exec 3>slow; rm list; exec 3>&-; wait $!'
rm slow list

# -- a name that is too long for a line: the next run can read the manifest --
python3 - <<'END'
import os
name = "n" * 250
fd = os.open(".", os.O_RDONLY)
for level in ["deep"] + [name] * 270:
    os.mkdir(level, dir_fd=fd)
    below = os.open(level, os.O_RDONLY, dir_fd=fd)
    os.close(fd)
    fd = below
    if level == "deep":
        os.close(os.open("a", os.O_WRONLY | os.O_CREAT, dir_fd=fd))
os.close(os.open("b", os.O_WRONLY | os.O_CREAT, dir_fd=fd))
END
for counts in '1 new, 0 changed, 0 unchanged' '0 new, 0 changed, 1 unchanged'; do
    gives "a name that is too long for a line: $counts" 1 "list: $counts, 0 removed, 1 unreadable" \
        'ahash: deep/N/b: File name too long' 'ahash -r --update=list deep 2>err; s=$?; sed "s,/n[n/]*/,/N/," err >&2; exit $s'
done
gives 'a name that is too long for a line: acp --manifest' 1 "$(ahash deep/a | sed 's,deep,copy,')" \
    "acp: cannot list 'copy/N/b' in the manifest: File name too long" \
    'acp -r --manifest=new deep copy 2>err; s=$?; sed "s,/n[n/]*/,/N/," err >&2; cat new; exit $s'
rm -rf list new deep copy

# -- a disk that is not mounted must not empty the manifest --
mkdir -p mnt/sub other
for i in 1 2 3; do echo "$i" >mnt/sub/$i; done
echo x >other/x
settle
ahash -r --update=list mnt >/dev/null
ahash -r --update=both mnt other >/dev/null
cp list list.before
cp both both.before
mv mnt mounted
mkdir mnt
force='ahash: use --force-empty if they have been removed on purpose'
gives 'all listed files are gone' 1 '' "ahash: cannot update 'list': all listed files are gone
$force" 'ahash -r --update=list mnt'
check 'all listed files are gone: the list is kept' cmp list.before list
gives 'all listed files of one tree are gone' 1 '' "ahash: cannot update 'both': all listed files in './mnt/' are gone
$force" 'ahash -r --update=both other ./mnt/'
check 'all listed files of one tree are gone: the list is kept' cmp both.before both
gives 'all listed files are gone, and others are there' 1 '' \
    "ahash: cannot update 'list': all listed files are gone
$force" 'echo new >mnt/new; ahash -r --update=list mnt; s=$?; rm mnt/new; exit $s'
gives 'in the working directory' 1 '' "ahash: cannot update '../here': all listed files are gone
$force" 'sed "s,mnt/,," list >here; cd mnt; ahash -r --update=../here .'
gives 'some are left' 0 'both: 0 new, 0 changed, 2 unchanged, 2 removed, 0 unreadable' '' \
    'mkdir mnt/sub; cp -p mounted/sub/3 mnt/sub; ahash -r --update=both mnt other; s=$?; rm -r mnt/sub; exit $s'
gives '--force-empty' 0 'list: 0 new, 0 changed, 0 unchanged, 3 removed, 0 unreadable' '' \
    'ahash -r --update=list --force-empty mnt'
same '--force-empty: nothing is listed' '' "$(digests list)"
gives 'nothing was listed' 0 'list: 0 new, 0 changed, 0 unchanged, 0 removed, 0 unreadable' '' \
    'ahash -r --update=list mnt'

# -- changed files are named --
rm -r mnt
mv mounted mnt
ahash -r --update=list mnt >/dev/null
settle
ahash -r --update=list mnt >/dev/null
rm mnt/sub/1
echo 22 >mnt/sub/2
echo 4 >mnt/sub/$'n\n4'
settle
cp list list.before
gives '-v' 0 'mnt/sub/2: CHANGED
\mnt/sub/n\n4: NEW
mnt/sub/1: REMOVED
list: 1 new, 1 changed, 1 unchanged, 1 removed, 0 unreadable' '' 'ahash -rv --update=list mnt'
gives '--verbose --json' 0 '{"format":1,"type":"status","name":"mnt/sub/2","status":"changed"}
{"format":1,"type":"status","name":"mnt/sub/n\n4","status":"new"}
{"format":1,"type":"status","name":"mnt/sub/1","status":"removed"}
{"format":1,"type":"manifest","manifest":"list","new":1,"changed":1,"unchanged":1,"removed":1,"unreadable":0,"failed":null}' '' \
    'cp list.before list; ahash -r --verbose --json --update=list mnt'
gives 'content that changes without size and mtime' 0 \
    'list: 0 new, 1 changed, 2 unchanged, 0 removed, 0 unreadable' \
    'ahash: WARNING: mnt/sub/3: content has changed, but not size and mtime' '
    touch -r mnt/sub/3 time; printf y | dd of=mnt/sub/3 conv=notrunc status=none; touch -r time mnt/sub/3
    ahash -r --update=list mnt'
gives 'times that change without content' 0 \
    'list: 0 new, 0 changed, 3 unchanged, 0 removed, 0 unreadable' '' \
    'chmod 600 mnt/sub/3; ahash -r --update=list mnt'
try="Try 'ahash --help' for more information."
gives '--verbose alone' 1 '' "ahash: the --verbose option is meaningful only with --update
$try" 'ahash -v x'
gives '--force-empty alone' 1 '' "ahash: the --force-empty option is meaningful only with --update
$try" 'ahash --force-empty x'

# -- changes that the times do not show --
cat >mapped.py <<'PYTHON'
import mmap, subprocess, sys, time
f = open("db/db", "r+b")
m = mmap.mmap(f.fileno(), 0)
m[0:4] = b"AAAA"
time.sleep(0.3)
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
m[0:4] = b"BBBB"
m.flush()
PYTHON
mkdir db
head -c 8192 /dev/zero >db/db
sync db/db
settle
if [ "$(stat -f -c %T .)" = tmpfs ]; then
    left_out 'a file that is written through a mapping' 'tmpfs does not set its times'
else
    check 'a file that is written through a mapping' python3 mapped.py ahash -r --update=mapped db
    settle
    gives 'it is read again' 0 'mapped: 0 new, 1 changed, 0 unchanged, 0 removed, 0 unreadable' '' \
        'ahash -r --update=mapped db'
    check 'its digest is right' gnu sha256sum -c --quiet mapped
fi

# -- a list in its own tree --
mkdir own
echo a >own/a
gnu sha256sum own/a >expected
gives 'standard output is left out' 0 '' 'ahash: own/SUMS: output file is skipped' \
    'ahash -r own >own/SUMS; s=$?; cmp own/SUMS expected; exit $s'
gives 'standard output is left out when it is appended to' 0 '' 'ahash: own/SUMS: output file is skipped' \
    'cp expected own/SUMS; ahash -r own >>own/SUMS; s=$?; cat expected expected | cmp own/SUMS; exit $s'
gives 'standard output beside a manifest' 0 '' 'ahash: own/log: output file is skipped' \
    'rm own/SUMS; ahash -r --update=own/SUMS own >own/log; s=$?; grep -v "^#" own/SUMS | cmp expected; rm own/log; exit $s'
gives 'standard error is left out' 0 'ahash: own/log: output file is skipped' '' \
    'mv own/SUMS .; ahash -r --stats own 2>own/log >list; s=$?; cmp list expected; head -n 1 own/log
     mv SUMS own; rm own/log; exit $s'
gives 'a report is not unlisted' 0 '' '' 'ahash -c --report-unlisted own/SUMS >own/log'
stand_in sha256sum ahash
same_as_gnu 'an operand is not left out' 'rm -f own/log; sha256sum own/* >own/log; sha256sum own/* >own/log; cut -c67- own/log'

finish
