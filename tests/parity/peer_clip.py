"""CLIP as transformers and open_clip implement it: text and image encoders, alone and as halves of a whole model.

A function of (case, folder) runs the case, as in peer_diffusion.py.
"""

import json

import torch
from safetensors.torch import save_file

from peer_case import RANDOM, build, count, randn, randomise, save


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
