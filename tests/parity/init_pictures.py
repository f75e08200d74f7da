"""Writes tests/data/init-pictures.json: runs of diffusers' pipelines that begin with a picture, which
tests/pipeline/init_latents_test.cpp repeats.

    python tests/parity/init_pictures.py         (needs torch, transformers and diffusers; the project needs none of them)

StableDiffusionImg2ImgPipeline and StableDiffusionInpaintPipeline run as they are, with latents given as pictures; the
network and all noise are in closed form. Two cases are left out in which diffusers' Euler scheduler, whose latent is x / a, leaves a
factor at the ends: pure noise under a mask at strength 1 begins with s less, and kept parts end at timestep 0 unscaled. A run is the latent that each network call sees and the one it ends with, in our
scale (x_t = a x0 + s eps).
"""

import json
import pathlib

import diffusers
import torch
from diffusers.pipelines.stable_diffusion import (
    pipeline_stable_diffusion_img2img as img2img, pipeline_stable_diffusion_inpaint as inpaint)
from diffusers.schedulers import scheduling_ddim

SHAPE = (1, 4, 2, 3)
STABLE_DIFFUSION = dict(num_train_timesteps=1000, beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear")
PREDICTIONS = {"epsilon": "epsilon", "v": "v_prediction", "x0": "sample"}
INIT = torch.cos(0.8 * torch.arange(24.0)).view(SHAPE)
MASK = torch.tensor([[1.0, 0.0, 1.0], [0.0, 0.0, 1.0]])


class Noise:
    """The n-th noise of a run: cos(1.7 i + 0.9 n) at place i."""

    def __init__(self):
        self.drawn = 0

    def __call__(self, shape, **_):
        count = torch.Size(shape).numel()
        self.drawn += 1
        return torch.cos(1.7 * torch.arange(count) + 0.9 * (self.drawn - 1)).view(shape)


class Network(diffusers.UNet2DConditionModel):
    def forward(self, x, t, **_):
        self.timesteps.append(int(t))
        self.trace.append(x.flatten().tolist())
        return (0.3 * torch.sin(2 * x) + int(t) / 1000,)


def scheduler_of(case):
    common = STABLE_DIFFUSION | dict(prediction_type=PREDICTIONS[case["prediction"]], timestep_spacing=case["spacing"],
                                     steps_offset=1)
    if case["sampler"] == "ddim":
        return diffusers.DDIMScheduler(**common, clip_sample=False, set_alpha_to_one=case["last"] == "clean")
    ending = dict(final_sigmas_type="zero" if case["last"] == "clean" else "sigma_min")
    kind = diffusers.DPMSolverMultistepScheduler if case["sampler"] == "dpmpp_2m" else diffusers.EulerDiscreteScheduler
    return kind(**common, **ending)


def pipeline_of(case):
    tiny = dict(block_out_channels=(4, 4, 4, 4), norm_num_groups=1)
    unet = Network(sample_size=2, in_channels=4, out_channels=4, cross_attention_dim=4, attention_head_dim=1,
                   layers_per_block=1, **tiny)
    unet.trace, unet.timesteps = [], []
    vae = diffusers.AutoencoderKL(down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
                                  latent_channels=4, **tiny)
    kind = diffusers.StableDiffusionInpaintPipeline if case["mask"] else diffusers.StableDiffusionImg2ImgPipeline
    pipeline = kind(vae=vae, text_encoder=None, tokenizer=None, unet=unet, scheduler=scheduler_of(case),
                    safety_checker=None, feature_extractor=None, requires_safety_checker=False)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def run(case):
    noise = Noise()
    img2img.randn_tensor = inpaint.randn_tensor = scheduling_ddim.randn_tensor = noise
    pipeline = pipeline_of(case)
    text = torch.zeros(1, 2, 4)
    arguments = dict(prompt_embeds=text, image=INIT, strength=case["strength"], num_inference_steps=case["steps"],
                     guidance_scale=1.0, eta=case["eta"], output_type="latent", generator=torch.Generator())
    if case["mask"]:
        mask = MASK.repeat_interleave(8, 0).repeat_interleave(8, 1)[None, None]
        arguments |= dict(mask_image=mask, masked_image_latents=INIT, height=16, width=24)
    end = pipeline(**arguments).images
    if case["sampler"] == "euler":
        end = end / (1 + pipeline.scheduler.sigmas[-1] ** 2) ** 0.5
    return pipeline.unet.timesteps, pipeline.unet.trace + [end.flatten().tolist()]


def case(sampler, prediction="v", **changed):
    usual = dict(spacing="trailing", steps=8, eta=0.0, last="clean", strength=0.6, mask=False)
    return dict(sampler=sampler, prediction=prediction, **(usual | changed))


def cases():
    for sampler in ("ddim", "dpmpp_2m", "euler"):
        for mask in (False, True):
            for prediction in PREDICTIONS:
                yield case(sampler, prediction, mask=mask)
            yield case(sampler, steps=20, strength=0.58, mask=mask)
            yield case(sampler, steps=50, strength=0.3, mask=mask)
            yield case(sampler, steps=4, strength=0.25, mask=mask)
    for mask in (False, True):
        yield case("ddim", strength=1.0, mask=mask)
        yield case("ddim", spacing="leading", last="first", mask=mask)
        yield case("ddim", eta=0.7, mask=mask)
        yield case("dpmpp_2m", last="first", mask=mask)
        yield case("dpmpp_2m", strength=1.0, mask=mask)
    yield case("euler", strength=1.0)
    yield case("euler", last="first")


def main():
    runs = []
    for one in cases():
        timesteps, trace = run(one)
        digits = [[float(f"{value:.7g}") for value in latent] for latent in trace]
        runs.append(one | {"timesteps": timesteps, "latents": [digits[0], digits[len(digits) // 2], digits[-1]]})
    file = pathlib.Path(__file__).parents[1] / "data" / "init-pictures.json"
    flat = dict(init=INIT.flatten().tolist(), mask=MASK.flatten().tolist(), shape=SHAPE)
    lines = ",\n".join(json.dumps(run, separators=(",", ":")) for run in runs)
    file.write_text(f'{{"diffusers":"{diffusers.__version__}",{json.dumps(flat)[1:-1]},"runs":[\n{lines}\n]}}\n')
    print(f"{file}: {len(runs)} runs, {file.stat().st_size} bytes")


if __name__ == "__main__":
    main()
