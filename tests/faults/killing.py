# killing.py: shared by the tests that kill a copy: trees to copy, a killed command, and the judge.
import hashlib
import os
import random
import re
import signal
import subprocess
import time

LIMIT_SECONDS = 60
OLD_MODE = 0o640
SOURCE_TIME = 981173106123456789
TEMPORARY = re.compile(r"\.acp-[0-9a-f]{16}|\.aioutils-[0-9a-f]{16}")


def write(path, data, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as out:
        out.write(data)
    os.chmod(path, mode)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def sources(place):
    """Makes the sources below place: {name: {path below it: contents}}. "small" and "large" are single files, the
    latter large enough for O_DIRECT; "flat" are 16 files without directories."""
    rng = random.Random(1)
    trees = {"small": {"": rng.randbytes(5000)}, "large": {"": rng.randbytes(12 * 1024 * 1024 + 123)},
             "few": {f"d{i % 3}/f{i}": rng.randbytes(size) for i, size in enumerate([0, 1, 4096, 70000, 300000] * 3)},
             "many": {f"d{i % 20}/e/f{i}": rng.randbytes(i % 7000) for i in range(300)},
             "flat": {f"f{i}": rng.randbytes(i * 3000) for i in range(15)}}
    for name, path in (("few", "d1/large"), ("flat", "large")):
        trees[name][path] = rng.randbytes(9 * 1024 * 1024)
    for name, tree in trees.items():
        for path, data in tree.items():
            full = os.path.join(place, name, path) if path else os.path.join(place, name)
            write(full, data, 0o751 if len(data) % 2 else 0o644)
            os.utime(full, ns=(SOURCE_TIME, SOURCE_TIME))
    return trees


def old_contents(path):
    return b"what was there before, at " + path.encode() * (1 + len(path) % 50)


def put_old(tree, dest):
    """Makes an older file at the destination of each copy."""
    for path in tree:
        write(os.path.join(dest, path) if path else dest, old_contents(path), OLD_MODE)


def killed(command, sig, delay, env=None):
    """Runs it, and sends it sig (None: never) after delay seconds. Returns subprocess's status, and messages."""
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                          env=env) as child:
        if sig:
            time.sleep(delay)
            child.send_signal(sig)
        try:
            _, errors = child.communicate(timeout=LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            return "it does not end", ""
    return child.returncode, errors.decode(errors="replace")


def ended_well(status, sig, errors):
    """Returns the fault of its end, or None."""
    if status == 0 and not errors or sig and status == -sig:
        return None
    return f"status {status}: {errors[:500]}"


class Judge:
    """Judges the destination of a copy: the old file, none, or the complete new one."""

    def __init__(self, place, name, tree, dest, options, over):
        self.source = os.path.join(place, name)
        self.tree, self.dest, self.over = tree, dest, over
        self.keeps = "-a" in options or "-p" in options
        self.backup = "--backup=simple" in options
        self.new = self.old = self.absent = 0

    def whole(self, path, full, data):
        """Returns the fault of a file with the new contents: as it has its name, it must have all attributes."""
        theirs = os.lstat(os.path.join(self.source, path) if path else self.source)
        ours = os.lstat(full)
        mode = theirs.st_mode & 0o777 if self.keeps or not self.over or self.backup else OLD_MODE
        if ours.st_mode & 0o7777 != mode:
            return f"{full} has its {len(data)} bytes, but mode {ours.st_mode:o}, not {mode:o}"
        if self.keeps and ours.st_mtime_ns != SOURCE_TIME:
            return f"{full} has its {len(data)} bytes, but another time"
        return None

    def one(self, path, data):
        full = os.path.join(self.dest, path) if path else self.dest
        old = old_contents(path) if self.over else None
        if not os.path.lexists(full):
            self.absent += 1
            if old is None or self.backup and os.path.exists(full + "~") and read(full + "~") == old:
                return None
            return f"{full}, which was there before, is gone"
        got = read(full)
        if got == old:
            self.old += 1
            return None
        if got != data:
            return f"{full} has {len(got)} bytes of {len(data)}, or wrong ones"
        self.new += 1
        return self.whole(path, full, data)

    def copies(self):
        for path, data in self.tree.items():
            problem = self.one(path, data)
            if problem:
                return problem
        return None

    def strange(self, may_be_left):
        """Finds files that are no copies. may_be_left allows a temporary name if its file is complete."""
        known = {os.path.join(self.dest, path) if path else self.dest for path in self.tree}
        known |= {name + "~" for name in known} if self.backup else set()
        top = self.dest if os.path.isdir(self.dest) else os.path.dirname(self.dest)
        for place, _, names in os.walk(top):
            for name in names:
                full = os.path.join(place, name)
                if full in known:
                    continue
                if may_be_left and TEMPORARY.fullmatch(name) and (may_be_left == "any" or
                                                                  read(full) in self.tree.values()):
                    continue
                return f"{full} is left, with {os.lstat(full).st_size} bytes"
        return None

    def manifest(self, path, old):
        """Checks a manifest: the old one (None: there was none), or complete; then every copy must exist."""
        got = read(path) if os.path.exists(path) else None
        if got == old:
            return None
        lines = {f"{hashlib.sha256(data).hexdigest()}  " + (os.path.join(self.dest, path) if path else self.dest)
                 for path, data in self.tree.items()}
        if got is None or set(got.decode().splitlines()) != lines:
            return f"{path} is neither the old one nor complete: {0 if got is None else len(got)} bytes"
        if self.new < len(self.tree):
            return f"{path} is complete, and {self.old + self.absent} copies are not there"
        return None


class Tally:
    """Counts cases and prints failures."""

    def __init__(self):
        self.cases = self.wrong = self.stopped = self.midway = 0

    def add(self, what, problem, judge=None, stopped=False):
        self.cases += 1
        self.stopped += stopped
        self.midway += bool(stopped and judge and judge.new and judge.old + judge.absent)
        if problem:
            self.wrong += 1
            print(f"not ok - {what}: {problem}", flush=True)

    def finish(self, name, least_stopped, least_midway):
        """Prints the result. A test that interrupted no copy has failed."""
        text = f"{self.cases} cases, {self.stopped} were stopped, {self.midway} of them with part of the files copied"
        if self.stopped < least_stopped or self.midway < least_midway:
            self.wrong += 1
            print(f"not ok - {name}: too few were stopped: {text}")
        elif self.wrong == 0:
            print(f"ok - {name}: {text}")
        return self.wrong


def pick_signal(rng):
    return rng.choice([signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
