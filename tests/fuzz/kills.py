#!/usr/bin/env python3
"""Kills toy sweeps at random moments, again and again: each must end in the rows and files of an undisturbed one.

  python3 tests/fuzz/kills.py build/release/mdsearch [--sweeps 3] [--kills-per-sweep 8] [--workers 2] [--lost-wal]

Equal seeds give equal configurations and waits, but what a kill interrupts depends on the machine. With --lost-wal the
write-ahead log of the database is deleted after each kill, as a copy of the database file alone would lack it; then
losses from before a checkpoint may be gone, which nothing can bring back, but only of runs of which the sweep warns.
Prints how many kills met a running sweep, and at what; exits 1 if any sweep ended otherwise than the undisturbed one.
"""
import argparse
import collections
import hashlib
import json
import os
import pathlib
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

from commands import ROOT, png

SECONDS = 600
UNET = {"kind": "unet", "latent_channels": 8, "size": 16, "text_tokens": 32, "text_width": 128,
        "time_width": 32,
        "levels": [{"width": 8, "down": [0], "up": [0, 0], "head_width": 8},
                   {"width": 16, "down": [1], "up": [1, 1], "conv": "separable", "head_width": 8}]}
SPACE = {"base": "unet.json", "choices": [{"name": "kernel", "path": "levels.1.kernel", "values": [3, 5, 7]}]}
# What must not depend on kills. Which runs come first does, so a candidate's name stands in place of run_id.
ROWS = {
    "states": "SELECT arch.name, seed, state, run.rung, message FROM run JOIN arch USING (arch_id)",
    "metrics": """SELECT arch.name, run.seed, metric.name, iteration, images_seen, n, value, low, high,
                  checkpoint_sha256 FROM metric JOIN run USING (run_id) JOIN arch USING (arch_id)""",
    "decisions": """SELECT arch.name, run.seed, decision.rung, rule, decision.verdict, audited, inputs_json
                    FROM decision JOIN run USING (run_id) JOIN arch USING (arch_id)""",
    "checkpoints": """SELECT arch.name, run.seed, iteration, sha256, bytes, path
                      FROM checkpoint JOIN run USING (run_id) JOIN arch USING (arch_id)"""}


def sweep_of(rng):
    first = rng.randrange(20, 40)
    return {"name": "toy", "space": "space.json", "candidates": 3, "batch": 4, "seed": rng.randrange(100),
            "rungs": [first, 2 * first], "checkpoint_every": rng.randrange(2, 8), "lease_seconds": 2, "profile": False,
            "stage": {"width_divisor": 1, "latents": "pictures"},
            "evaluation": {"pictures": 4, "sampler": {"steps": 2}},
            "policy": rng.choice([{"rule": "halving", "eta": 2, "use_clip": False},
                                  {"rule": "paper", "use_clip": False}, {"rule": "level", "use_clip": False},
                                  {"rule": "none"}])}


def lay_out(folder, sweep):
    (folder / "pictures").mkdir(parents=True)
    lines = []
    for i in range(16):
        (folder / f"pictures/{i}.png").write_bytes(png(side=32 + i))
        lines.append({"file_name": f"{i}.png", "text": f"picture {i}", "split": "train" if i < 10 else "held_out"})
    (folder / "pictures/metadata.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    for name, content in (("unet", UNET), ("space", SPACE), ("sweep", sweep)):
        (folder / f"{name}.json").write_text(json.dumps(content))


def run(command, folder, seconds):
    """Runs the command in a process group of its own, killed after the seconds. Its exit code; None if killed."""
    with open(folder / "log", "ab") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, start_new_session=True,
                                   env={**os.environ, "MDSEARCH_HOME": str(ROOT)})
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return None


def last_words(folder):
    return re.split(r"[\r\n]+", (folder / "log").read_text(errors="replace").strip())[-1]


def moment_of(folder):
    """What the sweep said last before it was killed, without names and numbers, as "run loss"."""
    return " ".join(re.sub(r"\(.*?\)|[\d./:-]+\S*|\S*/\S*", "", last_words(folder)).split()[:6]) or "nothing"


def results_of(folder):
    """The rows that are determined, and the files that the sweep left with their hashes."""
    with sqlite3.connect(f"file:{folder}/r.db?mode=ro", uri=True) as db:
        found = {name: sorted(map(repr, db.execute(query))) for name, query in ROWS.items()}
    db.close()
    # A report says when it was made.
    files = [file for file in (folder / "out/sweeps").rglob("*") if file.is_file() and file.suffix != ".html"]
    found["files"] = sorted(f"{file.relative_to(folder)} {hashlib.sha256(file.read_bytes()).hexdigest()}"
                            for file in files)
    return found


def differences(wanted, found):
    for kind, rows in wanted.items():
        for sign, one, other in (("lacks", rows, found[kind]), ("has too", found[kind], rows)):
            counted = collections.Counter(one) - collections.Counter(other)
            yield from (f"{kind}: the killed sweep {sign} {row}" for row in sorted(counted.elements()))


def take_out_lost_losses(wanted, found, folder):
    """Takes the losses that are gone out of the wanted rows. A problem if more runs lack some than were warned of."""
    lost = [row for row in wanted["metrics"] if "'loss'" in row and row not in found["metrics"]]
    wanted["metrics"] = [row for row in wanted["metrics"] if row not in lost]
    runs = {tuple(row.split(", ")[:2]) for row in lost}
    log = (folder / "log").read_text(errors="replace")
    warned = set(re.findall(r"(run-\S+): is at iteration \d+, and \S+ holds no loss of it", log))
    print(f"{len(lost)} losses of {len(runs)} runs are gone; {len(warned)} runs were warned of")
    if len(runs) > len(warned):
        yield f"{len(runs)} runs lost losses, and the sweep warned of {len(warned)}"


def kill_until_done(options, folder, whole_s, rng):
    """Kills the sweep again and again, and at last lets it end. Its exit code, and the moments of the kills."""
    command = options.command
    moments = []
    for _ in range(options.kills_per_sweep):
        code = run(command, folder, rng.uniform(0, whole_s / 2))
        if code is not None:
            return code, moments
        moments.append(moment_of(folder))
        if options.lost_wal:
            for ending in ("-wal", "-shm"):
                (folder / f"r.db{ending}").unlink(missing_ok=True)
    return run(command, folder, SECONDS), moments


def problems_of(options, folder, rng, moments):
    """How a killed sweep differs from an undisturbed one of the same configuration."""
    sweep = sweep_of(rng)
    undisturbed, killed = folder / "undisturbed", folder / "killed"
    for one in (undisturbed, killed):
        lay_out(one, sweep)
    begin = time.monotonic()
    if run(options.command, undisturbed, SECONDS) != 0:
        return [f"the undisturbed sweep fails: {last_words(undisturbed)}"]
    code, met = kill_until_done(options, killed, time.monotonic() - begin, rng)
    moments.update(met)
    print(f"{len(met)} kills, {sweep['policy']['rule']}, rungs {sweep['rungs']}", flush=True)
    if code != 0:
        return [f"the killed sweep {'does not end' if code is None else f'ends with {code}'}: {last_words(killed)}"]
    wanted, found = results_of(undisturbed), results_of(killed)
    problems = list(take_out_lost_losses(wanted, found, killed)) if options.lost_wal else []
    problems += differences(wanted, found)
    if run([options.command[0], "db", "check", "--db", "r.db"], killed, SECONDS) != 0:
        problems.append("db check finds faults")
    return problems


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("--sweeps", type=int, default=3)
    parser.add_argument("--kills-per-sweep", type=int, default=8, help="at most so many; then the sweep may end")
    parser.add_argument("--workers", type=int, default=1, choices=(1, 2))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--lost-wal", action="store_true", help="delete r.db-wal and r.db-shm after each kill")
    parser.add_argument("--keep", type=pathlib.Path, help="folder for the folders of sweeps that failed")
    options = parser.parse_args()
    options.command = [str(options.program.resolve()), "sweep", "sweep.json", "--threads", "1", "--db", "r.db",
                       "--workers", str(options.workers)]
    moments, failed = collections.Counter(), 0
    for i in range(options.sweeps):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            problems = problems_of(options, folder, random.Random(f"{options.seed} {i}"), moments)
            if problems and options.keep:
                shutil.copytree(folder, options.keep / f"{options.seed}-{i}", dirs_exist_ok=True)
        failed += bool(problems)
        for problem in problems[:10]:
            print(f"sweep {i}: {problem}", flush=True)
        if len(problems) > 10:
            print(f"sweep {i}: {len(problems) - 10} more differences")
    for moment, count in moments.most_common():
        print(f"{count:4} killed at: {moment}")
    print(f"{options.sweeps} sweeps, {moments.total()} kills, {failed} failed")
    return 1 if failed or not moments else 0  # without a kill, nothing was tested


if __name__ == "__main__":
    sys.exit(main())
