#!/usr/bin/env bash
# failures.sh: copies with many machines of which a part is killed, cancelled, requeued, done twice, or lost with its
# node: BIN_DIR ENGINE. acp-many(7) promises that the end run completes each of them.
# shellcheck source=tests/cluster/lib.sh
. "${0%/*}/lib.sh"

mkdir -p src/a/b src/c
for i in $(seq 30); do
    head -c 300000 /dev/urandom >src/a/"$i"
done
head -c 5000000 /dev/urandom >src/a/b/large
ln src/a/1 src/c/one
ln src/a/30 src/c/thirty
ln -s ../a/2 src/c/link
chmod 555 src/c
find src -exec touch -h -d '2001-01-01 00:00:00.123456789' {} +
slow=--rate=1M # the large file, which is part 0, takes 5 seconds

# copies [PART]: prints the PIDs of the acp that copy it, or any part
copies() {
    local dir
    for dir in /proc/[0-9]*; do
        [[ $(readlink "$dir/exe") != "$scratch/as/acp" ]] || ! grep -qzE -- "^--files0-from=.*/${1-[0-9]+}\$" "$dir/cmdline" ||
            echo "${dir##*/}"
    done 2>/dev/null
}

# has_begun: the large file has some bytes
has_begun() {
    [ -s "$DST/a/b/large" ] && [ -n "$(copies 0)" ]
}

# completed NAME: the end run, and what it must leave
completed() {
    check "$1: the end run" recipe end
    same "$1: the copy is that of acp -a" '' "$(differences src)"
    same "$1: nothing else is left" '' "$(find "$DST" -name '.acp-*')"
}

# plan: makes one, without an earlier copy
plan() {
    start_again
    recipe plan >/dev/null
}

# start LAUNCHER: runs it in the background until it copies the large file
start() {
    options=$slow
    launch "$1" &
    options=
    wait_until has_begun
}

# -- one copy of several is killed --

for launcher in "${launchers[@]}"; do
    plan
    start "$launcher"
    kill -KILL "$(copies 0)"
    wait
    check "$launcher, kill -9: a file is incomplete" test "$(stat -c %s "$DST/a/b/large")" -lt 5000000
    check "$launcher, kill -9: a plan of what is missing" recipe again
    same "$launcher, kill -9: it lists the file" a/b/large "$(tr '\0' '\n' <"$P.again/0")"
    P=$P.again launch "$launcher"
    completed "$launcher, kill -9"
done

# -- jobs that are cancelled, and requeued --

# to_copy: prints what the end run would copy
to_copy() {
    acp -av --update=changed -T "$SRC" "$DST" 2>&1
}

# starts_requeued: starts the jobs that Slurm would let wait two minutes; succeeds at the end of all jobs. A node refuses
# ("credential revoked") what was made in the second in which it ended the job; hence the sleep.
starts_requeued() {
    local job
    for job in $(squeue -h -r -t pending -o '%r %F_%K' | sed -n 's/^BeginTime //p'); do
        sleep 1.1
        scontrol update "JobId=$job" StartTime=now
    done
    no_jobs
}

# all_copied NAME: waits for all jobs; the end run must have nothing to copy
all_copied() {
    wait_until starts_requeued
    wait
    same "$1: the parts were copied" '' "$(to_copy)"
    completed "$1"
}

# job PART: prints the ID of a running job of an array
job() {
    squeue -h -r -t running -o '%K %F_%K' | sed -n "s/^$1 //p" | head -n 1
}

for signal in TERM KILL; do
    plan
    start slurm-array
    [ $signal = TERM ] || scancel --signal=KILL --full "$(job 0)"
    scancel --name=wrap
    wait
    wait_until no_jobs
    check "jobs cancelled by SIG$signal: a file is missing or incomplete" test -n "$(differences src)"
    launch slurm-array
    completed "jobs cancelled by SIG$signal, and the same parts again"
done

plan
start slurm-array
requeued=$(job 0)
scontrol requeue "$requeued"
all_copied 'a job is requeued'
same 'a job is requeued: it was restarted' Restarts=1 "$(scontrol show job "$requeued" | grep -o 'Restarts=[0-9]*')"

# -- a lost node --

# lose NODE: kills all of its processes, its daemon first
lose() {
    local dir parent
    kill -KILL "$(cat "$CLUSTER_DIR/$1.pid")"
    for dir in /proc/[0-9]*; do
        grep -qzx "SLURMD_NODENAME=$1" "$dir/environ" || continue
        parent=$(sed -n 's/^PPid:\t//p' "$dir/status")
        [[ $(cat "/proc/$parent/comm") != slurmstepd ]] || kill -KILL "$parent"
        kill -KILL "${dir##*/}"
    done 2>/dev/null
}

# node_is STATE
node_is() {
    [[ $(sinfo -h -n "$node" -o %t) == $1* ]]
}

plan
start slurm-array
node=$(tr '\0' '\n' <"/proc/$(copies 0)/environ" | sed -n 's/^SLURMD_NODENAME=//p')
lose "$node"
check "a lost node: Slurm notices" wait_until node_is down
all_copied 'a lost node'
slurmd -N "$node"
check "a lost node: it is back" wait_until node_is idle

# -- the same parts twice at a time, and one of them is killed --

two_copies() {
    [ "$(copies 0 | wc -l)" -eq 2 ]
}

plan
slow=--rate=300K start slurm-array
first=$(job 0)
check 'twice, one ends later, by SIGTERM: the status of the other' launch slurm-array
scancel --signal=TERM --full "$first"
wait
wait_until no_jobs
check 'twice, one ends later, by SIGTERM: all files are there' test -z "$(to_copy)"
completed 'twice, one ends later, by SIGTERM'

plan
slow=--rate=300K start slurm-array
first=$(job 0)
options=$slow
launch slurm-array &
second=$!
options=
check 'twice, one ends earlier, by SIGKILL: both copy' wait_until two_copies
scancel --signal=KILL --full "$first"
wait $second
same 'twice, one ends earlier, by SIGKILL: the status of the other' 0 $?
all_copied 'twice, one ends earlier, by SIGKILL'

# -- two parts of an array --

plan
run "$(recipe_text slurm-array | sed 's/--array=.*%64/--array=5,7/')"
same '--array=5,7 copies these parts' "$(tr '\0' '\n' <"$P/5" | cat - <(tr '\0' '\n' <"$P/7") | sort)" \
    "$(cd "$DST" && find . -type f -printf '%P\n' | sort)"
completed '--array=5,7'
finish
