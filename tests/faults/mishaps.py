"""What happens to a command other than a kill: to its disk, its clock, its files and its program.

Each mishap takes the case's runs, a folder to work in and a source of random numbers, disturbs a run, lets it go on as
a user would, and returns in a few words how it ended. A Problem is what the program may not do.
"""
import contextlib
import os
import re
import shutil
import sqlite3
import struct
import subprocess
import threading

import cases
import results

DAY = 86400


class Problem(Exception):
    pass


def cut_short(runs, place, rng):
    """Kills a run in the middle, so that there is something to go on from."""
    place.run(runs.case.command, runs.whole_s * rng.uniform(0.4, 0.9))


def end_equal(runs, place, but_for=()):
    """Goes on to the end; nothing may differ from the undisturbed run but files of these contents."""
    code = place.run(runs.case.command)
    if code != 0:
        raise Problem(f"goes on to exit code {code}: {place.last_words()}")
    left = {file for file, content in but_for if file.exists() and file.read_bytes() == content}
    for problem in runs.problems(place):
        if not any(str(file.relative_to(place.folder)) in problem for file in left):
            raise Problem(problem)


def refused(place, command, *phrases, program=None):
    """Requires that it ends with 1 and says one of the phrases."""
    code = place.run(command, program=program)
    if code != 1 or not any(phrase in place.last_words() for phrase in phrases):
        raise Problem(f"ends with {code}, where one of {phrases} was expected: {place.last_words()}")


@contextlib.contextmanager
def mounted(*arguments):
    subprocess.run(["mount", *arguments], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", arguments[-1]], check=True)


def bytes_in(folder):
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def disk_full(runs, folder, rng):
    """Of a size between what is there before and what is there in the end."""
    (folder / "disturbed").mkdir()
    least, most = bytes_in(runs.folder / "before"), bytes_in(runs.folder / "undisturbed")
    size = int(rng.uniform(least + 150_000, most + 50_000))
    with mounted("-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder / "disturbed")):
        place = runs.workplace(folder / "disturbed")
        code = place.run(runs.case.command)
        if code not in (0, 1):
            raise Problem(f"ends with {code}: {place.last_words()}")
        if code == 1 and not re.search("No space left on device|disk is full", place.last_words()):
            raise Problem(f"does not say that the disk is full: {place.last_words()}")
        subprocess.run(["mount", "-o", "remount,size=256m", str(folder / "disturbed")], check=True)
        end_equal(runs, place)
        return "refused by name, then equal" if code else "equal, as there was room"


def read_only(runs, folder, rng):
    place = runs.workplace(folder / "disturbed")
    cut_short(runs, place, rng)
    target = str(rng.choice([folder / "disturbed", folder / "disturbed/r.db"]))
    if not os.path.exists(target):
        target = str(folder / "disturbed")
    with mounted("--bind", target, target):
        subprocess.run(["mount", "-o", "remount,bind,ro", target], check=True)
        refused(place, runs.case.command, "read-only", "Read-only", "can be written")
    end_equal(runs, place)
    return "refused by name, then equal"


def shim_in(folder):
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", folder / "shim.so", cases.ROOT / "tests/faults/shim.c"],
                   check=True)
    return {"LD_PRELOAD": str(folder / "shim.so")}


def clock_jump(runs, folder, rng):
    """Of a day, forwards or backwards, at a random moment; two workers hold leases, and one run is killed after it."""
    clock = folder / "clock"
    clock.write_bytes(struct.pack("<q", 0))
    place = runs.workplace(folder / "disturbed", environment={**shim_in(folder), "FAULT_CLOCK": str(clock)})

    def jump():
        with open(clock, "r+b") as file:
            file.write(struct.pack("<q", rng.choice([-DAY, DAY])))
    timer = threading.Timer(rng.uniform(0, runs.whole_s), jump)
    timer.start()
    workers = " --workers 2" if runs.case.command.startswith("sweep") else ""
    if rng.random() < 0.5:
        place.run(runs.case.command + workers, runs.whole_s * rng.uniform(0.5, 1))
    else:
        place.run(runs.case.command + workers)
    timer.join()
    end_equal(runs, place)
    return "equal"


def other_build(runs, folder, rng):
    """The same program with another commit in it joins a sweep that is cut short."""
    place = runs.workplace(folder / "disturbed")
    version = subprocess.run([runs.program, "--version"], check=True, capture_output=True).stdout
    commit = re.search(rb"[0-9a-f]{40}", version).group()
    for name in ("mdsearch", "mdsearch-torch"):
        (folder / name).write_bytes((runs.program.parent / name).read_bytes().replace(commit, commit[::-1]))
        (folder / name).chmod(0o755)
    while not (place.folder / "r.db").exists() or not results.rows_of(place.folder / "r.db")["checkpoint"]:
        cut_short(runs, place, rng)
    refused(place, runs.case.command.replace("sweep ", "worker ", 1), "is trained by another build of mdsearch",
            program=folder / "mdsearch")
    end_equal(runs, place)
    return "refused by name, then equal"


def network_disk(runs, folder, rng):
    """A file of SQLite on NFS, or what statfs calls so."""
    place = runs.workplace(folder / "disturbed", environment={**shim_in(folder), "FAULT_NFS": "1"})
    refused(place, runs.case.command, "lies on a network file system, where SQLite cannot lock safely")
    place = runs.workplace(folder / "disturbed")
    end_equal(runs, place)
    return "refused by name, then equal on another"


def flip(file, rng):
    content = bytearray(file.read_bytes())
    bit = rng.randrange(8 * len(content))
    content[bit // 8] ^= 1 << bit % 8
    file.write_bytes(content)


def damaged_checkpoint(runs, folder, rng):
    """One bit of each is turned over. A sweep trains such a run again; a training says what to do, and it is done."""
    place = runs.workplace(folder / "disturbed")
    found = []
    while not found:
        cut_short(runs, place, rng)
        found = list((place.folder / "out").glob("**/checkpoint.safetensors"))
    for file in found:
        flip(file, rng)
    if runs.case.command.startswith("sweep"):
        damaged = [(file, file.read_bytes()) for file in found]  # those of finished runs are needed by nobody
        if place.run(runs.case.command) == 0:
            end_equal(runs, place, damaged)
            return "equal"
        place.require(re.search("`mdsearch (db retry .*?)`", place.last_words()).group(1))  # a winner's
        end_equal(runs, place, damaged)
        return "refused by name, then equal after the command that the message names"
    refused(place, runs.case.command, "put a copy in its place, or remove it")
    found[0].unlink()
    end_equal(runs, place)
    return "refused by name, then equal from the start"


def differences(runs, place):
    try:
        return runs.problems(place)
    except sqlite3.DatabaseError as error:
        return [f"r.db cannot be read: {error}"]


def only_told_losses(place, problems):
    """Whether nothing differs but losses that are gone, of which the program warned."""
    losses = [p for p in problems if p.startswith("metric, lost") and "'loss'" in p]
    counts = [p for p in problems if "metric: " in p and p.startswith("counts")]
    return len(losses) + len(counts) == len(problems) and "holds no loss of it" in place.log.read_text()


def torn_page(runs, folder, rng):
    """A page of the database or of its log is overwritten or cut off after a kill, or the log is gone."""
    place = runs.workplace(folder / "disturbed")
    while not (place.folder / "r.db").exists() or (place.folder / "r.db").stat().st_size < 16384:
        cut_short(runs, place, rng)
    files = [place.folder / name for name in ("r.db", "r.db-wal")]
    files = [file for file in files if file.exists() and file.stat().st_size]
    target, page = rng.choice(files), 4096
    at = rng.randrange(target.stat().st_size // page) * page
    if target.suffix == ".db-wal" and rng.random() < 0.2:
        target.unlink()
    elif rng.random() < 0.3:
        os.truncate(target, at + rng.randrange(page))
    else:
        with open(target, "r+b") as file:
            file.seek(at + rng.choice([0, 512, 2048]))
            file.write(rng.choice([rng.randbytes(2048), bytes(2048)]))
    code = place.run(runs.case.command)
    if code == 0:
        problems = differences(runs, place)
        if not problems:
            return "equal"
        if only_told_losses(place, problems):
            return "losses of a curve gone, with a warning"
        if place.run("db check --db r.db") == 1:
            return "to its end, as that page was not needed; `db check` finds it"
        return "to its end with another value, unnoticed: SQLite's pages have no checksums"
    told = "is damaged|is not a database|is a database of another|is not JSON|has lost its schema version"
    if code != 1 or not re.search(told, place.last_words()):
        raise Problem(f"ends with {code}: {place.last_words()}")
    for ending in ("", "-wal", "-shm"):
        (place.folder / f"r.db{ending}").unlink(missing_ok=True)
    code = place.run(runs.case.command)
    problems = differences(runs, place)
    if code != 0 or problems and not only_told_losses(place, problems):
        raise Problem(f"without the database it ends with {code}: {place.last_words()}")
    return "refused by name; a new database from the checkpoints has the same results"
