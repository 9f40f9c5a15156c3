# runs.py: two runs at a time, or one after the other, with one destination. ../collisions has the rules.
import os
import random
import re
import signal
import time

from clash.common import BLOCK, Command, Wrong, named, read, stamped, whose, write

KIND = "runs"
OPTIONS = [(.2, "--atomic"), (.2, "-a"), (.1, "-u"), (.1, "--remove-destination"), (.1, "-f"), (.1, "--reflink=never"),
           (.2, "-j1"), (.2, "-j4"), (.2, "--depth=1"), (.1, "--backup=numbered")]
SIZES = [16, 4096, 5000, 70000, 300000, 1200000]
BACKUP = re.compile(r"(.*)\.~\d+~")


class Run:
    """One of the two runs: its sources and its result."""

    def __init__(self, number, rng, where):
        self.number, self.top = number, f"s{number}"
        self.options = [option for chance, option in OPTIONS if rng.random() < chance and
                        (not where.reference or option not in ("--atomic", "-j1", "-j4", "--depth=1"))]
        self.engine = where.engine if number == 1 else rng.choice(["sync", "uring"])
        self.args, self.signal, self.status, self.errors, self.at = [], None, None, "", ""

    def has(self, option):
        return option in self.options

    def moves(self):
        """Tells if it removes or renames existing files before it copies."""
        return self.has("--remove-destination") or self.has("--backup=numbered")


class Round:
    def __init__(self, rng, where):
        self.rng, self.where = rng, where
        self.names = [f"f{i}" for i in range(rng.randint(1, 5))]
        self.runs = [Run(1, rng, where), Run(2, rng, where)]
        self.old, self.after = {}, {}

    def make(self):
        """Makes the sources, which are the same in some rounds, and older copies in others."""
        rng, same = self.rng, self.rng.random() < .2
        sizes = SIZES if rng.random() < .7 else SIZES[3:]
        self.contents = {}
        os.mkdir("d")
        for run in self.runs:
            os.mkdir(run.top)
            for i, name in enumerate(self.names):
                owner = 100 * (1 if same else run.number) + i
                data = stamped(owner, 1, random.Random(owner).choice(sizes) if same else rng.choice(sizes))
                write(f"{run.top}/{name}", data)
                os.utime(f"{run.top}/{name}", (1000000000 + 1000 * rng.randint(0, 9),) * 2)
                self.contents[run.number, name] = data
        for i, name in enumerate(self.names):
            if rng.random() < .3:
                self.old[name] = stamped(300 + i, 1, rng.choice(sizes))
                write("d/" + name, self.old[name])
                os.utime("d/" + name, (900000000,) * 2)

    def begin(self, run, takes):
        args = run.options + (["-r"] if not run.has("-a") else []) + ["-T", run.top, "d"]
        if takes and not self.where.reference:
            args.insert(0, f"--rate={int(sum(len(self.contents[run.number, name]) for name in self.names) / takes) + 1}")
        run.args = args
        return Command(self.where.program, args, run.engine, ".", f"errors{run.number}")

    def run(self):
        rng = self.rng
        self.make()
        takes = [rng.choice([0, rng.uniform(.02, .2)]) for _ in self.runs]
        apart = rng.choice([0, rng.uniform(0, .03), rng.uniform(0, .2)])
        events = [(0, 1, "begin"), (apart, 2, "begin")]
        for run in self.runs:
            if rng.random() < .25:
                run.signal = rng.choice([signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
                events.append((apart * (run.number - 1) + rng.uniform(0, max(.02, takes[run.number - 1])),
                               run.number, "signal"))
        commands, start = {}, time.monotonic()
        try:
            for when, number, what in sorted(events):
                time.sleep(max(0, start + when - time.monotonic()))
                if what == "begin":
                    commands[number] = self.begin(self.runs[number - 1], takes[number - 1])
                else:
                    commands[number].signal(self.runs[number - 1].signal)
            self.wait_for(commands, start)
        finally:
            for command in commands.values():
                command.kill()
        self.judge()
        return any(run.status == 1 for run in self.runs)

    def wait_for(self, commands, start):
        left = dict(commands)
        while left and time.monotonic() < start + self.where.limit:
            for number, command in list(left.items()):
                if command.process.poll() is not None:
                    self.runs[number - 1].at = f"{time.monotonic() - start:.3f} s"
                    del left[number]
            time.sleep(.001)
        for run in self.runs:
            run.status, run.errors = commands[run.number].finish(1)

    def judge(self):
        for run in self.runs:
            if run.status not in (0, 1) and not (run.signal and run.status == -run.signal):
                raise Wrong("exit status", f"run {run.number}: {run.status}: {run.errors}")
            if run.status >= 0 and (run.status == 0) != (run.errors == ""):
                raise Wrong("exit status", f"run {run.number}: {run.status} with {run.errors or 'no message'}")
        killed = any(run.status == -signal.SIGKILL for run in self.runs)
        for name in os.listdir("d"):
            self.after[name] = read("d/" + name)
            backup = BACKUP.fullmatch(name)
            if name not in self.names and not (backup and backup[1] in self.names) and not killed:
                raise Wrong("left behind", f"{name}: {whose(self.after[name])}")
        for name in self.names:
            self.judge_file(name)

    def has_copied(self, run, name):
        """Tells if a run reports the copy. With -u, it may have skipped it because of the other run's file."""
        if run.has("-u") and any(other.status != 0 for other in self.runs):
            return False
        return run.status == 0 or (run.status == 1 and not self.is_named(run, name))

    def judge_file(self, name):
        data, stopped = self.after.get(name), [run for run in self.runs if run.status < 0]
        whole = [self.contents[run.number, name] for run in self.runs]
        copied = [run for run in self.runs if self.has_copied(run, name)]
        if data is None:
            if copied and not any(run.moves() for run in stopped):
                raise Wrong("removed" + self.how(), f"{name}, which run {copied[0].number} has copied, is not there")
            if name in self.old and not any(run.moves() for run in self.runs):
                raise Wrong("removed" + self.how(), f"{name}, which was there before, is not there")
        elif data in whole:
            pass
        elif data == self.old.get(name):
            if copied:
                raise Wrong("old" + self.how(), f"{name} is the old file, and run {copied[0].number} has copied it")
        elif not any(self.is_part(data, self.contents[run.number, name]) for run in stopped
                     if not run.has("--atomic")):
            rule = "short" if any(of.startswith(data) for of in whole) else "mixed"
            raise Wrong(rule + self.how(), f"{name}: {whose(data)}")

    def how(self):
        """Returns the statuses, for the name of a rule."""
        return ", " + " and ".join("exit %d" % run.status if run.status >= 0 else signal.Signals(-run.status).name
                                   for run in sorted(self.runs, key=lambda run: run.status))

    def is_named(self, run, name):
        return named([f"d/{name}", f"{run.top}/{name}", "d", run.top], run.errors)

    def is_part(self, data, whole):
        """Tells if data is the beginning of a file, with zeros for missing blocks."""
        return len(data) <= len(whole) and all(
            not data[at:at + BLOCK].strip(b"\0") or whole[at:at + BLOCK].startswith(data[at:at + BLOCK].rstrip(b"\0"))
            for at in range(0, len(data), BLOCK))

    def describe(self):
        lines = []
        for run in self.runs:
            lines.append(f" run {run.number}, {run.engine}: {run.args}, status {run.status} at {run.at}: "
                         f"{run.errors.strip()}")
        for name in self.names:
            sizes = [len(self.contents[run.number, name]) for run in self.runs]
            lines.append(f"  {name}: sources of {sizes}, old {len(self.old[name]) if name in self.old else None}, "
                         f"now {whose(self.after[name]) if name in self.after else None}")
        return lines
