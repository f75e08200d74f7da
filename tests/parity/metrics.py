"""Compares measures and resized pixels with torch-fidelity, clean-fid, PIL and skimage on random inputs.

`python tests/parity/metrics.py MEASURE_TENSORS`: the program of that name, built from measure.cpp.
"""
import json
import subprocess
import sys
import tempfile

import numpy as np
import torch
from cleanfid.resize import build_resizer
from PIL import Image
from safetensors.torch import load_file, save_file
from skimage.metrics import structural_similarity
from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric
from torch_fidelity.metric_kid import kid_features_to_metric
from torch_fidelity.metric_prc import prc_features_to_metric

N, WIDTH, SIDE = 400, 256, 77


def call(*arguments):
    return subprocess.run(arguments, check=True, capture_output=True, text=True).stdout


def peers(x, y, a, b):
    fid = fid_statistics_to_metric(fid_features_to_statistics(x), fid_features_to_statistics(y), False)
    kid = kid_features_to_metric(x.double(), y.double(), kid_subsets=1, kid_subset_size=N, verbose=False)
    manifolds = prc_features_to_metric(x.double(), y.double(), verbose=False)
    ssim = [structural_similarity(p, q, data_range=255, channel_axis=0, gaussian_weights=True,
                                  use_sample_covariance=False) for p, q in zip(a.double().numpy(), b.double().numpy())]
    frechet = fid["frechet_inception_distance"]
    return {"frechet": frechet, "frechet_accumulated": frechet, "kid": kid["kernel_inception_distance_mean"],
            "precision": manifolds["precision"], "recall": manifolds["recall"], "ssim": float(np.mean(ssim))}


def resized_by_peer(way, pictures, side):
    if way == "bicubic":
        return [np.asarray(Image.fromarray(p).resize((side, side), Image.BICUBIC)) for p in pictures]
    resize = build_resizer(way)
    return [resize(p) for p in pictures]


def main():
    torch.manual_seed(0)
    x, y = torch.rand(N, WIDTH), torch.rand(N, WIDTH) ** 1.1
    a = torch.randint(256, (4, 3, SIDE, 2 * SIDE), dtype=torch.uint8)
    b = (a.float() * 0.8 + torch.rand(a.shape) * 50).to(torch.uint8)
    with tempfile.TemporaryDirectory() as folder:
        file, out = folder + "/in.safetensors", folder + "/out.safetensors"
        save_file({"features": x, "reference": y, "pictures": a, "reference_pictures": b}, file)
        ours = json.loads(call(sys.argv[1], file, "1", str(N)))
        for name, theirs in peers(x, y, a, b).items():
            print(f"{name:20} {ours[name]:.10g} {theirs:.10g} relative {abs(ours[name] - theirs) / abs(theirs):.1e}")
        for way, side in (("bicubic", 64), ("bicubic", 299), ("clean", 299)):
            call(sys.argv[1], file, way, str(side), str(side), out)
            pixels = load_file(out)["pictures"].permute(0, 2, 3, 1).numpy()
            theirs = np.stack(resized_by_peer(way, a.permute(0, 2, 3, 1).numpy(), side)).astype(np.float32)
            print(f"{way} to {side}: {abs(pixels - theirs).max():.1e} levels at most")


if __name__ == "__main__":
    main()
