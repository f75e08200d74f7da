#!/usr/bin/env python3
"""Runs mdsearch on mutated files: each must be taken or refused in plain words, with no crash, hang or want of memory.

  python3 tests/fuzz/commands.py build/release/mdsearch [--runs 300] [--seed 1] [--only KIND] [--keep FOLDER]

Equal seeds give equal files. First each kind's unmutated file must be accepted, or its mutations would all meet the
same refusal. Prints how many runs each kind had and how they ended; keeps failing files; exits 1 if any.
"""
import argparse
import collections
import io
import json
import os
import pathlib
import random
import resource
import sqlite3
import struct
import subprocess
import sys
import tarfile
import tempfile
import zipfile
import zlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
SECONDS = 60
ADDRESS_SPACE = 6 << 30
# Texts of libraries, which tell a user neither the place nor what to change.
FORBIDDEN = ["[json.exception", "std::", "map::at", "basic_string", "vector::", "terminate called", "enforce fail",
             "filesystem error", "c10::", "bad_alloc", "please report it", "out of memory", "Sanitizer", "\x1b"]
ODD_VALUES = [None, True, -1, 0, 1, 2**31, 2**63, 2**64, -2**63, 1e-320, 0.5, "", "x" * 300, "\u0000", "\u001b[31m", "..",
              "/", [], {}, [[]], [None], {"base": "mobilediffusion"}]
ODD_TEXTS = [b"1e400", b"-Infinity", b"NaN", b"\xff\xfe", b"\xef\xbb\xbf", b"\x00", b"\x1b]0;x\x07", b"[" * 5000, b"{", b'"',
             b"9" * 400, b"\xf0\x9f\x98", b"\n" * 50, b"%s%n", b"../" * 20]


def mutated_bytes(rng, data):
    data = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 5, 20])):
        at = rng.randrange(len(data) + 1)
        match rng.randrange(6):
            case 0 if data:
                data[at % len(data)] ^= 1 << rng.randrange(8)
            case 1:
                del data[at:]
            case 2:
                del data[at:at + rng.randrange(1, 40)]
            case 3:
                data[at:at] = rng.choice(ODD_TEXTS)
            case 4:
                data[at:at] = data[at:at + rng.randrange(1, 200)]
            case 5:
                data[at:at + 4] = struct.pack("<i", rng.choice([-1, 0, 2**31 - 1, -2**31, 65536]))
    return bytes(data)


def places(value, path=()):
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in inner:
        yield from places(child, path + (key,))


def near(rng, value):
    """Another value of the same type, which gets past the checks of types, and often past those of ranges."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return rng.choice([value + 1, value - 1, value * 2, value // 2, 1])
    if isinstance(value, float):
        return value * rng.choice([-1, 0, 0.5, 2, 1e9])
    if isinstance(value, list):
        return rng.choice([value[:-1], value + value[-1:], value[::-1]])
    return value


def mutated_json(rng, value):
    value = json.loads(json.dumps(value))
    for _ in range(rng.choice([1, 1, 2, 3])):
        *parents, last = rng.choice([path for path in places(value) if path] or [("x",)])
        inner = value
        for key in parents:
            inner = inner[key]
        match rng.randrange(6):
            case 0 | 1:
                inner[last] = rng.choice(ODD_VALUES)
            case 2 if isinstance(inner, dict):
                inner[str(last) + rng.choice(["", "x", "\u001b"])] = inner.pop(last)
            case 3:
                del inner[last]
            case 4 | 5:
                inner[last] = near(rng, inner[last])
    return json.dumps(value).encode()


def png(side=24):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = b"".join(b"\0" + bytes((x * 9 + y) % 256 for x in range(side * 3)) for y in range(side))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)) +
            chunk(b"tEXt", b"prompt\0red heart") + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def shard(compression=""):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:" + compression) as tar:
        for i in range(3):
            for ending, data in (("png", png()), ("txt", b"a red heart"), ("json", b'{"caption": "a heart"}')):
                member = tarfile.TarInfo(f"s{i}.{ending}")
                member.size = len(data)
                tar.addfile(member, io.BytesIO(data))
    return out.getvalue()


def npy(header, values):
    head = header.ljust(117).encode() + b"\n"
    # Version 2 has four bytes for the header's length, version 1 two.
    length = b"\1\0" + struct.pack("<H", len(head)) if len(head) < 1 << 16 else b"\2\0" + struct.pack("<I", len(head))
    return b"\x93NUMPY" + length + head + struct.pack(f"<{len(values)}d", *values)


def npz(arrays):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, (header, values) in arrays.items():
            archive.writestr(name, npy(header, values) if isinstance(header, str) else header)
    return out.getvalue()


def moments():
    """Of as many features as emoji-clip-score has: the header and the values of mu, 0, and of sigma, the identity."""
    def header(shape):
        return f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}"
    side = 64
    return {"mu.npy": (header((side,)), [0.0] * side),
            "sigma.npy": (header((side, side)), [float(i % (side + 1) == 0) for i in range(side * side)])}


def shipped(name):
    return json.loads((ROOT / "configs" / name).read_text())


SPACE = {"base": "mobilediffusion", "include": ["mobilediffusion-lite"],
         "choices": [{"name": "w", "path": "levels.2.width", "values": [768, 832]},
                     {"name": "k", "path": "levels.1.kernel", "values": [3, 5], "when": {"levels.2.width": [768]}}]}
SWEEP = {key: value for key, value in shipped("sweeps/quickstart.json").items() if key not in ("space", "candidates")}
SWEEP["networks"] = ["mobilediffusion", "mobilediffusion-lite"]  # whose listing takes no time
SWEEP["stage"]["width_divisor"], SWEEP["batch"] = 32, 2  # nor do the iterations that a plan times


def kinds():
    """name: (file name, content, arguments); a content of JSON values is mutated as JSON half of the time."""
    database = (ROOT / "results.db").read_bytes()
    model = str(ROOT / "weights/emoji-md")
    card = json.loads((ROOT / "weights/emoji-md/model.json").read_text())
    del card["provenance"]  # most of the card, and read by nothing that draws
    return {
        "network": ("n.json", shipped("architectures/mobilediffusion.json"), ["spec", "{}"]),
        "space": ("s.json", SPACE, ["enumerate", "--space", "{}", "--top", "2"]),
        "sweep": ("s.json", SWEEP, ["sweep", "{}", "--plan", "--db", "{dir}/r.db"]),
        "train": ("t.json", shipped("train/emoji-md-base.json"), ["train", "{}", "--plan"]),
        "card": ("model/model.json", card, ["generate", "--model", "{dir}/model", "--prompt", "a", "--out", "{dir}/a.png"]),
        "prompts": ("p.txt", b"red heart\nblue square\n", ["generate", "--model", model, "--prompts", "{}", "--steps", "1",
                                                            "--out", "{dir}/drawn"]),
        "json lines": ("p.jsonl", b'{"prompt": "red heart"}\n{"text": "a"}\n',
                       ["generate", "--model", model, "--prompts", "{}", "--steps", "1", "--out", "{dir}/drawn"]),
        "picture": ("a.png", png(), ["data", "show", "{dir}", "--size", "32"]),
        "shard": ("a.tar", shard(), ["data", "show", "{}", "--size", "32"]),
        "packed shard": ("a.tar.gz", shard("gz"), ["data", "show", "{}", "--size", "32"]),
        "statistics": ("a.npz", npz(moments()), ["evaluate", "--images", "{dir}/pictures", "--reference", "{}",
                                                 "--metrics", "fd_emoji_clip", "--replicates", "2"]),
        "database": ("r.db", database, ["report", "sweep", "--db", "{}"]),
        "database check": ("r.db", database, ["db", "check", "--db", "{}"]),
        "stored text": ("r.db", database, ["report", "sweep", "--format", "html", "--out", "{dir}/r.html", "--db", "{}"]),
    }


def stored_text(rng, data, folder):
    """A database whose tables are sound, and whose texts are hostile."""
    file = folder / "sound.db"
    file.write_bytes(data)
    with sqlite3.connect(file) as db:
        for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})") if row[2].upper() == "TEXT"]
            if not columns or rng.random() < 0.5:
                continue
            text = rng.choice(["{}", "[]", "null", "", "1e400", "[" * 200000, "\x1b]0;x\x07", "<script>alert(1)</script>",
                               '{"policy": {"rule": 7}}', "9" * 400])
            try:
                db.execute(f"UPDATE {table} SET {rng.choice(columns)} = ? WHERE rowid % ? = 0", (text, rng.randrange(1, 4)))
            except sqlite3.Error:
                pass
    db.close()
    content = file.read_bytes()
    file.unlink()
    return content


def statistics(rng):
    """Arrays that are damaged inside a sound zip: its checksums would refuse damage of the whole file first."""
    arrays = moments()
    name = rng.choice(list(arrays))
    header, values = arrays[name]
    match rng.randrange(5):
        case 0 | 1:
            before, after = rng.choice(
                [("<f8", "<f4"), ("<f8", ">f8"), ("<f8", "|O"), ("<f8", "<" * 200000), ("False", "True"),
                 ("False", "1"), ("64", "63"), ("64", "0"), ("64", "-64"), ("64", "9" * 300), ("64", "64, " * 100000),
                 ("'shape'", "'s'")])
            header = header.replace(before, after)
        case 2:
            for _ in range(rng.choice([1, 3, 100])):
                values[rng.randrange(len(values))] = rng.choice([1e308, -1.0, 1e-310, float("nan"), float("inf")])
        case 3:
            whole = npy(header, values)
            header = mutated_bytes(rng, whole[:140]) + whole[140:]
        case 4:
            values[:] = [rng.choice([0.0, -1.0, 1e300, 1e-320]) * x for x in values]
    arrays[name] = (header, values)
    if rng.random() < 0.1:
        arrays[rng.choice(["mu", "nu.npy", "../mu.npy"])] = arrays.pop(name)
    return npz(arrays)


def content_of(name, seed_content, rng, folder):
    if name == "stored text":
        return stored_text(rng, seed_content, folder)
    if name == "statistics" and rng.random() < 0.8:
        return statistics(rng)
    if not isinstance(seed_content, bytes):
        if rng.random() < 0.6:
            return mutated_json(rng, seed_content)
        seed_content = json.dumps(seed_content, indent=1).encode()
    return mutated_bytes(rng, seed_content)


def limits():
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def problem_of(command, folder):
    """Why the run failed the program's promises; empty where it kept them. And its exit code."""
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, timeout=SECONDS, preexec_fn=limits,
                              env={**os.environ, "MDSEARCH_HOME": str(ROOT)})
    except subprocess.TimeoutExpired:
        return f"took more than {SECONDS} s", None
    err = done.stderr.decode(errors="replace")
    if done.returncode not in (0, 1, 2):
        return f"ended with {done.returncode}: {err[-300:]}", done.returncode
    if done.returncode and not (err.strip() or done.stdout.strip()):
        return f"exited {done.returncode} without a word", done.returncode
    for word in FORBIDDEN:
        if word in err:
            return f"says {word!r}: {err[-300:]}", done.returncode
    return "", done.returncode


def lay_beside(name, folder):
    """What a kind's file needs around it."""
    (folder / "a.txt").write_text("red heart")  # the caption of a.png
    if name == "card":
        (folder / "model").mkdir()
        for part in (ROOT / "weights/emoji-md").iterdir():
            if part.name != "model.json":
                (folder / "model" / part.name).symlink_to(part)
    if name == "statistics":
        (folder / "pictures").mkdir()
        for i in range(4):
            (folder / f"pictures/{i}.png").write_bytes(png(side=24 + i))


def run_kind(program, name, kind, content):
    """The problem of a run on a content, and its exit code."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        lay_beside(name, folder)
        file = folder / kind[0]
        file.write_bytes(content)
        command = [str(program)] + [a.replace("{dir}", str(folder)).replace("{}", str(file)) for a in kind[2]]
        return problem_of(command, folder)


def require_sound(program, chosen):
    for name, kind in chosen.items():
        content = kind[1] if isinstance(kind[1], bytes) else json.dumps(kind[1]).encode()
        problem, code = run_kind(program, name, kind, content)
        if problem or code:
            sys.exit(f"{name}: the unmutated file is not accepted: {problem or f'exit {code}'}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("--runs", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only")
    parser.add_argument("--keep", type=pathlib.Path, default=pathlib.Path("out/fuzz"))
    options = parser.parse_args()
    program = options.program.resolve()
    chosen = {name: kind for name, kind in kinds().items() if options.only in (None, name)}
    require_sound(program, chosen)
    ends, failures = collections.defaultdict(collections.Counter), 0
    for run in range(options.runs):
        name = list(chosen)[run % len(chosen)]
        kind = chosen[name]
        rng = random.Random(f"{options.seed} {run}")
        with tempfile.TemporaryDirectory() as folder:
            content = content_of(name, kind[1], rng, pathlib.Path(folder))
        problem, code = run_kind(program, name, kind, content)
        if problem:
            failures += 1
            options.keep.mkdir(parents=True, exist_ok=True)
            kept = options.keep / f"{options.seed}-{run}-{pathlib.Path(kind[0]).name}"
            kept.write_bytes(content)
            print(f"{name}, run {run}: {problem}\n  file: {kept}", flush=True)
        ends[name]["failed" if problem else f"exit {code}"] += 1
    for name, counts in ends.items():
        print(f"{name:16} " + ", ".join(f"{count} {end}" for end, count in sorted(counts.items())))
    print(f"{options.runs} runs, {failures} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
