# names.py: one run with several names of a file in its destination: links that were there before, names that differ
# only in case, operands of the same name. ../collisions has the rules.
import collections
import hashlib
import os
import re
import stat

from clash.common import Command, Entry, Wrong, above, named, read, show_trees, stamped, tree_at, write

KIND = "names"
NAMES = ["aa", "Aa", "AA", "bb", "Bb", "cc", "cC", "dd"]
DIRS = ["d", "D", "d/x", "d/X", "D/x", "D/X", "e"]
# chance, option; options that cp does not have are left out for it
OPTIONS = [(.15, "-a"), (.1, "-p"), (.12, "-f"), (.08, "-n"), (.08, "-u"), (.06, "-b"), (.08, "--backup=numbered"),
           (.1, "--remove-destination"), (.12, "--sparse=always"), (.2, "--reflink=never"), (.06, "-l"), (.05, "-s")]
OWN_OPTIONS = [(.15, "--atomic"), (.15, "--manifest=manifest"), (.05, "--verify"), (.15, "-j1"), (.3, "-j4"),
               (.1, "--depth=1"), (.1, "--depth=64")]
SIZES = [16, 100, 4096, 5000, 70000, 200000, 1500000]
BACKUP = re.compile(r"(.*?)(\.~\d+~|~)")


def random_options(rng, own):
    options = [option for chance, option in OPTIONS + (OWN_OPTIONS if own else []) if rng.random() < chance]
    if "-l" in options and "-s" in options:
        options.remove("-s")
    if "-n" in options:
        options = [option for option in options if "-b" not in option]
    if "-l" in options or "-s" in options:
        options = [option for option in options if option not in ("--atomic", "--manifest=manifest", "--verify")]
    return options


class Source:
    """A source: its path as the command prints it, and its destination with cp."""

    def __init__(self, shown, place, entry, operand):
        self.shown, self.place, self.entry, self.operand = shown, place, entry, operand


class Round:
    """A case, its run, and the judgement. The round has its own working directory: s, the sources; d, the destination
    (or one on a filesystem without case); o, files outside."""

    def __init__(self, rng, where):
        self.rng, self.where = rng, where
        self.fold = where.folding is not None and rng.random() < .5
        self.top = where.folding if self.fold else "d"
        self.options = random_options(rng, not where.reference)
        self.sizes = SIZES if rng.random() < .5 else SIZES[:5]
        self.owner = 0

    def data(self):
        """Returns unique contents, some with zeros in them."""
        self.owner += 1
        data = stamped(self.owner, 1, self.rng.choice(self.sizes))
        if len(data) > 65536 and self.rng.random() < .3:
            data = data[:8192] + bytes(49152) + data[57344:]
        return data

    def make_sources(self):
        rng = self.rng
        dirs = sorted(path for path in rng.sample(DIRS, rng.randint(0, 4)))
        files = []
        for directory in ["s"] + ["s/" + path for path in dirs]:
            os.makedirs(directory, exist_ok=True)
        for directory in ["s"] + ["s/" + path for path in dirs]:
            for name in rng.sample(NAMES, rng.randint(2, 5)) + rng.sample(["d", "D", "e"], rng.randint(0, 1)):
                path, kind = f"{directory}/{name}", rng.random()
                if os.path.lexists(path):
                    continue
                if directory == "s" and not files:
                    kind = 1  # at least one is a file
                if kind < .08 and files:
                    os.link(rng.choice(files), path)
                elif kind < .15:
                    os.symlink(rng.choice(NAMES + ["../o/f0", "../o/new", "none"]), path)
                elif kind < .18 and not self.fold:
                    os.mkfifo(path)
                else:
                    write(path, self.data())
                    files.append(path)
                    os.utime(path, (rng.randint(10**9, 2 * 10**9),) * 2)
        self.files = files

    def choose_operands(self):
        """Makes the arguments of the command, and all sources with their places."""
        rng, place = self.rng, os.getcwd() + "/" if "-s" in self.options else ""
        mode = rng.choice(["contents", "contents", "whole", "fresh", "files", "files", "dirs", "parents"])
        if mode == "parents" and place:
            mode = "files"
        if mode in ("files", "parents"):
            operands = rng.sample(self.files, rng.randint(1, len(self.files)))
            pairs = [(name, self.top + "/" + (name if mode == "parents" else os.path.basename(name))) for name in operands]
            args = (["--parents"] if mode == "parents" else []) + ["-t", self.top]
        elif mode == "dirs":
            tops = ["s/" + name for name in os.listdir("s") if not stat.S_ISLNK(os.lstat("s/" + name).st_mode)]
            operands = rng.sample(tops, rng.randint(1, len(tops)))
            pairs = [(name, self.top + "/" + os.path.basename(name)) for name in operands]
            args = ["-r", "-t", self.top]
        else:
            operands, target = (["s/." if mode == "contents" else "s"],
                                self.top + ("/new" if mode == "fresh" else ""))
            pairs = [(operands[0], target)]
            args = ["-rT"] + operands + [target]
            if place:
                args[1] = place + args[1]
            operands = []
        self.mode, self.args = mode, self.options + args + [place + name for name in operands]
        self.sources = []
        for name, target in pairs:
            self.sources.append(Source(place + name, target, self.source_tree.get(name), True))
            for path, entry in self.source_tree.items():
                inside = path[len(os.path.normpath(name)):]
                if os.path.normpath(path).startswith(os.path.normpath(name) + "/"):
                    self.sources.append(Source(place + name + inside, target + inside, entry, False))
        self.sources = [source for source in self.sources if source.entry]

    def make_outside(self):
        os.makedirs("o/dir")
        for i in range(3):
            write(f"o/f{i}", self.data())

    def make_destination(self):
        """Makes files at some of the places before the run."""
        rng, there = self.rng, []
        os.mkdir(self.top)
        if self.mode == "fresh":
            return
        chance = rng.choice([0, .3, .7])
        for source in self.sources:
            place, kind = source.place, rng.random()
            if rng.random() > chance or os.path.lexists(place):
                continue
            if source.entry.kind == stat.S_IFDIR:
                if os.path.isdir(os.path.dirname(place)):
                    os.mkdir(place)
                continue
            if self.mode == "parents":
                try:
                    os.makedirs(os.path.dirname(place), exist_ok=True)
                except OSError:  # an earlier file has this name, or one that folds to it
                    continue
            if not os.path.isdir(os.path.dirname(place)):
                continue
            if kind < .3 and there:
                try:
                    os.link(rng.choice(there), place, follow_symlinks=False)
                except OSError:  # a symbolic link on the way leads to another filesystem
                    continue
            elif kind < .55:
                target = rng.choice(["o/f0", "o/f0", "o/f1", "o/none", "o/dir"] + there)
                try:
                    os.symlink(os.path.abspath(target), place)
                except OSError:  # the filesystem has no symbolic links
                    continue
            elif kind < .6:
                os.mkdir(place)
            else:
                write(place, self.data())
                os.utime(place, (rng.randint(10**9, 2 * 10**9),) * 2)
                there.append(place)

    def folded(self, path):
        return path.casefold() if self.fold else path

    def leads_to(self, path):
        """Identifies a place: its path without links, and its inode if it exists."""
        real = os.path.realpath(path)
        found = {self.folded(real), self.folded(path)}
        if os.path.exists(real) and not os.path.isdir(real):
            st = os.stat(real)
            found.add((st.st_dev, st.st_ino))
        return found

    def same_made(self, one, other):
        """Tells if two names are one in a directory that the run itself has made: that must be reported."""
        first, second = one.split("/"), other.split("/")
        for i, (a, b) in enumerate(zip(first, second)):
            if a != b:
                parent = self.folded("/".join(first[:i]))
                return self.folded(a) == self.folded(b) and parent in self.made
        return False

    def may_be_replaced(self, source, other):
        """Tells if another source may replace this one without a message."""
        if source is other or not self.leads[source.place] & self.leads[other.place]:
            return False
        if source.place == other.place and source.operand and other.operand:
            return "--backup=numbered" in self.options
        return not self.same_made(source.place, other.place)

    def at_its_place(self, source):
        try:
            if source.entry.kind == stat.S_IFREG and "-s" not in self.options:
                return self.digest(source.place) == source.entry.what
            entry = Entry(source.place)
            if "-l" in self.options and "-a" not in self.options and source.entry.kind == stat.S_IFLNK:
                return entry.ino == os.stat(source.shown).st_ino  # -l follows links unless -d or -P is given
            return source.entry.kind == stat.S_IFDIR or "-s" in self.options or (
                entry.kind, entry.what) == (source.entry.kind, source.entry.what)
        except OSError:
            return False

    def digest(self, path):
        """Returns the digest of a file, by any spelling of its path."""
        return hashlib.sha256(read(path)).hexdigest() if os.path.isfile(path) else ""

    def explained(self, source):
        """Tells if a source may be absent from its place without a message: others replaced it, one after the other, or
        an option keeps the old file."""
        kept = self.digests_in_backups()
        chain = [source]
        for one in chain:
            chain += [other for other in self.sources if other not in chain and self.may_be_replaced(one, other)]
        if any(self.arrived[other] or other.entry.what in kept for other in chain):
            return True
        if "-n" in self.options or "-u" in self.options:
            return self.folded(source.place) in self.before_folded or any(
                self.leads[source.place] & self.leads[other.place] and not self.same_made(source.place, other.place)
                for other in self.sources if other is not source)
        return False

    def digests_in_backups(self):
        return {entry.what for path, entry in self.after.items() if BACKUP.fullmatch(path)}

    def judge(self, status, errors):
        if status not in (0, 1):
            raise Wrong("exit status", f"{status}: {errors}")
        if (status == 0) != (errors == "") and "specified more than once" not in errors:
            raise Wrong("exit status", f"{status} with the messages: {errors or 'none'}")
        self.judge_contents()
        self.judge_names()
        for source in self.sources:
            if self.arrived[source] or self.explained(source):
                continue
            if status == 0:
                raise Wrong("lost without a word", f"{source.shown} is not at {source.place}")
            # a message can name the place by another spelling
            paths = list(above(source.shown)) + list(above(source.place))
            if not named(paths, errors) and not (self.fold and named([p.lower() for p in paths], errors.lower())):
                raise Wrong("lost without its name", f"{source.shown} is not at {source.place}: {errors}")
        if "--manifest=manifest" in self.options and status == 0:
            # with --parents, FUSE has a new inode number for each spelling of a directory, so it is not recognised
            if not (self.fold and self.mode == "parents"):
                self.judge_manifest()

    def judge_contents(self):
        """Checks that no file is mixed or short, and files outside change only through links that led there before."""
        whole = {entry.what for tree in (self.source_tree, self.before, self.outside) for entry in tree.values()
                 if entry.kind == stat.S_IFREG}
        for path, entry in {**self.after, **self.outside_after}.items():
            if entry.kind == stat.S_IFREG and entry.what not in whole:
                raise Wrong("mixed or short", f"{path} is no source, and not what it was: {entry}")
        for path in self.outside.keys() | self.outside_after.keys():
            old, new = self.outside.get(path), self.outside_after.get(path)
            if old and old.same(new):
                continue
            if not (old and new and old.kind == new.kind == stat.S_IFREG and old.ino == new.ino
                    and any(os.path.abspath(path) in found for found in self.leads_before.values())):
                raise Wrong("outside", f"{path} was {old}, and is {new}")
        for path, old in self.source_tree.items():
            if not old.same(self.sources_after.get(path)):
                raise Wrong("sources", f"{path} was {old}, and is {self.sources_after.get(path)}")

    def judge_names(self):
        expected = {self.folded(path) for path in self.before}
        for source in self.sources:
            expected |= {self.folded(path) for path in above(source.place)}
        for path in self.after:
            backup = BACKUP.fullmatch(path)
            if self.folded(path) not in expected and not (backup and self.folded(backup[1]) in expected):
                raise Wrong("left behind", f"{path}: {self.after[path]}")

    def judge_manifest(self):
        if not os.path.exists("manifest"):
            raise Wrong("manifest", "it is not there")
        for line in read("manifest").decode().splitlines():
            digest, path = line.split("  ", 1)
            if not os.path.exists(path) or self.digest(path) != digest:
                raise Wrong("manifest", f"it does not verify: {path}")

    def run(self):
        self.make_sources()
        self.source_tree = tree_at("s")
        self.choose_operands()
        self.make_outside()
        self.make_destination()
        self.before, self.outside = tree_at(self.top), tree_at("o")
        self.before_folded = {self.folded(path) for path in self.before}
        dirs = collections.Counter(self.folded(source.place) for source in self.sources
                                   if source.entry.kind == stat.S_IFDIR)
        self.made = {place for place, count in dirs.items() if count == 1 and place not in self.before_folded}
        self.made -= {self.folded(self.top)}
        self.leads_before = {source.place: self.leads_to(source.place) for source in self.sources}
        status, errors = Command(self.where.program, self.args, self.where.engine, ".", "errors").finish(self.where.limit)
        self.after, self.outside_after, self.sources_after = tree_at(self.top), tree_at("o"), tree_at("s")
        self.leads = {place: found | self.leads_to(place) for place, found in self.leads_before.items()}
        self.arrived = {source: self.at_its_place(source) for source in self.sources}
        self.errors = errors
        self.judge(status, errors)
        return status != 0

    def describe(self):
        """Returns a description of a failed round."""
        lines = [f" {self.mode}, {'case folded' if self.fold else 'plain'}: {self.args}"]
        if hasattr(self, "after"):
            lines += [f"  {source.shown}: {source.entry}" for source in self.sources[:40]]
            lines += [" destination and outside, before | after:"]
            lines += show_trees({**self.before, **self.outside}, {**self.after, **self.outside_after})
            lines += [" messages: " + self.errors.strip()]
        return lines
