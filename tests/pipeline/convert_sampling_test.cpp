// What a model folder takes over from a scheduler's configuration; defaults of classes are those of diffusers 0.42.1.
#include "pipeline/convert_sampling.h"

#include "tests/pipeline/convert_workplace.h"

using namespace mds;
using namespace mds::foreign;
using Catch::Contains;

namespace {

// The card and the notes of a UNet alone with this scheduler's configuration, as text.
struct Sampled {
  Workplace place;
  ModelCard card;
  explicit Sampled(const std::string& scheduler) {
    place.write_diffusers();
    save_text(place.in + "/scheduler/scheduler_config.json", scheduler);
    place.run({.from = Layout::diffusers, .parts = {"unet"}});
    card = load_card(place.out);
  }
  std::string notes() const {
    std::string text;
    for (const auto& note : place.notes) text += note + "\n";
    return text;
  }
};

std::string refusal(const std::string& scheduler) {
  try {
    Sampled sampled(scheduler);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "not refused";
}

}  // namespace

TEST_CASE("Stable Diffusion's PNDM keeps its schedule and timesteps, and DDIM takes its place", "[pipeline][torch]") {
  const Sampled sampled(R"({"_class_name": "PNDMScheduler", "beta_end": 0.012, "beta_start": 0.00085,
    "beta_schedule": "scaled_linear", "clip_sample": false, "num_train_timesteps": 1000, "set_alpha_to_one": false,
    "skip_prk_steps": true, "steps_offset": 1, "trained_betas": null})");
  CHECK(*sampled.card.schedule == ScheduleConfig{});
  CHECK(sampled.card.sampler.sampler == Sampler::ddim);
  CHECK(sampled.card.sampler.spacing == Spacing::leading);
  CHECK(sampled.card.sampler.last == LastStep::first);
  CHECK(sampled.place.notes.size() == 1);
  CHECK_THAT(sampled.notes(), Contains("PNDMScheduler is not among our samplers; ddim takes its place"));
}

TEST_CASE("infinities as Python writes them are read", "[pipeline][torch]") {
  const Sampled sampled(R"({"_class_name": "DPMSolverMultistepScheduler", "algorithm_type": "dpmsolver++",
    "lambda_min_clipped": -Infinity, "solver_order": 2, "timestep_spacing": "trailing", "final_sigmas_type": "zero"})");
  CHECK(sampled.card.sampler.sampler == Sampler::dpmpp_2m);
  CHECK(sampled.card.sampler.last == LastStep::clean);
  CHECK(sampled.place.notes.empty());
  CHECK_THAT(refusal(R"({"beta_end": NaN})"), Contains("beta_end is \"NaN\""));
}

TEST_CASE("what a scheduler's configuration leaves out is its class's default", "[pipeline][torch]") {
  const Sampled plain(R"({"_class_name": "EulerDiscreteScheduler"})");
  CHECK(plain.card.schedule->betas == BetaSchedule::linear);
  CHECK(plain.card.schedule->beta_start == 0.0001);
  CHECK(plain.card.schedule->beta_end == 0.02);
  CHECK(plain.card.sampler.sampler == Sampler::euler);
  CHECK(plain.card.sampler.spacing == Spacing::linspace);
  CHECK(plain.place.notes.empty());
  const Sampled consistent(R"({"_class_name": "LCMScheduler"})");
  CHECK(*consistent.card.schedule == ScheduleConfig{});
  CHECK(Sampled("{}").card.schedule->betas == BetaSchedule::linear);
}

TEST_CASE("schedules of beta are kept", "[pipeline][torch]") {
  CHECK(Sampled(R"({"beta_schedule": "squaredcos_cap_v2"})").card.schedule->betas == BetaSchedule::squaredcos_cap_v2);
  const Sampled trained(R"({"num_train_timesteps": 3, "trained_betas": [0.1, 0.2, 0.5]})");
  CHECK(trained.card.schedule->trained_betas == std::vector<double>{0.1, 0.2, 0.5});
  CHECK_THAT(refusal(R"({"num_train_timesteps": 2, "trained_betas": [0.1, 2]})"), Contains("trained_betas.1"));
  CHECK_THAT(refusal(R"({"trained_betas": [0.1, 0.2]})"), Contains("trained_betas holds 2 numbers"));
}

TEST_CASE("settings that our samplers have not are named", "[pipeline][torch]") {
  const Sampled karras(R"({"_class_name": "EulerDiscreteScheduler", "use_karras_sigmas": true, "thresholding": true,
    "timestep_spacing": "leading", "steps_offset": 0})");
  CHECK_THAT(karras.notes(), Contains("not kept") && Contains("use_karras_sigmas true") &&
                                 Contains("thresholding true") && Contains("steps_offset 0 (ours is 1)"));
  CHECK_THAT(Sampled(R"({"_class_name": "DDIMScheduler", "steps_offset": 1})").notes(), Contains("clip_sample true"));
  CHECK(Sampled(R"({"_class_name": "DDIMScheduler", "steps_offset": 1, "clip_sample": false})").place.notes.empty());
}

TEST_CASE("EDM and flow matching are refused by name", "[pipeline][torch]") {
  CHECK_THAT(refusal(R"({"_class_name": "EDMEulerScheduler"})"), Contains("EDMEulerScheduler") && Contains("is EDM"));
  CHECK_THAT(refusal(R"({"_class_name": "FlowMatchEulerDiscreteScheduler"})"), Contains("is flow matching"));
  CHECK_THAT(refusal(R"({"_class_name": "DPMSolverMultistepScheduler", "use_flow_sigmas": true})"),
             Contains("use_flow_sigmas is true, which is flow matching"));
}

TEST_CASE("the marks v_pred and ztsnr of a single file are read", "[pipeline][torch]") {
  Workplace w;
  const Plan plan = make_plan(unet_spec());
  TensorMap file = prefixed(export_weights(plan, Layout::compvis, numbered(plan)), "model.diffusion_model.");
  const ConvertRequest compvis{.from = Layout::compvis, .in = w.in + "/model.safetensors"};
  file["v_pred"] = file["ztsnr"] = at::empty({0});
  w.write("model.safetensors", file);
  w.run(compvis);
  const ModelCard card = load_card(w.out);
  CHECK(card.prediction == Prediction::v);
  CHECK(card.schedule->zero_terminal_snr);
  CHECK(w.notes.empty());
  fs::remove_all(w.out);
  file["edm_vpred.sigma_max"] = at::ones({});
  w.write("model.safetensors", file);
  w.check_refused(compvis, "holds the tensor edm_vpred.sigma_max, which means EDM");
}

TEST_CASE("an autoencoder's means and deviations of latents are kept", "[pipeline][torch]") {
  Workplace w;
  w.write_diffusers();
  w.write("vae/config.json", Json{{"scaling_factor", 0.5}, {"latents_mean", {1, 2}}, {"latents_std", {3, 4}}});
  const ConvertRequest decoder{.from = Layout::diffusers, .parts = {"vae_decoder"}};
  w.run(decoder);
  const ModelCard card = load_card(w.out);
  CHECK(card.latent_scale->mean == std::vector<double>{1, 2});
  CHECK(card.latent_scale->std == std::vector<double>{6, 8});  // (x - mean) * factor / std
  fs::remove_all(w.out);
  w.write("vae/config.json", Json{{"latents_mean", {1, 2, 3}}, {"latents_std", {3, 4, 5}}});
  w.check_refused(decoder, "latents_mean holds 3 numbers; allowed: one for each of 2 channels");
}

TEST_CASE("the side of pictures is the UNet's, whatever the autoencoder's configuration says", "[pipeline][torch]") {
  Workplace w;
  w.write_diffusers();
  w.write("vae/config.json", Json{{"sample_size", 256}});
  w.write("unet/config.json", Json{{"attention_head_dim", 2}, {"sample_size", {16, 24}}});
  w.run({.from = Layout::diffusers});
  const ModelCard card = load_card(w.out);
  CHECK(card.vae_decoder->extent() == Extent{32, 48});  // two levels: a latent stands for 2 x 2 pixels
  CHECK(extent_of(*card.vae_encoder) == Extent{32, 48});
}
