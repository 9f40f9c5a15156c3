#!/usr/bin/env bash
# clients.sh: the parts are copied through two mounts of one filesystem, each with a cache of names and attributes, as
# on two machines: BIN_DIR ENGINE. The mounts have neither common locks nor files without a name.
# shellcheck source=tests/cluster/lib.sh
. "${0%/*}/lib.sh"

mkdir -p src/a/b src/c below client0 client1
for i in $(seq 30); do
    head -c 300000 /dev/urandom >src/a/"$i"
done
head -c 5000000 /dev/urandom >src/a/b/large
ln src/a/1 src/c/one
ln -s ../a/2 src/c/link
chmod 555 src/c
find src -exec touch -h -d '2001-01-01 00:00:00.123456789' {} +
for i in 0 1; do
    if ! bindfs -o attr_timeout=1,entry_timeout=1 below client$i; then
        left_out 'two clients' 'bindfs cannot be mounted here'
        ok 'nothing to test'
        finish
    fi
done
trap 'umount -l "$scratch"/work/client[01]; chmod -R u+rwX "$scratch" 2>/dev/null; rm -rf "$scratch"' EXIT

# on CLIENT: makes a command of the manual copy through it; CLIENT is a number, or an expression of the shell
on() {
    sed "s|-t \$DST|-t $scratch/work/client$1/dst|"
}

# launch_both LAUNCHER [SWAP]: copies the odd parts through one client, and the even ones through the other
launch_both() {
    case $1 in
    slurm-array) run "$(recipe_text "$1" | on "\\\\\$(((SLURM_ARRAY_TASK_ID + ${2-0}) % 2))")" ;;
    hosts) run "$(recipe_text "$1" | on "\\\\\$((({} + ${2-0}) % 2))")" ;;
    esac >"$scratch/launched.${2-0}" 2>&1
}

# through CLIENT: the next commands see the copy so
through() {
    DST=$scratch/work/client$1/dst
}

# completed NAME: the end run through the second client, and what must be there below
completed() {
    sleep 1.1 # the second client may not know yet what the first one has done
    through 1
    check "$1: the end run" recipe end
    DST=$scratch/work/below/dst
    same "$1: the copy is that of acp -a" '' "$(differences src)"
}

# plan: makes one through the first client
plan() {
    DST=$scratch/work/below/dst
    start_again
    sleep 0.1
    umount client0 client1
    for i in 0 1; do
        bindfs -o attr_timeout=1,entry_timeout=1 below client$i
    done
    through 0
    recipe plan >/dev/null
}

for launcher in slurm-array hosts; do
    for options in '' --atomic; do
        plan
        launch_both "$launcher"
        completed "$launcher $options"
        same "$launcher $options: nothing else is left" '' "$(find below -name '.acp-*')"

        plan
        launch_both "$launcher" &
        launch_both "$launcher" 1
        wait
        completed "$launcher $options, each part twice at a time"
        same "$launcher $options, each part twice at a time: nothing else is left" '' "$(find below -name '.acp-*')"
    done
done
options=

# -- what kill -9 leaves --

leaves_one() {
    [ -n "$(find below -name '.acp-*' -size +0)" ]
}

# kill_one NAME: kills a copy through the first client
kill_one() {
    local killed
    plan
    (cd "$SRC" && exec acp -a --parents --atomic --rate=1M --files0-from="$P/0" -t "$DST") &
    killed=$!
    check "$1: the copy has a temporary name" wait_until leaves_one
    kill -KILL $killed
    { wait $killed; } 2>/dev/null
}

kill_one 'kill -9, --atomic'
options=--atomic
launch_both hosts
options=
same 'kill -9, --atomic: the next run through that client removes it' '' "$(find below -name '.acp-*')"
completed 'kill -9, --atomic'
kill_one 'a lost client, --atomic'
through 1
acp -a --atomic --update=changed -T "$SRC" "$DST"
check 'a lost client, --atomic: its file stays' leaves_one
DST=$scratch/work/below/dst
check 'a lost client, --atomic: the removal' recipe leftovers
completed 'a lost client, --atomic'
finish
