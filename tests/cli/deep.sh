#!/usr/bin/env bash
# deep.sh: a tree of 6,000 levels, with a small stack and few descriptors: BIN_DIR ENGINE
# needs: python3
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"
limit_seconds=120

# There is a file at the top, on the way and at the bottom; z/after comes last. Paths beyond PATH_MAX are made, listed
# and removed by descriptors.
cat >tree.py <<'END'
import os, sys
LEVELS = 6000
def step(fd, make):
    if make:
        os.mkdir("d", dir_fd=fd)
    below = os.open("d", os.O_RDONLY | os.O_DIRECTORY, dir_fd=fd)
    os.close(fd)
    return below
def write(fd, name):
    with open(os.open(name, os.O_WRONLY | os.O_CREAT, 0o640, dir_fd=fd), "w") as file:
        file.write(name + "\n")
    os.utime(name, (1, 1000000000), dir_fd=fd)
def make(root):
    os.mkdir(root)
    os.mkdir(root + "/z")
    fd = os.open(root, os.O_RDONLY)
    write(fd, "beside")
    write(fd, "z/after")
    for level in range(LEVELS):
        fd = step(fd, True)
        if level == LEVELS // 2:
            write(fd, "half")
    write(fd, "bottom")
    while level >= -1: # from the bottom up, because a new entry changes the time of its directory
        if level % 1000 == 0:
            os.utime(fd, (1, 900000000 + level))
        above = os.open("..", os.O_RDONLY, dir_fd=fd)
        os.close(fd)
        fd = above
        level -= 1
def show(root):
    fd = os.open(root, os.O_RDONLY)
    for level in range(-1, LEVELS):
        if level >= 0:
            try:
                fd = step(fd, False)
            except FileNotFoundError:
                print("ends at", level)
                break
        for name in sorted(os.listdir(fd)):
            if name != "d" and name != "z":
                file = os.open(name, os.O_RDONLY, dir_fd=fd)
                st = os.fstat(file)
                print(level, name, os.read(file, 100), *((oct(st.st_mode), st.st_mtime_ns) if times else ()))
                os.close(file)
        if times and level % 1000 == 0:
            print(level, os.fstat(fd).st_mtime_ns)
    print("after", open(root + "/z/after").read())
times = sys.argv[1] == "times"
make(sys.argv[2]) if sys.argv[1] == "make" else show(sys.argv[2])
END

check 'a tree is made' python3 tree.py make tree
below=$(printf 'd/%.0s' $(seq 6000))
half=${below:0:6002}half
sum() {
    echo "$1" | gnu sha256sum | cut -c-64
}
listed="$(sum beside)  tree/beside
$(sum bottom)  tree/${below}bottom
$(sum half)  tree/$half
$(sum z/after)  tree/z/after"

# small NAME LIMIT...: runs the commands under limits, words of ulimit
small() {
    local name=$1
    shift
    same "$name: ahash -r lists every file" "$listed" "$(ulimit "$@" && ahash -r tree 2>&1)"
    for options in -r -a; do
        same "$name: acp $options" '' "$(ulimit "$@" && acp $options tree copy 2>&1 || echo "exit $?")"
        what=show
        [ $options = -r ] || what='times'
        same "$name: acp $options copies every file" "$(python3 tree.py $what tree)" "$(python3 tree.py $what copy 2>&1)"
        rm -rf copy
    done
}

stack=256
[ -z "$sanitizer" ] || stack=2048 # stack frames are larger with a sanitizer
small "$stack KiB of stack" -s $stack
small '30 descriptors' -n 30
same 'acp -rL' '' "$(ulimit -s "$stack" && acp -rL tree copy 2>&1 || echo "exit $?")"
same 'acp -rL copies every file' "$(python3 tree.py show tree)" "$(python3 tree.py show copy 2>&1)"
finish
