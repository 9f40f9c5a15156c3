# shellcheck shell=bash disable=SC2154 # what lib.sh sets
# lib_cp.sh: compares our cp with GNU's. Source it before lib.sh, which changes the directory.
setup_time='2001-02-03 04:05:06.123456789'

# Lists the working directory: type, mode, owner, size, time, contents. Further names of a file refer to the first one.
# Times of this decade are shown as "new".
listing() {
    find . -printf '%y %m %U:%G %n %s %T@ %i %P -> %l\0' | sort -z -k8 | perl -0 -ne '
        chomp;
        my ($type, $mode, $owner, $links, $size, $time, $inode, $name) = split / /, $_, 8;
        $size = "-" if $type eq "d";
        $time = "new" if $time > 1577836800;
        $first{$inode} //= $name;
        $name .= " is $first{$inode}" if $first{$inode} ne $name;
        $name =~ s/\n/\\n/g;
        print "$type $mode $owner $links $size $time $name\n"'
    find . -type f -print0 | sort -z | gnu xargs -0 -r sha256sum -- 2>/dev/null
}

# same_as_cp NAME SETUP SNIPPET: SETUP fills two directories; in them SNIPPET must give the same with our cp and GNU's:
# lines on standard output and error (in any order), exit status, files.
same_as_cp() {
    local side path snippet part difference detail=''
    wanted "$1" || { gnu_changes=() && return 0; }
    for side in gnu own; do
        chmod -R u+rwX "$scratch/$side" 2>/dev/null # a user cannot remove files from other directories
        rm -rf "${scratch:?}/$side"
        mkdir "$scratch/$side"
        cd "$scratch/$side" || exit 2
        PATH=$gnu_path bash -ec "$2" >&2 || detail+="the setup failed"$'\n'
        find . -newermt 2020-01-01 -exec touch -h -d "$setup_time" {} +
        path=$gnu_path snippet=${gnu_changes[snippet]-$3}
        [ "$side" = gnu ] || path=$own_path snippet=$3
        run_snippet "$path" "$snippet" "$side"
        [ "$side" != gnu ] || gnu_as_9_1 stdout stderr status
        sort -o "$scratch/$side.stdout" "$scratch/$side.stdout"
        sort -o "$scratch/$side.stderr" "$scratch/$side.stderr"
        listing >"$scratch/$side.files"
        [ "$side" != gnu ] || gnu_as_9_1 files
        cd "$scratch/work" || exit 2
    done
    gnu_changes=()
    for part in stdout stderr status files; do
        difference=$(diff -a "$scratch/gnu.$part" "$scratch/own.$part") ||
            detail+="$part: ${difference:0:2000}"$'\n'
    done
    if [ -z "$detail" ]; then
        ok "$1"
    else
        not_ok "$1" "$2; $3"$'\n'"$detail"
    fi
}
