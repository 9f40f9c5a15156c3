# common.py: shared by the kinds of collisions: stamped contents, running a command, and listing a directory.
import hashlib
import os
import signal
import stat
import struct
import subprocess

BLOCK = 4096
LIMIT_SECONDS = 20


class Wrong(Exception):
    """A rule is broken: its short name, and the details."""

    def __init__(self, rule, detail):
        super().__init__(rule, detail)
        self.rule, self.detail = rule, detail


def stamp(owner, version, block):
    """Returns a block that has its owner, version and position."""
    return struct.pack("<8sIIQQ", b"collide\0", owner, version, block, 0) * (BLOCK // 32)


def stamped(owner, version, size):
    return b"".join(stamp(owner, version, i) for i in range(-(-size // BLOCK)))[:size]


def write(path, data):
    with open(path, "wb") as file:
        file.write(data)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def evict(path):
    """Drops a file from the page cache, if its filesystem can do so."""
    fd = os.open(path, os.O_RDONLY)
    os.fdatasync(fd)
    os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(fd)


class Command:
    """A running command in a directory. Its messages go to a file, because no process would empty a pipe."""

    def __init__(self, program, args, engine, cwd, errors):
        self.args, self.errors = [os.path.basename(program)] + args, errors
        environment = dict(os.environ, LC_ALL="C", AIOUTILS_ENGINE=engine)
        for name in ("POSIXLY_CORRECT", "SIMPLE_BACKUP_SUFFIX", "VERSION_CONTROL"):
            environment.pop(name, None)
        with open(errors, "wb") as out:
            self.process = subprocess.Popen([program] + args, cwd=cwd, env=environment, stdin=subprocess.DEVNULL,
                                            stdout=subprocess.DEVNULL, stderr=out)

    def signal(self, sig):
        if self.process.poll() is None:
            self.process.send_signal(sig)

    def finish(self, limit=LIMIT_SECONDS):
        """Returns (exit status, messages). The status is the negative number of a signal that ended it."""
        try:
            status = self.process.wait(limit)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Wrong("hang", f"{self.args} is still running after {limit} s") from None
        return status, read(self.errors).decode(errors="replace")

    def kill(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()


def named(paths, errors):
    """Tells if a message names one of the paths."""
    return any(f"'{path}'" in errors for path in paths)


def above(path, top=""):
    """Yields a path and those of the directories above it, up to top, which is left out."""
    while path and path not in (top, "/", "."):
        yield path
        path = os.path.dirname(path)


class Entry:
    """An entry of a directory: its kind, its inode, and its contents or the target of a link."""

    def __init__(self, path):
        st = os.lstat(path)
        self.kind, self.ino, self.size = stat.S_IFMT(st.st_mode), st.st_ino, st.st_size
        self.what = ""
        if self.kind == stat.S_IFREG:
            data = read(path)
            self.what, self.size = hashlib.sha256(data).hexdigest(), len(data)
        elif self.kind == stat.S_IFLNK:
            self.what = os.readlink(path)

    def same(self, other):
        return other is not None and (self.kind, self.ino, self.what) == (other.kind, other.ino, other.what)

    def __str__(self):
        names = {stat.S_IFREG: "file", stat.S_IFLNK: "link", stat.S_IFDIR: "dir", stat.S_IFIFO: "fifo"}
        text = names.get(self.kind, oct(self.kind)) + f" #{self.ino}"
        if self.kind == stat.S_IFREG:
            text += f" {self.size} bytes {self.what[:8]}"
        return text + (f" -> {self.what}" if self.kind == stat.S_IFLNK else "")


def tree_at(top):
    """Returns {path: Entry} of everything below a directory."""
    found = {}
    for place, dirs, names in os.walk(top):
        for name in dirs + names:
            path = os.path.join(place, name)
            found[path] = Entry(path)
    return found


def show_trees(before, after):
    """Returns the differences between two listings, a line a name."""
    lines = []
    for path in sorted(before.keys() | after.keys()):
        old, new = before.get(path), after.get(path)
        if old and old.same(new):
            lines.append(f"  {path}: {old}, unchanged")
        else:
            lines.append(f"  {path}: {old or 'nothing'} | {new or 'nothing'}")
    return lines[:60]


def whose(data):
    """Describes a file for a reader: runs of blocks of the same owner and version."""
    parts = []
    for at in range(0, len(data), BLOCK):
        block = data[at:at + BLOCK]
        word = "zeros" if not block.strip(b"\0") else "other bytes"
        if block[:8] == b"collide\0":
            _, owner, version, number, _ = struct.unpack("<8sIIQQ", block[:32].ljust(32, b"\0"))
            word = f"{owner}.{version}" + ("" if number == at // BLOCK else " out of place")
        if parts and parts[-1][1] == word:
            parts[-1][2] = at // BLOCK
        else:
            parts.append([at // BLOCK, word, at // BLOCK])
    return f"{len(data)} bytes: " + ", ".join(f"{first}-{last} {word}" for first, word, last in parts[:12])
