"""What a command left: the rows of its database that are determined, and its files by their hashes."""
import collections
import hashlib
import sqlite3

# What must not depend on kills. Which runs come first does, so a candidate's name stands in place of run_id.
RUN = "arch.name, run.seed"
JOIN = "JOIN run USING (run_id) JOIN arch USING (arch_id)"
ROWS = {
    "run": f"SELECT {RUN}, state, run.rung, message FROM run JOIN arch USING (arch_id)",
    "metric": f"""SELECT {RUN}, metric.name, iteration, images_seen, metric.n, value, low, high, checkpoint_sha256,
                  protocol.hash FROM metric {JOIN} LEFT JOIN protocol ON metric.protocol_id = protocol.protocol_id
                  WHERE metric.name NOT IN ('images_per_s', 'peak_bytes')""",
    "sample": f"SELECT {RUN}, iteration, s.name, kind, hex(samples) FROM evaluation_sample s {JOIN}",
    "decision": f"SELECT {RUN}, decision.rung, rule, decision.verdict, audited, inputs_json FROM decision {JOIN}",
    "checkpoint": f"SELECT {RUN}, iteration, sha256, c.bytes, path FROM checkpoint c {JOIN}",
    "picture": f"SELECT {RUN}, iteration, prompt, picture.seed, hex(picture.bytes) FROM picture {JOIN}",
    "score": "SELECT subject, s.name, hash, eval_seed, iteration, value, low, high, n FROM score s JOIN protocol "
             "USING (protocol_id)"}
INPUTS = {"pictures", "prompts.txt"}


def rows_of(database):
    """The rows of a file of SQLite: those of ROWS, and how many each table has."""
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as db:
        found = {name: sorted(map(repr, db.execute(query))) for name, query in ROWS.items()}
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        found["counts"] = [f"{table}: {db.execute(f'SELECT count(*) FROM {table}').fetchone()[0]}" for table in tables]
    db.close()
    return found


def files_of(folder):
    """The hashes of the files that commands wrote, by name. A report says when it was made, so it is left out."""
    found = {}
    for file in folder.rglob("*"):
        name = file.relative_to(folder)
        if (name.parts[0] in INPUTS or len(name.parts) == 1 and (".db" in file.name or file.suffix == ".json") or
                file.suffix == ".html" or not file.is_file()):
            continue
        found[str(name)] = hashlib.sha256(file.read_bytes()).hexdigest()
    return found


def differences(wanted, found):
    for kind, rows in wanted.items():
        for word, one, other in (("lost", rows, found[kind]), ("too much", found[kind], rows)):
            counted = collections.Counter(one) - collections.Counter(other)
            yield from (f"{kind}, {word}: {row[:300]}" for row in sorted(counted.elements()))


def half_written(folder, wanted):
    """Files that stand under their final names with another content. A checkpoint has one content after another."""
    for name, sha256 in files_of(folder).items():
        if name in wanted and wanted[name] != sha256 and "checkpoint" not in name:
            yield f"half written: {name}"
