#!/usr/bin/env python3
"""Disturbs every command that writes, again and again: each must end as an undisturbed one, or say what to do.

  python3 tests/faults/faults.py build/release/mdsearch [--kills 100] [--mishaps 20] [--only "train base;network cut"]
                                                        [--log out/faults.jsonl] [--seconds 500]

Kills: a run is killed with all of its processes up to some number of times, each after a time drawn evenly from 0 to
that of an undisturbed run, and then goes on to its end. Its rows and files must be those of the undisturbed run, and no
file may ever stand half written under its final name. Mishaps are in mishaps.py and outages.py; those of disks and
networks need root. Equal seeds give equal times; what a kill meets depends on the machine. Each run appends a line to
the log, if there is one; the same command goes on from there until all are done. Prints the table of all runs, and
exits 1 if any ended otherwise.
"""
import argparse
import collections
import contextlib
import dataclasses
import itertools
import json
import os
import pathlib
import random
import re
import shutil
import sys
import tempfile
import time
import typing

import cases
import mishaps
import outages
import results
import server
from workplace import CaseRuns, existing


@dataclasses.dataclass(frozen=True)
class Mishap:
    name: str
    case: str
    act: typing.Callable  # of mishaps.py, or of the resources one of outages.py
    most: int = 100
    needs_root: bool = False


SWEEP, SERVER_SWEEP, TRAINING = "sweep, SQLite", "sweep, PostgreSQL", "train base"
MISHAPS = {mishap.name: mishap for mishap in (
    Mishap("disk full, sweep", SWEEP, mishaps.disk_full, needs_root=True),
    Mishap("disk full, training", TRAINING, mishaps.disk_full, needs_root=True),
    Mishap("read-only, sweep", SWEEP, mishaps.read_only, needs_root=True),
    Mishap("read-only, training", TRAINING, mishaps.read_only, needs_root=True),
    Mishap("clock jump of a day, sweep", SWEEP, mishaps.clock_jump),
    Mishap("clock jump of a day, training", TRAINING, mishaps.clock_jump),
    Mishap("worker of another build", SWEEP, mishaps.other_build),
    Mishap("SQLite on a network file system", SWEEP, mishaps.network_disk, most=1),
    Mishap("bit of a checkpoint, sweep", SWEEP, mishaps.damaged_checkpoint),
    Mishap("bit of a checkpoint, training", TRAINING, mishaps.damaged_checkpoint),
    Mishap("torn page of SQLite", SWEEP, mishaps.torn_page),
    Mishap("server killed", SERVER_SWEEP, lambda use: outages.killed_server(use.server())),
    Mishap("answer to COMMIT lost", SERVER_SWEEP, lambda use: outages.lost_answer(use.server())),
    Mishap("wrong password", SERVER_SWEEP, lambda use: outages.wrong_password(use.server()), most=1),
    Mishap("network cut for 60 s", SERVER_SWEEP, lambda use: outages.cut_network(*use.server_behind_cable()), most=5,
           needs_root=True))}


def kill_until_done(runs, place, rng, most):
    """Kills it again and again, and at last lets it end. What it said last before each kill, and problems."""
    moments, problems, code = [], [], None
    while code is None and len(moments) < most:
        code = place.run(runs.case.command, rng.uniform(0, runs.whole_s))
        if code is None:
            moments.append(moment_of(place))
            problems += results.half_written(place.folder, runs.files)
    if code is None:
        code = place.run(runs.case.command)
    if code != 0:
        problems.append(f"{'does not end' if code is None else f'ends with {code}'}: {place.last_words()}")
    return moments, problems


def moment_of(place):
    """What it said last, without names and numbers, as "run loss"."""
    return " ".join(re.sub(r"\(.*?\)|[\d./:-]+\S*|\S*/\S*", "", place.last_words()).split()[:6]) or "nothing"


def killed_run(runs, folder, rng, most):
    place = runs.workplace(folder / "disturbed")
    moments, problems = kill_until_done(runs, place, rng, most)
    return {"times": len(moments), "problems": problems or runs.problems(place), "outcome": "equal",
            "moments": collections.Counter(moments)}


def mishap_run(mishap, act, runs, folder, rng):
    try:
        return {"times": 1, "problems": [], "outcome": act(runs, folder, rng)}
    except mishaps.Problem as problem:
        return {"times": 1, "problems": [str(problem)], "outcome": ""}


class Resources(contextlib.ExitStack):
    """Servers, each for all that need it; it starts when the first of them does."""

    def __init__(self):
        super().__init__()
        self.plain, self.behind_cable = None, None

    def server(self):
        self.plain = self.plain or self.enter_context(server.Server())
        return self.plain

    def server_behind_cable(self):
        if not self.behind_cable:
            names = self.enter_context(outages.namespaces())
            inside = [["ip", "netns", "exec", name] for name in names]
            self.behind_cable = self.enter_context(server.Server("10.77.0.1", *inside)), names
        return self.behind_cable


class Log:
    def __init__(self, name):
        self.file = pathlib.Path(name) if name else None
        self.all = [json.loads(line) for line in open(name)] if name and self.file.exists() else []

    def lines(self, names):
        return [line for line in self.all if line["fault"] in names]

    def add(self, line):
        self.all.append(line)
        if self.file:
            with open(self.file, "a") as log:
                log.write(json.dumps(line) + "\n")
        print(f"{line['fault']} {line['seed']}: {line['times']}, {'; '.join(line['problems']) or line['outcome']}",
              flush=True)


def run_fault(options, name, use, end):
    """Adds runs to the log until the fault has happened often enough or the time is over."""
    mishap = MISHAPS.get(name)
    case = cases.CASES[mishap.case if mishap else name]
    done = options.log.lines([name])
    left = (min(options.mishaps, mishap.most) if mishap else options.kills) - sum(line["times"] for line in done)
    with tempfile.TemporaryDirectory(prefix="faults-") as parent:
        parent, runs = pathlib.Path(parent), None
        for seed in itertools.filterfalse({line["seed"] for line in done}.__contains__, itertools.count()):
            if left <= 0 or time.monotonic() > end:
                break
            if not runs:
                act = mishap and (mishap.act(use) if case.on_server else mishap.act)
                cable = case.on_server and mishap and mishap.needs_root
                host = (use.server_behind_cable()[0] if cable else use.server()) if case.on_server else None
                runs = CaseRuns(options.program, case, parent, host)
            folder, rng = parent / str(seed), random.Random(f"{name} {seed}")
            folder.mkdir()
            line = (mishap_run(mishap, act, runs, folder, rng) if mishap else
                    killed_run(runs, folder, rng, min(options.kills_per_run, left)))
            line["problems"] = [problem[:400] for problem in line["problems"][:10]]
            options.log.add({"fault": name, "seed": seed, **line})
            if line["problems"] and options.keep:
                shutil.copytree(folder, options.keep / f"{name} {seed}", dirs_exist_ok=True)
            shutil.rmtree(folder)
            left -= line["times"]


def print_table(lines):
    print("| fault | where | times | runs | outcome |\n|---|---|---|---|---|")
    for name in sorted({line["fault"] for line in lines}, key=[*cases.CASES, *MISHAPS].index):
        mishap = MISHAPS.get(name)
        fault, where = (name.split(", ")[0], mishap.case) if mishap else ("kill -9", name)
        mine = [line for line in lines if line["fault"] == name]
        ends = collections.Counter("problem" if line["problems"] else re.sub(r" \(.*", "", line["outcome"])
                                   for line in mine)
        print(f"| {fault} | {where} | {sum(line['times'] for line in mine)} | {len(mine)} | "
              f"{'; '.join(f'{count} {end}' for end, count in ends.most_common())} |")


def is_possible(name):
    mishap = MISHAPS.get(name)
    if cases.CASES[mishap.case if mishap else name].on_server and not server.programs():
        print(f"{name}: skipped, there is no PostgreSQL server (package postgresql)")
    elif mishap and mishap.needs_root and os.getuid() != 0:
        print(f"{name}: skipped, needs root")
    else:
        return True
    return False


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", type=existing)
    parser.add_argument("--kills", type=int, default=100, help="of each command")
    parser.add_argument("--kills-per-run", type=int, default=5, help="at most so many; then the run may end")
    parser.add_argument("--mishaps", type=int, default=20, help="of each kind, unless one takes too long")
    parser.add_argument("--only", help="names of faults with semicolons between them")
    parser.add_argument("--log", type=Log, default="")
    parser.add_argument("--seconds", type=float, default=1e9, help="begins no run after so long")
    parser.add_argument("--keep", type=pathlib.Path, help="folder for the folders of runs with problems")
    options = parser.parse_args()
    names = options.only.split(";") if options.only else [*cases.CASES, *MISHAPS]
    end = time.monotonic() + options.seconds
    with Resources() as use:
        for name in filter(is_possible, names):
            run_fault(options, name, use, end)
    lines = options.log.lines(names)
    print_table(lines)
    return 1 if any(line["problems"] for line in lines) or not any(line["times"] for line in lines) else 0


if __name__ == "__main__":
    sys.exit(main())
