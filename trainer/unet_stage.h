// What a stage that trains a UNet on cached latents states in its own pair of files, beside its loss and its card:
//   struct XConfig                                        its kind, its settings, and a LatentData named `data`
//   StagePtr make_stage(const XConfig&, const StageInputs&)
//   std::vector<PlannedNetwork> planned_networks(const XConfig&, const PlanInputs&)
// The list of stages in trainer/config.h finds these by overload.
#pragma once

#include <memory>
#include <variant>

#include "spec/listed.h"
#include "trainer/latents.h"
#include "trainer/loop.h"
#include "trainer/train_plan.h"

namespace mds {

using StagePtr = std::unique_ptr<Stage>;

struct StageInputs {
  const LoopConfig& loop;
  const LatentSource& latents;  // outlives the stage
  const std::string& database;  // where stored names of networks are looked up
};

struct PlanInputs {
  const std::string& database;
  std::vector<std::string>& notes;  // gets where the sizes of the networks come from
};

template <class Config>
concept UNetStageConfig = requires(const Config& config, const StageInputs& stage, const PlanInputs& plan) {
  make_stage(config, stage);
  planned_networks(config, plan);
};

// The stage's networks with their sizes and passes, from the configuration and from model folders, without weights and
// data. ConfigError where the stage trains no UNet, FileError where its network is in a folder that does not exist.
template <class... Configs>
std::vector<PlannedNetwork> planned_networks(const std::variant<Configs...>& stage, const PlanInputs& inputs) {
  return std::visit(
      [&]<class Config>(const Config& config) -> std::vector<PlannedNetwork> {
        if constexpr (UNetStageConfig<Config>) return planned_networks(config, inputs);
        std::vector<std::string_view> allowed;
        ((UNetStageConfig<Configs> ? allowed.push_back(Configs::kind) : void()), ...);
        throw ConfigError("`plan`: stage " + std::string(Config::kind) +
                          " is not planned; allowed: " + listed(allowed));
      },
      stage);
}

}  // namespace mds
