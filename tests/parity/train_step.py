#!/usr/bin/env python3
"""Times our training step against PyTorch eager's: same network, weights, data, batch, dtype, device and threads,
channels-last maps and fused AdamW on both sides, in blocks of steps that alternate in random order in one run.

    cmake --build --preset release --target train_step
    python tests/parity/train_step.py build/release/trainer/train_step --out train_step.jsonl

On a GPU (`--device cuda`) the peer holds its data and draws its batches there.
A step draws its batch, noise and timesteps, then computes loss and gradients, clips, updates and averages the weights.
Before anything is timed, the gradients of both sides at one batch are compared. `--against PROGRAM` times another build
of ours in PyTorch's place. Needs torch, numpy and safetensors; PyTorch should be the one that we were built with.
"""

import argparse
import dataclasses
import json
import math
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile
import time

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file

import twin

MOBILE = dict(inner=1024, up_depth=3)
LITE = dict(inner=896, up_depth=2)
STEPS_OF_SCHEDULE, BETA_START, BETA_END, CAPTION_DROPOUT = 1000, 0.00085, 0.012, 0.1
OPTIMIZER = dict(lr=1e-4, warmup=0, beta1=0.9, beta2=0.999, epsilon=1e-8, weight_decay=0.01, clip=1.0, ema=0.999)
# Limits of a gradient's largest difference over its largest value. In bfloat16 each side differs from float32 by up to
# 0.14; on a GPU both sides compute float32 convolutions in TF32 by default.
LIMITS = {"cpu": {"fp32": 1e-4, "bf16": 0.1}, "cuda": {"fp32": 0.02, "bf16": 0.1}}
PARTS = ("forward", "backward", "update")


@dataclasses.dataclass
class Case:
    unet: str
    config: dict  # of the twin
    divisor: int
    batch: int
    size: int = 16
    text: tuple = (32, 128)  # tokens x width
    channels: int = 8


# At 1/8 of the width, as trained on the cached latents of the emoji.
CASES = {
    "mobilediffusion/8": Case("mobilediffusion", MOBILE, 8, 32),
    "mobilediffusion-lite/8": Case("mobilediffusion-lite", LITE, 8, 32),
    "mobilediffusion": Case("mobilediffusion", MOBILE, 1, 1, size=32, text=(77, 768)),
}


def write_case(case, dtype, options, folder):
    """What both sides read: the case, weights, and data as latents are cached."""
    config = dict(unet=case.unet, width_divisor=case.divisor, threads=options.threads, device=options.device,
                  optimizer=OPTIMIZER, loop=dict(iterations=1000000, batch=case.batch, dtype=dtype))
    (folder / "case.json").write_text(json.dumps(config))
    generator = torch.Generator().manual_seed(1)
    examples = 4 * case.batch
    data = {"moments": torch.randn(examples, 2 * case.channels, case.size, case.size, generator=generator),
            "text": torch.randn(examples, *case.text, generator=generator), "empty_text": torch.zeros(1, *case.text)}
    save_file({name: tensor.half() for name, tensor in data.items()}, folder / "data.safetensors")
    weights = twin.Weights(2, case.divisor)
    with torch.no_grad():
        inputs = {"sample": torch.zeros(1, case.channels, case.size, case.size), "timestep": torch.zeros(1),
                  "encoder_hidden_states": torch.zeros(1, *case.text)}
        twin.mobile_diffusion(weights, inputs, **case.config)
    save_file(dict(weights), folder / "weights.safetensors")


class Peer:
    """The step as PyTorch has it."""

    def __init__(self, case, dtype, device, folder):
        self.case, self.dtype, self.device = case, dtype, torch.device(device)
        self.data = load_file(folder / "data.safetensors", device=device)
        self.weights = twin.Weights(0, case.divisor, F.scaled_dot_product_attention)
        for name, weight in load_file(folder / "weights.safetensors").items():
            layout = torch.channels_last if weight.dim() == 4 else torch.contiguous_format
            self.weights[name] = weight.to(self.device, memory_format=layout, copy=True).requires_grad_()
        self.parameters = list(self.weights.values())
        self.averages = [weight.detach().clone() for weight in self.parameters]
        self.optimizer = torch.optim.AdamW(
            self.parameters, OPTIMIZER["lr"], (OPTIMIZER["beta1"], OPTIMIZER["beta2"]), OPTIMIZER["epsilon"],
            OPTIMIZER["weight_decay"], fused=True)
        roots = torch.linspace(BETA_START**0.5, BETA_END**0.5, STEPS_OF_SCHEDULE, dtype=torch.double)
        kept = (1 - roots**2).cumprod(0)
        self.a, self.s = (share.sqrt().float().to(self.device) for share in (kept, 1 - kept))

    def batch(self):
        chosen = torch.randint(len(self.data["moments"]), (self.case.batch,), device=self.device)
        mean, log_variance = self.data["moments"][chosen].float().chunk(2, 1)
        x0 = mean + (0.5 * log_variance).exp() * torch.randn_like(mean)
        dropped = torch.rand(self.case.batch, 1, 1, device=self.device) < CAPTION_DROPOUT
        return {"x0": x0, "noise": torch.randn_like(x0),
                "t": torch.randint(STEPS_OF_SCHEDULE, (self.case.batch,), device=self.device),
                "text": torch.where(dropped, self.data["empty_text"], self.data["text"][chosen]).float()}

    def loss(self, batch):
        a, s = (table[batch["t"]].view(-1, 1, 1, 1) for table in (self.a, self.s))
        noised = (a * batch["x0"] + s * batch["noise"]).contiguous(memory_format=torch.channels_last)
        inputs = {"sample": noised, "timestep": batch["t"], "encoder_hidden_states": batch["text"]}
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.dtype == "bf16"):
            output = twin.mobile_diffusion(self.weights, inputs, **self.case.config)
            return F.mse_loss(output, a * batch["noise"] - s * batch["x0"])

    def gradients(self, batch):
        loss = self.loss(batch)
        loss.backward()
        found = {f"gradient.{name}": weight.grad.cpu() for name, weight in self.weights.items()}
        return found | {"loss": loss.detach().double().cpu()}

    def step(self):
        """Seconds of each part."""
        marks = [time.perf_counter()]
        self.optimizer.zero_grad()
        loss = self.loss(self.batch())
        loss.item()
        marks.append(time.perf_counter())
        loss.backward()
        marks.append(time.perf_counter())
        torch.nn.utils.clip_grad_norm_(self.parameters, OPTIMIZER["clip"]).item()
        self.optimizer.step()
        with torch.no_grad():
            torch._foreach_lerp_(self.averages, self.parameters, 1 - OPTIMIZER["ema"])
        marks.append(time.perf_counter())
        return [after - before for before, after in zip(marks, marks[1:])]

    def run(self, steps):
        before = time.process_time()
        times = zip(*(self.step() for _ in range(steps)))
        return dict(zip(PARTS, times)) | {"cpu": time.process_time() - before}

    def close(self):
        pass


class Ours:
    """The program, which waits while others run."""

    def __init__(self, program, folder):
        self.process = subprocess.Popen([program, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline().strip() != "ready":
            raise SystemExit(f"{program} did not start")

    def run(self, steps):
        print(steps, file=self.process.stdin, flush=True)
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def worst_difference(expected, actual):
    """(largest difference over the largest value, name) of the parameter where it is largest."""
    if expected.keys() != actual.keys():
        raise SystemExit(f"parameters differ: {sorted(expected.keys() ^ actual.keys())}")
    apart = {name: ((actual[name] - theirs).abs().max() / theirs.abs().max()).nan_to_num(math.inf).item()
             for name, theirs in expected.items()}
    worst = max(apart, key=apart.get)
    return apart[worst], worst


def interleaved(sides, rounds, steps, seed=0):
    """One block of steps a side and round, in random order; of each block the median step and its parts, in ms."""
    order, draw = list(sides), random.Random(seed)
    for side in sides.values():
        side.run(3)
    blocks = {name: [] for name in sides}
    for _ in range(rounds):
        draw.shuffle(order)
        for name in order:
            said = sides[name].run(steps)
            block = {part: 1e3 * statistics.median(said[part]) for part in PARTS}
            block["step"] = 1e3 * statistics.median(map(sum, zip(*(said[part] for part in PARTS))))
            block["cpu"] = 1e3 * said["cpu"] / steps
            blocks[name].append(block)
    return blocks


def ratio(ours, theirs, seed=0, draws=10000):
    """Ratio of medians over rounds, and its 95 % interval by resampling rounds."""
    draw, n, found = random.Random(seed), len(ours), []
    for _ in range(draws):
        rows = [draw.randrange(n) for _ in range(n)]
        found.append(statistics.median(ours[i] for i in rows) / statistics.median(theirs[i] for i in rows))
    found.sort()
    return (statistics.median(ours) / statistics.median(theirs), found[int(0.025 * draws)], found[int(0.975 * draws)])


def compare(name, dtype, options):
    case = CASES[name]
    if options.batch:
        case = dataclasses.replace(case, batch=options.batch)
    with tempfile.TemporaryDirectory(prefix="train-step-") as name_of_folder:
        folder = pathlib.Path(name_of_folder)
        write_case(case, dtype, options, folder)
        sides = {"ours": Ours(options.program, folder)}
        gradients = load_file(folder / "gradients.safetensors")
        peer = Peer(case, dtype, options.device, folder)
        batch = load_file(folder / "batch.safetensors", device=options.device)
        apart, where = worst_difference(peer.gradients(batch), gradients)
        del gradients
        if options.against:
            del peer
            sides["theirs"] = Ours(options.against, folder)
        else:
            sides["theirs"] = peer
        row = {"case": name, "dtype": dtype, "batch": case.batch, "threads": options.threads,
               "device": options.device, "peer": options.against or f"torch {torch.__version__}",
               "gradients_apart": apart, "worst": where,
               "limit": LIMITS[options.device][dtype], "rounds": options.rounds, "steps": options.steps}
        if apart <= row["limit"] and options.rounds:
            blocks = interleaved(sides, options.rounds, options.steps)
            for side, rows in blocks.items():
                row[side] = {what: statistics.median(block[what] for block in rows) for what in rows[0]}
            for what in ("step", "cpu"):
                row[f"{what}_ratio"] = ratio(*([block[what] for block in blocks[side]] for side in blocks))
        for side in sides.values():
            side.close()
    return row


def show(row):
    ok = "ok" if row["gradients_apart"] <= row["limit"] else "TOO FAR APART: not timed"
    print(f"{row['case']} {row['dtype']} batch {row['batch']}, {row['device']}, {row['threads']} threads; "
          f"peer {row['peer']}\n"
          f"  gradients apart {row['gradients_apart']:.1e} of the largest at most ({row['worst']}), "
          f"limit {row['limit']:.0e}: {ok}")
    for side in ("ours", "theirs"):
        if side in row:
            parts = ", ".join(f"{part} {row[side][part]:.1f}" for part in PARTS)
            print(f"  {side:6} {row[side]['step']:8.1f} ms a step: {parts}; {row[side]['cpu']:.1f} ms of all threads")
    for what in ("step", "cpu"):
        if f"{what}_ratio" in row:
            value, low, high = row[f"{what}_ratio"]
            print(f"  ours / theirs, {what}: {value:.4f}, 95 % interval {low:.4f} to {high:.4f}")
    sys.stdout.flush()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", help="train_step, built from train_step.cpp")
    parser.add_argument("--against", help="another train_step, in PyTorch's place")
    parser.add_argument("--case", nargs="+", choices=CASES, default=["mobilediffusion/8"])
    parser.add_argument("--dtype", nargs="+", choices=LIMITS["cpu"], default=["fp32", "bf16"])
    parser.add_argument("--device", choices=LIMITS, default="cpu")
    parser.add_argument("--batch", type=int, help="examples a step, if not the case's own")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--rounds", type=int, default=30, help="blocks a side; 0: compare gradients alone")
    parser.add_argument("--steps", type=int, default=5, help="of a block")
    parser.add_argument("--out", type=pathlib.Path, help="write the rows here as JSON lines")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    rows = []
    for name in options.case:
        for dtype in options.dtype:
            rows.append(compare(name, dtype, options))
            show(rows[-1])
    if options.out:
        options.out.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return 0 if all(row["gradients_apart"] <= row["limit"] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
