#!/usr/bin/env bash
# acp_several.sh: operands of acp that are one file or directory, or have one destination, against GNU's cp.
# needs: perl
# shellcheck disable=SC2016 # the commands are for other shells
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib_cp.sh"
. "${0%/*}/lib.sh"
stand_in cp acp

# -- one directory, several times --
tree='mkdir -p s/a/b s/c d; echo f >s/f; echo g >s/a/g; echo h >s/a/b/h; ln -s a s/l'
for options in -r -a -rL -aH -rl -al -rv; do
    export options
    same_as_cp "a directory and what it is in, $options" "$tree" 'cp $options s/c s/l d; cp $options s/a/b s/l s d'
done
for options in -r -a -rL -aH -rl -al -rv '-r --parents' '-a --parents'; do
    export options
    same_as_cp "a directory and what is in it, $options" "$tree" 'cp $options s s/a/b s/l/b d'
    same_as_cp "a directory and its contents, $options" "$tree" 'cp $options s/a s/a/. d'
    same_as_cp "a directory by two names, $options" "$tree" 'cp $options s/a s/./a s/a/b/.. s/l/ d'
done
same_as_cp 'a link to a directory, after that directory' "$tree; ln -s . s/m" 'cp -r --parents s ./s/m/ ./s/m d'
for options in -r -a -rv; do
    same_as_cp "a directory with a slash, after a file in it, $options" "$tree; touch -d 2001-01-01 s s/a" \
        "cp $options --parents s/f s/a/ s// d; cp $options --parents s/a/g s/a/ ./s/a/b/ d"
done
same_as_cp 'a file in a directory, after that directory' 'mkdir s d; touch s/{1..300}' 'cp -rnv --parents s s/300 d'
same_as_cp 'a directory that is in the way' "$tree; echo x >d/a" 'cp -r s/a s/a s d'
same_as_cp 'a directory onto itself, twice' "$tree" 'cp -r s ./s .'
for options in -r -rL -rH -rl -rs -rb -rn -ru '-r --remove-destination'; do
    export options
    same_as_cp "a directory onto itself, $options" "$tree" 'cp $options -T s s'
    same_as_cp "a directory onto a link to it, $options" "$tree" 'ln -s s l; cp $options -T s l'
done

# -- what an earlier operand's copy contains --
many='mkdir -p s/a/b d; echo f >s/a/b/f; seq 300000 >s/a/b/large; (cd s/a/b && for i in {1..300}; do echo $i >$i; done)'
for options in -r -a '-r -j8'; do
    export options
    gives "an operand that another one makes, $options" 0 '' '' \
        "$many; acp \$options s/a d/a/b d/a/b/large d && diff -r s/a d/a && diff -r s/a/b d/b && diff s/a/b/large d/large
        rm -r s d"
    gives "a directory that another operand fills, $options" 0 '' '' \
        "$many; mkdir -p d/a/b; acp \$options s/a d/a/b d && diff -r s/a d/a && diff -r s/a/b d/b; rm -r s d"
done
gives 'an operand that no other one makes' 1 '' "acp: cannot stat 'd/a/none': No such file or directory" \
    "$many; acp -r s/a d/a/none s/a/b/large d; status=\$?; diff -r s/a d/a; diff s/a/b/large d/large; rm -r s d; exit \$status"

# -- -v: a hard link that replaces something --
for old in 'ln -s nowhere d/b' 'echo old >d/b' 'echo old >d/o; ln d/o d/b' 'echo old >d/o; ln -s o d/b'; do
    told="'s/b' -> 'd/b'
removed 'd/b'"
    [[ $old != *'ln d/o'* ]] || told="removed 'd/b'
's/b' -> 'd/b'"
    gives "a hard link over: $old" 0 "'s/a' -> 'd/a'
$told" '' "mkdir s d; echo 1 >s/a; ln s/a s/b; $old; acp -av s/a s/b d; status=\$?; rm -r s d; exit \$status"
done

# -- one file, several times --
links='mkdir p q d; echo a >p/f; ln p/f q/f; echo b >p/g; ln -s f p/l'
for options in -r -a -v -b --backup=numbered --parents '-r --parents --preserve=links'; do
    export options
    same_as_cp "two names of a file for one, $options" "$links" 'cp $options p/f q/f d'
    same_as_cp "a file by two names, $options" "$links" 'cp $options p/f ./p/f p/../p/f p//f p/l p/l p/g d'
done
for options in -a -av -au -af -an '-r --preserve=links'; do
    export options
    same_as_cp "hard links that two directories have under one name, $options" "$links" 'cp $options p/. q/. d'
done
# what has no bytes stays, too, and cp removes it first
for make in 'mkfifo p/e' 'ln -s x p/e' 'mknod p/e c 1 3' 'echo e >p/e'; do
    [[ $make != mknod* || $EUID -eq 0 ]] || continue
    for options in -a -ab '-a --backup=numbered' '-a --remove-destination' '-ai --remove-destination' -aib -ail; do
        gives "it stays, $make, $options" 0 e '' "mkdir p q d; $make; ln p/e q/e
            yes | acp $options p/. q/. d 2>/dev/null; status=\$?; ls d; rm -r p q d; exit \$status"
    done
    for options in -auv -aubv '-av --update=changed' '-dRuv --remove-destination' -ruv; do
        told=
        links_made="d/b 1"
        [[ $options == -r* ]] || told="removed 'd/b'
" links_made='d/b 2'
        gives "names that -u skips become links, $make, $options" 0 "$told$links_made" '' \
            "mkdir p d; $make; ln p/e p/a; mv p/e p/b; for name in a b; do cp -a p/\$name d/\$name; done
            acp $options p/a p/b d; status=\$?; stat -c '%n %h' d/b; rm -r p d; exit \$status"
    done
done
gives 'a copy that stays: cp tells that it made the link, then that it removed' 0 "'p/f' -> 'd/f'
'q/f' -> 'd/f'
removed 'd/f'" '' 'mkdir p q d; echo a >p/f; ln p/f q/f; acp -av -T p d >/dev/null; rm d/f
    acp -av p/. q/. d | sed "s:/\.::g"; rm -r p q d'
for options in -l -al -rlv '-al --remove-destination' -lf -lb '-l --backup=numbered'; do
    export options
    same_as_cp "names of a file that are linked already, $options" 'mkdir p q d; echo a >p/a; ln p/a p/b; ln p/a q/b
        ln p/a d/b' 'cp $options p/a p/b d; cp $options p/a q/b d; cp $options p/b q/b d'
done
more='mkdir r; ln p/f q/g; ln p/f r/g; rm p/g; ln -s x p/g; echo c >r/f'
for options in -r -a -b '-a -b' '-a --backup=numbered'; do
    export options
    same_as_cp "a copy that a directory's has replaced, $options" \
        "$links; rm q/f; echo d >q/f; mkdir r; echo c >r/f" 'cp $options p/f r/. q/f d'
    same_as_cp "one more name of a copy, $options" "$links; $more" 'cp $options p/f q/g r/g d'
    same_as_cp "a file over one more name of a copy, $options" "$links; $more" 'cp $options p/f q/g p/g d'
done
same_as_cp 'a file over the copy of another operand' "$links; touch -d 1999-01-01 p/f; rm q/f; echo c >q/f
    echo x >d/f; touch -d 2000-01-01 d/f" 'cp -u p/f q/f d'
gives 'a backup of a copy whose link would be itself' 0 "'p/f' -> 'd/f'
'q/f' -> 'd/f'
f" '' "$links; cp -av --backup=numbered p/f q/f d && ls d; rm -r p q d"
gives 'the backup of what such a copy has replaced' 0 'old' '' \
    "$links; echo old >d/f; cp -ab --backup=existing p/. q/f d && cat d/f~; rm -r p q d"
gives '--parents to a directory of an operand: its attributes before the run' 0 '700 711 755' '' \
    'mkdir -p s/a/b; echo f >s/a/b/f; chmod 755 .; chmod 711 s; chmod 700 s/a
    cp -a --parents ./s/nope s/a/b/f -t s/a 2>y || stat -c %a s/a/s/a s/a/s s/a | xargs; rm -r s'
# an existing link leads to a FIFO that the run makes: opening it would wait for a reader
for fifo in p n/p; do
    gives "a link to a FIFO that the run has made, d/$fifo" 1 '' "acp: will not overwrite just-created 'd/q' with 's/q'" \
        "mkdir -p s/n d; mkfifo s/$fifo; echo q >s/q; ln -s $fifo d/q
        timeout $limit_seconds acp -r -j1 s/${fifo%/p} s/q d; status=\$?; rm -r s d; exit \$status"
done
# -u decides ahead of the copies, when the link still leads to a regular file
for options in -ru '-r --update=changed' -au; do
    # shellcheck disable=SC2086 # several options
    same "a link to a file that a FIFO replaces, $options: it ends" yes "$(mkdir s d; echo q >s/a; mkfifo s/b
        touch -d 2030-01-01 s/*; echo old >d/b; touch -d 2001-01-01 d/b; ln -s b d/a
        timeout "$limit_seconds" acp $options -T s d 2>/dev/null; [ $? -eq 124 ] || echo yes; rm -r s d)"
done
gives 'what an operand would make is known with --dry-run, too' 1 "'p/f' -> 'd/f'" \
    "acp: will not overwrite just-created 'd/f' with 'q/f'" "$links; rm q/f; echo c >q/f; echo x >d/f
    acp --dry-run p/f q/f d; status=\$?; rm -r p q d; exit \$status"
same '--remove-destination: a copy whose link would be itself stays' a "$(eval "$links" &&
    acp -a --remove-destination p/. q/. d && cat d/f)"
# The source has four names. Their copies exist, are older, are newer, and are missing; all become one file.
for first in f missing; do
    same "-au: names of a file that is newer, older or another, $first is there" 1 "$(rm -rf s t; mkdir -p s t/s
        echo s >s/f; ln s/f s/missing; ln s/f s/linked; ln s/f s/older; ln s/f s/newer
        echo t >t/s/$first; ln t/s/$first t/s/linked; echo o >t/s/older; touch -d 1999-01-01 t/s/older
        echo n >t/s/newer; touch -d 2030-01-01 t/s/newer
        acp -au s t 2>&1; stat -c %i t/s/* | sort -u | wc -l)"
done
rm -rf s t

# -- --parents, and a parent that cannot be made --
for mode in 777 500 0; do
    for options in '' -p --preserve=mode --preserve=ownership --no-preserve=mode; do
        export options
        same_as_cp "--parents, of $mode and none, $options" "mkdir -p s/x/y d e; echo f >s/x/y/f; chmod $mode s/x" \
            'umask 2; cp --parents $options s/x/nope/f d; cp --parents $options s/x/nope/f s/x/y/f e'
    done
done
same_as_cp '--parents, if none can be made' "$tree; chmod 755 .; chmod 555 d" \
    'as_nobody cp --parents s/a/g d; as_nobody cp -r s/a d'
same_as_cp '--parents, of what --parents has made' \
    'mkdir -p A/k d; echo f >A/k/f; chmod 755 A A/k; touch -d 2001-01-01 A A/k A/k/f' 'cp -a --parents A/k/f d/A/k/f d'
same_as_cp '--parents, where a link leads nowhere' "$tree; ln -s nowhere d/s" 'cp --parents s/f s/a/g d'

# -- an operand that changes what an earlier one reads: that one is copied as it was before --
# changes NAME OPERANDS...: into the directory d, many times, because chance decides
changes() {
    local name=$1 i wrong=''
    shift
    for i in {1..10}; do
        rm -rf d s
        mkdir -p d/m/q/k s/m/q/k
        for file in {1..60} k/{1..20}; do
            echo "old $file" >"d/m/q/$file"
            echo "new $file" >"s/m/q/$file"
        done
        acp -r "$@" d 2>message || wrong="$i: $(cat message)"
        ! grep -rq new d/"${1##*/}" || wrong="$i: $(grep -rl new d/"${1##*/}" | wc -l) files of the later operand"
        diff -r s/m d/m >/dev/null || wrong="$i: the later operand is not complete"
    done
    same "$name" '' "$wrong"
}
changes 'a later operand is merged into what an earlier one reads' d/m/q s/m
changes 'a later operand is merged into what one of several reads' d/m/q/k d/m/q/1 s/m

# other_name NAME SETUP OPTIONS_AND_OPERANDS COPY: z has old files, x new ones, and SETUP gives z other names; COPY in d
# is what the first operand became
other_name() {
    local name=$1 setup=$2 operands=$3 copy=$4 i wrong=''
    for i in {1..3}; do
        rm -rf d s x z
        mkdir -p d s x z
        for file in {1..20}; do echo "new $file" >"x/$file"; done # with smaller inodes: these come first if they may
        for file in {1..20}; do echo "old $file" >"z/$file"; done
        eval "$setup"
        eval "timeout 100 acp $operands d" 2>message || wrong="$i: $(cat message)"
        # shellcheck disable=SC2086 # COPY is a pattern
        ! grep -rq new $copy || wrong="$i: $(grep -rl new $copy | wc -l) files of the later operand"
    done
    same "$name" '' "$wrong"
}
seq 10000 >numbers
inside='mkdir d/x x/z; mv z d/x; mv x/[1-9]* x/z'
for options in '' '-j1 --atomic'; do
    other_name "an earlier operand has links to files, ${options:-plain}" "$inside; cd s; ln -s ../d/x/z/* .; cd .." \
        "$options -rL s x" d/s
    other_name "an earlier operand has a link to a directory, ${options:-plain}" "$inside; ln -s ../d/x/z s" \
        "$options -rL s x" d/s
    other_name "an earlier operand is a link, ${options:-plain}" "$inside; rmdir s; ln -s d/x/z s" "$options -rH s x" d/s
    other_name "earlier operands are links, ${options:-plain}" \
        'rmdir d; mv z d; for file in {1..20}; do ln -s "../d/$file" "s/l$file"; done' "$options s/* x/*" 'd/l*'
done
for options in '' -u '-j1 -b'; do
    for made in 'mkfifo x/$file' 'ln -s ../../new x/$file'; do
        other_name "earlier operands are links to what is replaced, $made, ${options:-plain}" \
            "mv z d/x; echo new >new; for file in {1..20}; do ln -s ../d/x/\$file s/l\$file; rm x/\$file; $made; done" \
            "$options -rH s/* x" 'd/l*'
    done
done
rm -f new
for options in '' -u '-j1 --atomic'; do
    other_name "--parents through a link, ${options:-plain}" 'rmdir s; mv z d/x; ln -s d/x s' \
        "$options --parents s/* x/*" d/s
    other_name "--parents into a link, ${options:-plain}" 'ln -s ../z d/x' "$options --parents z/* x/*" d/z
done
for options in '' '--sparse=always -j3'; do
    other_name "earlier operands are hard links, ${options:-plain}" \
        'rmdir d; mv z d; for file in {1..20}; do ln "d/$file" "s/l$file"; done' "$options s/* x/*" 'd/l*'
    for symbolic in '' -s; do
        other_name "files through links, ln $symbolic, ${options:-plain}" "cd d; ln $symbolic ../z/* .; cd .." \
            "$options -r z x/*" d/z
        other_name "a directory of links, ln $symbolic, ${options:-plain}" \
            "mkdir d/x; cd d/x; ln $symbolic ../../z/* .; cd ../.." "$options -r z x" d/z
    done
    other_name "a directory through a link, ${options:-plain}" \
        'mkdir x/l d/x; mv x/[1-9]* x/l; ln -s ../../z d/x/l' "$options -r --keep-directory-symlink z x" d/z
done
for options in '-j1 --manifest=sums' '--verify -r'; do
    other_name "earlier operands that are digested together, $options" \
        'rmdir d; mv z d; for file in {1..150}; do head -c 20000 numbers >"d/$file"; ln "d/$file" "s/l$file"
            echo new >"x/$file"; done' "$options s/* x/*" 'd/l*'
done
rm -rf d s x z sums numbers

# -- a directory that has been removed is empty, also if it is still open --
for options in -r -a -rL '-r --parents'; do
    export options
    same_as_cp "a removed working directory, $options" 'mkdir e d' 'cd e; rmdir ../e; cp $options . "${PWD%/*}/d"'
    same_as_cp "an open directory that is removed, $options" 'mkdir e d' \
        'exec 3<e; rmdir e; cp $options "/proc/self/fd/3/" d; ls -l d'
done
finish
