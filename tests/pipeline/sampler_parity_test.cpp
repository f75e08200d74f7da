// Compares with diffusers' schedulers, which tests/parity/schedulers.py ran with a network and noise in closed form.
#include <ATen/ATen.h>

#include "pipeline/sampler.h"
#include "spec/describe.h"
#include "tests/catch.h"

using namespace mds;

namespace {

Tensor latent_of(const Json& values) { return at::tensor(values.get<std::vector<double>>()).view({1, -1, 1, 1}); }

NoiseSource cosines(int64_t size) {
  return [size, step = 0]() mutable {
    return at::cos(1.7 * at::arange(size, at::kDouble) + 0.9 * step++).view({1, -1, 1, 1});
  };
}

struct Run {
  Diffusion diffusion;
  SamplerConfig config;
};

Run run_of(const Json& json) {
  Json config;
  for (const auto* key : {"sampler", "spacing", "steps", "eta", "last"}) config[key] = json[key];
  Prediction prediction{};
  read_enum(json["prediction"], prediction, {"schedulers.json", "prediction"});
  return {{NoiseSchedule({.zero_terminal_snr = json["zero_terminal_snr"]}), prediction},
          from_json<SamplerConfig>(config, "schedulers.json")};
}

void check_equals(const Tensor& found, const Tensor& wanted) {
  const double off = ((found - wanted) / wanted.abs().clamp_min(1)).abs().max().item<double>();
  CHECK(off < 1e-5);
}

}  // namespace

TEST_CASE("every step of every sampler equals diffusers' schedulers", "[pipeline]") {
  const Json file = load_json(MDS_SOURCE_DIR "/tests/data/schedulers.json");
  REQUIRE(file["runs"].size() == 32);
  for (const Json& json : file["runs"]) {
    const auto [diffusion, config] = run_of(json);
    const Json& latents = json["latents"];
    INFO(json["sampler"] << " " << json["prediction"] << " " << to_json(config).dump());
    REQUIRE(timesteps(config.spacing, config.steps, 1000) == json["timesteps"].get<std::vector<int64_t>>());
    size_t calls = 0;
    const Denoiser network = [&, &latents = latents](const Tensor& x, int64_t t) {
      check_equals(x, latent_of(latents[calls++]));
      return 0.3 * at::sin(2 * x) + double(t) / 1000;
    };
    const Tensor start = latent_of(latents[0]);
    const Tensor end = sample(diffusion, config, {start, cosines(start.size(1))}, network);
    REQUIRE(calls + 1 == latents.size());
    check_equals(end, latent_of(latents[calls]));
  }
}
