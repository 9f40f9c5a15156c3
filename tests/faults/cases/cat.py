# cat.py: random cases for acat and cat: files and standard input, with options that change the bytes.
from cases import trees

COMMAND, OWN = "cat", "acat"
PARTS = ("options", "arguments", "entries")
PLAIN = ({"together": False}, {"out": None}, {"offset": None}, {"user": 0})

OPTIONS = ["-A", "-b", "-e", "-E", "-n", "-s", "-t", "-T", "-u", "-v", "-nE", "-bs", "-vT", "-un", "--show-all",
           "--number-nonblank", "--show-ends", "--number", "--squeeze-blank", "--show-tabs", "--show-nonprinting"]


def random_case(rng):
    entries = [trees.directory(b"s")] + trees.random_entries(rng, b"s")
    entries = [entry for entry in entries if entry[0] != "fifo"]  # opening one would block
    for kind, _, details in entries:
        if kind == "file" and rng.random() < 0.6:
            details["fill"] = "text"
    files = [path for kind, path, _ in entries if kind in ("file", "hard")] or [b"new"]
    names = [path for _, path, _ in entries] + files * 2 + [b"-", b"-", b"nope", b"s/nope/f", b"s//", b"stdin"]
    options = rng.sample(OPTIONS, rng.choice([0, 0, 1, 1, 2, 3]))
    if rng.random() < 0.02:
        options.append(rng.choice(["-q", "--quiet", "--show"]))
    return {"entries": entries, "options": options, "arguments": [rng.choice(names) for _ in range(rng.randint(0, 7))],
            "stdin": trees.text(rng, rng.choice(trees.SIZES)), "offset": rng.choice([None, None, 0, 3, 4097]),
            # standard output: a pipe, or a file that can also be an operand
            "out": rng.choice([None] * 4 + files + [b"stdin"]), "append": rng.random() < 0.7,
            "together": rng.random() < 0.5, "umask": 0o022, "user": rng.choice([0, trees.NOBODY])}


def prepare(case):
    return case["stdin"]


def words(case):
    return case["options"] + [b"--"] + case["arguments"]


def outcome(case, status, out, err):
    if case["out"]:
        with open(case["out"], "rb") as file:
            out = file.read()
    return {"status": status, "stdout": out.splitlines(True), "stderr": err.splitlines(True)}


def even(_, gnu, own):
    return gnu, own
