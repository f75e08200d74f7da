#!/usr/bin/env python3
"""Writes the tensors of PyTorch pickles (.pth, .pt, .bin) as one file: pickle_to_safetensors.py IN.pth... OUT.safetensors

Several go into one file where a network's weights come in parts: torchvision's vgg16 and the heads of the package lpips.

Runs in the private environment: .venv/bin/python scripts/pickle_to_safetensors.py. Nothing of the pickle is executed:
torch.load with weights_only refuses all but tensors and plain containers.
"""

import ctypes
import json
import os
import sys

import torch

TYPES = {torch.float64: "F64", torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.int64: "I64",
         torch.int32: "I32", torch.int16: "I16", torch.int8: "I8", torch.uint8: "U8", torch.bool: "BOOL"}


def tensors_of(file):
    """Name -> tensor of a state dict, which may be under the key that training programs use."""
    held = torch.load(file, map_location="cpu", weights_only=True)
    if isinstance(held, dict) and isinstance(held.get("state_dict"), dict):
        held = held["state_dict"]
    if not isinstance(held, dict) or not all(isinstance(value, torch.Tensor) for value in held.values()):
        sys.exit(f"{file}: holds no dictionary of names to tensors")
    return {str(name): value.detach().contiguous() for name, value in held.items()}


def bytes_of(tensor):
    return ctypes.string_at(tensor.data_ptr(), tensor.numel() * tensor.element_size()) if tensor.numel() else b""


def write(tensors, file):
    """Writes a temporary file and renames it. Larger types come first, so that each tensor is aligned."""
    tensors = dict(sorted(tensors.items(), key=lambda item: (-item[1].element_size(), item[0])))
    header, end = {}, 0
    for name, tensor in tensors.items():
        if tensor.dtype not in TYPES:
            sys.exit(f"{name} is of {tensor.dtype}; safetensors here hold {', '.join(TYPES.values())}")
        begin, end = end, end + tensor.numel() * tensor.element_size()
        header[name] = {"dtype": TYPES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [begin, end]}
    text = json.dumps({"__metadata__": {"format": "pt"}, **header}).encode()
    text += b" " * (-len(text) % 8)
    partial = f"{file}.partial"
    with open(partial, "wb") as out:
        out.write(len(text).to_bytes(8, "little") + text)
        for tensor in tensors.values():
            out.write(bytes_of(tensor))
    os.replace(partial, file)


def main():
    if len(sys.argv) < 3:
        sys.exit("usage: pickle_to_safetensors.py IN.pth... OUT.safetensors")
    *files, out = sys.argv[1:]
    tensors = {}
    for file in files:
        for name, tensor in tensors_of(file).items():
            if name in tensors:
                sys.exit(f"{file}: {name} is in a file before it too")
            tensors[name] = tensor
    write(tensors, out)
    print(f"{out}: {len(tensors)} tensors")


if __name__ == "__main__":
    main()
