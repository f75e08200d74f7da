#include "pipeline/sampler_config.h"

#include <ATen/ATen.h>

#include "pipeline/sampler.h"
#include "spec/describe.h"
#include "tests/catch.h"

using namespace mds;

namespace {

using Steps = std::vector<SamplerStep>;

constexpr ScheduleConfig without_signal{.zero_terminal_snr = true};

}  // namespace

TEST_CASE("each step's previous timestep is the list's next one, and the last step's is clean", "[pipeline]") {
  CHECK((steps_of({.steps = 4}, 1000) == Steps{{999, 749}, {749, 499}, {499, 249}, {249, -1}}));
  CHECK((steps_of({.steps = 13}, 1000)[0] == SamplerStep{999, 922}));
  CHECK((steps_of({.steps = 3, .spacing = Spacing::linspace}, 1000) == Steps{{999, 500}, {500, 0}, {0, -1}}));
  CHECK((steps_of({.steps = 1}, 1000) == Steps{{999, -1}}));
}

TEST_CASE("the last step can end at the schedule's first timestep", "[pipeline]") {
  CHECK((steps_of({.steps = 2, .last = LastStep::first}, 1000) == Steps{{999, 499}, {499, 0}}));
  CHECK(
      (steps_of({.steps = 2, .spacing = Spacing::linspace, .last = LastStep::first}, 1000) == Steps{{999, 0}, {0, 0}}));
}

TEST_CASE("a step calls the network twice where guidance mixes two outputs", "[pipeline]") {
  CHECK(calls_a_step({.guidance = 3}) == 2);
  CHECK(calls_a_step({.guidance = 1, .rescale = 0.7}) == 1);
  CHECK(calls_a_step({.guidance = 0}) == 1);
  CHECK(calls_a_step({.guidance = 0, .rescale = 0.7}) == 2);
}

TEST_CASE("a configuration written before there were other samplers means what it meant", "[pipeline]") {
  const Json sampler{{"steps", 10}, {"guidance", 3.0}, {"spacing", "trailing"}};
  CHECK(from_json<SamplerConfig>(sampler, "old") == SamplerConfig{.steps = 10, .guidance = 3});
  const Json schedule{{"steps", 1000}, {"beta_start", 0.00085}, {"beta_end", 0.012}};
  CHECK(from_json<ScheduleConfig>(schedule, "old") == ScheduleConfig{});
}

TEST_CASE("a sampler's values outside their ranges are refused by name", "[pipeline]") {
  const auto [key, value, message] = GENERATE(table<std::string, Json, std::string>({
      {"sampler", "plms", "ddim, dpmpp_2m, euler, ufogen"},
      {"spacing", "even", "trailing, leading, linspace"},
      {"last", "none", "clean, first"},
      {"eta", 1.5, "0 to 1"},
      {"eta", -0.5, "0 to 1"},
      {"rescale", 2, "0 to 1"},
      {"steps", 0, "1 to 100000"},
  }));
  CHECK_THROWS_WITH(from_json<SamplerConfig>(Json{{key, value}}, "file"),
                    Catch::Contains("file: " + key) && Catch::Contains(message));
}

TEST_CASE("eta belongs to DDIM", "[pipeline]") {
  const Sampler sampler = GENERATE(Sampler::dpmpp_2m, Sampler::euler, Sampler::ufogen);
  const Diffusion diffusion{NoiseSchedule({}), Prediction::v};
  CHECK_THROWS_WITH(check(diffusion, {.sampler = sampler, .eta = 0.5}),
                    Catch::Contains("eta is 0.5") && Catch::Contains(std::string(name_of(sampler))));
  CHECK_NOTHROW(check(diffusion, {.sampler = sampler}));
  CHECK_NOTHROW(check(diffusion, {.eta = 0.5}));
}

TEST_CASE("more steps than the schedule has are refused before the network is called", "[pipeline]") {
  const Diffusion diffusion{NoiseSchedule({.steps = 100}), Prediction::v};
  const Denoiser never = [](const Tensor& x, int64_t) {
    FAIL("called");
    return x;
  };
  CHECK_THROWS_WITH(sample(diffusion, {.steps = 101}, at::ones({1, 1, 2, 2}), never),
                    Catch::Contains("101; allowed: 1 to 100"));
}

TEST_CASE("epsilon prediction is refused at a timestep without signal, and where no step visits it is not",
          "[pipeline]") {
  const Diffusion epsilon{NoiseSchedule(without_signal), Prediction::epsilon};
  const Sampler sampler = GENERATE(Sampler::ddim, Sampler::dpmpp_2m, Sampler::euler, Sampler::ufogen);
  CHECK_THROWS_WITH(check(epsilon, {.steps = 8, .sampler = sampler}),
                    Catch::Contains("timestep 999") && Catch::Contains("v or x0 prediction"));
  CHECK_NOTHROW(check(epsilon, {.steps = 8, .spacing = Spacing::leading, .sampler = sampler}));
}

TEST_CASE("Euler is refused at a timestep without signal, the others are not", "[pipeline]") {
  const Prediction prediction = GENERATE(Prediction::v, Prediction::x0);
  const Diffusion diffusion{NoiseSchedule(without_signal), prediction};
  CHECK_THROWS_WITH(check(diffusion, {.sampler = Sampler::euler}), Catch::Contains("timestep 999"));
  for (const Sampler sampler : {Sampler::ddim, Sampler::dpmpp_2m, Sampler::ufogen})
    CHECK_NOTHROW(check(diffusion, {.sampler = sampler}));
}

TEST_CASE("a stochastic sampler without a source of noise is a fault of the program", "[pipeline]") {
  const SamplerConfig config =
      GENERATE(values<SamplerConfig>({{.steps = 2, .eta = 1}, {.steps = 2, .sampler = Sampler::ufogen}}));
  const Denoiser network = [](const Tensor& x, int64_t) { return x; };
  CHECK_THROWS_AS(sample({NoiseSchedule({}), Prediction::v}, config, at::ones({1, 1, 2, 2}), network),
                  std::logic_error);
}
