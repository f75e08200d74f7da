#!/usr/bin/env python3
"""Compares pictures and texts embedded by our CLIP with open_clip: pixels, tokens, towers and pooling in one.

    cmake --build --preset release --target clip_embed
    python tests/parity/clip.py --program build/release/pipeline/clip_embed

Random weights, float32, CPU. Pictures of several shapes go through open_clip's own evaluation transform, and for CMMD
through PIL's square resize; texts through open_clip's tokenizer. Needs torch, open_clip, Pillow, safetensors, numpy.
"""

import argparse
import pathlib
import subprocess
import tempfile

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

import peer_case

LIMIT = 1e-5
TEXTS = ["a photo of a cat", "", "hello   WORLD 2024!!", "caf\u00e9 \u65e5\u672c", "&amp;lt;b&amp;gt;",
         "\u201cquoted\u201d \U0001F600", "a very long text " * 30]
SHAPES = [(480, 640), (375, 500), (501, 333), (224, 301), (100, 80), (224, 224), (1024, 1024), (64, 700)]


def picture(generator, height, width):
    """Smooth areas, noise, and edges that a filter overshoots at."""
    small = Image.fromarray(generator.integers(0, 256, (7, 7, 3), dtype=np.uint8))
    pixels = np.array(small.resize((width, height), Image.BICUBIC))
    pixels[: height // 3] = generator.integers(0, 256, (height // 3, width, 3))
    pixels[-height // 4:, :: 8] = 255
    return Image.fromarray(pixels)


def squashed(image, size, normalise):
    """Resizes along rows first, like Pillow before version 13, which chooses the order by the sides; results differ."""
    along_rows = image.resize((size, image.height), Image.BICUBIC)
    pixels = np.asarray(along_rows.resize((size, size), Image.BICUBIC))
    return normalise(torch.from_numpy(pixels.copy()).permute(2, 0, 1) / 255)


def apart(expected, actual):
    return float((expected.double() - actual.double()).abs().max() / expected.abs().max())


class Peer:
    def __init__(self, name, folder):
        import open_clip

        self.model, self.size = open_clip.create_model(name), peers_size(name)
        self.model.eval()
        save_file(self.model.state_dict(), folder / "clip.safetensors")
        self.crop = open_clip.image_transform(self.size, is_train=False)
        self.tokens = open_clip.get_tokenizer(name)(TEXTS)

    def expected(self, image, fit):
        pixels = self.crop(image) if fit == "crop" else squashed(image, self.size, self.crop.transforms[-1])
        embeds = self.model.encode_image(pixels[None], normalize=True)[0]
        return pixels, embeds

    def texts(self):
        return self.model.encode_text(self.tokens, normalize=True)


def peers_size(name):
    return 336 if "336" in name else 224


def ours(program, network, folder, image, fit):
    save_file({"pictures": torch.from_numpy(np.array(image)).permute(2, 0, 1)[None].contiguous()},
              folder / "in.safetensors")
    subprocess.run([program, network, folder / "clip.safetensors", fit, folder / "in.safetensors",
                    folder / "out.safetensors"], check=True, input="\n".join(TEXTS).encode())
    return load_file(folder / "out.safetensors")


@torch.no_grad()
def compare(program, network, name, fit):
    """The largest differences of normalised pixels, picture and text embeddings, relative to the largest value."""
    generator, worst = np.random.default_rng(peer_case.SEED), dict(pixels=0.0, image_embeds=0.0, text_embeds=0.0)
    with tempfile.TemporaryDirectory(prefix="parity-") as where:
        folder = pathlib.Path(where)
        peer = Peer(name, folder)
        normalise = peer.crop.transforms[-1]
        for shape in SHAPES if fit == "crop" else SHAPES[::2]:
            image = picture(generator, *shape)
            pixels, embeds = peer.expected(image, fit)
            actual = ours(program, network, folder, image, fit)
            found = dict(pixels=apart(pixels, normalise(actual["pixels"][0] / 255)),
                         image_embeds=apart(embeds, actual["image_embeds"][0]),
                         text_embeds=apart(peer.texts(), actual["text_embeds"]))
            worst = {key: max(value, found[key]) for key, value in worst.items()}
    return worst


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default="build/release/pipeline/clip_embed")
    options = parser.parse_args()
    cases = [("clip-vit-b-32", "ViT-B-32-quickgelu", "crop"), ("clip-vit-l-14-336", "ViT-L-14-336-quickgelu", "squash")]
    good = True
    for network, name, fit in cases:
        worst = compare(options.program, network, name, fit)
        good = good and all(value <= LIMIT for value in worst.values())
        print(f"{network:20} {fit:7}", *(f"{key} {value:.2e}" for key, value in worst.items()), flush=True)
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
