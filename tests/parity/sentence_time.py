#!/usr/bin/env python3
"""Times a sentence becoming a 512 px PNG in one step: CLIP-L, MobileDiffusion and the light decoder at full width with
random weights, as `mdsearch generate` runs them, against the floor of their multiplications at the rate that this
machine reaches in the same run.

    MDSEARCH=build/release/mdsearch python tests/parity/sentence_time.py --dtype bf16

Needs torch and safetensors. The rate is the fastest of matrix products of 2048 by PyTorch in the same number type,
between the runs. A picture is what each further sentence adds to a run. Starting is what the program takes to print
its help. What the first picture costs beyond both is loading: from packed weights that an earlier run kept, and without
them. It includes what a first pass alone does, as compiling its matrix products.
"""
import argparse
import json
import pathlib
import shutil
import subprocess
import tempfile
import time

import torch
from safetensors.torch import load_file, save_file

from export import PARTS, PROGRAM, ROOT, export, random_weight

NETWORKS = ("clip-vit-l-14-text", "mobilediffusion", "md-vae-decoder-light")
SIZE = 2048
NUMBERS = {"fp32": torch.float32, "bf16": torch.bfloat16}


def make_model(folder, dtype):
    """A model folder of the three networks; returns their multiplications for one picture."""
    card = {"schedule": {}, "prediction": "v", "steps": 1, "guidance": 1.0, "tokenizer": {},
            "latent_scale": {"mean": [0.0] * 8, "std": [1.0] * 8}}
    macs = 0
    for name in NETWORKS:
        export(name, "--seed", 0, "--to", "safetensors", "--out", folder / "start.safetensors")
        spec = json.loads((folder / "start.json").read_text())
        part = PARTS[spec.pop("kind")]
        card[part] = spec
        weights = {key: random_weight(value).to(NUMBERS[dtype]) for key, value in
                   load_file(folder / "start.safetensors").items()}
        save_file(weights, folder / f"{part}.safetensors")
        (folder / "start.safetensors").unlink()
        (folder / "start.json").unlink()
        table = json.loads(subprocess.run([PROGRAM, "spec", name, "--format", "json"], check=True,
                                          capture_output=True, text=True).stdout)
        macs += sum(block["macs_valid"] for block in table["blocks"])
    (folder / "model.json").write_text(json.dumps(card))
    shutil.copy(ROOT / "weights/clip-bpe/merges.txt", folder / "merges.txt")
    return macs


def peak_of(process):
    try:
        status = pathlib.Path(f"/proc/{process}/status").read_text()
    except ProcessLookupError:
        return 0
    return max((int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM")), default=0)


def starting():
    """Seconds until the program, with its libraries loaded, has printed its help."""
    start = time.perf_counter()
    subprocess.run([PROGRAM, "generate", "--help"], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def generate(options, folder, pictures, packed):
    """Seconds and peak bytes of a run that draws so many pictures."""
    prompts = [word for i in range(pictures) for word in ("--prompt", f"{i + 1} red hearts on a white plate")]
    start, peak = time.perf_counter(), 0
    process = subprocess.Popen([PROGRAM, "generate", "--model", folder / "model", *prompts, "--steps", "1",
                                "--guidance", "1", "--dtype", options.dtype, "--threads", str(options.threads),
                                "--packed", packed, "--out", tempfile.mkdtemp(dir=folder)],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None:  # what a child says of itself when it ends includes its parent's memory
        peak = max(peak, peak_of(process.pid))
        time.sleep(0.02)
    if process.returncode:
        raise SystemExit(f"{PROGRAM} generate failed with {process.returncode}")
    return time.perf_counter() - start, peak


def rate(dtype):
    """Multiplications a second of the fastest of several products."""
    a, b = (torch.randn(SIZE, SIZE).to(dtype) for _ in range(2))
    seconds = []
    for _ in range(6):
        start = time.perf_counter()
        a @ b
        seconds.append(time.perf_counter() - start)
    return SIZE**3 / min(seconds)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dtype", choices=NUMBERS, default="bf16")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pictures", type=int, default=6, help="of the longer run")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    with tempfile.TemporaryDirectory(prefix="sentence-time-") as name:
        folder = pathlib.Path(name)
        (folder / "model").mkdir()
        macs = make_model(folder / "model", options.dtype)
        generate(options, folder, 1, folder / "packed")
        rates, starts, one, many, unpacked = [], [], [], [], []
        for _ in range(options.rounds):
            rates.append(rate(NUMBERS[options.dtype]))
            starts.append(starting())
            one.append(generate(options, folder, 1, folder / "packed"))
            many.append(generate(options, folder, options.pictures, folder / "packed"))
            unpacked.append(generate(options, folder, 1, "none"))
    seconds = (min(s for s, _ in many) - min(s for s, _ in one)) / (options.pictures - 1)
    loading = [min(s for s, _ in runs) - min(starts) - seconds for runs in (one, unpacked)]
    floor = macs / max(rates)
    print(json.dumps({"dtype": options.dtype, "threads": options.threads, "gmacs": round(macs / 1e9, 1),
                      "gmacs_a_second": round(max(rates) / 1e9, 1), "floor_s": round(floor, 3),
                      "picture_s": round(seconds, 3), "times_the_floor": round(seconds / floor, 2),
                      "first_picture_s": round(min(s for s, _ in one), 3), "start_s": round(min(starts), 3),
                      "loading_s": round(loading[0], 3), "loading_unpacked_s": round(loading[1], 3),
                      "peak_mb": max(peak for _, peak in one) >> 20}, indent=1))


if __name__ == "__main__":
    main()
