# shellcheck shell=bash
# lib.sh: shared by the tests of this folder: the commands of acp-many(7), on a cluster of four nodes. A test starts with
#
#   . "${0%/*}/lib.sh"        its arguments: BIN_DIR ENGINE
#
# and is then in an empty directory with the functions of tests/cli/lib.sh, in namespaces of its own. The commands take
# $SRC, $DST and $P from the environment, and these variables:
#
#   client    a command that runs each recipe, such as as_nobody
#   options   more options of each acp that copies
#   part      the size of a part
here=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
if [ "${WITH_SLURM-}" != 1 ]; then
    WITH_SLURM=1 exec "$here/with-slurm" -n 4 "$0" "$@"
fi
# shellcheck source=tests/cli/lib.sh
. "$here/../cli/lib.sh"
# Slurm and ssh start commands on "other machines" with this environment
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1
export SHELL=/bin/bash
mkdir -m 777 "$scratch/home"
export HOME=$scratch/home
export SRC=$scratch/work/src DST=$scratch/work/dst P=$scratch/work/plan
# shellcheck disable=SC2034 # the tests use it
launchers=(slurm-array slurm-srun hosts openmpi mpich)
client=
options=
part=3M
for program in acp ahash; do # another user can run the copies
    stand_in $program $program
done
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

# recipe_text NAME: prints it, with as many processes as this machine bears
recipe_text() {
    local text
    text=$("$here/recipe" "$1") || return
    text=${text//-n 64/-n 6}
    [ "$1" != openmpi ] || text=${text/mpirun/mpirun.openmpi}
    [ "$1" != mpich ] || text=${text/mpirun/mpirun.mpich -launcher fork}
    [ "$1" != plan ] || text=${text/\$P /\$P,$part }
    [ "$1" != again ] || text=${text/.again /.again,$part }
    printf '%s\n' "${text//--parents/--parents $options}"
}

# run TEXT: runs a command of the manual
run() {
    # shellcheck disable=SC2086 # words
    $client timeout 120 bash -c "$1" </dev/null
}

# recipe NAME
recipe() {
    run "$(recipe_text "$1")"
}

# launch LAUNCHER: copies the parts; its status tells nothing
launch() {
    local text
    text=$(recipe_text "$1") || return
    [ "$1" != slurm-srun ] || text="salloc -Q -n6 bash -c $(printf %q "$text")"
    run "$text" >"$scratch/launched" 2>&1
}

# start_again: removes what the last engine has made
start_again() {
    chmod -R u+rwX "$DST" 2>/dev/null
    rm -rf "$DST" "$P" "$P".*
}

# differences TREE: prints how the copy differs from a tree
differences() {
    "$here/../cli/same_tree" "$1" "$DST" 2>&1
}

# wait_until COMMAND...: waits until it succeeds, but at most a minute
wait_until() {
    for _ in $(seq 600); do
        ! "$@" || return 0
        sleep 0.1
    done
    return 1
}

no_jobs() {
    [ -z "$(squeue -h)" ]
}
