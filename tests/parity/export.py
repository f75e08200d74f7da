#!/usr/bin/env python3
"""Exported networks in the programs they are for: `mdsearch export` to TorchScript and ONNX, run by PyTorch and
onnxruntime at batches 1 and 2 on equal inputs, and their largest difference over the largest value, as a table.

    tests/parity/export.py [NAME ...]      needs torch, onnxruntime, safetensors, numpy; MDSEARCH names the program

NAME is an architecture; without any, tiny networks of each kind, then mobilediffusion and mobilediffusion-lite. Weights
are random and none is zero: a model folder is made of them. Exits 1 where a difference exceeds 1e-4.
"""
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from safetensors.torch import load_file, save_file

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("MDSEARCH", str(ROOT / "build/release/mdsearch"))
LIMIT = 1e-4
PARTS = {"unet": "unet", "vae_encoder": "vae_encoder", "vae_decoder": "vae_decoder", "taesd_decoder": "vae_decoder",
         "text_tower": "text_encoder", "image_tower": "image_encoder"}

LEVEL = {"width": 16, "down": [1], "up": [1, 1], "head_width": 8}
TINY = {
    "tiny unet, full": {"kind": "unet", "size": 8, "levels": [LEVEL, {**LEVEL, "width": 32}]},
    "tiny unet, separable": {"kind": "unet", "size": 8, "levels": [LEVEL, {**LEVEL, "conv": "separable"}]},
    "tiny unet, relu attention": {"kind": "unet", "size": 8, "levels": [{**LEVEL, "attention": "relu"}]},
    "tiny unet, added conditioning": {"kind": "unet", "size": 8, "pooled_width": 12, "time_ids": 6, "levels": [LEVEL]},
    "tiny encoder": {"kind": "vae_encoder", "size": 32, "widths": [8, 16], "blocks": 1},
    "tiny decoder": {"kind": "vae_decoder", "size": 32, "widths": [8, 16], "blocks": 1},
    "tiny text tower": {"kind": "text_tower", "vocabulary": 60, "tokens": 7, "width": 16, "layers": 2, "heads": 2,
                        "mlp": 32, "projection": 12},
    "tiny text tower, relu attention": {"kind": "text_tower", "vocabulary": 60, "tokens": 7, "width": 16, "layers": 2,
                                        "heads": 2, "mlp": 32, "projection": 12, "attention": "relu"},
    "tiny TAESD decoder": {"kind": "taesd_decoder", "size": 32, "width": 16, "blocks": 1},
    "tiny image tower": {"kind": "image_tower", "size": 32, "patch": 8, "width": 16, "layers": 2, "heads": 2,
                         "mlp": 32, "projection": 12},
}


def export(*arguments):
    subprocess.run([PROGRAM, "export", *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)


def random_weight(old):
    """Weights that keep activations near 1 and biases near 0, norms' scales among them, and no zero anywhere."""
    if old.dim() == 1:
        return torch.randn_like(old) * 0.1 + old.mean().round()
    return torch.randn_like(old) / (old.numel() / old.shape[0]) ** 0.5


def model_folder(folder, name):
    """Makes a model folder whose one part is the network NAME with random weights; returns the part's name."""
    folder.mkdir()
    export(name, "--seed", 0, "--to", "safetensors", "--out", folder / "start.safetensors")
    spec = json.loads((folder / "start.json").read_text())
    part = PARTS[spec.pop("kind")]
    torch.manual_seed(1)
    weights = {key: random_weight(value) for key, value in load_file(folder / "start.safetensors").items()}
    (folder / "start.safetensors").unlink()
    save_file(weights, folder / f"{part}.safetensors")
    (folder / "model.json").write_text(json.dumps({part: spec}))
    return part


def example(value, batch, tokens):
    sizes = [batch if isinstance(size, str) else size for size in value.shape]
    if "int64" in value.type:
        return torch.randint(tokens, sizes)
    return torch.randn(sizes) if value.name not in ("timestep", "time_ids") else torch.rand(sizes) * 1000


def differences(script, session, batch, tokens):
    torch.manual_seed(batch)
    inputs = {value.name: example(value, batch, tokens) for value in session.get_inputs()}
    with torch.no_grad():
        wanted = script(**inputs)
    wanted = wanted if isinstance(wanted, tuple) else (wanted,)
    found = session.run(None, {name: tensor.numpy() for name, tensor in inputs.items()})
    for value, a, b in zip(session.get_outputs(), wanted, found):
        a = a.numpy()
        yield value.name, float(np.abs(a - b).max() / np.abs(a).max()), float(np.abs(a).max())


def check(label, name):
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        model = folder / "model"
        part = model_folder(model, name)
        export(part, "--model", model, "--to", "torchscript", "--out", folder / "network.pt")
        export(part, "--model", model, "--to", "onnx", "--out", folder / "network.onnx")
        script = torch.jit.load(str(folder / "network.pt"))
        session = onnxruntime.InferenceSession(str(folder / "network.onnx"))
        external = "yes" if (folder / "network.onnx.data").exists() else "no"
        tokens = json.loads((model / "model.json").read_text())[part].get("vocabulary", 0)
        worst = 0
        for batch in (1, 2):
            for output, difference, largest in differences(script, session, batch, tokens):
                print(f"| {label} | {output} | {batch} | {difference:.1e} | {largest:.3g} | {external} |", flush=True)
                worst = max(worst, difference if np.isfinite(difference) else np.inf)
        return worst


def main(names):
    print("| network | output | batch | largest difference / largest value | largest value | external data |")
    print("|---|---|---|---|---|---|", flush=True)
    worst = [check(name, name) for name in names]
    with tempfile.TemporaryDirectory() as scratch:
        for i, (label, spec) in enumerate({} if names else TINY.items()):
            file = Path(scratch) / f"{i}.json"
            file.write_text(json.dumps(spec))
            worst.append(check(label, file))
    if not names:
        worst += [check(name, name) for name in ("mobilediffusion", "mobilediffusion-lite")]
    return 0 if max(worst) <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
