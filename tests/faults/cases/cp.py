# cp.py: random cases for acp and cp: files and directories are copied with random options.
import collections
import os
import re
import subprocess

from cases import trees

COMMAND, OWN = "cp", "acp"
# The parts in which a failing case is reduced: lists, and simple values of others.
PARTS = ("options", "arguments", "entries")
PLAIN = ({"umask": 0o022}, {"user": 0})

# without --backup=simple, because GNU 9.1 makes these backups in the working directory
OPTIONS = ["-r", "-r", "-r", "-R", "-a", "-a", "-a", "-p", "-d", "-f", "-H", "-L", "-P", "-l", "-n", "-s", "-T", "-u",
           "-v", "-v", "-x", "-b", "--backup=numbered", "--backup=existing", "--backup=none", "-S.bak",
           "--suffix=~~", "--attributes-only", "--parents", "--parents", "--preserve=mode", "--preserve=timestamps",
           "--preserve=ownership", "--preserve=links", "--preserve=all", "--preserve=xattr", "--preserve",
           "--no-preserve=mode", "--no-preserve=timestamps", "--no-preserve=all", "--no-preserve=links",
           "--reflink=auto", "--reflink=always", "--reflink=never", "--reflink", "--remove-destination",
           "--sparse=auto", "--sparse=always", "--sparse=never", "--strip-trailing-slashes", "--copy-contents",
           "--no-dereference", "--dereference", "--archive", "--update", "-i"]
# without what GNU loses, or tells for nothing, if a source is its own destination: -b, -i, -n and so on
SMALL_OPTIONS = ["-f", "-f", "-l", "-l", "-s", "-u", "-P", "-L", "-H", "-d", "-r", "-r", "-a", "-T", "-v", "-p",
                 "--attributes-only", "--preserve=links"]
SMALL = 0.3  # of the cases
RECURSIVE = {"-r", "-R", "-a", "--archive"}
LINKING = {"-a", "--archive", "-d", "--preserve=links", "--preserve=all"}


def small_case(rng):
    """Some files, links and directories, all of which are sources and destinations: much leads to the same file. A link
    leads only to what comes later in an order, so that there are no loops, and nothing is made or read through one."""
    paths = [b"a", b"b", b"d", b"d/a", b"d/b", b"e", b"e/a"]
    order, entries = rng.sample(paths, len(paths)), []
    for path in paths:
        kind = "dir" if path == b"d" else rng.choice(["file", "file", "file", "link", "link", "hard", "dir"])
        target = rng.choice(order[order.index(path) + 1:] + [b".", b"nowhere"])
        if rng.random() < 0.8:
            entries.append((kind, path, {
                "size": rng.randrange(4), "fill": "random", "mode": rng.choice([0o644, 0o600]), "owner": 0,
                "time": trees.OLD + rng.choice([-5, 0, 7]) * 10**9, "seed": rng.random(), "xattr": False, "acl": False,
                "target": b"../" * path.count(b"/") + target}))
    links = [path for kind, path, _ in entries if kind == "link"]
    entries = [entry for entry in entries if os.path.dirname(entry[1]) not in links]
    direct = [path for path in paths if os.path.dirname(path) not in links]
    sources = [rng.choice([b"", b"", b"./", b"d/../"]) + rng.choice(direct) + rng.choice([b"", b"", b"", b"/"])
               for _ in range(rng.choice([1, 1, 1, 2, 2, 3]))]
    dest = rng.choice([b"", b"", b"./"]) + rng.choice(paths + [b".", b"new", b"d/"])
    return {"entries": entries, "options": rng.sample(SMALL_OPTIONS, rng.choice([0, 1, 1, 2, 2, 3, 4])),
            "arguments": [b"--"] + sources + [dest], "umask": 0o022, "user": 0, "stdin": b"y\n" * 200}


def random_case(rng):
    if rng.random() < SMALL:
        return small_case(rng)
    entries = [trees.directory(b"s")] + trees.random_entries(rng, b"s")
    if rng.random() < 0.3:
        entries += [trees.directory(b"s2")] + trees.random_entries(rng, b"s2")
    if rng.random() < 0.7:
        entries.append(trees.directory(b"d"))
        if rng.random() < 0.8:
            below = rng.choice([b"d", b"d/s"])
            if below == b"d/s":
                entries.append(trees.directory(below))
            entries += trees.random_entries(rng, below, 1)
    # a hard link from the destination into the source would be written while, or before, the source is read
    first = next((path for kind, path, _ in entries if kind == "file"), b"")
    entries = [entry for entry in entries if entry[0] != "hard" or not entry[1].startswith(b"d") or
               os.path.basename(entry[1]) == os.path.basename(first)]
    options = rng.sample(OPTIONS, rng.choice([0, 1, 2, 2, 3, 3, 4]))
    if rng.random() < 0.6 and not set(options) & RECURSIVE:
        options.insert(0, rng.choice(["-r", "-a"]))
    # opening a FIFO, to read it or to overwrite it, would block
    entries = [entry for entry in entries if entry[0] != "fifo" or not entry[1].startswith(b"d")]
    if "--copy-contents" in options or not set(options) & RECURSIVE:
        entries = [entry for entry in entries if entry[0] != "fifo"]
    return {"entries": entries, "options": options, "arguments": random_arguments(rng, entries, "--parents" in options),
            "umask": rng.choice([0o022, 0o022, 0, 0o077]), "user": trees.NOBODY if rng.random() < 0.2 else 0,
            "stdin": rng.choice([b"y\n", b"n\n"]) * 200}


def random_arguments(rng, entries, parents):
    sources = [b"s"] if rng.random() < 0.5 else []
    others = [path for kind, path, _ in entries[1:] if not path.startswith(b"d") and kind != "fifo"] or [b"s"]
    while not sources or rng.random() < 0.4:
        sources.append(rng.choice(others))
    ends = [b"", b"", b"", b"", b"/", b"/."] + [b"///"] * (not parents)
    sources = [rng.choice([b"", b"", b"", b"./"]) + path + rng.choice(ends) for path in sources]
    if parents:  # GNU 9.1 then takes `file/.`, and `file` after `directory/file`, for new, and fails if they exist
        sources = sorted((path.removesuffix(b"/.") for path in sources), key=lambda path: b"/" in path.rstrip(b"/"))
    dest = rng.choice([b"d", b"d", b"d", b"d/", b"d//", b"new", b"d/s", b"d/new", b"s/a", b"s/sub/new", b"d/a"])
    # what an earlier operand's copy makes, or what was there; GNU may make less of a copy into itself
    if rng.random() < 0.15 and not parents and not dest.startswith(b"s"):
        sources.insert(rng.randint(1, len(sources)), dest.rstrip(b"/") + b"/" + rng.choice(others))
    return [b"-t", dest] + sources if rng.random() < 0.15 else [b"--"] + sources + [dest]


def prepare(case):
    return case["stdin"]


def words(case):
    return case["options"] + case["arguments"]


def outcome(_, status, out, err):
    """Sorts lines, whose order is that of the directory."""
    return {"status": status, "stdout": sorted(out.splitlines()),
            "stderr": sorted(err.replace(b"? ", b"?\n").splitlines()), "files": trees.listing()}


# -- intended differences: acp.1 lists them for users --

def named(side, pattern):
    """Returns the quoted names in the messages of one side."""
    return {match[1] for match in (re.fullmatch(pattern, line) for line in side["stderr"]) if match}


def unquoted(word):
    return subprocess.run([b"bash", b"-c", b"printf %s " + word], stdout=subprocess.PIPE, check=True).stdout


def listed(path):
    """Returns a path as in a listing, with links on the way to it followed."""
    path = path.rstrip(b"/")
    top = os.path.relpath(os.path.realpath(os.path.dirname(path) or b"."))
    return b"./" + os.path.normpath(top + b"/" + os.path.basename(path))


def with_times_of(side, other, paths):
    """Returns a side with the other's times of files that either side has changed."""
    files = dict(side["files"])
    for path in set(paths) & set(files) & set(other["files"]):
        if "new" in (files[path]["time"], other["files"][path]["time"]):
            files[path] = dict(files[path], time=other["files"][path]["time"])
    return dict(side, files=files)


def without_cut_quotes(_, gnu, own):
    """In a message with two names, GNU prints wrong bytes instead of the closing quote of the second one, if it has a
    quote and an escaped end."""
    cut = {}
    for part in ("stdout", "stderr"):
        cut[part] = list(gnu[part])
        for line in set(own[part]) - set(gnu[part]):
            match = re.fullmatch(rb"(.*'\\''.*\\(?:[0-7]{3}|[abtnvfr]))'((?:: | are | \(backup).*)?", line)
            for i, other in enumerate(gnu[part]) if match else []:
                if other not in own[part] and other.startswith(match[1]) and other.endswith(match[2] or b""):
                    cut[part][i] = line
    return dict(gnu, stdout=sorted(cut["stdout"]), stderr=sorted(cut["stderr"])), own


def without_unclonable(_, gnu, own):
    """GNU leaves an empty file if --reflink=always cannot clone; acp removes it again."""
    failed = {listed(unquoted(word)) for word in named(gnu, rb"cp: failed to clone (.*) from .*")}
    left = {path for path in failed & set(gnu["files"]) - set(own["files"])
            if gnu["files"][path].get("size") == 0 and gnu["files"][path]["time"] == "new"}
    gnu = dict(gnu, files={path: row for path, row in gnu["files"].items() if path not in left})
    # with another operand, or -u, it was already there
    more = collections.Counter(own["stderr"]) - collections.Counter(gnu["stderr"])
    more = {line for line in more if left and line.startswith(b"cp: failed to clone ")}
    own = dict(own, stderr=[line for line in own["stderr"] if line not in more])
    gnu = dict(gnu, stderr=[line for line in gnu["stderr"] if line not in more])
    # a later operand may be what GNU has left
    gone = {word for word in named(own, rb"cp: cannot stat (.*): No such file or directory")
            if listed(unquoted(word)) in left}
    gnu = dict(gnu, stderr=[line for line in gnu["stderr"] if not any(b" from " + word + b": " in line
                                                                      for word in gone)])
    own = dict(own, stderr=[line for line in own["stderr"] if not any(b"cannot stat " + word + b": " in line
                                                                      for word in gone)])
    # GNU has cut off an empty file again
    return with_times_of(gnu, own, [os.path.dirname(path) for path in failed] + list(failed)), own


def without_into_itself(_, gnu, own):
    """If a directory is copied into itself, GNU stops when it finds the copy, in the order of the directory; acp skips
    only the copy. Through a link GNU calls it a hard link, or continues until the path is too long, or until it may
    not search the copy. The differences are in the copy, in the number of hard links, and in the messages about other
    files."""
    endless = rb"cp: .*: (File name too long|Too many levels of symbolic links)|cp: cannot stat .*: (Permission denied)"
    words = named(own, rb"cp: cannot copy a directory, .*, into itself, (.*)")
    met = named(gnu, rb"cp: (?:cannot copy a directory, .*, into itself,|"
                     rb"will not create hard link .* to directory) (.*)")
    if not words or not (words <= met or named(gnu, endless)):
        return gnu, own
    tops = [listed(unquoted(word)) for word in words]

    def rest(side):
        told = [line for line in side["stdout"] if not any(word.strip(b"'") in line for word in words)]
        files = {path: {key: value for key, value in row.items() if key not in ("links", "first")}
                 for path, row in side["files"].items()
                 if path != trees.DEEPER and not any((path + b"/").startswith(top + b"/") for top in tops)}
        return dict(side, files=files, stdout=told, stderr=[])

    return rest(gnu), rest(own)


def without_refused_copies(case, gnu, own):
    """GNU takes an operand that is the first directory which an earlier one has made for one that is copied into
    itself; acp copies it, and may then have other errors."""
    refused = [re.fullmatch(rb"cp: cannot copy a directory, (.*), into itself, (.*)", line) for line in gnu["stderr"]]
    operands = {os.path.normpath(argument) for argument in case["arguments"]}
    refused = [match for match in refused if match and match[0] not in own["stderr"] and
               os.path.normpath(unquoted(match[1])) in operands]
    if not refused:
        return gnu, own
    tops = [listed(unquoted(match[2])) for match in refused]

    def rest(side):
        files = {path: {key: value for key, value in row.items() if key not in ("links", "first")}
                 for path, row in side["files"].items()
                 if not any((path + b"/").startswith(top + b"/") for top in tops)}
        told = [line for line in side["stdout"] if not any(match[2].strip(b"'") in line for match in refused)]
        return dict(side, files=files, stdout=told, stderr=[], status=1)

    return with_times_of(rest(gnu), rest(own), map(os.path.dirname, tops)), rest(own)


def suffix_of(options):
    """Returns the suffix of simple backups."""
    given = [option.split("=")[-1].removeprefix("-S") for option in options if re.match("--suffix=|-S", option)]
    return given[-1].encode() if given else b"~"


def without_lost_links(case, gnu, own):
    """GNU removes a copy whose hard link would be itself, and then fails; acp keeps it. If GNU has made a simple backup
    of the copy, it has replaced the backup of the file before, and becomes the copy again; acp keeps that backup."""
    pairs = [re.fullmatch(rb"cp: cannot create hard link (.*) to (.*): No such file or directory", line)
             for line in gnu["stderr"]]
    pairs = [tuple(listed(unquoted(word)) for word in pair.groups()) for pair in pairs if pair]
    lost = {name for name, other in pairs if name == other}
    lost |= {name for name, other in pairs if other in lost}  # a later operand's name of the same file
    if not lost or not lost <= set(own["files"]):
        return gnu, own
    suffix = suffix_of(case["options"])
    kept = lost | {path + suffix for path in lost if path + suffix in own["files"]}
    files = gnu["files"] | {path: own["files"][path] for path in kept - set(gnu["files"])}
    files = {path: row | {key: own["files"].get(path, row).get(key) for key in ("links", "first") if key in row}
             for path, row in files.items()}
    stderr = [line for line in gnu["stderr"] if not line.startswith(b"cp: cannot create hard link ")]
    # -v: GNU made a backup of the copy, and renamed it back
    stdout = [re.sub(rb" \(backup: .*", b"", line) for line in gnu["stdout"] if not line.endswith(b" (unbackup)")]
    if any(line.endswith(b" (unbackup)") for line in gnu["stdout"]) and stdout == \
            [re.sub(rb" \(backup: .*", b"", line) for line in own["stdout"]]:
        gnu = dict(gnu, stdout=own["stdout"])
    gnu = dict(gnu, files=files, stderr=stderr, status=own["status"] if stderr == own["stderr"] else gnu["status"])
    return with_times_of(gnu, own, [os.path.dirname(path) for path in lost]), own


def without_update_links(case, gnu, own):
    """With -u, GNU takes a file that it keeps for a copy of the source, and links other places of the same source to
    it, even without --preserve=links, over newer files; over a directory this fails."""
    if not {"-u", "--update"} & set(case["options"]):
        return gnu, own
    before = {b"./" + path for _, path, _ in case["entries"]}
    several = len([argument for argument in case["arguments"] if argument not in (b"-t", b"--")]) > 2
    linked = {path for path in set(gnu["files"]) & set(own["files"]) if (several or path in before) and
              gnu["files"][path].get("links", 0) > own["files"][path].get("links", 0)}
    files = gnu["files"] | {path: own["files"][path] for path in linked}
    stderr = [line for line in gnu["stderr"] if line in own["stderr"] or
              not re.fullmatch(rb"cp: cannot create hard link .* to .*: Is a directory", line)]
    status = gnu["status"] if stderr == gnu["stderr"] or stderr != own["stderr"] else own["status"]
    return with_times_of(dict(gnu, files=files, stderr=stderr, status=status), own, map(os.path.dirname, linked)), own


def without_link_order(case, gnu, own):
    """The order of the directory decides which of several hard links is copied first. If a symbolic link or a device has
    the name of one of them, it is written through if it comes first, and replaced by a hard link otherwise. That
    place, the other names of the copy and the target of the link are not compared."""
    shared = {row["first"] for row in own["files"].values() if row.get("links", 0) > 1 and "size" in row}
    names = {os.path.basename(path) for path, row in own["files"].items()
             if row.get("first") in shared and not path.startswith(b"./d/")}
    ways = {b"./" + path: details["target"] if kind == "link" else b"." for kind, path, details in case["entries"]
            if kind in ("link", "null") and path.startswith(b"d/") and os.path.basename(path) in names}
    if not LINKING & set(case["options"]) or \
            not any(gnu["files"].get(path) != own["files"].get(path) for path in ways):
        return gnu, own
    leads = {path: b"./" + os.path.normpath(os.path.dirname(path) + b"/" + to) for path, to in ways.items()}
    inodes = {side["files"][path]["first"] for side in (gnu, own) for path in ways if path in side["files"]}

    def rest(side):
        files = {path: row for path, row in side["files"].items()
                 if path not in ways and path not in leads.values() and row.get("first") not in inodes}
        dangling = named(side, rb"cp: not writing through dangling symlink (.*)")
        dangling = {word for word in dangling if listed(unquoted(word)) in ways}
        stderr = [line for line in side["stderr"] if not any(line.endswith(b" symlink " + word) for word in dangling)]
        stdout = [line for line in side["stdout"] if not line.startswith(b"removed ") or
                  listed(unquoted(line.removeprefix(b"removed "))) not in ways]
        return dict(side, files=files, stderr=stderr, stdout=stdout)

    gnu, own = rest(gnu), rest(own)
    if gnu["stderr"] == own["stderr"]:
        gnu = dict(gnu, status=own["status"])
    return with_times_of(gnu, own, map(os.path.dirname, [*ways, *leads.values()])), own


def without_special_bits(_, gnu, own):
    """GNU leaves setuid, setgid and sticky bits on an overwritten file, and removes the sticky bit of an existing
    directory whose owner cannot be changed."""
    files = dict(gnu["files"])
    for path in set(files) & set(own["files"]):
        theirs, ours = (int(side["files"][path]["mode"], 8) for side in (gnu, own))
        if (theirs & 0o7000 and theirs & ~0o7000 == ours) or ours == theirs | 0o41000:
            files[path] = dict(files[path], mode=own["files"][path]["mode"])
    return dict(gnu, files=files), own


def without_shared_times(case, gnu, own):
    """The destination directories of several operands have their final times, and not those of the last operand; a file
    that is already there, by a hard link, is not linked again."""
    arguments = [argument for argument in case["arguments"] if not argument.startswith(b"-")]
    if len(arguments) < 2:
        return gnu, own
    dest = arguments[0 if case["arguments"][0] == b"-t" else -1]
    shared = {listed(dest)} if len(arguments) > 2 else set()
    for argument in arguments if "--parents" in case["options"] else []:
        path = os.path.normpath(dest + b"/" + argument)
        while os.path.dirname(path):
            path = os.path.dirname(path)
            shared.add(b"./" + path)
    return with_times_of(gnu, own, shared), own


def without_own_sources(case, gnu, own):
    """With --parents, a directory of the destination can be one of a later operand's path. GNU has given it the first
    operand's attributes by then; acp gives it those after the last operand."""
    if "--parents" not in case["options"]:
        return gnu, own
    dest = case["arguments"][1] if case["arguments"][0] == b"-t" else case["arguments"][-1]
    files = dict(gnu["files"])
    for path in set(files) & set(own["files"]):
        source = os.path.relpath(path, dest)
        if (listed(dest) + b"/").startswith(b"./" + source + b"/") and "size" not in files[path] | own["files"][path]:
            files[path] = files[path] | {key: own["files"][path][key] for key in ("mode", "owner")}
    return dict(gnu, files=files), own


def without_two_reasons(_, gnu, own):
    """For an unreadable file or a cyclic link, acp reports only that error, and not one of the destination; an error of
    a link there depends on the files copied before."""
    through, stat = rb"cp: not writing through dangling symlink (.*)", rb"cp: cannot stat (.*): Not a directory"
    links = {*named(own, through), *named(own, stat)} & {*named(gnu, through), *named(gnu, stat)}
    of_link = rb"|cp: (?:not writing through dangling symlink|cannot stat) (?:" + b"|".join(map(re.escape, links)) + \
              rb")(?:: Not a directory)?"
    source = [line for line in own["stderr"] if line not in gnu["stderr"] and
              re.fullmatch(rb"cp: cannot (open .* for reading: Permission denied|copy cyclic symbolic link .*)" +
                           of_link, line)]
    dest = [line for line in gnu["stderr"] if line not in own["stderr"] and
            re.fullmatch(rb"cp: (cannot overwrite (non-)?directory .* with .*|will not overwrite just-created .*|"
                         rb"not writing through dangling symlink .*|cannot stat .*: Not a directory)", line)]
    if len(source) != len(dest):
        return gnu, own
    return (dict(gnu, stderr=[line for line in gnu["stderr"] if line not in dest]),
            dict(own, stderr=[line for line in own["stderr"] if line not in source]))


def without_kept_files(case, gnu, own):
    """With --remove-destination GNU removes the destination before it opens the source; acp opens the source first."""
    unopened = {os.path.basename(unquoted(word)) for word in
                named(own, rb"cp: cannot open (.*) for reading: Permission denied")}
    kept = {path for path in set(own["files"]) - set(gnu["files"]) if os.path.basename(path) in unopened and
            own["files"][path]["time"] != "new"}
    if "--remove-destination" not in case["options"] or not kept:
        return gnu, own
    own = dict(own, files={path: row for path, row in own["files"].items() if path not in kept})
    return with_times_of(gnu, own, [os.path.dirname(path) for path in kept]), own


def without_second_step(_, gnu, own):
    """After an attribute of a file that cannot be set, GNU does not try the others; acp does."""
    failed = named(gnu, rb"cp: preserving times for (.*): Operation not permitted")
    more = {b"cp: preserving permissions for " + name + b": Operation not permitted" for name in failed}
    more -= set(gnu["stderr"])
    return gnu, dict(own, stderr=[line for line in own["stderr"] if line not in more])


def without_declined(case, gnu, own):
    """A declined file makes the exit status of acp 1, as that of GNU since 9.2."""
    if "-i" in case["options"] and case["stdin"].startswith(b"n") and (gnu["status"], own["status"]) == (0, 1):
        gnu = dict(gnu, status=1)
    return gnu, own


def even(case, gnu, own):
    """Returns both sides without the intended differences."""
    for take_out in (without_cut_quotes, without_unclonable, without_into_itself, without_refused_copies,
                     without_lost_links, without_link_order, without_update_links, without_special_bits,
                     without_shared_times, without_own_sources, without_two_reasons,
                     without_kept_files, without_second_step, without_declined):
        gnu, own = take_out(case, gnu, own)
    return gnu, own
