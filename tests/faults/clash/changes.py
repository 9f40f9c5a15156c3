# changes.py: one run with sources that change while they are copied. ../collisions has the rules.
import hashlib
import os
import signal
import stat
import time

from clash.common import BLOCK, Command, Wrong, above, evict, named, read, stamp, whose, write

KIND = "changes"
UNIT = 32  # bytes of a stamp
CHANGES = ["grow", "grow", "grow after hole", "shrink", "rewrite", "rewrite", "replace", "remove", "fifo", "link",
           "directory"] + (["device"] if os.geteuid() == 0 else [])
OPTIONS = [(.15, "-a"), (.15, "--manifest=manifest"), (.1, "--verify"), (.15, "--atomic"), (.2, "-j1"), (.2, "-j4"),
           (.1, "--sparse=always"), (.1, "--direct=always"), (.1, "--block-size=64K"), (.1, "--depth=4"), (.2, "--depth=1"),
           (.1, "--reflink=never")]
OUTSIDE = b"what is outside\n" * 1000


class History:
    """A file, with all former states of each block. Each write is within a page, so that intermediate sizes are known,
    too."""

    def __init__(self, path, owner):
        self.path, self.owner, self.size = path, owner, 0
        self.states, self.sizes, self.zeros, self.shrunk = {}, {0}, [], []
        self.fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o644)

    def begin(self):
        """Forgets the states of its creation."""
        self.states = {block: states[-1:] for block, states in self.states.items() if states[-1].strip(b"\0")}
        written = sorted(self.states) + [-(-self.size // BLOCK)]
        self.zeros = [(last + 1, block) for last, block in zip([-1] + written, written) if block > last + 1]
        self.sizes, self.shrunk = {self.size}, []

    def close(self):
        os.close(self.fd)

    def current(self, block):
        """Returns the current bytes of a block, as far as the file reaches."""
        length = max(0, min(BLOCK, self.size - block * BLOCK))
        known = self.states.get(block)
        return known[-1] if known and len(known[-1]) == length else bytes(length)

    def remember(self, block, data):
        self.states.setdefault(block, [bytes(len(self.current(block)))] if self.current(block) else []).append(data)

    def write(self, offset, length, version):
        if offset > self.size:
            self.truncate(offset)
        end = offset + length
        while offset < end:
            block, at = divmod(offset, BLOCK)
            n = min(BLOCK - at, end - offset)
            new = stamp(self.owner, version, block)[at:at + n]
            old = self.current(block)
            os.pwrite(self.fd, new, offset)
            self.remember(block, old[:at] + new + old[at + n:])
            offset += n
            self.size = max(self.size, offset)
            self.sizes.add(self.size)

    def truncate(self, size):
        os.ftruncate(self.fd, size)
        last, at = divmod(min(size, self.size), BLOCK)
        kept = self.current(last)[:at]
        if size < self.size:
            self.shrunk.append((size, self.size))
            if at:  # the rest of the page is zeroed, which a concurrent read can see
                self.states.setdefault(last, []).extend([kept.ljust(BLOCK, b"\0"), kept])
            for block in [block for block in self.states if block > last or (block == last and not at)]:
                self.states[block].append(b"")
        else:
            if at:
                self.remember(last, kept.ljust(min(BLOCK, size - last * BLOCK), b"\0"))
                last += 1
            self.zeros.append((last, -(-size // BLOCK)))
        self.size = size
        self.sizes.add(size)

    def was(self, block, data):
        """Tells if the file has had these bytes there."""
        states = self.states.get(block, [])
        if any(len(state) >= len(data) and state[:len(data)] == data for state in states):
            return True
        if not data.strip(b"\0") and any(first <= block < end for first, end in self.zeros):
            return True
        # a read during a write can get part of a page: at most one stamp is mixed
        torn = sum(not any(len(state) >= at + len(data[at:at + UNIT]) and state[at:at + UNIT] == data[at:at + UNIT]
                           for state in states) for at in range(0, len(data), UNIT))
        return len(states) > 1 and torn <= 1

    def why_not(self, data):
        """Returns the part of a copy that the file never had, or None."""
        if len(data) not in self.sizes and not any(new <= len(data) <= old for new, old in self.shrunk):
            return f"a size that it never had: {len(data)}, not of {sorted(self.sizes)[-3:]}"
        for block in range(-(-len(data) // BLOCK)):
            part = data[block * BLOCK:(block + 1) * BLOCK]
            if not self.was(block, part):
                return f"block {block} ({'zeros' if not part.strip(bytes(1)) else part[:40]}) was never there"
        return None


class Round:
    """A run from s to d with files that change once or more often."""

    def __init__(self, rng, where):
        self.rng, self.where = rng, where
        self.recursive = rng.random() < .6
        if rng.random() < .4:
            where.use_disk()
        self.files, self.log = [], []
        self.options = [option for chance, option in OPTIONS if rng.random() < chance and
                        (not where.reference or option in ("-a", "--sparse=always", "--reflink=never"))]
        if self.recursive and "-a" not in self.options:
            self.options.append("-r")
        if "-a" in self.options:
            self.recursive = True

    def make_file(self, i):
        """Makes a dense file, or one with holes, perhaps at its end."""
        rng, change = self.rng, self.rng.choice(CHANGES)
        if not self.recursive and change in ("fifo", "directory", "device"):
            change = "rewrite"  # a FIFO that is an operand is read
        history = History(f"s/f{i}", 10 * i + 1)
        if change == "grow after hole" or rng.random() < .2:
            for _ in range(rng.randint(1, 4)):
                history.write(rng.randrange(0, 4 << 20, BLOCK), rng.randint(1, 64) * BLOCK, 1)
            if change == "grow after hole" or rng.random() < .5:
                history.truncate(max(history.size, rng.randrange(4 << 20, 20 << 20)) // BLOCK * BLOCK
                                 + rng.choice([0, 0, 123]))
        else:
            history.write(0, rng.randint(16, 300) * BLOCK + rng.choice([0, 0, 123]), 1)
        history.begin()
        if rng.random() < .4:
            evict(history.path)
        self.files.append((history, change, [history]))

    def change(self, history, change, inodes, version):
        rng, path, spare = self.rng, history.path, "spare"
        if change.startswith("grow"):
            history.write(history.size, rng.randint(1, 1 << 19), version)
        elif change == "shrink":
            history.truncate(rng.randint(0, history.size))
        elif change == "rewrite":
            at = 0 if rng.random() < .5 else rng.randrange(0, history.size + 1)
            history.write(at, history.size - at, version)
        elif change == "replace":
            inodes.append(History(spare, history.owner + version))
            inodes[-1].write(0, rng.randint(1, 1 << 20), version)
            inodes[-1].begin()
            os.rename(spare, path)
        else:
            if change == "remove":
                os.unlink(path)
                return
            if change == "fifo":
                os.mkfifo(spare)
            elif change == "link":
                os.symlink(os.path.abspath("outside"), spare)
            elif change == "device":
                os.mknod(spare, stat.S_IFCHR | 0o666, os.makedev(1, 3))
            else:
                os.mkdir(spare)
                os.unlink(path)
            os.rename(spare, path)

    def run(self):
        rng = self.rng
        os.mkdir("s")
        os.mkdir("d")
        write("outside", OUTSIDE)
        for i in range(rng.randint(2, 5)):
            self.make_file(i)
        data = sum(sum(len(states[-1]) for states in history.states.values()) for history, _, _ in self.files)
        takes = rng.uniform(.05, .3) if not self.where.reference else rng.uniform(.001, .01)  # cp has no --rate
        if not self.where.reference:
            self.options.append(f"--rate={max(100000, int(data / takes))}")
        plan = []
        for history, change, inodes in self.files:
            again = 1 if change not in ("grow", "grow after hole", "rewrite", "shrink") else rng.randint(1, 4)
            plan += [(rng.uniform(0, takes * 1.2), n + 2, history, change, inodes) for n in range(again)]
        self.args = self.options + (["-T", "s", "d"] if self.recursive else
                                    [history.path for history, _, _ in self.files] + ["d"])
        command = Command(self.where.program, self.args, self.where.engine, ".", "errors")
        try:
            self.change_all(plan, command)
            self.status, self.errors = command.finish(self.where.limit)
        finally:
            command.kill()
            for _, _, inodes in self.files:
                for inode in inodes:
                    inode.close()
        self.judge()
        return self.status != 0

    def change_all(self, plan, command):
        start = time.monotonic()
        for when, version, history, change, inodes in sorted(plan, key=lambda step: step[:2]):
            time.sleep(max(0, start + when - time.monotonic()))
            stopped = self.rng.random() < .4
            if stopped:
                command.signal(signal.SIGSTOP)
            try:
                self.change(history, change, inodes, version)
            finally:
                if stopped:
                    command.signal(signal.SIGCONT)
            self.log.append(f"{time.monotonic() - start:.3f} s: {history.path}: {change} {version}"
                            f"{', stopped' if stopped else ''}, size {history.size}")

    def judge(self):
        if self.status not in (0, 1) or (self.status == 0) != (self.errors == ""):
            raise Wrong("exit status", f"{self.status} with the messages: {self.errors or 'none'}")
        for history, change, inodes in self.files:
            copy = "d" + history.path[1:]
            what = None if not os.path.lexists(copy) else stat.S_IFMT(os.lstat(copy).st_mode)
            is_named = named(list(above(history.path)) + [copy], self.errors)
            if what is None:
                if not is_named and not (self.recursive and change in ("remove", "directory")):  # perhaps never listed
                    raise Wrong("not there", f"{copy} is not there, and no message names it")
            elif what == stat.S_IFREG:
                self.judge_file(copy, change, inodes, is_named)
            elif not (self.recursive and change in ("fifo", "link", "directory", "device")):
                raise Wrong("kind", f"{copy} is {oct(what)}")
        left = set(os.listdir("d")) - {os.path.basename(history.path) for history, _, _ in self.files}
        if left:
            raise Wrong("left behind", str(left))
        if "--manifest=manifest" in self.options and self.status == 0:
            self.judge_manifest()

    def judge_file(self, copy, change, inodes, is_named):
        data = read(copy)
        if not self.recursive and change == "link" and data == OUTSIDE:
            return
        reasons = [inode.why_not(data) for inode in inodes]
        if None not in reasons:
            rule = "incomplete beside an error" if is_named else "never a state"
            if "size" in reasons[0] and not is_named:
                rule = "never a size"
            raise Wrong(f"{rule} ({change})", f"{copy}: {'; '.join(reasons)}; it is {whose(data)}")

    def judge_manifest(self):
        digests = dict(line.split("  ", 1)[::-1] for line in read("manifest").decode().splitlines())
        for history, _, _ in self.files:
            copy = "d" + history.path[1:]
            if os.path.lexists(copy) and stat.S_ISREG(os.lstat(copy).st_mode):
                if digests.get(copy) != hashlib.sha256(read(copy)).hexdigest():
                    raise Wrong("manifest", f"{copy}: not the digest of the copy")

    def describe(self):
        lines = [f" {getattr(self, 'args', '')}"] + ["  " + line for line in self.log]
        for history, change, _ in self.files:
            lines.append(f"  {history.path}: {change}, sizes {sorted(history.sizes)[-6:]}, holes {history.zeros}")
        return lines + [" messages: " + getattr(self, "errors", "").strip()]
