#!/usr/bin/env bash
# recipes.sh: every command of acp-many(7), run as written there, with real schedulers: BIN_DIR ENGINE.
# It needs what make check-cluster installs, and namespaces.
# shellcheck disable=SC2016 # the snippets are for another shell to expand
here=$(cd "${0%/*}" && pwd)
if [ "${WITH_SLURM-}" != 1 ]; then
    WITH_SLURM=1 exec "$here/with-slurm" -n 4 "$0" "$@"
fi
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/../cli/lib.sh"
# Slurm and ssh start commands on "other machines" with this environment
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1
export SHELL=/bin/bash
mkdir "$scratch/home"
export HOME=$scratch/home
export SRC=$scratch/work/src DST=$scratch/work/dst P=$scratch/work/plan

# recipe NAME: runs it, with as many processes as this machine bears
recipe() {
    local text
    text=$("$here/recipe" "$1") || return
    text=${text//-n 64/-n 6}
    [ "$1" != openmpi ] || text=${text/mpirun/mpirun.openmpi}
    [ "$1" != mpich ] || text=${text/mpirun/mpirun.mpich -launcher fork}
    [ "$1" != plan ] || text=${text/\$P /\$P,3M }
    timeout 120 bash -c "$text" </dev/null
}

# launch ENGINE: copies the parts; its status tells nothing
launch() {
    case $1 in
    slurm-srun) salloc -Q -n6 bash -c "$(declare -f recipe); here=$here; recipe slurm-srun" ;;
    *) recipe "$1" ;;
    esac >"$scratch/launched" 2>&1
}

# start_again: removes what the last engine has made
start_again() {
    chmod -R u+rwX "$DST" 2>/dev/null
    rm -rf "$DST" "$P" "$P".*
}

engines=(slurm-array slurm-srun hosts openmpi mpich)
# runs the command here
cat >"$scratch/as/ssh" <<'SH'
#!/bin/bash
while [[ $1 == -* ]]; do shift; done
shift
[ "$1" != -- ] || shift
exec bash -c "$*"
SH
chmod +x "$scratch/as/ssh"
printf 'one\ntwo\n' >hosts

"$here/../../scripts/make-odd-tree" --short src 2>/dev/null
head -c 7000000 /dev/urandom >src/large
touch -d 2001-01-01 src/large
acp -a -T "$SRC" expected
for launcher in "${engines[@]}"; do
    start_again
    check "$launcher: the plan" recipe plan
    launch "$launcher"
    parts=$(find "$P" -name '[0-9]*' | wc -l)
    check "$launcher: there are more parts than nodes ($parts)" test "$parts" -gt 6
    same "$launcher: the end run finds nothing to copy" '' "$(acp -av --update=changed -T "$SRC" "$DST" 2>&1)"
    check "$launcher: the end run" recipe end
    same "$launcher: the copy is that of acp -a" '' "$("$here/../cli/same_tree" expected "$DST" 2>&1)"
done

# -- a file that is gone, and a part that nothing is copied of --

mkdir -p small/d
for i in $(seq 30); do
    head -c 300000 /dev/urandom >small/d/"$i"
done
chmod 555 small/d
SRC=$scratch/work/small
for launcher in "${engines[@]}"; do
    start_again
    recipe plan >/dev/null
    printf 'd/none\0' >>"$P/1"
    : >"$P/2"
    launch "$launcher"
    check "$launcher, a file is gone, a part is empty: the end run" recipe end
    same "$launcher, a file is gone, a part is empty: the copy" '' "$("$here/../cli/same_tree" small "$DST" 2>&1)"
done

# -- a source file that cannot be read, as an unprivileged user --

chmod 755 small/d
chmod 000 small/d/7
[ "$(id -u)" -ne 0 ] || chown -R 65534:65534 small .
start_again
as_nobody acp -a --plan="$P,3M" -T "$SRC" "$DST" >/dev/null
seq 0 "$(($(find "$P" -name '[0-9]*' | wc -l) - 1))" | as_nobody parallel -j 3 \
    "cd $SRC && acp -a --parents --files0-from=$P/{} -t $DST" 2>/dev/null
same 'parallel, an unreadable file: the status of the end run' 1 \
    "$(as_nobody acp -a --update=changed -T "$SRC" "$DST" 2>/dev/null; echo $?)"
same 'parallel, an unreadable file: all others are there' 29 "$(find "$DST" -type f | wc -l)"
chmod 644 small/d/7
chmod 555 small/d
[ "$(id -u)" -ne 0 ] || chown -R 0:0 small .

# -- jobs that are cancelled --

start_again
recipe plan >/dev/null
sbatch -Q --array=0-3 --chdir=/ --output=/dev/null --wrap \
    "cd $SRC && acp -a --rate=100K --parents --files0-from=$P/\$SLURM_ARRAY_TASK_ID -t $DST"
for _ in $(seq 600); do
    [ -z "$(find "$DST" -type f -size +0)" ] || break
    sleep 0.1
done
scancel --signal=KILL --full --name=wrap
scancel --name=wrap
for _ in $(seq 600); do
    [ -n "$(squeue -h)" ] || break
    sleep 0.1
done
check 'cancelled jobs leave files that are shorter, or none' test -n "$("$here/../cli/same_tree" small "$DST" 2>&1)"
check 'a plan of what is missing' recipe again
(cd "$SRC" && for part in "$P".again/[0-9]*; do acp -a --parents --files0-from="$part" -t "$DST"; done)
check 'cancelled jobs: the end run' recipe end
same 'cancelled jobs: the copy' '' "$("$here/../cli/same_tree" small "$DST" 2>&1)"

# -- digests --

start_again
recipe plan >/dev/null
(cd "$SRC" && for part in "$P"/*; do acp -a --parents --files0-from="$part" --manifest="$P.${part##*/}.sums" -t "$DST"; done)
recipe end
check 'the check of the whole' recipe check
same 'it has a digest of each file' 30 "$(wc -l <"$P.all")"
chmod -R u+w "$DST"
echo changed >"$DST/d/7"
check 'a fault is found' bash -c "! '$here/recipe' check | tail -n 1 | bash >out 2>/dev/null; grep -q 'd/7: FAILED' out"
cd "$SRC" || exit 2
same 'digests in parts are those of ahash -r' "$(ahash -r .)" "$(recipe digests)"
check 'lists for an array' recipe lists
same 'they have each file once' "$(find . -type f | sort)" "$(cat "$P".files/* | tr '\0' '\n' | sort)"
finish
