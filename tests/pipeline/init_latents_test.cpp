// Drawing over pictures takes the steps that diffusers takes, keeps what is masked, and follows exact solutions.
#include "pipeline/init_latents.h"

#include <ATen/ATen.h>

#include <cmath>

#include "pipeline/sampler.h"
#include "spec/describe.h"
#include "tests/catch.h"
#include "tests/pipeline/gaussian.h"

using namespace mds;

namespace {

Tensor latent_of(const Json& values, const std::vector<int64_t>& shape) {
  return at::tensor(values.get<std::vector<double>>()).view(shape);
}

// The n-th noise of tests/parity/init_pictures.py.
Tensor cosines(int64_t n, const std::vector<int64_t>& shape) {
  return at::cos(1.7 * at::arange(24, at::kDouble) + 0.9 * double(n)).view(shape);
}

void check_equals(const Tensor& found, const Tensor& wanted) {
  CHECK(((found - wanted) / wanted.abs().clamp_min(1)).abs().max().item<double>() < 1e-5);
}

struct Run {
  Diffusion diffusion;
  SamplerConfig config;
  LatentNoise noise;
};

Run run_of(const Json& file, const Json& json) {
  const auto shape = file["shape"].get<std::vector<int64_t>>();
  Json config;
  for (const auto* key : {"sampler", "spacing", "steps", "eta", "last"}) config[key] = json[key];
  Prediction prediction{};
  read_enum(json["prediction"], prediction, {"init-pictures.json", "prediction"});
  LatentNoise noise(cosines(0, shape), [shape, n = 0]() mutable { return cosines(++n, shape); });
  noise.init.latents = latent_of(file["init"], shape);
  noise.init.strength = json["strength"];
  if (json["mask"]) noise.init.drawn = latent_of(file["mask"], {1, 1, 2, 3}).to(at::kBool);
  return {{NoiseSchedule({}), prediction}, from_json<SamplerConfig>(config, "init-pictures.json"), noise};
}

const Gaussian gaussian{channels({1, -2, 0}), channels({0.25, 4, 1})};

}  // namespace

TEST_CASE("drawing over a picture equals diffusers' image to image and inpainting", "[pipeline]") {
  const Json file = load_json(MDS_SOURCE_DIR "/tests/data/init-pictures.json");
  REQUIRE(file["runs"].size() == 48);
  for (const Json& json : file["runs"]) {
    const auto [diffusion, config, noise] = run_of(file, json);
    const auto seen = json["timesteps"].get<std::vector<int64_t>>();
    INFO(json["prediction"] << " strength " << json["strength"] << " mask " << json["mask"] << to_json(config).dump());
    const auto wanted = [&](size_t i) { return latent_of(json["latents"][i], file["shape"]); };
    std::vector<int64_t> timesteps;
    const Tensor end = sample(diffusion, config, noise, [&](const Tensor& x, int64_t t) {
      if (timesteps.empty()) check_equals(x, wanted(0));
      if (timesteps.size() == (seen.size() + 1) / 2 && seen.size() > 1) check_equals(x, wanted(1));
      timesteps.push_back(t);
      return 0.3 * at::sin(2 * x) + double(t) / 1000;
    });
    CHECK(timesteps == seen);
    check_equals(end, wanted(2));
  }
}

TEST_CASE("what is kept comes out unchanged, and the rest is drawn", "[pipeline]") {
  const Sampler sampler = GENERATE(Sampler::ddim, Sampler::dpmpp_2m, Sampler::euler, Sampler::ufogen);
  const double strength = GENERATE(0.5, 1.0);
  LatentNoise noise = picture_noise({1, 2}, {3, 4, 4});
  noise.init = {.latents = seeded_noise({3}, {3, 4, 4}), .drawn = {}, .strength = strength};
  noise.init.drawn = at::zeros({1, 1, 4, 4}, at::kBool);
  noise.init.drawn.slice(3, 0, 2).fill_(true);
  const NoiseSchedule schedule({});
  const Tensor x =
      sample({schedule, Prediction::epsilon}, {.steps = 6, .sampler = sampler}, noise, gaussian.denoiser(schedule));
  CHECK(x.sizes() == std::vector<int64_t>{2, 3, 4, 4});
  CHECK(at::equal(x.slice(3, 2, 4), noise.init.latents.slice(3, 2, 4).expand({2, 3, 4, 2})));
  CHECK((x - noise.init.latents).slice(3, 0, 2).abs().min().item<double>() > 1e-5);
}

TEST_CASE("the weaker the strength, the nearer the result is to the picture", "[pipeline]") {
  const NoiseSchedule schedule({});
  double before = 0;
  for (const double strength : {0.1, 0.3, 0.6, 1.0}) {
    LatentNoise noise = picture_noise({5}, {3, 8, 8});
    noise.init = {.latents = gaussian.mean + seeded_noise({6}, {3, 8, 8}), .drawn = {}, .strength = strength};
    const Tensor x = sample({schedule, Prediction::epsilon}, {.steps = 20}, noise, gaussian.denoiser(schedule));
    const double apart = (x - noise.init.latents).square().mean().item<double>();
    CHECK(apart > before);
    before = apart;
  }
}

TEST_CASE("a strength that takes no step, lies outside 0 to 1 or has no picture is an error", "[pipeline]") {
  CHECK(steps_taken({.steps = 50}, 0.58) == 28);  // 50 x 0.58 is 28.999... in double, which diffusers cuts off too
  CHECK(steps_taken({.steps = 4}, 0.25) == 1);
  CHECK_THROWS_WITH(steps_taken({.steps = 4}, 0.2),
                    "a strength of 0.2 takes none of 4 steps; allowed: at least 0.25, or more steps");
  CHECK_THROWS_WITH(steps_taken({.steps = 1}, 0.8),
                    "a strength of 0.8 takes none of 1 step; allowed: at least 1, or more steps");
  CHECK_THROWS_WITH(steps_taken({}, 1.5), "the strength is 1.5; allowed: 0 to 1");
  CHECK_THROWS_WITH(steps_taken({}, std::nan("")), Catch::Contains("allowed: 0 to 1"));
  LatentNoise noise = seeded_noise({5}, {3, 2, 2});
  noise.init.strength = 0.5;
  const NoiseSchedule schedule({});
  CHECK_THROWS_WITH(sample({schedule, Prediction::epsilon}, {.steps = 4}, noise, gaussian.denoiser(schedule)),
                    "a strength below 1 needs a picture to begin with");
}
