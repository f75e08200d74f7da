#!/usr/bin/env python3
"""Compares networks with LoRAs with what diffusers and PEFT make of the same files.

    python tests/parity/lora.py --mdsearch build/release/mdsearch [--full]

A UNet in Stable Diffusion 1.5's shape and CLIP's text encoder with random weights, narrow or (--full) at their real
widths. Two LoRAs of every kind of layer, one as diffusers saves PEFT's, with patterns of rank and alpha, one with kohya's
names, alone and together with weights. Needs torch, diffusers, transformers and peft.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import warnings

import diffusers
import torch
import transformers
from safetensors.torch import load_file, save_file

import peer_case
from peers import SD15, sd_unet

LIMIT = 1e-5
LAYERS = ["to_q", "to_k", "to_v", "to_out.0", "ff.net.0.proj", "ff.net.2", "proj_in", "conv1", "conv2", "conv_shortcut",
          "time_emb_proj", "downsamplers.0.conv", "upsamplers.0.conv", "conv_in", "linear_1"]
TEXT_LAYERS = ["q_proj", "k_proj", "v_proj", "out_proj", "fc1", "fc2"]
NARROW = [{"op": "replace", "path": "/time_width", "value": 128},
          *({"op": "replace", "path": f"/levels/{i}/width", "value": width} for i, width in enumerate((32, 64, 128, 128)))]
SHALLOW = [{"op": "replace", "path": "/layers", "value": 2}]


def unet(full):
    from diffusers import UNet2DConditionModel

    model = peer_case.build(UNet2DConditionModel, **(SD15 if full else sd_unet((32, 64, 128, 128), 3)))
    side = 32 if full else 16
    inputs = {"sample": peer_case.randn(2, 4, side, side), "timestep": torch.tensor([601.0, 37.0]),
              "encoder_hidden_states": peer_case.randn(2, 77, 768)}
    return model, inputs, lambda: {"sample": model(*inputs.values()).sample}


def text_encoder(full):
    from transformers import CLIPTextConfig, CLIPTextModel

    config = CLIPTextConfig(hidden_size=768, num_hidden_layers=12 if full else 2, num_attention_heads=12,
                            intermediate_size=3072, bos_token_id=49406, eos_token_id=49407)
    model = peer_case.build(CLIPTextModel, config)
    ids = torch.randint(1, 49406, (2, 77), generator=peer_case.RANDOM)
    ids[:, 0], ids[:, 20:] = 49406, 49407
    return model, {"input_ids": ids}, lambda: {"last_hidden_state": model(ids).last_hidden_state}


def dotted(model):
    """Names of the layers in files, which begin with text_model whatever the version of transformers."""
    root = "text_model." if "CLIP" in type(model).__name__ and not hasattr(model, "text_model") else ""
    return {name: root + name for name, _ in model.named_modules()}


def add_peft(model, part, layers, folder):
    """Adds adapter "a" to the model and saves it as diffusers does."""
    from diffusers import StableDiffusionPipeline
    from diffusers.utils import convert_state_dict_to_diffusers
    from peft import LoraConfig, get_peft_model_state_dict, inject_adapter_in_model

    config = LoraConfig(r=4, lora_alpha=3, target_modules=layers, rank_pattern={layers[0]: 6, layers[3]: 2},
                        alpha_pattern={layers[1]: 1})
    if part == "unet":
        model.add_adapter(config, adapter_name="a")
    else:
        inject_adapter_in_model(config, model, adapter_name="a")
        model.peft_config = {"a": config}
    for name, weight in model.named_parameters():
        if "lora_" in name:
            weight.data.uniform_(-0.1, 0.1, generator=peer_case.RANDOM)
    state = get_peft_model_state_dict(model, adapter_name="a")
    if part == "text_encoder":
        state = {("" if name.startswith("text_model.") else "text_model.") + name: x for name, x in state.items()}
        state = convert_state_dict_to_diffusers(state)
    StableDiffusionPipeline.save_lora_weights(
        folder, weight_name="a.safetensors",
        **{f"{part}_lora_layers": state, f"{part}_lora_adapter_metadata": model.peft_config["a"].to_dict()})
    return folder / "a.safetensors"


def make_kohya(model, part, layers, folder):
    """Updates with kohya's names, of ranks that differ from layer to layer; diffusers takes one alpha from such a file."""
    random = lambda *shape: torch.empty(shape).uniform_(-0.1, 0.1, generator=peer_case.RANDOM)
    root = {"unet": "lora_unet_", "text_encoder": "lora_te_"}[part]
    names, tensors = dotted(model), {}
    for i, (name, layer) in enumerate(model.named_modules()):
        weight = getattr(layer, "weight", None)
        if weight is None or weight.dim() < 2 or not any(("." + name).endswith("." + end) for end in layers):
            continue
        key, rank = root + names[name].replace(".", "_"), 1 + i % 5
        tensors[f"{key}.lora_down.weight"] = random(rank, *weight.shape[1:])
        tensors[f"{key}.lora_up.weight"] = random(weight.shape[0], rank, *(1,) * (weight.dim() - 2))
        tensors[f"{key}.alpha"] = torch.tensor(1.5)
    save_file(tensors, folder / "b.safetensors")
    return folder / "b.safetensors"


def load_kohya(model, part, file):
    """Adds adapter "b" of the file to the model: to a UNet by diffusers' own loader, to a text encoder by hand."""
    if part == "unet":
        from diffusers import StableDiffusionPipeline as Pipeline

        state, alphas = Pipeline.lora_state_dict(str(file))
        Pipeline.load_lora_into_unet(state, network_alphas=alphas, unet=model, adapter_name="b")
        return
    from peft import LoraConfig, inject_adapter_in_model

    tensors = load_file(file)
    keys = {name: "lora_te_" + dotted_name.replace(".", "_") for name, dotted_name in dotted(model).items()}
    layers = {name: key for name, key in keys.items() if key + ".alpha" in tensors}
    config = LoraConfig(target_modules=list(layers),
                        rank_pattern={name: len(tensors[key + ".lora_down.weight"]) for name, key in layers.items()},
                        alpha_pattern={name: float(tensors[key + ".alpha"]) for name, key in layers.items()})
    inject_adapter_in_model(config, model, adapter_name="b")
    for name, key in layers.items():
        layer = model.get_submodule(name)
        layer.lora_A["b"].weight.data = tensors[key + ".lora_down.weight"]
        layer.lora_B["b"].weight.data = tensors[key + ".lora_up.weight"]


def choose(model, part, adapters, weights):
    if part == "unet":
        model.set_adapters(adapters, weights)
    else:
        from diffusers.utils import set_weights_and_activate_adapters

        set_weights_and_activate_adapters(model, adapters, weights)


def ours(mdsearch, network, folder, layout, loras):
    command = [mdsearch, "forward", network, "--from", layout, "--weights", folder / "weights.safetensors", "--input",
               folder / "inputs.safetensors", "--output", folder / "outputs.safetensors", "--threads", "2"]
    for file, weight in loras:
        command += ["--lora", f"{file}={weight}"]
    subprocess.run([str(word) for word in command], check=True, stdout=subprocess.DEVNULL)
    return load_file(folder / "outputs.safetensors")


def compare(part, options, folder):
    make, network, patch, layout, layers = {
        "unet": (unet, "sd15", NARROW, "diffusers", LAYERS),
        "text_encoder": (text_encoder, "clip-vit-l-14-text", SHALLOW, "transformers", TEXT_LAYERS)}[part]
    model, inputs, run = make(options.full)
    save_file({name: x.contiguous() for name, x in model.state_dict().items()}, folder / "weights.safetensors")
    save_file(inputs, folder / "inputs.safetensors")
    if not options.full:
        network = folder / "network.json"
        network.write_text(json.dumps({"base": "sd15" if part == "unet" else "clip-vit-l-14-text", "patch": patch}))
    plain = run()
    kohya = make_kohya(model, part, layers, folder)
    peft = add_peft(model, part, layers, folder)
    load_kohya(model, part, kohya)
    worst = 0
    for loras in ([("a", peft, 1.0)], [("b", kohya, 1.0)], [("a", peft, 0.7), ("b", kohya, -0.4)]):
        choose(model, part, [name for name, _, _ in loras], [weight for _, _, weight in loras])
        theirs = run()
        mine = ours(options.mdsearch, network, folder, layout, [(file, weight) for _, file, weight in loras])
        for name, expected in theirs.items():
            largest = expected.abs().max()
            apart = float((mine[name] - expected).abs().max() / largest)
            change = float((plain[name] - expected).abs().max() / largest)
            worst = max(worst, apart)
            said = " + ".join(f"{weight:g} {file.stem}" for _, file, weight in loras)
            print(f"{part:12} {said:16} changes {name} by {change:.1e}, apart by {apart:.1e} of the largest value")
    return worst


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mdsearch", default="build/release/mdsearch", help="the program")
    parser.add_argument("--full", action="store_true", help="real widths and depths")
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    for library in (diffusers, transformers):
        library.utils.logging.set_verbosity_error()
    worst = 0
    with torch.no_grad():
        for part in ("unet", "text_encoder"):
            with tempfile.TemporaryDirectory(prefix="lora-") as name:
                worst = max(worst, compare(part, options, pathlib.Path(name)))
    return 0 if worst <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
