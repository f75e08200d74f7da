"""Writes tests/data/schedulers.json: runs of diffusers' schedulers that tests/pipeline/sampler_parity_test.cpp repeats.

    python tests/parity/schedulers.py            (needs torch and diffusers; the project itself needs neither)

The network is a closed form of latent and timestep, and so is the noise of stochastic steps. A run is the latent that
each network call sees and the one it ends with, in our scale (x_t = a x0 + s eps).
"""

import json
import pathlib

import diffusers
import torch

STABLE_DIFFUSION = dict(num_train_timesteps=1000, beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear")
PREDICTIONS = {"epsilon": "epsilon", "v": "v_prediction", "x0": "sample"}
START = [1.25, -0.5]


def model(x, t):
    return 0.3 * torch.sin(2 * x) + t / 1000


def noise(step):
    return torch.cos(1.7 * torch.arange(len(START)) + 0.9 * step)


def ddim(case):
    return diffusers.DDIMScheduler(
        **STABLE_DIFFUSION, clip_sample=False, set_alpha_to_one=case["last"] == "clean", steps_offset=1,
        prediction_type=PREDICTIONS[case["prediction"]], timestep_spacing=case["spacing"],
        rescale_betas_zero_snr=case["zero_terminal_snr"])


def of_sigmas(scheduler, case):
    return scheduler(
        **STABLE_DIFFUSION, prediction_type=PREDICTIONS[case["prediction"]],
        final_sigmas_type="zero" if case["last"] == "clean" else "sigma_min")


def run_ddim(case):
    scheduler = ddim(case)
    scheduler.set_timesteps(case["steps"])
    x, trace = torch.tensor(START), []
    for i, t in enumerate(scheduler.timesteps.tolist()):
        trace.append(x.tolist())
        fresh = noise(i) if case["eta"] else None
        x = scheduler.step(model(x, t), t, x, eta=case["eta"], variance_noise=fresh, return_dict=False)[0]
    return scheduler.timesteps.tolist(), trace + [x.tolist()]


def run_dpmpp_2m(case):
    """Uses DDIM's list of timesteps: the scheduler's own leading and linspace lists are those for one more step."""
    listed = ddim(case)
    listed.set_timesteps(case["steps"])
    scheduler = of_sigmas(diffusers.DPMSolverMultistepScheduler, case)
    scheduler.set_timesteps(timesteps=listed.timesteps.tolist())
    x, trace = torch.tensor(START), []
    for t in scheduler.timesteps.tolist():
        trace.append(x.tolist())
        x = scheduler.step(model(x, t), t, x, return_dict=False)[0]
    return scheduler.timesteps.tolist(), trace + [x.tolist()]


def run_euler(case):
    """This scheduler's latent is x / a = x sqrt(1 + sigma^2)."""
    listed = ddim(case)
    listed.set_timesteps(case["steps"])
    scheduler = of_sigmas(diffusers.EulerDiscreteScheduler, case)
    scheduler.set_timesteps(timesteps=listed.timesteps.tolist())
    y, trace = torch.tensor(START) * (1 + scheduler.sigmas[0] ** 2) ** 0.5, []
    for t in scheduler.timesteps:
        x = scheduler.scale_model_input(y, t)
        trace.append(x.tolist())
        y = scheduler.step(model(x, t), t, y, return_dict=False)[0]
    x = y / (1 + scheduler.sigmas[-1] ** 2) ** 0.5
    return [int(t) for t in scheduler.timesteps], trace + [x.tolist()]


RUNS = {"ddim": run_ddim, "dpmpp_2m": run_dpmpp_2m, "euler": run_euler}


def case(sampler, prediction, **changed):
    usual = dict(spacing="trailing", steps=8, eta=0.0, last="clean", zero_terminal_snr=False)
    return dict(sampler=sampler, prediction=prediction, **(usual | changed))


def cases():
    for prediction in PREDICTIONS:
        for sampler in RUNS:
            yield case(sampler, prediction)
            yield case(sampler, prediction, steps=5, spacing="leading", last="first")
        yield case("ddim", prediction, eta=0.7)
        yield case("dpmpp_2m", prediction, steps=20)
    yield case("ddim", "v", eta=1.0, last="first")
    yield case("ddim", "v", zero_terminal_snr=True)
    yield case("ddim", "x0", zero_terminal_snr=True, eta=0.5)
    yield case("ddim", "v", steps=1)
    yield case("dpmpp_2m", "v", steps=1)
    yield case("dpmpp_2m", "v", steps=20, last="first")
    yield case("euler", "v", steps=7, spacing="linspace", last="first")
    yield case("dpmpp_2m", "v", steps=7, spacing="linspace", last="first")


def main():
    runs = []
    for one in cases():
        timesteps, trace = RUNS[one["sampler"]](one)
        digits = [[float(f"{value:.8g}") for value in latent] for latent in trace]
        runs.append(one | {"timesteps": timesteps, "latents": digits})
    file = pathlib.Path(__file__).parents[1] / "data" / "schedulers.json"
    lines = ",\n".join(json.dumps(run, separators=(",", ":")) for run in runs)
    file.write_text(f'{{"diffusers":"{diffusers.__version__}","runs":[\n{lines}\n]}}\n')
    print(f"{file}: {len(runs)} runs, {file.stat().st_size} bytes")


if __name__ == "__main__":
    main()
