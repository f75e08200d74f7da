#!/usr/bin/env python3
"""Compares `mdsearch train --plan` with trainings by 1, 2 and 4 processes over Gloo, one thread each: the plan gets the
images a second of as many processes that train alone at the same time, each on its share of the batch, and the GB/s of
PyTorch's all-reduce of as many bytes among as many processes. All alternate in random order in one run.

    cmake --build --preset release --target mdsearch train_step
    python tests/parity/train_plan.py build/release/mdsearch build/release/trainer/train_step
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import torch

from train_step import CASES, interleaved, write_case
from train_together import Together

CONFIG = pathlib.Path(__file__).resolve().parents[2] / "configs/train/emoji-md-base.json"  # the network of the case
CASE = "mobilediffusion/8"


def reduce_process(numbers):
    """Answers with the seconds of each sum."""
    torch.set_num_threads(1)
    torch.distributed.init_process_group("gloo")
    values = torch.ones(numbers)
    print("ready", flush=True)
    for line in sys.stdin:
        seconds = []
        for _ in range(int(line)):
            before = time.perf_counter()
            torch.distributed.all_reduce(values)
            seconds.append(time.perf_counter() - before)
            values.fill_(1)
        zeros = [0.0] * len(seconds)
        print(json.dumps({"forward": seconds, "backward": zeros, "update": zeros, "cpu": 0}), flush=True)


class Apart:
    """Processes that train at the same time, each alone."""

    def __init__(self, program, folders):
        self.processes = [Together([program, str(folder)], 1) for folder in folders]

    def run(self, steps):
        inputs = [process.processes[0] for process in self.processes]
        for process in inputs:
            print(steps, file=process.stdin, flush=True)
        said = [json.loads(process.stdout.readline()) for process in inputs]
        return said[0]

    def close(self):
        for process in self.processes:
            process.close()


def planned(options, processes, rate, bandwidth):
    command = [options.program, "train", str(CONFIG), "--plan", "--format", "json", "--devices", str(processes),
               "--rate", str(rate), "--set", f"loop.batch={CASES[CASE].batch}"]
    if processes > 1:
        command += ["--bandwidth", str(bandwidth), "--overlap", "0"]
    plan = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return plan["days"] * 86400 / plan["iterations"], plan


def main():
    if sys.argv[1:2] == ["--reduce"]:
        return reduce_process(int(sys.argv[2]))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", help="mdsearch")
    parser.add_argument("step", help="train_step, built from train_step.cpp")
    parser.add_argument("--rounds", type=int, default=8, help="blocks a side")
    parser.add_argument("--steps", type=int, default=3, help="of a block")
    options = parser.parse_args()
    options.threads, options.device = 1, "cpu"
    batch, counts = CASES[CASE].batch, (1, 2, 4)
    sent = {n: planned(options, n, 1, 1)[1].get("sent_bytes", 0) for n in counts}
    numbers = planned(options, 1, 1, 1)[1]["params"]
    with tempfile.TemporaryDirectory(prefix="train-plan-") as name:
        folder, sides = pathlib.Path(name), {}
        for n in counts:
            own = [folder / f"{n}-{i}" for i in range(n)]
            for place in own + [folder / f"whole-{n}"]:
                place.mkdir()
            case = CASES[CASE]
            write_case(case, "fp32", options, folder / f"whole-{n}")
            sides[f"together {n}"] = Together([options.step, str(folder / f"whole-{n}")], n)
            for place in own:
                case.batch = batch // n
                write_case(case, "fp32", options, place)
                case.batch = batch
            sides[f"apart {n}"] = Apart(options.step, own)
            if n > 1:
                sides[f"sum {n}"] = Together([sys.executable, __file__, "--reduce", str(numbers)], n)
        blocks = interleaved(sides, options.rounds, options.steps)
        for side in sides.values():
            side.close()
    ms = {side: statistics.median(block["step"] for block in rows) for side, rows in blocks.items()}
    for n in counts:
        bandwidth = sent[n] / (ms[f"sum {n}"] * 1e6) if n > 1 else 0
        rate = batch / n / (ms[f"apart {n}"] * 1e-3)
        step = 1e3 * planned(options, n, rate, bandwidth)[0]
        measured = ms[f"together {n}"]
        print(f"{n} processes: {rate:.1f} images/s each, {bandwidth:.2f} GB/s; planned {step:.1f} ms, measured "
              f"{measured:.1f} ms: {100 * (step / measured - 1):+.1f} %")
    return 0


if __name__ == "__main__":
    sys.exit(main())
