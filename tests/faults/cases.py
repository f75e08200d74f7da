"""What is disturbed: tiny work for every command that writes, what must be there before it, and its own command."""
import dataclasses
import json
import pathlib
import shutil
import struct
import zlib

ROOT = pathlib.Path(__file__).resolve().parents[2]

UNET = {"kind": "unet", "latent_channels": 8, "size": 16, "text_tokens": 32, "text_width": 128, "time_width": 32,
        "levels": [{"width": 8, "down": [0], "up": [0, 0], "head_width": 8},
                   {"width": 16, "down": [1], "up": [1, 1], "conv": "separable", "head_width": 8}]}
SPACE = {"base": "unet.json", "choices": [{"name": "kernel", "path": "levels.1.kernel", "values": [3, 5, 7]}]}
SWEEP = {"name": "toy", "space": "space.json", "candidates": 3, "batch": 4, "seed": 1, "rungs": [6, 12],
         "checkpoint_every": 3, "lease_seconds": 2, "profile": False,
         "stage": {"width_divisor": 1, "latents": "pictures"}, "evaluation": {"pictures": 4, "sampler": {"steps": 2}},
         "policy": {"rule": "halving", "eta": 2, "use_clip": False}}
TOWER = {"width": 8, "layers": 1, "heads": 1, "mlp": 8, "projection": 4}
STAGES = {
    "base": {"latents": "pictures", "unet": "unet.json", "width_divisor": 1},
    "relu": {"latents": "pictures", "start": "out/train/base/model"},
    "distil": {"latents": "pictures", "teacher": "out/train/relu/model", "steps": 2, "guidance": {"probability": 0.5}},
    "ufogen": {"latents": "pictures", "start": "out/train/distil/model"},
    "score_distil": {"latents": "pictures", "teacher": "out/train/base/model", "start": "out/train/distil/model",
                     "most_drift": 1e6},
    "autoencoder": {"data": ["pictures"], "size": 32, "crop": 32, "latent_channels": 2, "widths": [8, 8]},
    "text_image": {"data": ["pictures"], "size": 16, "merges": 0, "text": {**TOWER, "vocabulary": 514, "tokens": 4},
                   "image": {**TOWER, "size": 16, "patch": 8}}}
ON_LATENTS = ("base", "relu", "distil", "ufogen", "score_distil")


def training(stage):
    config = {"name": stage, "stage": {"kind": stage, **STAGES[stage]},
              "loop": {"iterations": 24, "batch": 4, "seed": 1, "checkpoint_every": 3},
              "optimizer": {"lr": 1e-3, "warmup": 2}, "sample_every": 12}
    if stage in ON_LATENTS:
        config["evaluation"] = {"pictures": 4, "sampler": {"steps": 2}}
    return config


def train(stage):
    return f"train {stage}.json --threads 1 --db {{db}}"


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    command: str  # of mdsearch; {db} is the database
    before: tuple = ()  # commands that have run to their end
    on_server: bool = False


SWEEP_COMMAND = "sweep sweep.json --threads 1 --db {db}"
MERGE_COMMAND = "db merge a.db b.db --db {db}"
# A line here is all that a further command needs.
CASES = {case.name: case for case in (
    Case("sweep, SQLite", SWEEP_COMMAND),
    Case("sweep, two workers", SWEEP_COMMAND + " --workers 2"),
    Case("sweep, PostgreSQL", SWEEP_COMMAND, on_server=True),
    *(Case("train " + stage, train(stage), tuple(train(each) for each in ON_LATENTS[:ON_LATENTS.index(stage)]))
      for stage in ON_LATENTS),
    Case("train autoencoder", train("autoencoder")),
    Case("train text_image", train("text_image")),
    Case("evaluate", "evaluate --model out/train/base/model --prompts prompts.txt --out drawn --metrics clip_emoji "
         "--steps 2 --seeds 2 --replicates 20 --threads 1 --db {db}", (train("base"),)),
    Case("data build", "data build emoji-tones --out built"),
    Case("data encode", "data encode pictures --out latents --shard-mb 1 --size 512 --threads 1"),
    Case("db merge, SQLite", MERGE_COMMAND, (SWEEP_COMMAND.format(db="a.db"),)),
    Case("db merge, PostgreSQL", MERGE_COMMAND, (SWEEP_COMMAND.format(db="a.db"),), on_server=True),
)}


def png(side):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = b"".join(b"\0" + bytes((x * 9 + y) % 256 for x in range(side * 3)) for y in range(side))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def lay_out(folder, command):
    """The files that commands read; the large one only for those that name it."""
    (folder / "pictures").mkdir(parents=True)
    lines = []
    for i in range(16):
        (folder / f"pictures/{i}.png").write_bytes(png(side=32 + i))
        lines.append({"file_name": f"{i}.png", "text": f"picture {i}", "split": "train" if i < 10 else "held_out"})
    (folder / "pictures/metadata.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (folder / "prompts.txt").write_text("".join(f"picture {i}\n" for i in range(8)))
    if "b.db" in command:
        shutil.copy(ROOT / "results.db", folder / "b.db")
    files = {"unet": UNET, "space": SPACE, "sweep": SWEEP, **{stage: training(stage) for stage in STAGES}}
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content))
