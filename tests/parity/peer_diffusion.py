"""UNets and autoencoders as diffusers implements them, and MobileDiffusion as twin.py does.

A function of (case, folder) runs the case: it leaves the weights in the folder and returns the inputs, the outputs and
the number of parameters.
"""

import torch
from safetensors.torch import save_file

import twin
from peer_case import RANDOM, SEED, build, count, randn, save

BOXES = 30  # slots for boxes in GLIGEN


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
    layout = {}
    if case.config.get("attention_type") == "gated":
        layout = {"boxes": torch.rand(case.batch, BOXES, 4, generator=RANDOM),
                  "positive_embeddings": randn(case.batch, BOXES, model.config.cross_attention_dim),
                  "masks": (torch.arange(BOXES) < 4).float().repeat(case.batch, 1)}
    more = {"cross_attention_kwargs": {"gligen": layout}} if layout else {}
    sample = model(*inputs.values(), added_cond_kwargs=added, **more).sample
    return inputs | added | layout, {"sample": sample}, save(model, folder)


def level_ends(widths):
    """Paths and shapes of what a T2I-Adapter adds to Stable Diffusion's UNet."""
    paths = [f"down{i + 1}.1.{'attn' if i + 1 < len(widths) else 'conv'}" for i in range(len(widths))]
    return list(zip(paths, widths, strict=True))


def pushed_steps(levels):
    """Paths of the steps of Stable Diffusion's UNet that push a skip."""
    paths = ["conv_in"]
    for level in range(1, levels + 1):
        paths += [f"down{level}.{i}.{'attn' if level < levels else 'conv'}" for i in (0, 1)]
        paths += [f"down{level}.downsample"] if level < levels else []
    return paths


def added_to_unet(case, folder):
    """A UNet with the maps of a T2I-Adapter (case.config["by"] is "adapter") or of a ControlNet."""
    from diffusers import UNet2DConditionModel

    config = dict(case.config)
    by = config.pop("by")
    model = build(UNet2DConditionModel, **config)
    inputs = unet_inputs(case, 4, model.config.cross_attention_dim)
    rows, columns = case.extent(8)
    if by == "adapter":
        maps = {f"added.{path}": randn(case.batch, width, rows >> i, columns >> i)
                for i, (path, width) in enumerate(level_ends(config["block_out_channels"]))}
        more = {"down_intrablock_additional_residuals": [map.clone() for map in maps.values()]}
    else:
        taps = {}
        handle = model.mid_block.register_forward_hook(lambda module, given, out: taps.update(mid=out.shape))
        shapes = skip_shapes(model, inputs)
        handle.remove()
        maps = {f"skip.{path}": randn(*shape) for path, shape in zip(pushed_steps(4), shapes, strict=True)}
        maps["added.mid.1.conv"] = randn(*taps["mid"])
        more = {"down_block_additional_residuals": list(maps.values())[:-1],
                "mid_block_additional_residual": maps["added.mid.1.conv"]}
    sample = model(*inputs.values(), **more).sample
    return inputs | maps, {"sample": sample}, save(model, folder)


def skip_shapes(model, inputs):
    """Shapes of the skips, in the order in which the way down makes them."""
    shapes, handles = [], []
    handles.append(model.conv_in.register_forward_hook(lambda module, given, out: shapes.append(out.shape)))
    for block in model.down_blocks:
        handles.append(block.register_forward_hook(
            lambda module, given, out: shapes.extend(state.shape for state in out[1])))
    model(*inputs.values())
    for handle in handles:
        handle.remove()
    return shapes


def t2i_adapter(case, folder):
    from diffusers import T2IAdapter

    model = build(T2IAdapter, in_channels=3, channels=[320, 640, 1280, 1280], num_res_blocks=2, downscale_factor=8,
                  adapter_type="full_adapter")
    inputs = {"control": torch.rand(case.batch, 3, *case.extent(), generator=RANDOM)}
    outputs = {f"level{i + 1}": map for i, map in enumerate(model(inputs["control"]))}
    return inputs, outputs, save(model, folder)


def controlnet_of(case):
    from diffusers import ControlNetModel

    return build(ControlNetModel, **case.config)


def controlnet(case, folder):
    model = controlnet_of(case)
    inputs = unet_inputs(case, 4, model.config.cross_attention_dim)
    condition = torch.rand(case.batch, 3, *case.extent(), generator=RANDOM)
    down, middle = model(*inputs.values(), controlnet_cond=condition, return_dict=False)
    outputs = {f"control.{i}": map for i, map in enumerate(down)} | {"control.middle": middle}
    hint = model.controlnet_cond_embedding
    save(model, folder)
    return inputs | {"hint": hint(condition)}, outputs, count(model) - count(hint)


def controlnet_hint(case, folder):
    model = controlnet_of(case)
    inputs = {"control": torch.rand(case.batch, 3, *case.extent(), generator=RANDOM)}
    save(model, folder)
    hint = model.controlnet_cond_embedding
    return inputs, {"hint": hint(inputs["control"])}, count(hint)


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


def torch_twin(case, folder):
    weights = twin.Weights(SEED)
    inputs = unet_inputs(case, 8, twin.TEXT_WIDTH)
    sample = twin.mobile_diffusion(weights, inputs, **case.config)
    (folder / "weights").mkdir()
    save_file(dict(weights), folder / "weights" / "twin.safetensors")
    return inputs, {"sample": sample}, sum(weight.numel() for weight in weights.values())
