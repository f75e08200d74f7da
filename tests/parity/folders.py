#!/usr/bin/env python3
"""Compares `mdsearch evaluate` of two folders with torch-fidelity's FID and KID of the same files and weights.

    python tests/parity/folders.py --mdsearch build/release/mdsearch

Random weights of Inception-v3; pictures of several sizes as PNG and JPEG. The clean and the PyTorch convention feed
torch-fidelity's network with what clean-fid (by PIL) and torch resize. Needs what run.py needs, and clean-fid.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file

import peer_case

LIMIT = 1e-4
N = 24


def make_folder(folder, seed):
    """Coarse random patches, enlarged, so that features differ."""
    folder.mkdir()
    random = np.random.default_rng(seed)
    for i in range(N):
        patches = random.integers(0, 256, (4 + i % 3, 5, 3), dtype=np.uint8)
        side = (90 + 37 * (i % 5), 70 + 61 * (i % 7))
        picture = Image.fromarray(patches).resize(side, Image.BICUBIC)
        picture.save(folder / f"{i:03}{'.jpg' if i % 2 else '.png'}", quality=95)


def random_inception(folder):
    from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

    class Unloaded(FeatureExtractorInceptionV3):
        def load_state_dict(self, _):
            """Uses random weights instead of those that the constructor would read."""

    torch.save({}, folder / "none.pth")
    model = peer_case.build(Unloaded, "inception", ["2048"], feature_extractor_weights_path=folder / "none.pth")
    peer_case.randomise_statistics(model)
    peer_case.keep_through_relu(model)
    save_file(model.state_dict(), folder / "inception.safetensors")
    return model


def resized_by_torch(pixels):
    chw = torch.from_numpy(pixels).permute(2, 0, 1)[None].float()
    return torch.nn.functional.interpolate(chw, (299, 299), mode="bilinear", align_corners=False)


@torch.no_grad()
def features(model, folder, resize):
    rows = []
    for file in sorted(folder.iterdir()):
        pixels = np.array(Image.open(file).convert("RGB"))
        rows.append(model(resize(pixels))[0])
    return torch.cat(rows)


def scores(model, folders, resize):
    from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric
    from torch_fidelity.metric_kid import kid_features_to_metric

    a, b = (features(model, folder, resize) for folder in folders)
    fid = fid_statistics_to_metric(fid_features_to_statistics(a), fid_features_to_statistics(b), False)
    kid = kid_features_to_metric(a.double(), b.double(), kid_subsets=1, kid_subset_size=N, verbose=False)
    return fid["frechet_inception_distance"], kid["kernel_inception_distance_mean"]


def theirs(model, folders):
    import torch_fidelity.feature_extractor_inceptionv3 as extractor
    from cleanfid.resize import build_resizer

    as_it_is = lambda pixels: torch.from_numpy(pixels).permute(2, 0, 1)[None]
    clean = build_resizer("clean")
    found = {}
    found["fid"], found["kid"] = scores(model, folders, as_it_is)
    extractor.vassert = lambda *_: None  # pictures are resized already and not rounded
    extractor.interpolate_bilinear_2d_like_tensorflow1x = lambda x, **_: x
    found["fid_clean"], _ = scores(model, folders, lambda pixels: torch.tensor(clean(pixels)).permute(2, 0, 1)[None].float())
    found["fid_legacy_pytorch"], _ = scores(model, folders, resized_by_torch)
    return found


def ours(mdsearch, folders, weights, cache):
    command = [mdsearch, "evaluate", "--metrics", "fid,kid,fid_clean,fid_legacy_pytorch", "--images", folders[0],
               "--reference", folders[1], "--weights", f"inception-v3-fid={weights}", "--kid-subset", str(N),
               "--cache", cache, "--format", "json"]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return {metric["name"]: metric["value"] for metric in json.loads(said)["metrics"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mdsearch", default="build/release/mdsearch", help="the program")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="folders-") as name:
        here = pathlib.Path(name)
        folders = here / "a", here / "b"
        for seed, folder in enumerate(folders):
            make_folder(folder, seed)
        model = random_inception(here)
        mine = ours(options.mdsearch, folders, here / "inception.safetensors", here / "cache")
        worst = 0
        for score, value in theirs(model, folders).items():
            apart = abs(mine[score] - value) / abs(value)
            worst = max(worst, apart)
            print(f"{score:20} {mine[score]:.10g} {value:.10g} relative {apart:.1e}")
    return 0 if worst <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
