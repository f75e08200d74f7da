// A training run as one file: which kind of stage, how long, with which optimizer.
#pragma once

#include <variant>

#include "spec/stage_kind.h"
#include "trainer/autoencoder.h"
#include "trainer/distil.h"
#include "trainer/evaluate.h"
#include "trainer/relu.h"
#include "trainer/score_distil.h"
#include "trainer/text_image.h"
#include "trainer/tune.h"
#include "trainer/ufogen.h"

namespace mds {

using StageConfig = std::variant<BaseConfig, ReluConfig, DistilConfig, UfogenConfig, ScoreDistilConfig,
                                 AutoencoderConfig, TextImageConfig, TuneConfig>;

template <class... Configs>
constexpr std::array<std::string_view, sizeof...(Configs)> kinds_of(const std::variant<Configs...>*) {
  return {Configs::kind...};
}
static_assert(kinds_of(static_cast<StageConfig*>(nullptr)) == stage_kinds, "spec/stage_kind.h lists them in order");

struct TrainConfig {
  std::string name = "run";
  StageConfig stage;
  LoopConfig loop;
  OptimizerConfig optimizer;
  std::optional<EvaluationConfig> evaluation;
  int64_t sample_every = 0, keep_every = 0;
  bool operator==(const TrainConfig&) const = default;

  static void describe(auto& self, auto&& field) {
    field("name", self.name, "name of the training, and of its folder under out/train");
    field("stage", self.stage, "kind of training and its settings");
    field("loop", self.loop, "length of the training, batch, seed and checkpoints");
    field("optimizer", self.optimizer, "settings of AdamW and of the weights' moving average");
    field("evaluation", self.evaluation, "pictures drawn and scored at the end by a UNet's averaged weights", later());
    field("sample_every", self.sample_every,
          "iterations, a multiple of checkpoint_every, between pictures of the same held-out captions; 0: none",
          later(at_least(0)));
    field("keep_every", self.keep_every,
          "iterations, a multiple of checkpoint_every, between model folders kept under series/; evaluate "
          "takes that folder as one model; 0: none",
          later(at_least(0)));
  }
};

}  // namespace mds
