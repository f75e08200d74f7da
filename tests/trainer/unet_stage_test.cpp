// A stage is added by its own declarations alone: a toy is read, made, trained, planned and described through them.
#include "trainer/unet_stage.h"

#include "tests/catch.h"
#include "tests/trainer/toy.h"
#include "trainer/config.h"

using namespace mds;
using Catch::Contains;

namespace mds::toy {

// Learns to make its only weight the share `wanted`, whatever the latents are.
struct ShareConfig {
  static constexpr std::string_view kind = "share";
  double wanted = 0.5;
  LatentData data;
  static void describe(auto& self, auto&& field) {
    field("wanted", self.wanted, "share to learn", between(0, 1));
    LatentData::describe(self.data, field);
  }
};

class ShareStage final : public StageOf<IterationBatch> {
 public:
  explicit ShareStage(const ShareConfig& config) : config_(config), w_(at::zeros({1})) {}
  TensorMap weights() const override { return {{"w", w_}}; }
  IterationBatch draw(const Turn& turn) override { return {at::scalar_tensor(turn.iteration, at::kLong)}; }
  Tensor loss(const IterationBatch&, const Observer&) override { return (w_ - config_.wanted).square().sum(); }
  StageCard card() const override {
    StageCard card;
    card.model.sampler.steps = 1;
    card.note = "toy";
    return card;
  }

 private:
  ShareConfig config_;
  Tensor w_;
};

StagePtr make_stage(const ShareConfig& config, const StageInputs&) { return std::make_unique<ShareStage>(config); }
std::vector<PlannedNetwork> planned_networks(const ShareConfig&, const PlanInputs&) {
  return {{.name = "share", .plan = make_plan(unet()), .passes = {.plain = 2}}};
}

}  // namespace mds::toy

namespace {

using Stages = std::variant<BaseConfig, toy::ShareConfig, TextImageConfig>;

static_assert(UNetStageConfig<toy::ShareConfig> && !UNetStageConfig<TextImageConfig>);

Stages toy_stage() { return from_json<Stages>({{"kind", "share"}, {"wanted", 0.25}}, "here"); }

}  // namespace

TEST_CASE("a new stage is made and trained through its own declarations", "[trainer][torch]") {
  const LatentSet set = toy::latents();
  const LoopConfig loop{.iterations = 200, .batch = 4};
  const StagePtr stage = make_stage(std::get<toy::ShareConfig>(toy_stage()), StageInputs{loop, set, ""});
  Loop(*stage, loop, {.lr = 1e-2, .warmup = 0, .weight_decay = 0}).run_to(200);
  CHECK(stage->weights().at("w").item<double>() == Approx(0.25).margin(0.01));
  CHECK(stage->card().note == "toy");
  CHECK(stage->card().model.sampler.steps == 1);
}

TEST_CASE("a new stage is planned by its own passes, and one that trains no UNet is refused", "[trainer]") {
  std::vector<std::string> notes;
  const auto networks = planned_networks(toy_stage(), PlanInputs{"", notes});
  CHECK(networks.size() == 1);
  CHECK(networks[0].passes.plain == 2);
  CHECK_THROWS_WITH(planned_networks(Stages{TextImageConfig{}}, PlanInputs{"", notes}),
                    "`plan`: stage text_image is not planned; allowed: base, share");
}

TEST_CASE("reports know the place of every stage in the order of a training", "[trainer]") {
  CHECK(stage_place(BaseConfig::kind) < stage_place(ReluConfig::kind));
  CHECK(stage_place(ReluConfig::kind) < stage_place(DistilConfig::kind));
  CHECK(stage_place(DistilConfig::kind) < stage_place(UfogenConfig::kind));
  CHECK(stage_place("unknown") == stage_kinds.size());
}

TEST_CASE("a model that goes on from another keeps its candidate, unless the stage changes the network", "[trainer]") {
  const LatentSet set = toy::latents();
  ModelCard before;
  before.sampler.guidance = 4;
  before.no_guidance = NoGuidance::zero;
  before.provenance.candidate = "w8-k3";
  const std::string start = toy::model("described", before);
  const LoopConfig loop;
  const auto card_of = [&](auto config) {
    config.start = start;
    return make_stage(config, StageInputs{loop, set, ""})->card();
  };
  const StageCard base = card_of(BaseConfig{}), relu = card_of(ReluConfig{}), ufogen = card_of(UfogenConfig{});
  CHECK(base.model.provenance.candidate == "w8-k3");
  CHECK(base.model.sampler.guidance == 5);
  CHECK(relu.model.provenance.candidate.empty());
  CHECK(*relu.model.unet == with_relu(*base.model.unet, start));
  CHECK(ufogen.guidance_absorbed);
  CHECK(ufogen.predecessors == std::map<std::string, std::string>{{"start", start}});
}
