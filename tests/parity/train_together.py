#!/usr/bin/env python3
"""Times a training step of one process and of two that share its batch, one thread each: ours against PyTorch's
DistributedDataParallel, over Gloo. Same network, weights, data and batch as train_step.py; the four alternate in random
order in one run. The efficiency of two is the time of one over twice that of two.

    cmake --build --preset release --target train_step
    python tests/parity/train_together.py build/release/trainer/train_step --out train_together.jsonl

Before anything is timed, the gradients of our two processes are compared with PyTorch's of the whole batch.
"""

import argparse
import json
import os
import pathlib
import socket
import statistics
import subprocess
import sys
import tempfile

import torch
from safetensors.torch import load_file

from train_step import CASES, LIMITS, Peer, interleaved, worst_difference, write_case


class Net(torch.nn.Module):
    """The weights and the loss, as DistributedDataParallel wants them."""

    def __init__(self, peer):
        super().__init__()
        self.peer = peer
        for name, weight in peer.weights.items():
            parameter = torch.nn.Parameter(weight.detach())
            peer.weights[name] = parameter
            self.register_parameter(name.replace(".", "/"), parameter)

    def forward(self, batch):
        return Peer.loss(self.peer, batch)


class ParallelPeer(Peer):
    """PyTorch's step; each process draws a batch of its own share."""

    def __init__(self, case, dtype, folder):
        super().__init__(case, dtype, "cpu", folder)
        net = Net(self)
        self.parameters = list(self.weights.values())
        self.optimizer = torch.optim.AdamW(self.parameters, **{
            key: value for key, value in self.optimizer.defaults.items()
            if key in ("lr", "betas", "eps", "weight_decay", "fused")})
        self.net = torch.nn.parallel.DistributedDataParallel(net)

    def loss(self, batch):
        return self.net(batch)


def peer_process(folder):
    """Trains as PyTorch does, and answers as our program does."""
    torch.set_num_threads(1)
    torch.distributed.init_process_group("gloo")
    world = torch.distributed.get_world_size()
    of = json.loads((folder / "case.json").read_text())
    case = CASES[of["case"]]
    case.batch = of["loop"]["batch"] // world
    peer = ParallelPeer(case, of["loop"]["dtype"], folder)
    print("ready", flush=True)
    for line in sys.stdin:
        print(json.dumps(peer.run(int(line))), flush=True)


class Together:
    """Processes that wait while others run."""

    def __init__(self, command, processes):
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            port = listener.getsockname()[1]
        self.processes = []
        for rank in range(processes):
            variables = {"RANK": rank, "WORLD_SIZE": processes, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
            self.processes.append(subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                env=os.environ | {key: str(value) for key, value in variables.items()}))
        for process in self.processes:
            if process.stdout.readline().strip() != "ready":
                raise SystemExit(f"{command[0]} did not start")

    def run(self, steps):
        for process in self.processes:
            print(steps, file=process.stdin, flush=True)
        return [json.loads(process.stdout.readline()) for process in self.processes][0]

    def close(self):
        for process in self.processes:
            process.stdin.close()
        for process in self.processes:
            process.wait()


def compare(name, dtype, options):
    case = CASES[name]
    options.threads, options.device = 1, "cpu"
    with tempfile.TemporaryDirectory(prefix="train-together-") as name_of_folder:
        folder = pathlib.Path(name_of_folder)
        write_case(case, dtype, options, folder)
        ours = {processes: Together([options.program, str(folder)], processes) for processes in (1, 2)}
        whole = Peer(case, dtype, "cpu", folder).gradients(load_file(folder / "batch.safetensors"))
        apart, where = worst_difference(whole, load_file(folder / "gradients.safetensors"))
        print(f"{name} {dtype}: gradients of two processes apart {apart:.1e} of the largest at most ({where})")
        if apart > LIMITS["cpu"][dtype]:
            raise SystemExit("too far apart: not timed")
        of = json.loads((folder / "case.json").read_text()) | {"case": name}
        (folder / "peer").mkdir()
        for file in ("weights", "data"):
            (folder / "peer" / f"{file}.safetensors").symlink_to(folder / f"{file}.safetensors")
        (folder / "peer" / "case.json").write_text(json.dumps(of))
        peer = [sys.executable, __file__, "--peer", str(folder / "peer")]
        sides = {f"ours, {n}": side for n, side in ours.items()} | {
            f"DDP, {n}": Together(peer, n) for n in (1, 2)}
        blocks = interleaved(sides, options.rounds, options.steps)
        for side in sides.values():
            side.close()
    step = {side: statistics.median(block["step"] for block in rows) for side, rows in blocks.items()}
    row = {"case": name, "dtype": dtype, "batch": case.batch, "peer": f"torch {torch.__version__}", "step_ms": step,
           "efficiency": {side: step[f"{side}, 1"] / (2 * step[f"{side}, 2"]) for side in ("ours", "DDP")}}
    for side in ("ours", "DDP"):
        print(f"  {side}: {step[f'{side}, 1']:.1f} ms a step of one process, {step[f'{side}, 2']:.1f} ms of two: "
              f"efficiency {row['efficiency'][side]:.2f}")
    return row


def main():
    if sys.argv[1:2] == ["--peer"]:
        return peer_process(pathlib.Path(sys.argv[2]))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", help="train_step, built from train_step.cpp")
    parser.add_argument("--case", nargs="+", choices=CASES, default=["mobilediffusion/8"])
    parser.add_argument("--dtype", nargs="+", choices=LIMITS["cpu"], default=["fp32", "bf16"])
    parser.add_argument("--rounds", type=int, default=10, help="blocks a side")
    parser.add_argument("--steps", type=int, default=4, help="of a block")
    parser.add_argument("--out", type=pathlib.Path, help="write the rows here as JSON lines")
    options = parser.parse_args()
    rows = [compare(name, dtype, options) for name in options.case for dtype in options.dtype]
    if options.out:
        options.out.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
