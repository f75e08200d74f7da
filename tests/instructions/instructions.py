#!/usr/bin/env python3
"""How many instructions fixed small work takes, against recorded counts: a copy made twice shows, whatever else runs.

instructions.py PROGRAM           compares with counts.json: 0 equal, 1 slower, 77 not comparable here
instructions.py PROGRAM --record  writes counts.json

callgrind counts PROGRAM (instructions.cpp) for the processor that valgrind imitates. Counts also depend on compiler and
libraries, so those of other versions are not compared.
"""
import argparse, json, os, pathlib, re, shutil, subprocess, sys, tempfile

RECORD = pathlib.Path(__file__).with_name("counts.json")
TOLERANCE = 0.01
SKIPPED = 77
# MKL, oneDNN and ATen choose their code by the processor unless told otherwise. Prepared kernels need AVX2; valgrind
# computes its fused multiply-add so slowly that the rest does without.
ENVIRONMENT = {"ATEN_CPU_CAPABILITY": "default", "MKL_CBWR": "COMPATIBLE", "ONEDNN_MAX_CPU_ISA": "AVX2",
               "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1"}
# Beside a case's total: parts of it in which a change shows that is lost in the whole.
OUR_PROGRAM = "instructions"
COPYING = re.compile(r"mem(cpy|move|set)|direct_copy|mds::.*pack")
CALLS = {"allocations": re.compile(r"malloc|calloc|realloc|memalign|posix_memalign|aligned_alloc"),
         "tensor copies": re.compile(r"at::native::copy_impl\(.*")}


def events_of(dump):
    """What a callgrind dump holds: ("in", function, its program, instructions) and ("calls", function, program, calls).
    A name is written out only the first time."""
    names, program, function, called, calls = {}, "", "", "", 0
    for line in dump.splitlines():
        if match := re.match(r"(c?)(fn|ob)=(\(\d+\))(?: (.*))?", line):
            is_called, kind, number, written = match.groups()
            name = names.setdefault((kind, number), written)
            if kind == "ob" and not is_called: program = os.path.basename(name)
            if kind == "fn" and not is_called: function = name
            if kind == "fn" and is_called: called = name
        elif line.startswith("calls="):
            calls = int(line[len("calls="):].split()[0])
            yield "calls", called, "", calls
        elif re.match(r"[0-9+*-]\S* \d+$", line):
            if not calls: yield "in", function, program, int(line.split()[1])
            calls = 0


def counts_of(dump):
    counts = dict.fromkeys(["total", "our code", "copying", *CALLS], 0)
    for kind, function, program, number in events_of(dump):
        if kind == "calls":
            for name, functions in CALLS.items():
                if functions.fullmatch(re.sub(r"'\d+$| \[clone.*", "", function)): counts[name] += number
            continue
        counts["total"] += number
        if program == OUR_PROGRAM: counts["our code"] += number
        if COPYING.search(function): counts["copying"] += number
    assert counts["total"] == int(re.search(r"^totals: (\d+)", dump, re.M)[1]), "callgrind's format is not understood"
    return counts


def measure(program):
    """What the counts depend on, and the counts of each case."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={folder}/out", program]
        run = subprocess.run(command, env=os.environ | ENVIRONMENT, capture_output=True, text=True)
        if run.returncode != 0: sys.exit(f"{' '.join(command)} failed:\n{run.stderr}")
        dumps = [file.read_text() for file in pathlib.Path(folder).glob("out.*")]
    named = [(re.search(r"^desc: Trigger: Client Request: (.*)", dump, re.M), dump) for dump in dumps]
    version = subprocess.run(["valgrind", "--version"], capture_output=True, text=True).stdout.strip()
    return json.loads(run.stdout) | {"valgrind": version}, {match[1]: counts_of(dump) for match, dump in named if match}


def differences(recorded, found):
    """Sentences about counts that are more than the tolerance above or below what is recorded."""
    for case in sorted(recorded.keys() | found.keys()):
        if case not in recorded or case not in found:
            yield True, f"{case}: is {'not recorded' if case in found else 'recorded and not counted'}"
            continue
        for part, before in recorded[case].items():
            now = found[case][part]
            if abs(now - before) > TOLERANCE * before:
                more = f"{100 * (now / max(before, 1) - 1):+.1f} %"
                yield now > before, f"{case}, {part}: {now:,}, recorded {before:,} ({more})"


def check(basis, counts):
    record = json.loads(RECORD.read_text())
    if record["basis"] != basis:
        print(f"skipped: counts were recorded with {record['basis']}, here is {basis}")
        return SKIPPED
    slower = False
    for is_more, sentence in differences(record["counts"], counts):
        slower |= is_more
        print(sentence)
    print("If that is meant: scripts/instructions.sh --record" if slower else
          f"no count of {len(counts)} cases grew by more than {100 * TOLERANCE:g} %")
    return int(slower)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--record", action="store_true")
    options = parser.parse_args()
    if not shutil.which("valgrind") or not os.path.exists(options.program):
        print("skipped: valgrind or what is built with its header is missing (package valgrind, then configure anew)")
        return SKIPPED
    basis, counts = measure(options.program)
    if not options.record: return check(basis, counts)
    RECORD.write_text(json.dumps({"basis": basis, "counts": counts}, indent=1, sort_keys=True) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
