"""A folder in which mdsearch runs, is disturbed and goes on, and what it left there."""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

import cases
import results

SECONDS = 300


class Workplace:
    def __init__(self, program, folder, database, environment=None, before=()):
        """`before` stands in front of the program, such as ip netns exec NAME."""
        self.program, self.folder, self.database = program, folder, database
        self.log = folder.parent / f"{folder.name}.log"
        self.environment, self.before = {"MDSEARCH_HOME": str(cases.ROOT), **(environment or {})}, list(before)

    def start(self, command, program=None):
        words = [word.format(db=self.database) for word in command.split()]
        with open(self.log, "ab") as log:
            return subprocess.Popen([*self.before, program or self.program, *words], cwd=self.folder, stdout=log,
                                    stderr=log, start_new_session=True, env={**os.environ, **self.environment})

    def run(self, command, seconds=SECONDS, program=None):
        """Its exit code; None if it was killed after the seconds, with all processes that it started."""
        process = self.start(command, program)
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return None

    def require(self, command):
        code = self.run(command)
        if code != 0:
            raise RuntimeError(f"`{command}` {'does not end' if code is None else f'ends with {code}'}: "
                               f"{self.last_words()}")

    def words(self):
        """All that it said so far, but for what replaced a line on a terminal."""
        return re.split(r"[\r\n]+", self.log.read_text(errors="replace").strip())

    def last_words(self):
        return self.words()[-1]

    def results(self):
        database = self.folder / "r.db"
        if "://" in self.database:
            database = self.folder / "copy.db"
            self.require(f"db copy {database} --db {{db}}")
        found = results.rows_of(database) if database.exists() else {}
        return {**found, "file": sorted(f"{name} {sha256}" for name, sha256 in results.files_of(self.folder).items())}


class CaseRuns:
    """The runs of one case, all in copies of a folder with what was there before; the first is undisturbed."""

    def __init__(self, program, case, folder, server=None):
        self.program, self.case, self.folder, self.server = program, case, folder, server
        prepared = folder / "before"
        cases.lay_out(prepared, case.command)
        for command in case.before:
            Workplace(program, prepared, "r.db").require(command)
        undisturbed = self.workplace("undisturbed")
        begin = time.monotonic()
        undisturbed.require(case.command)
        self.whole_s = time.monotonic() - begin
        self.files = results.files_of(undisturbed.folder)
        self.wanted = undisturbed.results()

    def workplace(self, name="disturbed", **others):
        shutil.copytree(self.folder / "before", self.folder / name, dirs_exist_ok=True)
        before = self.server.before_clients if self.server else ()
        database = self.server.new_database() if self.server else "r.db"
        return Workplace(self.program, self.folder / name, database, before=before, **others)

    def problems(self, place):
        """How what is there differs from what the undisturbed run left. A sweep may drop the checkpoints of resting
        runs from a disk that is short, if it says so; they are worth time alone."""
        problems = list(results.differences(self.wanted, place.results()))
        if "is dropped, as the disk is short" in place.log.read_text(errors="replace"):
            dropped = ("checkpoint, lost", "counts, lost: checkpoint:", "counts, too much: checkpoint:")
            problems = [problem for problem in problems if not problem.startswith(dropped)]
        if (place.folder / "r.db").exists() and place.run("db check --db r.db") != 0:
            problems.append("db check finds faults")
        return problems


def existing(file):
    return pathlib.Path(file).resolve(strict=True)
