# trees.py: random trees, and listings of everything visible in a tree.
import hashlib
import os
import random

NOBODY = 65534
OLD = 981173106123456789  # times in the trees: this one and some seconds around it
NEW_NS = 1577836800 * 10**9  # files with a later time were written by the command
PATH_BYTES_MAX = 4000
DEEPER = b"deeper"  # stands for longer paths in a listing
# `setfacl -m u:1234:r` on mode 644, in the kernel's format: four bytes of version, then for each entry two of its tag,
# two of rights and four of the ID
ACL = bytes.fromhex("02000000 01000600ffffffff 02000400d2040000 04000400ffffffff 10000400ffffffff 20000400ffffffff")

NAMES = [b"a", b"b", b"c", b"f", b"sub", b"a b", b"-x", b"new\nline", b"car\rriage", b"\xc3\xbcml", b"\xff\xfe",
         b".hid", b"..x", b"*", b"$(x)", b"q'uote", b'dq"', b"back\\slash", b"(x) = y", b"l" * 200]
KINDS = ["file"] * 8 + ["link"] * 4 + ["hard"] * 2 + ["fifo", "null"]  # and directories
SIZES = [0, 0, 1, 23, 511, 4095, 4096, 4097, 8192, 65535, 65536, 65537, 131072, 131073, 300000]
FILLS = ["random", "random", "zero", "holes", "tail", "text"]
MODES = [0o644, 0o600, 0o755, 0o444, 0o4755, 0o2711, 0o1777, 0o000, 0o666]
WORDS = [b"", b"", b"", b"word", b" ", b"\t", b"\r", b"\0", b"\x7f", b"\x80", b"\x8a", b"\xff", b"^M", b"x" * 5000]


# -- making one --

def random_entries(rng, top, depth=0):
    """Returns entries below a directory, in the order of creation: (kind, path, details)."""
    made = []
    for name in rng.sample(NAMES, rng.randint(1, 6 if depth == 0 else 3)):
        path = top + b"/" + name
        kind = rng.choice(KINDS + ["dir"] * (4 if depth < 3 else 0))
        made.append((kind, path, {
            "size": rng.choice(SIZES), "fill": rng.choice(FILLS), "mode": rng.choice(MODES),
            "time": OLD + rng.choice([-5, 0, 0, 7]) * 10**9, "seed": rng.random(),
            "target": rng.choice([b"nowhere", name, b".", b"..", b"a", b"b", b"sub", b"../a", b"sub/a", b"../../s/b"]),
            "owner": rng.choice([0, 0, 0, 1000, NOBODY]), "xattr": rng.random() < 0.15, "acl": rng.random() < 0.1}))
        if kind == "dir":
            made += random_entries(rng, path, depth + 1)
    return made


def directory(path):
    """Returns the entry of an ordinary directory."""
    return ("dir", path, {"mode": 0o755, "time": OLD, "owner": 0})


def text(rng, size):
    """Returns lines of all kinds; the last one can lack a newline."""
    lines = b""
    while len(lines) < size:
        lines += b"".join(rng.choices(WORDS, k=rng.randint(0, 4))) + rng.choice([b"\n", b"\n", b"\n\n\n", b"\r\n"])
    return lines[:size]


def fill(path, details):
    rng = random.Random(details["seed"])
    size, kind = details["size"], details["fill"]
    with open(path, "wb") as out:
        if kind == "random":
            out.write(rng.randbytes(size))
        elif kind == "text":
            out.write(text(rng, size))
        elif kind == "zero":
            out.write(bytes(size))
        elif kind == "holes":
            for at in range(0, size, 65536):
                out.seek(at)
                out.write(rng.randbytes(min(4096, size - at)))
            out.truncate(size)
        else:
            out.truncate(size)


def make(kind, path, details, first_file):
    if kind == "dir":
        os.mkdir(path)
    elif kind == "file":
        fill(path, details)
        if details["xattr"]:
            os.setxattr(path, "user.test", b"value")
        if details["acl"]:
            os.setxattr(path, "system.posix_acl_access", ACL)
    elif kind == "link":
        os.symlink(details["target"], path)
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "null":
        os.mknod(path, 0o20666, os.makedev(1, 3))
    else:
        os.link(first_file, path)


def build(entries, user):
    """Makes the tree in the working directory. Root keeps access to all directories. Other users make neither owners
    nor devices, and keep access, too: the tree must be removed again."""
    root = os.geteuid() == 0
    first_file = next((path for kind, path, _ in entries if kind == "file"), b"none")
    for kind, path, details in entries:
        try:
            make(kind, path, details, first_file)
        except (FileNotFoundError, FileExistsError, NotADirectoryError):
            continue  # its directory was left out, or the name comes twice
        except PermissionError:
            if kind != "null":
                raise
            continue
        if root:
            os.chown(path, details["owner"] or user, details["owner"] or user, follow_symlinks=False)
    for kind, path, details in reversed(entries):
        if not os.path.lexists(path) or kind == "hard":
            continue
        if kind in ("file", "dir"):
            os.chmod(path, details["mode"] | (0o700 if kind == "dir" and (user == 0 or not root) else 0))
        os.utime(path, ns=(details["time"], details["time"]), follow_symlinks=False)


# -- looking at one --

def data_of(path, size):
    """Returns the ranges of data. They end at a whole sector, because GNU fills a hole of only the last few bytes, and
    acp keeps it."""
    found, at, sectors = [], 0, size // 512 * 512
    fd = os.open(path, os.O_RDONLY)
    while at < size:
        try:
            at = os.lseek(fd, at, os.SEEK_DATA)
        except OSError:
            break
        end = os.lseek(fd, at, os.SEEK_HOLE)
        if at < sectors:
            found.append((at, min(end, sectors)))
        at = end
    os.close(fd)
    return found


def describe(path, seen):
    st = os.lstat(path)
    kind = st.st_mode >> 12
    if kind in (4, 8) and os.geteuid() != 0:  # root reads everything
        os.chmod(path, st.st_mode & 0o7777 | (0o700 if kind == 4 else 0o400))
    row = {"mode": oct(st.st_mode), "owner": (st.st_uid, st.st_gid),
           "time": "new" if st.st_mtime_ns > NEW_NS else st.st_mtime_ns,
           "attributes": [(name, os.getxattr(path, name, follow_symlinks=False))
                          for name in sorted(os.listxattr(path, follow_symlinks=False))]}
    if kind == 8:
        with open(path, "rb") as file:
            row |= {"size": st.st_size, "digest": hashlib.sha256(file.read()).hexdigest()[:16],
                    "data": data_of(path, st.st_size)}
    elif kind == 10:
        row["target"] = os.readlink(path)
    if kind != 4:
        row |= {"links": st.st_nlink, "first": seen.setdefault(st.st_ino, path)}
    return row


def listing():
    """Returns everything below the working directory: {path: description}."""
    seen, found, todo = {}, {}, [b"."]
    while todo:
        top = todo.pop()
        for name in sorted(os.listdir(top)):
            path = top + b"/" + name
            if len(path) > PATH_BYTES_MAX:
                found[DEEPER] = {}
                continue
            found[path] = describe(path, seen)
            if os.path.isdir(path) and not os.path.islink(path):
                todo.append(path)
    return found
