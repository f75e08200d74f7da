#!/usr/bin/env python3
"""Times one pass of our networks, prepared and by the library, against the programs people run them in: PyTorch eager
and torch.compile, ONNX Runtime and OpenVINO. Same weights, inputs, threads and dtype; all sides take turns in random
order in one run; each side keeps its fastest pass and its median, and the fastest peer is 1.00. Passes are those of a
drawing after its first: a turn is an untimed pass and a timed one, and ours keep what depends on the text alone.

    cmake --build --preset release --target mdsearch forward_time
    python tests/parity/forward_time.py build/release/pipeline/forward_time --out forward_time.jsonl

The peers run what `mdsearch export` writes: PyTorch its TorchScript, op by op, and for --compile the twin of the UNets
(twin.py); the others its ONNX. Needs torch, safetensors, numpy, onnxruntime, openvino; MDSEARCH names the program.
onnxruntime has no bfloat16 on CPUs; OpenVINO uses it only where the processor has it.
"""

import argparse
import json
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile
import time

import torch
from safetensors.torch import load_file, save_file

import twin
from export import export, model_folder
from train_step import LITE, MOBILE

TWINS = {"mobilediffusion": MOBILE, "mobilediffusion-lite": LITE}
# Relative L2 error of a prepared pass against the library's.
LIMITS = {"fp32": 1e-5, "bf16": 2e-2}
OURS = ("prepared", "library", "int8")


def inputs_of(session):
    generator = torch.Generator().manual_seed(1)
    found = {}
    for value in session.get_inputs():
        sizes = [1 if isinstance(size, str) else size for size in value.shape]
        found[value.name] = torch.full(sizes, 500.0) if value.name == "timestep" else torch.randn(
            sizes, generator=generator)
    return found


class Ours:
    """The program, which waits while others run."""

    def __init__(self, options, folder, case):
        own = pathlib.Path(tempfile.mkdtemp(dir=folder))
        (own / "case.json").write_text(json.dumps(case))
        (own / "inputs.safetensors").symlink_to(folder / "inputs.safetensors")
        self.output = own / f"outputs-{case['kernels']}.safetensors"
        self.process = subprocess.Popen([options.program, own], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)
        if self.process.stdout.readline().strip() != "ready":
            raise SystemExit(f"{options.program} did not start")
        self.peak_mb = 0

    def run(self):
        print(1, file=self.process.stdin, flush=True)
        said = json.loads(self.process.stdout.readline())
        self.peak_mb = said["peak_mb"]
        return said["seconds"][0]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Here:
    """A peer in this process."""

    def __init__(self, call):
        self.call = call
        self.result = call()

    def run(self):
        start = time.perf_counter()
        self.call()
        return time.perf_counter() - start

    def close(self):
        pass


def in_type(number, call):
    """The sine and cosine of a timestep are float32 and meet weights of another type."""
    def run():
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=number == torch.bfloat16):
            return call()

    return run


def torch_script(options, folder, inputs, dtype):
    number = torch.bfloat16 if dtype == "bf16" else torch.float32
    script = torch.jit.load(str(folder / "network.pt")).to(number)
    maps = {name: torch.channels_last if x.dim() == 4 else torch.contiguous_format for name, x in inputs.items()}
    given = {name: x.to(number if x.dim() > 1 else x.dtype, memory_format=maps[name]) for name, x in inputs.items()}
    for weight in script.parameters():
        if weight.dim() == 4:
            weight.data = weight.data.contiguous(memory_format=torch.channels_last)
    return Here(in_type(number, lambda: script(**given)))


def compiled(options, folder, inputs, dtype):
    number = torch.bfloat16 if dtype == "bf16" else torch.float32
    weights = twin.Weights(0, 1, torch.nn.functional.scaled_dot_product_attention)
    for name, weight in load_file(options.weights / "unet.safetensors").items():
        layout = torch.channels_last if weight.dim() == 4 else torch.contiguous_format
        weights[name] = weight.to(number, memory_format=layout)
    given = {name: x.to(number) if x.dim() > 1 else x for name, x in inputs.items()}
    given["sample"] = given["sample"].contiguous(memory_format=torch.channels_last)
    return Here(torch.compile(in_type(number, lambda: twin.mobile_diffusion(weights, given, **TWINS[options.network]))))


def onnx_runtime(options, folder, inputs, dtype):
    import onnxruntime

    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = options.threads
    session = onnxruntime.InferenceSession(str(folder / "network.onnx"), settings)
    given = {name: x.numpy() for name, x in inputs.items()}
    return Here(lambda: session.run(None, given))


def open_vino(options, folder, inputs, dtype):
    import openvino

    model = openvino.Core().read_model(folder / "network.onnx")
    model.reshape({name: list(x.shape) for name, x in inputs.items()})
    hint = {"INFERENCE_PRECISION_HINT": {"fp32": "f32", "bf16": "bf16"}[dtype],
            "INFERENCE_NUM_THREADS": options.threads, "PERFORMANCE_HINT": "LATENCY"}
    request = openvino.Core().compile_model(model, "CPU", hint).create_infer_request()
    given = {name: x.numpy() for name, x in inputs.items()}
    return Here(lambda: request.infer(given))


def sides_of(options, folder, inputs, dtype):
    """Makes each side, one after the other."""
    case = {"network": options.network, "weights": str(options.weights / f"{options.part}.safetensors"), "dtype": dtype,
            "threads": options.threads}
    yield "prepared", lambda: Ours(options, folder, case | {"kernels": "prepared"})
    yield "library", lambda: Ours(options, folder, case | {"kernels": "library"})
    if dtype == "bf16" and options.int8:
        yield "int8", lambda: Ours(options, folder, case | {"dtype": "int8", "kernels": "prepared"})
    yield "pytorch", lambda: torch_script(options, folder, inputs, dtype)
    if options.compile and options.network in TWINS:
        yield "torch.compile", lambda: compiled(options, folder, inputs, dtype)
    if dtype == "fp32":
        yield "onnxruntime", lambda: onnx_runtime(options, folder, inputs, dtype)
    yield "openvino", lambda: open_vino(options, folder, inputs, dtype)


def relative_error(found, right):
    return ((found.double() - right.double()).norm() / right.double().norm()).item()


def output_of(side):
    (result,) = load_file(side.output).values()
    return result


def errors_of(sides, exact):
    """Relative L2 errors: of our sides from the library's, and of the float32 ones from the network in float64."""
    library = output_of(sides["library"])
    return {"error": relative_error(output_of(sides["prepared"]), library),
            "int8_error": relative_error(output_of(sides["int8"]), library) if "int8" in sides else None,
            "from_float64": None if exact is None else {side: relative_error(output_of(sides[side]), exact)
                                                        for side in ("prepared", "library")}}


def exact_output(folder, inputs):
    script = torch.jit.load(str(folder / "network.pt")).double()
    result = script(**{name: x.double() for name, x in inputs.items()})
    return result if torch.is_tensor(result) else result[-1]


def compare(dtype, options):
    import onnxruntime

    with tempfile.TemporaryDirectory(prefix="forward-time-") as name:
        folder = pathlib.Path(name)
        options.weights = folder / "model"
        options.part = model_folder(options.weights, options.network)
        for kind, file in (("torchscript", "network.pt"), ("onnx", "network.onnx")):
            export(options.part, "--model", options.weights, "--to", kind, "--out", folder / file)
        inputs = inputs_of(onnxruntime.InferenceSession(str(folder / "network.onnx")))
        save_file(inputs, folder / "inputs.safetensors")
        exact = exact_output(folder, inputs) if dtype == "fp32" else None  # before the sides fill the memory
        sides = {side: make() for side, make in sides_of(options, folder, inputs, dtype)}
        seconds, draw = {side: [] for side in sides}, random.Random(0)
        for _ in range(options.rounds):
            order = list(sides)
            draw.shuffle(order)
            for side in order:
                sides[side].run()
                seconds[side].append(sides[side].run())
        row = {"network": options.network, "dtype": dtype, "threads": options.threads, "rounds": options.rounds,
               "limit": LIMITS[dtype], **errors_of(sides, exact),
               "peak_mb": {side: each.peak_mb for side, each in sides.items() if isinstance(each, Ours)},
               "min_ms": {side: 1e3 * min(each) for side, each in seconds.items()},
               "median_ms": {side: 1e3 * statistics.median(each) for side, each in seconds.items()}}
        for each in sides.values():
            each.close()
    return row


def show(row):
    peers = {side: ms for side, ms in row["min_ms"].items() if side not in OURS}
    fastest = min(peers.values())
    print(f"{row['network']} {row['dtype']}, {row['threads']} threads: prepared differs from library by "
          f"{row['error']:.1e}, limit {row['limit']:.0e}" +
          (f"; int8 by {row['int8_error']:.1e}" if row["int8_error"] else "") +
          (f"; from float64 by {row['from_float64']['prepared']:.1e}, the library by "
           f"{row['from_float64']['library']:.1e}" if row["from_float64"] else ""))
    for side, ms in sorted(row["min_ms"].items(), key=lambda each: each[1]):
        peak = f", peak {row['peak_mb'][side]} MB" if side in row["peak_mb"] else ""
        print(f"  {side:14} {ms:9.1f} ms, median {row['median_ms'][side]:9.1f}, {ms / fastest:5.2f}{peak}")
    sys.stdout.flush()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", help="forward_time, built from forward_time.cpp")
    parser.add_argument("--networks", nargs="+", default=["mobilediffusion", "mobilediffusion-lite", "sd15",
                                                          "bk-sdm-base", "md-vae-decoder-light", "sd-vae-decoder"])
    parser.add_argument("--dtype", nargs="+", choices=LIMITS, default=list(LIMITS))
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--int8", action="store_true", help="beside bf16, also our networks with 8-bit weights")
    parser.add_argument("--rounds", type=int, default=5, help="turns of a side")
    parser.add_argument("--compile", action="store_true", help="also torch.compile, where there is a twin")
    parser.add_argument("--out", type=pathlib.Path, help="write the rows here as JSON lines")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.set_grad_enabled(False)
    rows = []
    for options.network in options.networks:
        for dtype in options.dtype:
            rows.append(compare(dtype, options))
            show(rows[-1])
            if options.out:
                options.out.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return 0 if all(row["error"] <= row["limit"] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
