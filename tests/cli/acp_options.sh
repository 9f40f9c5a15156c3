#!/usr/bin/env bash
# acp_options.sh: each of cp's options, alone and together: the same files, messages and exit status.
# needs: python3 perl
# shellcheck disable=SC2016 # the snippets are for another shell to expand
# shellcheck source=tests/cli/lib_cp.sh
. "${0%/*}/lib_cp.sh"
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"
stand_in cp acp
unset VERSION_CONTROL SIMPLE_BACKUP_SUFFIX
root=
[ "$(id -u)" -eq 0 ] && root=yes

ab='echo a >a; echo bb >b; mkdir -p d/e t; echo f >d/f; echo g >d/e/g; ln -s f d/s; ln -s e d/se'

# -- replaced files --
old="$ab; touch -d 2001-01-01 a; touch -d 2002-01-01 b"
same_as_cp '-n' "$ab" 'cp -nv a b; cp -nv a new; cp -rn d/. t; echo x >t/f; cp -rnv d/. t'
same_as_cp '-n onto itself' "$ab; ln a d/a; ln -s ../a d/x" 'cp -n a a; cp -n a d; cp -rn a d/x; cp -n d/x .; cp -n d/x a'
same_as_cp '-n of a directory onto itself' "$ab" 'cp -rn d .; cp -rnT d d; cp -anv d/ .; cp -rns "$PWD/d" .'
same_as_cp '-i of a link, as another user' "$ab; ln -s nope t/x; ln -s a x; chmod 777 . t" 'echo y | as_nobody cp -ai x t'
same_as_cp '-n of what may not be read' "$ab; chmod 0 a; chmod 777 ." 'as_nobody cp -n a b'
same_as_cp '-n and a directory in the way' "$ab; mkdir t/a" 'cp -n a t; cp -nT a d; cp -rn d a'
same_as_cp '-n over a dangling link' "$ab; ln -s nope x" 'cp -n a x'
same_as_cp '-i: yes' "$ab" 'echo y | cp -iv a b; echo Yes | cp -i b a'
same_as_cp '-i: no' "$ab" 'echo n | cp -iv a b; cp -i a b; echo | cp -i a b; echo n | cp -i a new'
same_as_cp '-i of several' "$ab; echo x >t/a; echo y >t/b" 'printf "n\ny\n" | cp -iv a b t; true'
same_as_cp '-i of a tree' "$ab; cp -r d t/; echo x >t/d/e/g" 'printf "n\ny\n" | cp -iR d/e t/d; echo y | cp -ir d/f t/d'
same_as_cp '-i of what may not be written' "$ab; chmod 444 b; chmod 777 ." \
    'echo n | as_nobody cp -i a b; echo y | as_nobody cp -if a b; echo y | as_nobody cp -i b a'
same_as_cp '-i -n, -n -i, -f -i, -f -n' "$ab" \
    'echo y | cp -vin a b; echo y | cp -vni a b; echo y | cp -vfi a b; echo n | cp -vnf a b'
same_as_cp '-u: older, newer, new' "$old" 'cp -uv a b; cp -uv b a; cp -uv a new; cp -u a new'
same_as_cp '-u in a tree' "$old; cp -a d t/d; touch -d 2030-01-01 t/d/f; touch -d 2000-01-01 t/d/e/g; echo x >d/e/g" \
    'cp -ruv d t; cp -auv d t'
same_as_cp '-u with -p' "$old" 'cp -pu b a; cp -pu b a; touch -d 2002-01-01T00:00:00.5 b; cp -puv b a'
same_as_cp '-u of hard links' "$old; ln a l; echo n >t/a; touch -d 2030-01-01 t/a; echo m >t/l; touch -d 1999-01-01 t/l" \
    'cp -au a l t; cp -au a l t'
# the destination's filesystem truncates times
trap 'umount "$scratch/work/coarse" 2>/dev/null; rm -rf "$scratch"' EXIT
if [ -n "$root" ] && mkdir coarse && truncate -s 8M img && mkfs.ext4 -q -I 128 img 2>/dev/null && mount -o loop img coarse 2>/dev/null; then
    mkdir fine && echo f >fine/f && touch -d '2024-05-05 05:05:05.123456789' fine/f
    for options in -a -pr; do
        gives "$options -u: a time that was cut off is the same" 0 '' '' \
            "cp $options fine coarse; cp $options -uv fine coarse; cp -ruv fine coarse; rm -r coarse/fine"
    done
    gives '-u: older by less than a second' 0 "'fine/f' -> 'g'" '' 'echo g >g; touch -d "2024-05-05 05:05:05" g; cp -uv fine/f g'
    umount coarse
    rm -r coarse fine g img
else
    left_out '-u with coarse times' 'no ext4 with small inodes can be mounted here'
fi
gives '-fv: the order of the lines' 0 "'a' -> 'b'
removed 'b'" '' "$ab; chmod 444 b; chmod 777 .; as_nobody acp -fv a b; rm -rf a b d t"
same_as_cp '-f' "$ab; chmod 444 b; chmod 777 ." 'as_nobody cp -fv a b; as_nobody cp -f a new'
same_as_cp '-f over a dangling link' "$ab; ln -s nope x" 'cp -f a x'
same_as_cp '-f -u over a link to itself' "$old; ln -s x x" 'cp -fuv a x; cp -uf a x'
same_as_cp '-f over a link to itself' "$ab; ln -s x x" 'cp -f a x/y; cp a x/y; cp -f a x; cp a x'
same_as_cp 'a directory below a link to itself' "$ab; ln -s x x" 'cp -r d x/y; cp -rf d x/y; cp -rT d x; cp -rfT d x'
same_as_cp 'over a link to itself' "$ab; ln -s x x" 'cp a x'
same_as_cp 'over a dangling link, as POSIX has it' "$ab; ln -s nope x" 'POSIXLY_CORRECT=1 cp a x'
same_as_cp '--remove-destination' "$ab; ln b l; ln -s b x; ln -s nope y" \
    'cp --remove-destination -v a b; cp --remove-destination a x; cp --remove-destination a y; cp --remove-destination -rv d/. t; cp --remove-destination -r d/. t'
same_as_cp '--remove-destination of itself' "$ab; ln a l; ln -s a x" \
    'cp --remove-destination a ./a; cp --remove-destination x a; cp --remove-destination a x; cp --remove-destination a l'
same_as_cp 'a file that runs' 'cp -L /bin/sleep s; echo a >a' './s 5 & pid=$!; while ! cmp -s /proc/$pid/exe s; do :; done; cp a s; cp -f a s; kill $pid; wait'

# -- backups --
same_as_cp '-b' "$ab" 'cp -bv a b; cp -bv a b; cp -b a new; cp -b d/f d/e/g t; cp -b d/f t'
same_as_cp '--backup=' "$ab" 'for k in none off simple never existing nil numbered t numbered nil; do cp --backup=$k -v a b; done'
same_as_cp '--backup= of what it is not' "$ab" 'cp --backup=x a b; VERSION_CONTROL=y cp -b a b; cp --backup=n a b; cp --backup= a b'
same_as_cp '$VERSION_CONTROL, $SIMPLE_BACKUP_SUFFIX' "$ab" \
    'VERSION_CONTROL=t cp -b a b; SIMPLE_BACKUP_SUFFIX=.o cp -b a b; SIMPLE_BACKUP_SUFFIX=/o cp --b=simple a b; VERSION_CONTROL=t cp a b'
same_as_cp '-S' "$ab" 'cp -S .o a b; cp -b -S/ a b; cp --suffix=.x -bv a b; cp -S "" a b'
same_as_cp '-b of trees' "$ab; cp -a d t/" 'cp -rbv d t; cp -ab d t; cp -rb --backup=t d t'
same_as_cp '-b of itself' "$ab; ln a l; ln -s a x" \
    'cp -b a a; cp -bf a a; cp -bf a ./a; cp -b a l; cp -b x a; cp -b a x; cp -bd x a'
same_as_cp '-b over a backup that is the source' "$ab; echo s >b~" 'cp -b b~ b; cp --backup=numbered b~ b; cp --b=simple b~ b'
# later versions fail otherwise, or move the file out of the way
gnu_since 9.5 snippet 'cp a t; cp -T a d; cp -r d a'
same_as_cp '-b and a directory' "$ab; mkdir t/a" 'cp -b a t; cp -b -T a d; cp -rb d a'
same_as_cp '-b of what fails' "$ab; chmod 0 a; chmod 777 ." 'as_nobody cp -b a b; touch -d 2001-01-01 .'
same_as_cp '-bv of what fails' "$ab; ln -s a l" \
    'cp --backup=t -Pasv l t; cp -asv -S.o l d/f; cp -bsv a d/f'
# cp says "File exists", and leaves the old contents
for options in -b '-b --remove-destination' -bP -bs '-bd --preserve=links'; do
    gives "$options over a file that is its own backup" 0 $'new\nold' '' "cd \"\$(mktemp -d -p .)\" || exit
        echo new >a; ln a other; echo old >f; ln f f~; cp $options a f && cat f f~"
done
gives '-b of an operand with several names, twice' 0 $'e\nf\nf~\n1' '' "mkdir -p twice/s twice/d/s; cd twice && echo f >s/f && ln s/f s/e
    cp -b -dR --parents -t d/s s s/f s/f && ls d/s/s && stat -c %i d/s/s/* | sort -u | wc -l"
same_as_cp '-b with -n' "$ab" 'cp -bn a b'
long=$(printf 'n%.0s' {1..251})
same_as_cp '-b of a long name' "$ab" "
    for name in ${long}1 ${long}22 ${long}333 ${long}4444; do
        for o in -b --backup=existing --suffix=.old '-S .longer -f' --backup=numbered --backup=numbered; do
            echo old \$o >\$name; cp \$o a \$name; cp -r \$o a t; mv t/a t/\$name; cp \$o a t/\$name; ls . t; rm \$name* t/*
        done
    done"
same_as_cp '-bf of a long name onto itself' "$ab; mv a ${long}4444" "cp -bf ${long}4444 ${long}4444; ls"
gives '-b of a long name, whose backup would be the source' 1 $'new\nold' \
    "cp: backing up '${long}4444' might destroy source;  '${long}44~' not copied" \
    "echo new >${long}44~; echo old >${long}4444; cp -b ${long}44~ ${long}4444; s=\$?; cat ${long}44~ ${long}4444; rm ${long}*; exit \$s"
same_as_cp '-b and two of one name' 'mkdir x y t; echo 1 >x/f; echo 2 >y/f; echo 0 >t/f' \
    'cp --backup=numbered x/f y/f t; cp x/f y/f t'
same_as_cp 'two of one name and links' 'mkdir x y t; echo 1 >v; ln -s ../v x/f; echo 2 >y/f; ln -s ../w y/g; ln -s ../w x/g; echo 3 >g' \
    'cp -d x/f y/f t; rm t/*; cp -d x/g g t; rm t/*; cp -d x/f x/g y/g t; cp -rn x/f y/f t; cp -ru x/f y/f t; cp -rs x/f y/f t'

# -- links --
same_as_cp '-l' "$ab" 'cp -lv a new; cp -l a b; cp -lf a b; cp -l a t; cp -l a t'
same_as_cp '-l of a tree' "$ab" 'cp -rl d new; cp -al d new2; cp -rlv d new; cp -rlf d new'
same_as_cp '-l of links' "$ab; ln -s a x" 'cp -l x new; cp -lP x new2; cp -lL x new3; cp -lH x new4; cp -rl d/s d/se t'
same_as_cp '-l of a link onto itself, and from another filesystem: what is there stays' "$ab; ln -s a x" \
    'cp -lf x ./x; cp -lf /proc/version b; yes | cp -li /proc/version d/f'
if command -v strace >/dev/null && strace -qq true 2>/dev/null; then
    fails='strace -f -qq -o /dev/null -e trace=linkat,symlinkat -e inject=linkat,symlinkat:error=EMLINK'
    same_as_cp 'links that cannot be made: what is there stays' "$ab; mkdir l m; ln a l/a; ln a l/b; echo 1 >m/a; echo 2 >m/b; ln -s a x" \
        "$fails:when=2+ cp -a l/a l/b m; $fails:when=2+ cp -lf b a; $fails:when=2+ cp -sf b a; $fails:when=2+ cp -fP x d/f; ls -A m . >&2"
fi
# the part that cp links into itself before it notices depends on the order of the directory entries
same_as_cp '-l of a directory onto itself' "$ab" 'cp -rlv d .; cp -rlT d d; cp -al d/e d
    cp -rl d/ d/se/..; status=$?; rm -rf d/d/*; touch d/d; exit $status'
same_as_cp '-l of a directory' "$ab" 'cp -l d new'
same_as_cp '-s' "$ab" 'cp -sv a new; cp -s a t; cp -s a b; cp -sf a b; cp -s nope x'
same_as_cp '-s into what is missing' "$ab" 'cp -s a nope/x; cp -s a nope/; cp -s /etc/passwd nope/x'
same_as_cp '-s with -p' "$ab; chmod 600 b; ${root:+chown 7:8 b;} setfattr -n user.test -v x b" \
    'cp -ps a new; cp -as b new2; cp -s b new3'
same_as_cp '-H over what is there' 'mkdir -p s d/s; for f in n r l p; do ln -s a s/$f; done
    '"${root:+mknod d/s/n c 1 3;}"' echo r >d/s/r; ln -s b d/s/l; mkfifo d/s/p' \
    'cp -aH s/ d; rm d/s/*; echo r >d/s/r; mkfifo d/s/p; cp -rH s d; cp -H s/r d/s/p; cp -rHb s d'
same_as_cp '-v of what cannot be looked up' "$ab" 'cp -v a b/x; cp -rv d/s b/x; mkfifo p; cp -rv p b/x; cp -v d/f a b/x'
same_as_cp '-s of a tree' "$ab" 'cp -rs d t; cp -rs /proc/sys/fs/mqueue t/; cp -rsv /proc/sys/fs/mqueue new; cp -rs d .; cp -as /proc/sys/fs/mqueue new'
same_as_cp '-s of several names of a file' "$ab; ln a d/a; ln a d/e/a; ln a d/e/a2" \
    'cd t; cp -as ../d/a ../d/e/a2 .; cp -rs ../d/e/a x; cp -sd --preserve=links ../d/e/a y
    cp -asbv ../d/e/a2 ../d/a .; cp -asf ../d/a ../d/e/a2 .; cp -asu ../d/a ../d/e/a2 .; cp -as ../d/e/a ../d/a .'
same_as_cp '-uv replaces a newer file by a link to another name of its source' 'mkdir s n; echo a >s/a; ln s/a s/c' \
    'cp -a s/. n; cp -auv s/a s/c n; rm n/c; echo new >n/c; cp -auv s/a s/c n; rm n/c; cp -auv s/a s/c n; cat n/c'
same_as_cp '-l with -s' "$ab" 'cp -ls a new; cp -sl a new; cp -ll a new; cp -ss a new3'
same_as_cp '-P, -d' "$ab; ln -s a x; ln -s nope y" 'cp -P x new; cp -d x y t; cp -P x b; cp -d y b; cp -P d/se new'
same_as_cp '-H, -L, -P in trees' "$ab; ln -s d link" \
    'cp -rH link n1; cp -rL link n2; cp -rP link n3; cp -r link n4; cp -RH d n5; cp -RL d n6; cp -H link n7; cp -rL d/se n8'
same_as_cp '-L of a dangling link' "$ab; ln -s nope d/x" 'cp -rL d new; cp -L d/x new2; cp d/x new3'
same_as_cp '-L of a loop' "$ab; ln -s .. d/e/up; ln -s . d/here; ln -s me d/me" 'cp -rL d new'
same_as_cp '-L with --preserve=links' "$ab; ln d/f d/hard" 'cp -rL --preserve=links d new; cp -aL d new2'
same_as_cp 'hard links of operands' "$ab; ln a l; ln -s a x" \
    'cp --preserve=links a l t; cp -d a l x d; cp -p a l new; cp -a a l x t'
same_as_cp 'a hard link over a newer directory' 'mkdir s; echo x >s/a; ln s/a s/b; mkdir -p d/b' 'cp -du s/a s/b d'
same_as_cp 'hard links that are there' "$ab; ln b l" 'cp a b; cp -a d/f b; cp --preserve=links d/f l'

# -- attributes --
modes="$ab; chmod 4755 a; chmod 2640 b; chmod 1777 d; chmod 555 d/e"
same_as_cp '-p' "$modes" 'cp -p a b t; cp -rp d t; cp -p d/f d/e/g'
same_as_cp '--preserve=' "$modes" \
    'cp --preserve=mode a m; cp --preserve=timestamps a ts; cp --preserve=ownership a o; cp --preserve=all -r d al; cp --preserve a p; cp --preserve=mode,timestamps a mt; cp -a --no-preserve=timestamps,ownership a na'
same_as_cp '--no-preserve=' "$modes" \
    'cp --no-preserve=mode a m; cp -r --no-preserve=mode d dm; cp -a --no-preserve=mode d dm2; cp -p --no-preserve=all a pa; cp --no-preserve=links a l; cp --no-preserve=mode a b'
same_as_cp '--preserve= of what it is not' "$ab" \
    'cp --preserve=x a n; cp --preserve=mode,x a n; cp --preserve= a n; cp --preserve=, a n; cp --no-preserve=x a n; cp --preserve=context a n; cp --no-preserve=context a n'
same_as_cp '--attributes-only' "$modes; chmod 600 a" \
    'cp --attributes-only a b; cp --attributes-only a new; cp -a --attributes-only d t; cp --attributes-only -p a d/f; cp -rv --attributes-only d d2'
same_as_cp 'a umask that withholds everything' "$ab" 'umask 777; cp a new; cp -r d new2; cp -rp d new3'
same_as_cp 'a umask that withholds nothing' "$ab; chmod 666 a; chmod 777 d" 'umask 0; cp a new; cp -r d new2; cp -rp d new3; cp --no-preserve=mode -r d new4'
if [ -n "$root" ]; then
    same_as_cp 'owners' "$modes; chown 12:34 a d d/f; chmod 6755 a" 'cp a n1; cp -p a n2; cp -a d n3; cp -r d n4; cp --preserve=ownership a n5; cp --preserve=mode a n6; chmod 777 .; as_nobody cp -p a n7'
    same_as_cp 'owners over what exists' "$modes; chown 12:34 a; chown 56:78 b; chmod 666 b" 'cp -p a b; cp a d/f'
    same_as_cp 'devices and sockets' 'mknod n c 1 3; mknod b b 7 200; mkfifo p; python3 -c "import socket; socket.socket(socket.AF_UNIX).bind(\"s\")"; mkdir t; chmod 640 n p' \
        'cp -r n b p s t; cp -a n b p s t; cp -rl n p t; cp -rf n p t; cp -rp --remove-destination n t'
else
    left_out 'owners and devices' 'not root'
fi

# -- destinations --
same_as_cp '--parents below a closed directory' "$ab; mkdir t/d; chmod 0 t/d; chmod 777 ." \
    'as_nobody cp --parents d/e/g d/f t'
same_as_cp '--parents' "$ab" 'cp --parents a t; cp --parents d/f d/e/g t; cp -rv --parents d/e t; cp -v --parents d/e/g new; cp --parents d/f t/'
same_as_cp '--parents: attributes' "$modes; mkdir -p t/d; chmod 700 d; chmod 711 t/d" \
    'cp --parents d/e/g t; cp -a --parents d/e/g t; mkdir t2; cp -p --parents d/e/g t2; umask 77; mkdir t3; cp --parents d/e/g t3; cp -r --no-preserve=mode --parents d/e t3'
same_as_cp '--parents: odd paths' "$ab" \
    'cp --parents $PWD/d/f t >/dev/null; find t | wc -l; rm -r t/*; cp -r --parents d/ t; cp --parents ./d/../d/f t'
same_as_cp '--parents: what is no directory' "$ab; echo x >t/d" 'cp --parents d/f t; cp --parents a/x t; cp --parents nope/x t; cp --parents d/f a; cp --parents d/e d/f a t'
same_as_cp '--parents: what is missing' "$ab; mkdir -p t/no/one" \
    'cp --parents no/one/x t; cp --parents no/x/y t; cp -p --parents no/x/y t; cp -p --parents no/one/x t; cp --parents a/x t'
same_as_cp '--parents of links' "$ab; ln -s d link" 'cp --parents link/f t; cp -a --parents link/e t; cp -aP --parents link t'
same_as_cp '--strip-trailing-slashes' "$ab; ln -s d link" \
    'cp --strip-trailing-slashes a/ t; cp --strip-trailing-slashes a/ new; cp -r --strip-trailing-slashes link/ t; cp -r link/ t; cp a/ n2; cp -rv --strip d/// t'
same_as_cp 'several slashes at the end' "$ab; mkdir -p d/x; echo y >d/x/y" \
    'cp -v a t//; cp -vb a t//; cp -rv d/// t//; cp -vt t// b; cp d//f d//; cp -r d// n2//; cp d//f d//x//y t//d/x; cp a d///no//; cp d// t'
same_as_cp '-T, -t and their like' "$ab" 'cp -t t -t d a; cp -rT d new; cp -rT d t; cp -T a b t'
same_as_cp 'special files as operands' "$ab; mkfifo p" 'echo x >p & cp p new; cp -r p t; echo y >p & cp -r --copy-contents p t/y; wait'
same_as_cp 'a link to a directory in the way' "$ab; mkdir t/d t/x; ln -s ../x t/d/e" 'cp -r d t; cp -rf d t'
gives '--keep-directory-symlink' 0 't/x/g' '' 'mkdir -p k/d/e k/t/d k/t/x; echo g >k/d/e/g; cd k; ln -s ../x t/d/e
    cp -r --keep-directory-symlink d t; find t -name g; cd ..; rm -r k'

# -- data --
holes='truncate -s 1M holes; echo x | dd of=holes bs=1 seek=500000 conv=notrunc status=none; truncate -s 200000 z; head -c 300000 /dev/zero >zeros; echo e >>zeros'
blocks() { stat -c '%n %s %b' "$@"; }
export -f blocks
same_as_cp '--sparse=' "$holes" 'for s in auto always never; do cp --sparse=$s holes h.$s; cp --sparse=$s zeros z.$s; cp --sparse=$s z y.$s; done; sync; blocks h.* z.* y.*'
same_as_cp '--sparse= of what it is not' "$ab" 'cp --sparse=x a n; cp --sparse a n; cp --sparse=a a n'
same_as_cp '--sparse to a pipe' "$holes" 'mkfifo p; cat p >out & cp --sparse=always holes p; wait; cmp holes out'
same_as_cp '--reflink' "$ab" 'cp --reflink=auto a n; cp --reflink=never a n2; cp --reflink=x a n3'
same_as_cp '--reflink with --sparse' "$ab" 'cp --reflink=always --sparse=always a n; cp --reflink --sparse=never a n; cp --reflink=auto --sparse=always a n2'
same_as_cp 'files of /proc' "$ab" 'cp /proc/cmdline c; cp /proc/version v; cmp /proc/version v; cp /sys/kernel/notes n; cp -r /proc/sys/kernel/random/poolsize p; cp -s /proc/version link; [ -s c ]'
same_as_cp 'a short file over a long one' "$ab; seq 1000 >long" 'cp a long'

# -- the same file --
same_as_cp 'one file by many names' "$ab; ln a l; ln -s a x; ln -s x xx" \
    'cp a a; cp a ./a; cp a x; cp x a; cp a l; cp -f a l; cp -d x a; cp -d x xx; cp -P x x; cp -f a x; cp -l a l; cp -l x a; cp -s a a; cp -sf a x; cp -bd xx x; cp -d --remove-destination x xx; cp -rd d/. d'
same_as_cp 'sources given twice' "$ab" 'cp a a t; cp -r d d t; cp -b a a t; cp -rv d ./d t; cp -s a a t; cp -r d/. d/. t'
same_as_cp '-x' "$ab" 'cp -rx d new; cp -x a new2; cp --one-file-system -r d new3'
if [ -n "$root" ] && mkdir whole whole/m && mount -t tmpfs -o size=1m none whole/m 2>/dev/null; then
    echo in >whole/m/in
    mkdir whole/out
    check '-x: a mount point' acp -rx whole "$scratch/x"
    same '-x: it is an empty directory' './m ./out' "$(cd "$scratch/x" && find . -mindepth 1 | sort | xargs)"
    umount whole/m
else
    left_out '-x at a mount point' 'nothing can be mounted here'
fi

# -- option arguments --
same_as_cp 'options that need arguments' "$ab" 'cp --sparse; cp -S; cp -t; cp --no-preserve'
same_as_cp 'abbreviations' "$ab" 'cp --arch a n1; cp --rec d n2; cp --attr a n3; cp --rem a n1; cp --preserve=mo a n5; cp --backup=num a n1; cp --verb a n1; cp --inter a n8 </dev/null; cp --para d/f t; cp --str a/ t; cp --b a n1; cp --up a n1; cp --symb a n10; cp --dere d/s n11; cp --no-d d/s n12; cp --li a n13; cp --forc a n1'
# with_selinux COMMAND...: runs it as on a kernel that has SELinux enabled
with_selinux() {
    unshare -m --propagation private bash -c \
        'mount -t tmpfs none /sys/fs && mkdir /sys/fs/selinux && echo 1 >/sys/fs/selinux/enforce && exec "$@"' with "$@"
}
export -f with_selinux
if [ ! -e /sys/fs/selinux/enforce ]; then
    same_as_cp '-Z and --context without SELinux' "$ab" 'cp -Z a b; cp -aZ d t; cp --context a n1; cp --context=x a n2'
fi
if with_selinux true 2>/dev/null; then
    gives '-Z is refused' 1 '' 'cp: -Z: built without SELinux: security contexts cannot be set' \
        'echo a >a; with_selinux cp -Z a b'
    gives '--context is refused' 1 '' 'cp: --context: built without SELinux: security contexts cannot be set' \
        'with_selinux cp --context=x a b'
else
    left_out '-Z with SELinux' 'no mount namespace can be made here'
fi
gives '--update=none' 0 'a' '' 'echo a >a; echo b >b; cp --update=none b a; cat a'
gives '--update=none-fail' 1 'a' "cp: not replacing 'a'" 'cp --update=none-fail b a; x=$?; cat a; exit $x'
gives '--update=all' 0 'b' '' 'cp --update=all b a; cat a'
gives '--update=older' 0 'b' '' 'touch -d 2001-01-01 b; echo c >c; touch -d 2000-01-01 c; cp --update=older c b; cat b'
gives '-i: declined' 1 'old' "cp: overwrite 'o'? " 'echo old >o; echo n | cp -i a o; x=$?; cat o; exit $x'
# the order matters only between -i and -n
for options in '-i --update=all' '--update=all -i' '-i -u' '-u -i' '-ni --update=all'; do
    gives "$options asks" 1 'old' "cp: overwrite 'o'? " \
        "echo old >o; touch -d yesterday o; echo n | cp $options a o; x=\$?; cat o; exit \$x"
done
for options in '-n --update=all' '--update=all -n' '-in --update=all' '-n -u' '-u -n' '-i --update=none' \
    '--update=none -i' '-n --update=none-fail' '-f -n' '--remove-destination -n' '-l -n' '-s -n'; do
    gives "$options leaves what exists" 0 'old' '' \
        "echo old >o; touch -d yesterday o; echo y | cp $options a o; x=\$?; cat o; exit \$x"
done
gives '-i --update=none-fail fails' 1 'old' "cp: not replacing 'o'" 'echo y | cp -i --update=none-fail a o; x=$?; cat o; exit $x'
for which in none none-fail; do
    gives "-b --update=$which" 1 'old' "$(printf '%s\n' 'cp: --backup is mutually exclusive with -n or --update=none-fail' \
        "Try 'cp --help' for more information.")" "cp -b --update=$which a o; x=\$?; cat o; exit \$x"
done
gives '--debug: what is skipped' 0 "$(printf "skipped 'o'\n%.0s" 1 2 3)" '' \
    'touch -d 2001-01-01 b; cp --debug -n a o; cp --debug --update=none a o; cp --debug -u b o; rm o'
gives '--attributes-only of a FIFO does not wait for its writer' 0 'regular empty file' '' \
    'mkfifo -m 640 pipe; timeout "$limit_seconds" acp -p --attributes-only pipe n && stat -c %F n; rm -f pipe n'
gives '--debug without bytes' 0 $'\'b\' -> \'n\'\n\'b\' -> \'n2\'\nn' '' 'cp --debug --attributes-only b n; cp --debug -l b n2; ls n; rm n n2'
gives '--debug: what is avoided' 0 $'copy offload: avoided, reflink: no, sparse detection: zeros
copy offload: avoided, reflink: no, sparse detection: no\ncopy offload: avoided, reflink: no, sparse detection: no' '' \
    'seq 100000 >l; for o in "--reflink=never --sparse=always" --sparse=never --reflink=never; do cp --debug $o l n | tail -n +2; done; rm l n'
gives '--debug' 0 $'\'b\' -> \'n\'\ncopy offload: no, reflink: unsupported, sparse detection: no' '' 'cp --debug b n'
gives '--debug: a large file in the page cache, and with its digest' 0 \
    $'copy offload: yes, reflink: unsupported, sparse detection: no\ncopy offload: no, reflink: no, sparse detection: no' '' \
    'seq 100000 >l; cp --debug l n | tail -n +2; cp --debug --manifest=sums l n2 | tail -n +2; cmp l n; cmp l n2; rm l n n2 sums'
# cases in which cp is wrong or different
gives 'a simple backup is beside its file' 0 't/f t/f~' '' \
    'mkdir x t; echo 1 >x/f; echo 0 >t/f; cp -b x/f b t; echo t/f*'
gives 'set-user-ID goes with the mode' 0 644 '' 'chmod 644 a; cp a su; chmod 4755 su; cp -p a su; stat -c %a su'
gives '--parents: times of what several operands share' 0 '2001 2001' '' \
    'mkdir -p p/q; touch p/1 p/q/2 p/q/3; touch -d 2001-01-01 p p/q; mkdir t4; cp -p --parents p/q/2 p/1 t4; cp -p --parents p/q/3 t4
    date -r t4/p/q +%Y >y; rm -r t4; mkdir t4; cp -p --parents p/q/2 p/q/3 p/1 t4; echo $(date -r t4/p +%Y) $(date -r t4/p/q +%Y)'
finish
