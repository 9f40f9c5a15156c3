#!/usr/bin/env bash
# small_machine.sh: the commands in a cgroup with little memory, a CPU quota, or one task: BIN_DIR ENGINE
# needs: strace python3 abench
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"

seccomp=$OLDPWD/${0%/*}/seccomp
case $0 in /*) seccomp=${0%/*}/seccomp ;; esac
group=/aioutils-test-$$
trap 'leave_group; chmod -R u+rwX "$scratch" 2>/dev/null; rm -rf "$scratch"' EXIT
made=()
leave_group() {
    [ ${#made[@]} -eq 0 ] || rmdir "${made[@]}" 2>/dev/null
    made=()
}

mkdir tree
for i in {1..30}; do head -c $((i * 9000)) /dev/urandom >"tree/$i"; done
gnu sha256sum tree/* | sort -k2 >expected

# -- cgroups that are made up: what a command reads below /proc and /sys, in its own mount namespace --

# made_up LINES COMMAND...: runs it with this /proc/self/cgroup and the files of cgroups/ as /sys/fs/cgroup
made_up() {
    printf '%b' "$1" >own_cgroup
    # shellcheck disable=SC2016 # for the inner shell
    unshare -m --propagation private bash -c \
        'mount --bind cgroups /sys/fs/cgroup && mount --bind own_cgroup /proc/$$/cgroup && exec "$@"' made_up "${@:2}"
}
# workers LINES: prints how many workers there are by default
workers() {
    made_up "$1" ahash -r --stats=json tree 2>&1 >/dev/null | sed -n 's/.*"jobs":\([0-9]*\).*/\1/p'
}
# entries LINES: prints the entries of the ring of a worker
entries() {
    rm -f trace
    # -D: the command is not a child of strace, but has its process ID; strace may end a little later
    made_up "$1" strace -D -f -o trace -e trace=io_uring_setup ahash -j1 -r tree >/dev/null 2>&1
    for ((i = 0; i < 100; i++)); do
        ! grep -q '+++ exited' trace || break
        sleep 0.1
    done
    sed -n 's/.*io_uring_setup(\([0-9]*\),.*/\1/p' trace | tail -n 1
}
# limit_used LINES: tells whether abench finds a limit for the device: null or number
limit_used() {
    made_up "$1" abench read --warm --arms=sync,sync-j2 --pairs=1 --no-probe --json=report.json tree >/dev/null 2>&1
    python3 -c 'import json
used = json.load(open("report.json"))["states"][0]["arms"][0]["device_limit_used"]
print("null" if used is None else "number")'
}
# put PATH TEXT: writes a file of the cgroups
put() {
    mkdir -p "$(dirname "cgroups/$1")"
    printf '%b' "$2" >"cgroups/$1"
}

mkdir cgroups
if made_up '0::/\n' true 2>/dev/null; then
    processors=$(nproc)
    put a/b/memory.max 'max\n'
    put a/b/cpu.max 'max 100000\n'
    same "no quota: workers" "$processors" "$(workers '0::/a/b\n')"
    put a/b/cpu.max '100000 100000\n'
    same "a quota of one processor: workers" 1 "$(workers '0::/a/b\n')"
    put a/b/cpu.max '10000 100000\n'
    same "a quota of a tenth of one: workers" 1 "$(workers '0::/a/b\n')"
    put a/b/cpu.max '100001 100000\n'
    same "a quota of a little more than one: workers" $((processors < 2 ? 1 : 2)) "$(workers '0::/a/b\n')"
    put a/b/cpu.max 'max 100000\n'
    put a/cpu.max '50000 100000\n'
    same "a quota of the parent: workers" 1 "$(workers '0::/a/b\n')"
    put a/cpu.max 'max 100000\n'
    put a/b/memory.max '12000000\n'
    same "too little memory for two workers" 1 "$(workers '0::/a/b\n')"
    put a/b/memory.max 'max\n'
    put cpu.max '100000 100000\n'
    same "a container that has another path outside: workers" 1 "$(workers '0::/elsewhere/c\n')"
    rm -r cgroups/*
    lines='4:memory:/m\n3:cpuset:/\n2:cpu,cpuacct:/c\n0::/unified\n'
    put cpu/c/cpu.cfs_quota_us '-1\n'
    put cpu/c/cpu.cfs_period_us '100000\n'
    same "v1, no quota: workers" "$processors" "$(workers "$lines")"
    put cpu/c/cpu.cfs_quota_us '100000\n'
    same "v1, a quota of one processor: workers" 1 "$(workers "$lines")"
    if [ "$engine" = uring ]; then
        whole=$(entries "$lines")
        put memory/m/memory.limit_in_bytes '9223372036854771712\n'
        same "v1, no limit of memory: the ring's entries" "$whole" "$(entries "$lines")"
        put memory/m/memory.limit_in_bytes '33554432\n'
        check "v1, 32 MiB: a smaller ring" test "$(entries "$lines")" -lt $((whole / 2))
        put memory.max '33554432\n'
        check "v2, 32 MiB: a smaller ring" test "$(entries '0::/\n')" -lt $((whole / 2))
        check "32 MiB of address space for buffers: a smaller ring" \
            test "$(ulimit -d 32768; entries '3:cpuset:/\n')" -lt $((whole / 2))
    fi
    rm -r cgroups/*
    put empty ''
    device=$(stat -c %Hd:%Ld tree)
    [ ! -e "/sys/dev/block/$device/partition" ] || device=$(cat "/sys/dev/block/$device/../dev")
    all='wbps=max riops=max wiops=max'
    if [ -e "/sys/dev/block/$device" ]; then
        same 'no limit for the device' null "$(limit_used '0::/a/b\n')"
        put a/b/io.max "1$device rbps=1 $all\n$device rbps=max $all\n9$device rbps=1 $all\n"
        same 'limits for other devices' null "$(limit_used '0::/a/b\n')"
        put a/b/io.max "1$device rbps=1 $all\n$device rbps=max wbps=max riops=max wiops=9\n"
        same 'a limit for the device' number "$(limit_used '0::/a/b\n')"
        put a/b/io.max "$device rbps=max $all\n"
        put a/io.max "$device rbps=10000 $all\n"
        same 'a limit of the parent for the device' number "$(limit_used '0::/a/b\n')"
        put blkio/c/blkio.throttle.read_iops_device "1$device 5\n"
        same 'v1, a limit for another device' null "$(limit_used '4:blkio:/c\n0::/\n')"
        put blkio/c/blkio.throttle.read_iops_device "1$device 5\n$device 500\n"
        same 'v1, a limit for the device' number "$(limit_used '4:blkio:/c\n0::/\n')"
    else
        left_out 'limits for a device' 'the files here are on none'
    fi
else
    left_out 'cgroups that are made up' 'no mount namespace can be made here'
fi

# -- cgroups of the kernel --

# enter CONTROLLER FILE_V2 FILE_V1 VALUE: makes a cgroup with a limit. Sets $procs, by which a process enters it.
enter() {
    local dir=/sys/fs/cgroup/$1$group file=$3
    if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
        echo "+$1" 2>/dev/null >/sys/fs/cgroup/cgroup.subtree_control
        dir=/sys/fs/cgroup$group file=$2
    fi
    mkdir -p "$dir" 2>/dev/null || return 1
    made+=("$dir")
    procs=$dir/cgroup.procs
    echo "$4" 2>/dev/null >"$dir/$file"
}
# within COMMAND...: runs it in that cgroup
within() {
    # shellcheck disable=SC2016 # for the inner shell
    sh -c 'echo $$ >"$0" && exec "$@"' "$procs" "$@"
}

# small NAME OPTIONS...: expects the commands not to be killed there, and to be right
small() {
    local name=$1
    shift
    rm -rf copy
    check "$name: acp -a" within acp -a "$@" tree copy
    check "$name: acp -a, the copy" diff -r tree copy
    rm -rf copy
    check "$name: acp --verify" within acp -r --verify --direct=always "$@" tree copy
    same "$name: ahash" "$(cat expected)" "$(within ahash -r "$@" tree 2>&1 | sort -k2)"
    same "$name: ahash, past the page cache" "$(cat expected)" "$(within ahash -r --direct=always "$@" tree 2>&1 | sort -k2)"
    check "$name: acat" cmp tree/large <(within acat tree/large)
    check "$name: acat --discard" within acat --discard --direct=always "$@" tree/large
    check "$name: acat, blocks" within acat --discard --pattern=sequential "$@" tree/large
}

head -c 40000000 /dev/urandom >tree/large
gnu sha256sum tree/* | sort -k2 >expected
if [ -n "$sanitizer" ]; then
    left_out 'cgroups with little memory' "$sanitizer needs more"
elif enter memory memory.max memory.limit_in_bytes 33554432; then
    small '32 MiB'
    small '32 MiB, 16 workers' -j16
    leave_group
    enter memory memory.max memory.limit_in_bytes 134217728
    small '128 MiB, 16 workers' -j16
    leave_group
else
    left_out 'cgroups with little memory' 'none can be made here'
fi

# one NAME COMMAND...: expects the commands to do all with one thread, run by this prefix
one() {
    local name=$1
    shift
    rm -rf copy
    check "$name: acp" "$@" acp -a -j4 tree copy
    check "$name: acp, the copy" diff -r tree copy
    rm -rf copy
    check "$name: acp --verify" "$@" acp -r --verify --progress=always tree copy
    same "$name: ahash" "$(cat expected)" "$("$@" ahash -r -j4 tree 2>&1 | sort -k2)"
    same "$name: ahash, one file" "$(grep large expected)" "$("$@" ahash --direct=always tree/large 2>&1)"
    same "$name: ahash -c" "" "$("$@" ahash -c --quiet expected 2>&1)"
    check "$name: acat" cmp tree/large <("$@" acat tree/large)
    check "$name: acat, blocks" "$@" acat --discard --pattern=random --time=0.01 -j4 tree/large
}
one 'no thread can be made' "$seccomp" EAGAIN clone3,CLONE_THREAD
if enter pids pids.max pids.max 1; then
    one 'one task' within
    leave_group
else
    left_out 'a cgroup with one task' 'none can be made here'
fi
finish
