#!/usr/bin/env python3
"""Candidates an hour of the quickstart sweep's protocol, ours against the same protocol in PyTorch eager.

    cmake --build --preset release --target mdsearch
    build/release/mdsearch data build emoji
    tests/parity/sweep_throughput.py --out sweep_throughput.jsonl      MDSEARCH names the program

A candidate is MobileDiffusion at 1/8 of the width: it is trained to each rung, and its averaged weights then draw the
evaluation's pictures with guidance, which are decoded, embedded, compared and stored. Ours are the runs of `mdsearch
sweep` on configs/sweeps/quickstart.json for that network and several seeds, by the times that the sweep tells of;
opening the data and the page of the winner, which a sweep does once, are left out. The peer has the training step of
train_step.py on random data of the same shape, twin.py for drawing, and our decoder and scoring tower as TorchScript.
It scores without bootstrap intervals and is warm in every round, both in its favour. Both sides
alternate, in random order within rounds, with the same threads. Needs torch, numpy and safetensors.
"""
import argparse
import json
import pathlib
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time

import torch
import torch.nn.functional as F
from safetensors.torch import load_file

import twin
from export import PROGRAM, ROOT, export
from train_step import Case, MOBILE, Peer, ratio, write_case

QUICKSTART = json.loads((ROOT / "configs/sweeps/quickstart.json").read_text())
RUNGS, EVALUATION = QUICKSTART["rungs"], QUICKSTART["evaluation"]
# What a sweep does once, however many candidates it has.
ONCE = {"enumerate", "data", "winner", "rest"}


class Ours:
    """One sweep of a few runs for each measurement, in a folder of its own."""

    def __init__(self, folder, options):
        self.folder, self.options, self.count = folder, options, 0
        (folder / "out").mkdir()
        for shared in ("configs", "weights", "out/data", "out/cache"):
            (ROOT / shared).mkdir(parents=True, exist_ok=True)
            (folder / shared).symlink_to(ROOT / shared)

    def run(self):
        self.count += 1
        config = QUICKSTART | {"name": f"throughput-{self.count}", "networks": ["mobilediffusion"],
                               "seeds": self.options.candidates}
        for field in ("space", "candidates", "seed"):
            config.pop(field)
        (self.folder / "sweep.json").write_text(json.dumps(config))
        command = [PROGRAM, "sweep", "sweep.json", "--db", "results.db", "--threads", str(self.options.threads)]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr}")
        told = done.stderr.partition("where the time of the sweep went")[2]
        phases = {name: float(seconds) for name, seconds in re.findall(r"^  ([\w-]+) +([\d.]+) s", told, re.M)}
        return {name: seconds / self.options.candidates for name, seconds in phases.items() if name not in ONCE}


class Eager:
    """The same in this process."""

    def __init__(self, folder, options):
        self.folder, self.options = folder, options
        self.case = Case("mobilediffusion", MOBILE, QUICKSTART["stage"]["width_divisor"], QUICKSTART["batch"])
        options.device = "cpu"
        write_case(self.case, "fp32", options, folder)
        self.decoder, self.tower = (self.script(*part) for part in (
            ("vae_decoder", "emoji-autoencoder"), ("image_encoder", "emoji-clip-score")))
        self.held_out = torch.randn(256, 96).double()

    def script(self, part, model):
        export(part, "--model", ROOT / "weights" / model, "--to", "torchscript", "--out", self.folder / f"{part}.pt")
        script = torch.jit.load(str(self.folder / f"{part}.pt"))
        for weight in script.parameters():
            if weight.dim() == 4:
                weight.data = weight.data.contiguous(memory_format=torch.channels_last)
        return script

    def run(self):
        times = dict.fromkeys(("build", "train", "draw", "decode", "score", "store"), 0.0)
        for _ in range(self.options.candidates):
            self.candidate(times)
        return {name: seconds / self.options.candidates for name, seconds in times.items()}

    def candidate(self, times):
        def timed(name, work):
            start = time.perf_counter()
            result = work()
            times[name] += time.perf_counter() - start
            return result

        peer = timed("build", lambda: Peer(self.case, "fp32", "cpu", self.folder))
        for before, rung in zip([0, *RUNGS], RUNGS):
            timed("train", lambda: peer.run(rung - before))
            with torch.no_grad():
                latents = timed("draw", lambda: self.draw(peer))
                pictures = timed("decode", lambda: self.decoder(latents))
                scores = timed("score", lambda: self.scores(pictures))
            timed("store", lambda: torch.save({"weights": dict(peer.weights), "averages": peer.averages,
                                               "optimizer": peer.optimizer.state_dict(), "pictures": pictures,
                                               "scores": scores}, self.folder / "checkpoint.pt"))

    def draw(self, peer):
        """DDIM on v-prediction, with guidance: both halves of a batch in one call."""
        weights = twin.Weights(0, self.case.divisor, F.scaled_dot_product_attention)
        weights.update(zip(peer.weights, peer.averages))
        n, steps = EVALUATION["pictures"], EVALUATION["sampler"]["steps"]
        empty = peer.data["empty_text"].float().expand(n, -1, -1)
        text = torch.cat([empty, peer.data["text"][:n].float()])
        x = torch.randn(n, self.case.channels, self.case.size, self.case.size)
        x = x.contiguous(memory_format=torch.channels_last)
        times = torch.linspace(len(peer.a) - 1, 0, steps + 1).long()
        for t, after in zip(times, times[1:]):
            inputs = {"sample": torch.cat([x, x]), "timestep": t.expand(2 * n), "encoder_hidden_states": text}
            without, given = twin.mobile_diffusion(weights, inputs, **MOBILE).chunk(2)
            v = without + EVALUATION["sampler"]["guidance"] * (given - without)
            x0, noise = peer.a[t] * x - peer.s[t] * v, peer.s[t] * x + peer.a[t] * v
            x = peer.a[after] * x0 + peer.s[after] * noise
        return x

    def scores(self, pictures):
        small = F.interpolate(pictures, (64, 64), mode="bicubic", antialias=True)
        features = F.normalize(self.tower(small), dim=-1).double()
        held_out = F.normalize(self.held_out[:, :features.shape[1]], dim=-1)
        root = torch.linalg.eigvals(features.T.cov() @ held_out.T.cov()).real.clamp(min=0).sqrt().sum()
        apart = (features.mean(0) - held_out.mean(0)).square().sum()
        return {"distance": apart + features.T.cov().trace() + held_out.T.cov().trace() - 2 * root,
                "clip": (features * held_out[:len(features)]).sum(1).mean()}


def measure(options):
    with tempfile.TemporaryDirectory(prefix="sweep-throughput-") as name:
        sides, seconds = {}, {"ours": [], "eager": []}
        for side, kind in (("ours", Ours), ("eager", Eager)):
            folder = pathlib.Path(name) / side
            folder.mkdir()
            sides[side] = kind(folder, options)
        sides["eager"].run()  # its first run makes what PyTorch keeps
        draw = random.Random(0)
        for _ in range(options.rounds):
            for side in draw.sample(list(sides), len(sides)):
                seconds[side].append(sides[side].run())
    return seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--candidates", type=int, default=2, help="runs of a sweep, one after the other in a round")
    parser.add_argument("--out", type=pathlib.Path, help="write the row here as JSON")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    seconds = measure(options)
    row = {"threads": options.threads, "rounds": options.rounds, "candidates": options.candidates, "seconds": seconds}
    for side, rounds in seconds.items():
        median = statistics.median(sum(each.values()) for each in rounds)
        parts = ", ".join(f"{part} {statistics.median(each[part] for each in rounds):.2f}" for part in rounds[0])
        row[f"{side}_an_hour"] = 3600 / median
        print(f"{side:6} {3600 / median:7.1f} candidates an hour; {median:.2f} s each: {parts}")
    totals = [[sum(each.values()) for each in seconds[side]] for side in ("eager", "ours")]
    row["ratio"] = ratio(*totals)
    print("ours / eager, candidates an hour: {:.3f}, 95 % interval {:.3f} to {:.3f}".format(*row["ratio"]))
    if options.out:
        options.out.write_text(json.dumps(row) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
