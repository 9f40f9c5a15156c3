#!/usr/bin/env bash
# abench.sh: abench's arms, its checks of equal work and its states of the cache; it leaves nothing behind.
# needs: python3 abench
# shellcheck disable=SC2016 # the snippets are for another shell to expand
. "${0%/*}/lib.sh"
stand_in abench abench # so that messages start with the expected name
for program in acat ahash acp; do
    stand_in "$program" "$program"
done
export TMPDIR=$scratch/tmp
mkdir "$TMPDIR"
# the arm to compare with sync
case $engine in
sync) other=sync-j2 ;;
*) other=uring ;;
esac
arms=("--arms=sync,$other" --pairs=1 --time=20)

# -- the files to measure --
mkdir -p tree/a/b tree/empty
head -c 300000 /dev/urandom >tree/large
for i in {1..40}; do
    head -c $((i * 100)) /dev/urandom >"tree/a/$i"
done
printf 'x' >$'tree/a/new\nline'
printf 'y' >$'tree/a/b/\xff\xfe'
printf 'z' >"tree/a/it's \$HOME"
: >"tree/$(printf '%0255d' 7)"
ln -s a/1 tree/link
ln -s nowhere tree/dangling
ln -s tree linked

# json FILE EXPRESSION: prints a Python expression of the report d
json() {
    python3 -c 'import json, sys; d = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$1" "$2"
}

# -- the three operations --
for name in t "$(printf '%040d' 0)" "$(printf '%060d' 0)"; do
    cp tree/large "$name"
    abench read "${arms[@]}" "$name" >table 2>messages
    same "the line of the data keeps its options together: $name" '1 0' \
        "$(grep -cE '(^|  )More: --details --json --plot$' table) $(grep -cE '.{81}' table)"
done
for operation in read hash copy; do
    check "$operation: runs" abench "$operation" "${arms[@]}" --json=report.json tree
    same "$operation: both arms, one round" "[('sync', 1), ('$other', 1)]" \
        "$(json report.json '[(a["name"], a["runs"]) for a in d["states"][0]["arms"]]')"
    same "$operation: equal work" True "$(json report.json 'd["equal_work"]')"
    same "$operation: the files and their bytes" "45 382003" \
        "$(json report.json '"%d %d" % (d["data"]["files"], d["data"]["bytes"])')"
done
same 'copy: the command with its last destination' True \
    "$(json report.json '"/abench." in d["states"][0]["arms"][0]["command"][-1]')"
same 'copy: compared with the source' "['content', 'content']" \
    "$(json report.json '[a["samples"][0]["check"] for a in d["states"][0]["arms"]]')"
same 'copy: nothing left beside the source' '' "$(find . -name 'abench.*')"

# -- rounds and states --
abench hash "${arms[@]}" --pairs=3 --cache=both --json --seed=7 tree >report.json 2>messages
same 'cold and warm, three rounds each' "[('cold', 3), ('warm', 3)]" \
    "$(json report.json '[(s["cache"], s["rounds"]) for s in d["states"]]')"
same 'warm: all of it is resident' 1 "$(json report.json 'd["states"][1]["resident_share"]')"
case $(stat -f -c %T .) in
tmpfs) ok 'cold: there is no cold state on tmpfs' ;;
*) same 'cold: nothing of it is resident' True \
    "$(json report.json 'd["states"][0]["resident_share"] < 0.01')" ;;
esac
same 'each round has each arm, in some order' "[1, 2]" \
    "$(json report.json 'sorted(a["samples"][2]["position"] for a in d["states"][0]["arms"])')"
abench hash "${arms[@]}" --pairs=3 --json --seed=7 tree >again.json 2>messages
order='[[s["position"] for s in a["samples"]] for a in d["states"][0]["arms"]]'
same 'the same seed gives the same order' "$(json report.json "$order")" "$(json again.json "$order")"
abench read "${arms[@]}" --pairs=2 --csv=samples.csv tree >table 2>messages
same 'a line of CSV for each sample' 5 "$(wc -l <samples.csv)"
same 'the columns of CSV are figures of the JSON' '' "$(head -n 1 samples.csv | tr , '\n' |
    grep -vxF "$(json again.json '"\n".join(["operation", "cache", "arm"] + list(d["states"][0]["arms"][0]["samples"][0]))')")"
same 'CSV and JSON have the same word for a check' "$(json again.json 'd["states"][0]["arms"][0]["samples"][0]["check"]')" \
    "$(abench hash "${arms[@]}" --pairs=1 --csv tree 2>messages | tail -n 1 | sed 's/.*,//')"
same 'the report begins with the answer' 1 "$(head -n 1 table | grep -cE '^(Does io_uring help here|Which is the fastest)\?  ')"
for word in Use 'Sure?' Why 'Where the time went' read; do
    check "the screen has: $word" grep -qF "$word" table
done
same 'it fits a screen' '24 80' \
    "$(awk -v max=24 '{ if (length($0) > 80) wide = length($0) } END { print (NR <= max ? max : NR), (wide ? wide : 80) }' table)"
abench hash --arms=sync --pairs=1 --no-probe --arm 'other=true' tree >table 2>messages
same 'a long answer is wrapped' 'Which is the fastest?  1 blocking thread is the only one whose result was
       compared' "$(head -n 2 table)"
abench read "${arms[@]}" --details tree >table 2>messages
for word in arm cache machine why evidence use sure; do
    check "the details have: $word" grep -q "^$word" table
done

# -- the user's arms --
abench hash "${arms[@]}" --arm 'gnu=find {src} -type f -print0 | xargs -0 /usr/bin/sha256sum' --json tree \
    >report.json 2>messages
same "another command's digests are compared" "content True" \
    "$(json report.json 'd["states"][0]["arms"][2]["samples"][0]["check"] + " " + str(d["equal_work"])')"
abench hash "${arms[@]}" --details --arm 'count=wc -c {src}/large' tree >table 2>messages
same 'an output of another kind is not compared' 1 "$(grep -c 'not compared: count' table)"
abench read --warm --pairs=2 --arms= --arm 'one=cat {src}/large | wc -c' --arm 'two=wc -c <{src}/large' tree >table 2>messages
same 'no output can be compared: it says so' 1 "$(tr -s '\n ' ' ' <table | grep -c 'CANNOT TELL no result could be compared, so ')"
abench copy "${arms[@]}" --arm 'cp=/bin/cp -r {src} {dst}' --json tree >report.json 2>messages
same "another command's copy is compared" "content True" \
    "$(json report.json 'd["states"][0]["arms"][2]["samples"][0]["check"] + " " + str(d["equal_work"])')"
abench read "${arms[@]}" --arm 'cat=xargs -0 cat <{list}' --json tree >report.json 2>messages
same 'a list of names for commands' 3 "$(json report.json 'len(d["states"][0]["arms"])')"

# differs NAME TEXT COMMAND: as an arm of a copy, COMMAND is reported with TEXT
differs() {
    local status
    abench copy "${arms[@]}" --arm "wrong=$3" tree >table 2>messages
    status=$?
    if [ $status -eq 1 ] && grep -q "arm wrong: .*$2" messages && grep -q '^wrong  *differs' table; then
        ok "$1"
    else
        not_ok "$1" "status $status: $(cat messages table)"
    fi
}
differs 'a file left out' "'a/7' is missing" 'cp -r {src} {dst}; rm {dst}/a/7'
differs 'a file too many' "'a/new' is not in the source" 'cp -r {src} {dst}; touch {dst}/a/new'
differs 'another size' "'large' has a different size" 'cp -r {src} {dst}; truncate -s -1 {dst}/large'
differs 'other bytes' "'large' has different contents" \
    'cp -r {src} {dst}; printf 123456789 | dd of={dst}/large conv=notrunc status=none'
differs 'a link followed' "'link' has a different type" \
    'cp -r {src} {dst}; rm {dst}/link; cp {src}/link {dst}/link'
differs 'a link that points elsewhere' "'link' has a different target" \
    'cp -r {src} {dst}; ln -sfn a/2 {dst}/link'
differs 'a hard link to the source' "is a hard link to the source file" 'cp -al {src} {dst}'
differs 'no copy at all' 'no copy was created' 'true {dst}'
abench hash "${arms[@]}" --arm 'wrong=/usr/bin/sha256sum {src}/large' tree >table 2>messages
same 'digests left out' '1 1' "$? $(grep -c '^wrong  *differs' table)"
abench hash --arms=sync --pairs=1 --seed=1 --arm 'wrong=/usr/bin/sha256sum {src}/large' \
    --baseline=wrong tree >table 2>messages
same 'whichever runs first' '1 1' "$? $(grep -c '^wrong  *differs' table)"
abench hash "${arms[@]}" --details --arm 'other=find {src} -type f -exec md5sum {} +' tree >table 2>messages
same 'digests of another kind are not compared' '0 1' "$? $(grep -c 'not compared: other' table)"
abench hash "${arms[@]}" --arm 'broken=echo the reason >&2; exit 3' tree >table 2>messages
same 'an arm that fails is named, with its messages' '1 1 1' \
    "$? $(grep -c 'arm broken: exit status 3' messages) $(grep -c 'the reason' messages)"

abench copy "${arms[@]}" --details --bound 'best=head -c 1000 /dev/zero >{dst}' --json=report.json tree >table 2>messages
same 'a bound is no equal work, and not compared' '0 none 1' \
    "$? $(json report.json 'd["states"][0]["arms"][2]["samples"][0]["check"]') $(grep -c 'not compared: best' table)"

# -- reflinks, if a filesystem with reflinks can be mounted --
image=$scratch/image
mounted=
if [ "$(id -u)" -eq 0 ] && command -v mkfs.xfs >/dev/null && truncate -s 320M "$image" &&
    mkfs.xfs -q -m reflink=1 "$image" 2>/dev/null && mkdir "$scratch/mount" &&
    mount -o loop "$image" "$scratch/mount" 2>/dev/null; then
    mounted=1
    cp -r tree "$scratch/mount/tree"
    sync -f "$scratch/mount"
    abench copy "${arms[@]}" --details --arm 'clone=cp -r --reflink=always {src} {dst}' \
        --arm 'bytes=cp -r --reflink=never {src} {dst}' --json=report.json "$scratch/mount/tree" >table 2>messages
    same 'a reflink is shown as one, by name' '1 1 [True, False]' \
        "$(grep -c '^clone .*  reflink' table) $(grep -c '^warning  arm clone created reflinks: 4[0-9] of its files' table) \
$(json report.json '[a["reflinked"] for a in d["states"][0]["arms"] if a["name"] in ("clone", "bytes")]')"
    umount "$scratch/mount"
fi
[ -n "$mounted" ] || left_out 'reflinks' 'no XFS can be mounted here'

# -- operands --
check 'a single file' abench copy "${arms[@]}" tree/large
check 'several operands' abench copy "${arms[@]}" tree/a/ tree/large
check 'several operands, hashed' abench hash "${arms[@]}" tree/a/ tree/large
check 'a symbolic link to a directory' abench copy "${arms[@]}" linked
check 'the directory one is in' bash -c 'cd tree/a && abench copy --arms=sync --pairs=1 .'
mkdir -- -dash
printf 'x' >-dash/file
check 'a name that starts with a dash' abench copy "${arms[@]}" -- -dash
gives 'a missing operand is named' 2 '' 'abench: missing: No such file or directory' \
    'abench hash missing'
gives 'no operation' 2 '' "abench: missing operation; expected read, hash, copy or lesson
Try 'abench --help' for more information." 'abench'
gives 'an unknown operation' 2 '' "abench: unknown operation 'move'; expected read, hash, copy or lesson
Try 'abench --help' for more information." 'abench move tree'
gives 'an unknown arm' 2 '' \
    "abench: unknown arm 'threads'; expected sync, uring or auto, with -jN (from 1 to 1024), -direct or -buffered after any, or uring-dN (from 1 to 32768)" \
    'abench hash --arms=threads tree'
gives 'a copy that has no destination' 2 '' "abench: arm 'x': the command of a copy must contain {dst}" \
    'abench copy --arms=sync --arm x=true tree'
gives 'a destination inside the source' 2 '' \
    "abench: copies would be created in 'tree/a', which is inside the source; choose another directory with --dest=DIR" \
    'abench copy --arms=sync --dest=tree/a tree'
gives 'a directory without files' 2 '' 'abench: tree/empty: no regular files to measure' \
    'abench hash --arms=sync tree/empty'
mkdir closed
printf 'x' >closed/file
chmod 000 closed/file
chmod 777 . "$TMPDIR"
gives 'a file that cannot be read' 2 '' "abench: closed/file: Permission denied
abench: closed: no regular files to measure that can be read" 'as_nobody abench hash --arms=sync closed'
mkdir -p sealed/tree
printf 'x' >sealed/tree/file
chmod 555 sealed
gives 'a place where copies cannot be made' 2 '' \
    "abench: cannot create a directory in '.' (choose another one with --dest=DIR): Permission denied" \
    'cd sealed && as_nobody abench copy --arms=sync tree'
check '--help' abench --help
check '--version' abench --version
gives 'a full standard output' 2 '' 'abench: write error: No space left on device' \
    'abench hash --arms=sync --pairs=1 tree >/dev/full'
gives 'a full standard output, and a report' 2 '' 'abench: write error: No space left on device' \
    'abench hash --arms=sync --pairs=1 --json=report.json tree >/dev/full'

# -- the end of abench --
abench copy "${arms[@]}" --arm 'slow=echo $$ >"$TMPDIR/pid"; sleep 50; : {dst}' tree >table 2>messages &
child=$!
for _ in {1..100}; do
    [ -s "$TMPDIR/pid" ] && break
    sleep 0.1
done
kill -TERM $child
wait $child
same 'TERM ends it by that signal' 143 $?
if kill -0 "$(cat "$TMPDIR/pid")" 2>/dev/null; then
    not_ok 'and the running arm with it'
else
    ok 'and the running arm with it'
fi
rm "$TMPDIR/pid"
start=$SECONDS
# with this seed it is the second one
abench hash --seed=3 --arms=sync --time=3 --arm 'slow=sleep 500' tree >table 2>messages
same 'an arm is stopped when the time is up, which is no failure' '0 1' "$? $(grep -c 'arm slow: stopped' messages)"
same 'and so is the whole' True "$([ $((SECONDS - start)) -lt 200 ] && echo True)"
same 'no temporary files are left' '' "$(ls -A "$TMPDIR"; find . -name 'abench.*')"
finish
