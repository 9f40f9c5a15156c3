#!/usr/bin/env bash
# acp_outputs.sh: a run's output files replace no source and no copy of the run, and never widen the rights of the
# file that they replace: BIN_DIR ENGINE.
# needs: setpriv abench
. "${0%/*}/lib.sh"

# -- a manifest with the name of a source or a copy --

make_outputs() {
    chmod -R u+rwX . 2>/dev/null
    rm -rf ./* && mkdir s d && echo data >s/a && echo old-sums >s/SUMS && echo precious >in && echo more >in2 &&
        ln -s in to-in && ln -s s to-s && ln in hard-in && mkdir linked && ln -s ../in linked/out && printf 'in\0in2\0' >names
}

# nothing_lost NAME MANIFEST COPIES COMMAND...: all sources are unchanged. The run fails or is refused, or it did what
# it says: COPIES, words SOURCE:COPY, exist, and the manifest verifies
nothing_lost() {
    local name=$1 manifest=$2 copies=$3 status pair
    shift 3
    make_outputs
    timeout "$limit_seconds" "$@" >out.log 2>err.log </dev/null
    status=$?
    same "$name: the sources" "data old-sums precious more" "$(cat s/a s/SUMS in in2 2>&1 | tr '\n' ' ' | sed 's/ $//')"
    if [ $status -ne 0 ]; then
        check "$name: it says why" grep -q '^acp: ' err.log
        return
    fi
    for pair in $copies; do
        check "$name: status 0, and ${pair#*:} is a copy" cmp "${pair%:*}" "${pair#*:}"
    done
    check "$name: status 0, and the manifest is true" sha256sum -c --quiet "$manifest"
}

nothing_lost "a copy in a tree" d/SUMS s/SUMS:d/SUMS acp -rT --manifest=d/SUMS s d
nothing_lost "a copy in a new tree" n/SUMS s/SUMS:n/SUMS acp -r --manifest=n/SUMS s n
nothing_lost "a copy of one file" out in:out acp --manifest=out in out
nothing_lost "a copy of one file, by another spelling" ./d/../out in:out acp --manifest=./d/../out in out
nothing_lost "a copy, through a link" linked/out in:in3 acp --manifest=linked/out in in3
nothing_lost "the source" in in:other acp --manifest=in in other
nothing_lost "the source, through a link" to-in in:other acp --manifest=to-in in other
nothing_lost "the source, by a hard link" hard-in in:other acp --manifest=hard-in in other
nothing_lost "a source in a tree" s/SUMS s/a:n/a acp -r --manifest=s/SUMS s n
nothing_lost "a source in a tree, through a link" to-s/a s/a:n/a acp -r --manifest=to-s/a s n
nothing_lost "a name of --files0-from" in in:d/in acp --files0-from=names --manifest=in -t d
nothing_lost "a copy of a name of --files0-from" d/in2 in2:d/in2 acp --files0-from=names --manifest=d/in2 -t d
nothing_lost "a link of --files0-from" to-in in:d/in acp --files0-from=names --manifest=to-in -t d
make_outputs
acp --files0-from=names --manifest=names -t d 2>/dev/null
same "the list of names itself is not lost without a word" "in in2 " "$(tr '\0' ' ' <names)"
check "a manifest beside all of that is made" acp -r --manifest=sums s n
check "a manifest beside all of that is true" sha256sum -c --quiet sums
check "it is replaced the next time" acp -rT --manifest=sums s n

make_outputs
same "standard output that is closed" "acp: cannot write the manifest '/dev/stdout': Bad file descriptor" \
    "$(acp --manifest=/dev/stdout in d 2>&1 >&-)"
same "standard input" "acp: cannot write the manifest '/dev/stdin': Bad file descriptor" \
    "$(acp --manifest=/dev/stdin in d 2>&1 <in2)"

# -- reports of abench with the name of a measured file --

# report_refused NAME COMMAND...
report_refused() {
    local name=$1 status
    shift
    make_outputs
    timeout "$limit_seconds" "$@" >out.log 2>err.log </dev/null
    status=$?
    same "$name: the files" "precious more" "$(cat in in2 | tr '\n' ' ' | sed 's/ $//')"
    if [ $status -ne 0 ] && grep -q '^abench: ' err.log; then
        ok "$name: it is refused"
    else
        not_ok "$name: it is refused" "status $status: $(cat err.log)"
    fi
}

for option in json csv plot; do
    for name in in to-in hard-in ./d/../in; do
        report_refused "--$option=$name over a measured file" abench hash --warm --pairs=1 --$option="$name" in in2
    done
done
report_refused "--json and --csv to one file" abench hash --warm --pairs=1 --json=report --csv=report in
report_refused "--json and --csv to one file, spelt in two ways" abench hash --warm --pairs=1 --json=report --csv=./report in
report_refused "--csv and --plot to one file" abench hash --warm --pairs=1 --csv=report --plot=report in
report_refused "--json and --csv to one file that is there, through a link" \
    bash -c 'echo >report; ln -s report r; abench hash --warm --pairs=1 --json=report --csv=r in'

# -- the rest is for root --

if [ "$(id -u)" -ne 0 ]; then
    left_out 'what other users own' 'not root'
    finish
fi
for program in acp ahash abench; do cp "$bin/$program" "$scratch/as/$program"; done
chmod 755 "$scratch/as/"*

# as_member COMMAND...: runs it as user 4711 with the groups 100 and 4800
as_member() {
    setpriv --reuid=4711 --regid=100 --groups=4800 -- "$@"
}

make_owned() {
    chmod -R u+rwX . 2>/dev/null
    rm -rf ./* && mkdir d && chmod 777 . d && echo new >new && chmod 644 new
}

writers() {
    printf '%s\n' 'acp --atomic new d/f' 'acp --manifest=d/f new d/x' 'ahash --update=d/f new'
}

# over_owned OWNER:GROUP MODE WANTED: checks the owner, group and mode after an old file is replaced
over_owned() {
    local what now
    while read -r what; do
        make_owned
        : >d/f
        chown "$1" d/f
        chmod "$2" d/f
        # shellcheck disable=SC2086 # words
        message=$(as_member $what 2>&1 >/dev/null) || not_ok "$what, over $1 $2" "$message"
        now=$(stat -c '%g %a' d/f)
        if grep -qx "$now" <<<"$3"; then
            ok "$what, over $1 $2"
        else
            not_ok "$what, over $1 $2" "it is $now"
        fi
    done < <(writers)
}

over_owned 4712:4800 660 '4800 660'
over_owned 4711:4800 660 '4800 660'
over_owned 4711:4800 640 '4800 640'
# the caller is not in the group: neither this group nor the one that replaces it gains rights
over_owned 4711:4900 640 $'100 600\n100 640'
over_owned 4711:4900 600 '100 600'
over_owned 4711:4900 604 '100 600'
over_owned 4711:4900 664 '100 644'
over_owned 4711:4900 646 '100 644'
over_owned 4712:4800 4775 $'4800 775\n4800 755'
over_owned 4711:4800 2775 $'4800 775\n4800 2775'
over_owned 4711:100 6755 $'100 755\n100 6755'

if gnu setfacl -m u:4713:rw new 2>/dev/null; then
    while read -r what; do
        make_owned
        : >d/f
        chown 4712:4800 d/f
        chmod 640 d/f
        setfacl -m u:4713:r,u:4711:rw d/f
        acl=$(getfacl -cp d/f)
        # shellcheck disable=SC2086 # words
        check "$what, over an ACL" as_member $what
        same "$what, over an ACL: it is kept" "$acl" "$(getfacl -cp d/f)"
        chown 4711:4900 d/f
        # shellcheck disable=SC2086 # words
        check "$what, over an ACL and a group that cannot be kept" as_member $what
        now=$(stat -c %a d/f)
        check "$what, over an ACL and a group that cannot be kept: no rights to others" test $((8#$now & 007)) -eq 0
        check "$what, over an ACL and a group that cannot be kept: none to the group" \
            grep -q '^group::\(---\|r--\)' <(getfacl -cp d/f)
    done < <(writers)
else
    left_out 'ACLs' "none in $scratch"
fi

# -- a link of another user in a directory for everyone --

make_owned
mkdir trap && chmod 1777 trap
touch target && chmod 666 target
while read -r what; do
    for owner in 65534 4711; do
        rm -f trap/f
        : >target
        ln -s ../target trap/f
        chown -h $owner trap/f
        # shellcheck disable=SC2086 # words
        message=$(as_member ${what//d\/f/trap/f} 2>&1 >/dev/null)
        status=$?
        if [ $owner = 65534 ]; then
            check "$what, by another user's link: it fails" test $status -ne 0
            check "$what, by another user's link: that is told" grep -q 'trap/f.*: Permission denied' <(echo "$message")
            same "$what, by another user's link: the target" '' "$(cat target)"
        else
            same "$what, by a link of one's own" 0 "$status$message"
            check "$what, by a link of one's own: the target" test -s target -a -L trap/f
        fi
    done
done < <(printf '%s\n' 'acp --manifest=d/f new d/x' 'ahash --update=d/f new' \
    'abench hash --warm --pairs=1 --json=d/f new')

# -- standard descriptors that are closed, by their names in /proc: there is no file and no directory --

mkdir named
chmod 777 named
echo text >named/f
for fd in 0 1 2; do ln -s /proc/self/fd/$fd named/fd$fd; done
no_such="No such device or address"
gives 'standard output by its name, closed' 1 '' "acp: cannot create regular file 'named/fd1': $no_such" \
    'as_nobody acp named/f named/fd1 >&-'
gives 'standard output by its name, closed: a directory' 1 '' "acp: target directory 'named/fd1': Not a directory" \
    'as_nobody acp -t named/fd1 named/f >&-'
gives 'standard output by its name, closed: a tree' 1 '' \
    "acp: cannot overwrite non-directory 'named/fd1' with directory 'named'" 'as_nobody acp -r named named/fd1 >&-'
gives 'standard error by its name, closed' 1 '' '' 'as_nobody acp named/f named/fd2 2>&-'
gives 'standard input by its name, closed' 1 '' "acp: cannot open 'named/fd0' for reading: $no_such" \
    'as_nobody acp named/fd0 named/copy <&-'
gives 'standard input by its name, closed: ahash' 1 '' "ahash: named/fd0: $no_such" 'timeout 5 ahash named/fd0 <&-'
gives 'standard input by its name, closed: ahash -r' 1 '' "ahash: named/fd0: $no_such" 'as_nobody timeout 5 ahash -r named/fd0 <&-'
gives 'standard input by its name, closed: acat' 1 '' "acat: named/fd0: $no_such" 'acat named/fd0 <&-'
finish
