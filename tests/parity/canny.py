"""Compares the edges of mdsearch with OpenCV's cv2.Canny, pixel by pixel.

    cmake --build build/release --target canny
    python tests/parity/canny.py build/release/pipeline/canny [PICTURE ...]     (needs numpy and opencv-python-headless)

Pictures are noise, smooth waves, drawn shapes and single lines of pixels in many sizes, and those that are named.
"""

import pathlib
import subprocess
import sys
import tempfile

import cv2
import numpy as np

THRESHOLDS = [(100, 200), (0, 0), (0, 2040), (40, 90), (150, 150), (300, 700)]
SIZES = [(1, 1), (1, 9), (9, 1), (2, 3), (17, 31), (64, 64), (255, 130), (512, 384)]


def waves(rng, height, width):
    y, x = np.mgrid[0:height, 0:width]
    planes = [127 + 127 * np.sin(a * x + b * y + c) for a, b, c in rng.uniform(-0.6, 0.6, (3, 3))]
    return np.stack(planes, -1).astype(np.uint8)


def shapes(rng, height, width):
    picture = np.full((height, width, 3), 255, np.uint8)
    for _ in range(8):
        centre = int(rng.integers(width)), int(rng.integers(height))
        colour = tuple(int(c) for c in rng.integers(0, 256, 3))
        cv2.circle(picture, centre, int(rng.integers(1, max(2, height // 3))), colour, -1, lineType=cv2.LINE_AA)
    return picture


def pictures(files):
    rng = np.random.default_rng(0)
    for height, width in SIZES:
        yield f"noise {width}x{height}", rng.integers(0, 256, (height, width, 3), np.uint8)
        yield f"levels {width}x{height}", rng.integers(0, 3, (height, width, 3), np.uint8) * 60
        yield f"waves {width}x{height}", waves(rng, height, width)
        yield f"shapes {width}x{height}", shapes(rng, height, width)
    for file in files:
        yield file, cv2.cvtColor(cv2.imread(file), cv2.COLOR_BGR2RGB)


def main():
    program, files = sys.argv[1], sys.argv[2:]
    cases = list(pictures(files))
    wrong = edges = 0
    with tempfile.TemporaryDirectory(prefix="canny-") as name:
        folder = pathlib.Path(name)
        pairs = []
        for i, (_, picture) in enumerate(cases):
            cv2.imwrite(str(folder / f"{i}.png"), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
            pairs += [folder / f"{i}.png", folder / f"{i}-edges.png"]
        for low, high in THRESHOLDS:
            subprocess.run([program, str(low), str(high), *pairs], check=True)
            for i, (what, picture) in enumerate(cases):
                expected = cv2.Canny(picture, low, high)
                found = cv2.imread(str(folder / f"{i}-edges.png"))
                apart = int((found != expected[:, :, None]).any(-1).sum())
                edges += int((expected > 0).sum())
                if apart:
                    wrong += 1
                    print(f"{what}, thresholds {low} and {high}: {apart} pixels differ")
    print(f"OpenCV {cv2.__version__}: {len(cases)} pictures at {len(THRESHOLDS)} pairs of thresholds, "
          f"{edges} edge pixels, {wrong} differ")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
