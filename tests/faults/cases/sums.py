# sums.py: random cases for ahash and sha256sum and its like: digests of files, and checks of lists with all kinds of
# damage.
import hashlib
import random

from cases import gnu, trees

COMMAND, OWN = "sha256sum", "ahash"
PARTS = ("options", "arguments", "lines", "entries")
PLAIN = ({"together": False}, {"offset": None}, {"user": 0}, {"command": "sha256sum"})

COMMANDS = ["sha256sum"] * 4 + ["md5sum", "sha1sum", "sha224sum", "sha384sum", "sha512sum", "b2sum"]
PRINT = ["-b", "-t", "--tag", "-z", "--binary", "--text", "--zero"]
CHECK = ["--quiet", "--status", "--strict", "-w", "--warn", "--ignore-missing"]
LENGTHS = ["-l8", "-l128", "--length=256", "-l512", "-l0", "-l12", "-l1024"]
if gnu.VERSION != "9.1":  # later versions check only the last length, and 9.6 and 9.7 take 1024 for 512
    LENGTHS = [length for length in LENGTHS if length not in ("-l12", "-l1024")]
LISTS = [b"m1", b"m2", b"-"]  # the last one is standard input
FORMS = ["text"] * 6 + ["binary"] * 2 + ["tag"] * 3 + ["blank", "upper", "spaced", "other", "other tag", "length"]
DAMAGE = [None] * 10 + ["digit", "digit", "byte", "byte", "cr", "short", "long", "unescaped", "escaped", "junk",
                        "empty", "comment", "no name", "nul", "cut"]


def random_case(rng):
    entries = [trees.directory(b"s")] + trees.random_entries(rng, b"s")
    entries = [entry for entry in entries if entry[0] != "fifo"]  # opening one would block
    command = rng.choice(COMMANDS)
    names = [path for _, path, _ in entries] * 3 + [b"-", b"nope", b"s/nope", b"s//", b"./s"]
    options = rng.sample(PRINT + (LENGTHS if command == "b2sum" else []), rng.choice([0, 0, 1, 1, 2, 3]))
    lines, arguments = [], [rng.choice(names) for _ in range(rng.randint(0, 6))]
    if rng.random() < 0.6:
        options = [rng.choice(["-c", "--check"])] + rng.sample(CHECK, rng.choice([0, 0, 1, 1, 2, 3]))
        lines = [random_line(rng, names) for _ in range(rng.randint(0, 25))]
        arguments = rng.sample(LISTS, rng.choice([0, 1, 1, 1, 2, 3]))
        arguments += [rng.choice(names)] if rng.random() < 0.1 else []
    if rng.random() < 0.04:
        options.append(rng.choice(PRINT + CHECK + LENGTHS))
    if gnu.since("9.10") and "--tag" in options:  # which then refuses -t in either order
        options = [option for option in options if option not in ("-t", "--text")]
    rng.shuffle(options)
    return {"command": command, "entries": entries, "options": options, "arguments": arguments, "lines": lines,
            "stdin": rng.choice([b"", b"text\n", trees.text(rng, 70000)]), "offset": rng.choice([None, None, 0, 3]),
            "together": rng.random() < 0.5, "umask": 0o022, "user": rng.choice([0, trees.NOBODY])}


def random_line(rng, names):
    """Chooses a line: its list and its contents."""
    return {"list": rng.choice(LISTS), "name": rng.choice(names), "form": rng.choice(FORMS),
            "damage": rng.choice(DAMAGE), "seed": rng.random()}


# -- the lines --

def digest(command, name, data, rng, form):
    """Returns the tag and the digest in hex."""
    if form.startswith("other"):
        command = rng.choice(COMMANDS)
    if command != "b2sum":
        algorithm = command[:-3]
        return algorithm.upper(), hashlib.new(algorithm, data).hexdigest()
    size = rng.choice([1, 16, 32, 63]) if form == "length" else 64
    return "BLAKE2b" + ("" if size == 64 else f"-{size * 8}"), hashlib.blake2b(data, digest_size=size).hexdigest()


def hurt(line, damage, rng):
    at = rng.randrange(len(line))
    if damage == "digit":
        at = line.find(b"0")
        return line[:at] + b"1" + line[at + 1:]
    if damage == "byte":
        return line[:at] + rng.randbytes(1) + line[at + 1:]
    if damage == "nul" and at <= line.find(b" ") and gnu.VERSION != "9.1":
        return line  # later versions take a NUL for the blank that ends a digest
    hexed = line.split(b" ")[0]
    return {"cr": line + b"\r", "short": line[2:], "long": b"00" + line, "escaped": b"\\" + line, "junk": b"junk",
            "empty": b"", "comment": b"# " + line, "no name": hexed + rng.choice([b"", b" ", b"  ", b" *"]),
            "nul": line[:at] + b"\0" + line[at:], "cut": line[:at]}.get(damage, line)


def line_of(case, spec):
    rng = random.Random(spec["seed"])
    name, form, damage = spec["name"], spec["form"], spec["damage"]
    try:
        with open(name, "rb") as file:
            data = file.read()
    except OSError:
        data = case["stdin"] if name == b"-" else b""
    tag, hexed = digest(case["command"], name, data, rng, form)
    hexed = (hexed.upper() if form == "upper" else hexed).encode()
    start = b""
    if damage != "unescaped" and set(name) & set(b"\n\r\\"):
        start, name = b"\\", name.replace(b"\\", b"\\\\").replace(b"\n", b"\\n").replace(b"\r", b"\\r")
    if form in ("tag", "other tag"):
        line = start + tag.encode() + b" (" + name + b") = " + hexed
    else:
        between = {"binary": b" *", "blank": b" "}.get(form, b"  ")
        line = (b" \t" if form == "spaced" else b"") + start + hexed + between + name
    return hurt(line, damage, rng)


def prepare(case):
    """Writes the lists; returns standard input."""
    texts = {name: b"\n".join(line_of(case, spec) for spec in case["lines"] if spec["list"] == name) for name in LISTS}
    for name in LISTS[:-1]:
        with open(name, "wb") as file:
            file.write(texts[name])
            # the last line can lack a newline
            file.write(b"\n" if len(texts[name]) % 8 else b"")
    return case["stdin"] if b"-" not in case["arguments"] or not case["lines"] else texts[b"-"]


def words(case):
    return case["options"] + [b"--"] + case["arguments"]


def outcome(_, status, out, err):
    return {"status": status, "stdout": out.splitlines(True), "stderr": err.splitlines(True)}


def even(_, gnu, own):
    return gnu, own
