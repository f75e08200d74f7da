// The teacher whose latents are real: it draws as sampling does, and what does not fit it is refused.
#include "trainer/real_latents.h"

#include <ATen/ATen.h>

#include "pipeline/drawer.h"
#include "tests/catch.h"
#include "tests/trainer/toy.h"

using namespace mds;
using Catch::Contains;

namespace {

RealConfig teaching(const std::string& teacher) { return {.real = RealKind::teacher, .teacher = teacher}; }

std::unique_ptr<RealTeacher> opened(const RealConfig& config, const std::string& start) {
  const LatentSet set = toy::latents();
  return real_teacher(config, "stage.", open_predecessor(start, set), {}, set);
}

}  // namespace

TEST_CASE("a teacher draws what its sampler draws of the same noise and caption", "[trainer][torch]") {
  const LatentSet set = toy::latents();
  ModelCard card;
  card.sampler.sampler = GENERATE(Sampler::ddim, Sampler::dpmpp_2m, Sampler::euler);
  card.sampler.guidance = 7;  // the configuration's counts
  RealConfig config = teaching(toy::model("drawing", card));
  config.guidance = GENERATE(1.0, 2.5);
  config.teacher_steps = 5;
  const Predecessor teacher = open_predecessor(config.teacher, set);
  PictureTexts texts{.rows = {}, .chosen_N = at::tensor({1, 2, 3}, at::kLong)};
  const Tensor own = set.text.slice(0, 0, 3).to(at::kFloat);
  texts.rows.text_NSC = at::cat({set.empty_text.to(at::kFloat), own});
  const Drawer drawer{.diffusion = {NoiseSchedule(*teacher.card.schedule), teacher.card.prediction},
                      .sampler = {.steps = 5, .guidance = config.guidance, .sampler = card.sampler.sampler},
                      .scale = set.scale};
  const Tensor wanted = drawer.latents(*teacher.unet(), texts, {4, 5, 6});
  const Tensor drawn = opened(config, config.teacher)->drawn(seeded_noise({4, 5, 6}, {2, 8, 8}), own);
  CHECK((drawn - wanted).abs().max().item<double>() < 1e-5);
}

TEST_CASE("a teacher that its configuration does not fit is refused with what to change", "[trainer][torch]") {
  const std::string start = toy::model("real_start");
  const auto refuses = [&](const RealConfig& config, const std::string& message) {
    CHECK_THROWS_WITH(opened(config, start), Contains(message));
  };
  refuses(teaching(""), "stage.teacher is empty; allowed, as stage.real is \"teacher\": a model folder");
  refuses({.teacher = start}, "stage.real is \"data\"");
  refuses({.guidance = 2}, "stage.real is \"data\"");
  RealConfig many = teaching(start);
  many.teacher_steps = 2000;
  refuses(many, "stage.teacher_steps is 2000; allowed: at most the 1000");
  const auto other = [](const auto& change) {
    ModelCard card;
    change(card);
    return teaching(toy::model("real_other", card));
  };
  refuses(other([](ModelCard& card) { card.prediction = Prediction::epsilon; }), "prediction: epsilon and v");
  refuses(other([](ModelCard& card) { card.schedule = ScheduleConfig{.steps = 500}; }), "differ in schedule");
  refuses(other([](ModelCard& card) { card.sampler.sampler = Sampler::ufogen; }), "adds noise between steps");
  refuses(other([](ModelCard& card) { card.sampler.spacing = Spacing::leading; }),
          "with spacing leading drawing begins at timestep 876; allowed: the last one, 999");
}

TEST_CASE("a generator that would not begin at the last timestep has no teacher", "[trainer][torch]") {
  ModelCard card;
  card.sampler.spacing = Spacing::leading;
  const std::string start = toy::model("real_leading", card);
  CHECK_THROWS_WITH(opened(teaching(toy::model("real_teacher")), start),
                    Contains(start) && Contains("allowed: the last one, 999"));
}
