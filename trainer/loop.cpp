#include "trainer/loop.h"

#include <ATen/ATen.h>

#include <filesystem>
#include <limits>

#include "spec/new_file.h"
#include "trainer/feed.h"
#include "trainer/run_identity.h"

namespace mds {
namespace {

constexpr const char *adversary_prefix = "adversary.", *stage_prefix = "stage.";

// A player's `purpose` seeds its randomness; 1 and 2 are already used for the order and the sample of the data.
Player player_of(const Adversary& side, uint64_t purpose, const LoopConfig& loop) {
  return {
      *side.stage,
      {.seed = loop.seed,
       .purpose = purpose,
       .dtype = loop.dtype,
       .every = side.every,
       .steps = side.steps,
       .batch = loop.batch,
       .examples_a_pass = loop.examples_a_pass(),
       .synchronised = loop.synchronised,
       .hooked = !loop.checkpoint_activations,
       .ranks = loop.ranks},
      Optimizer(side.stage->weights(), side.optimizer, loop.iterations, loop.shard_optimizer ? loop.ranks : nullptr)};
}

StepTimes operator+(const StepTimes& x, const StepTimes& y) {
  return {.data_s = x.data_s + y.data_s,
          .forward_s = x.forward_s + y.forward_s,
          .backward_s = x.backward_s + y.backward_s,
          .update_s = x.update_s + y.update_s};
}

// All that a checkpoint holds of a player.
TensorMap state_of(const Player& player) {
  TensorMap state = player.optimizer().state();
  state.merge(prefixed(player.stage().state(), stage_prefix));
  return state;
}

void check_state(const Player& player, const TensorMap& state, const std::string& file) {
  player.optimizer().check_state(state, file);
  check_holds(state, player.stage().state(), stage_prefix, file);
}

void load_state(Player& player, const TensorMap& state, const std::string& file) {
  check_state(player, state, file);
  player.optimizer().load_state(state, file);
  for (const auto& [name, tensor] : player.stage().state()) tensor.copy_(state.at(stage_prefix + name));
}

// Returns the stage, unless passes would split a batch whose loss is not the mean of its parts' losses.
Stage& checked(Stage& stage, const LoopConfig& loop) {
  check_micro_batch(loop);
  const std::string reason = stage.needs_whole_batch();
  if (reason.empty()) return stage;
  const int64_t processes = count_of(loop.ranks);
  if (loop.examples_a_pass() * processes < loop.batch)
    throw ConfigError("loop.micro_batch is " + std::to_string(loop.micro_batch) + "; allowed: 0, as " + reason);
  if (processes > 1 && !stage.asks_others())
    throw ConfigError(std::to_string(processes) + " processes would share each batch; allowed: 1, as " + reason);
  return stage;
}

}  // namespace

void check_micro_batch(const LoopConfig& config, const std::string& at) {
  const int64_t processes = count_of(config.ranks), share = config.batch / processes;
  const std::string with = processes > 1 ? " with " + std::to_string(processes) + " processes" : "";
  if (config.batch % processes != 0)
    throw ConfigError(at + "batch is " + std::to_string(config.batch) + "; allowed" + with + ": multiples of " +
                      std::to_string(processes));
  if (config.batch % config.examples_a_pass() != 0 || share % config.examples_a_pass() != 0)
    throw ConfigError(at + "micro_batch is " + std::to_string(config.micro_batch) + "; allowed" + with +
                      ": 0, or a divisor of " + (processes > 1 ? "their share of " : "") + at + "batch, " +
                      std::to_string(share));
}

Loop::Loop(Stage& stage, const LoopConfig& loop, const OptimizerConfig& optimizer)
    : player_(player_of({&checked(stage, loop), optimizer}, /*purpose=*/0, loop)),
      ranks_(loop.ranks),
      sharded_(loop.ranks && loop.shard_optimizer) {
  const std::optional<Adversary> adversary = stage.adversary();
  if (!adversary) return;
  adversary_ = std::make_unique<Player>(player_of(*adversary, /*purpose=*/3, loop));
  adversary_->optimizer().train(false);
  adversary_every_ = adversary->every;
  adversary_steps_ = adversary->steps;
}

void Loop::collect() {
  player_.optimizer().collect();
  if (adversary_) adversary_->optimizer().collect();
}

StepReport Loop::step() {
  const int64_t iteration = this->iteration();
  StepTimes times{};
  double adversary_loss = std::numeric_limits<double>::quiet_NaN();
  if (adversary_ && iteration % adversary_every_ == 0) {
    whole_ = false;
    adversary_->optimizer().train(true);
    for (int64_t i = 0; i < adversary_steps_; ++i) {
      const PlayerStep done = adversary_->step(iteration * adversary_steps_ + i);
      adversary_loss = (i == 0 ? 0 : adversary_loss) + done.loss / double(adversary_steps_);
      times = times + done.times;
    }
    adversary_->optimizer().train(false);
  }
  const PlayerStep done = player_.step(iteration);
  whole_ = true;
  return {.iteration = iteration + 1,
          .loss = done.loss,
          .gradient_norm = done.gradient_norm,
          .adversary_loss = adversary_loss,
          .times = times + done.times};
}

void Loop::run_to(int64_t iteration, const std::function<void(const StepReport&)>& report) {
  while (this->iteration() < iteration) {
    const StepReport done = step();
    if (report) report(done);
    player_.stage().watch(done.iteration);
  }
}

void Loop::write(NewFile& out, const std::string& identity) const {
  const std::string position = player_.stage().feed() ? player_.stage().feed()->position() : "";
  TensorFile content{.tensors = state_of(player_), .metadata = {{"identity", identity}}};
  if (adversary_) content.tensors.merge(prefixed(state_of(*adversary_), adversary_prefix));
  if (!position.empty()) content.metadata["data_position"] = position;
  for (const auto& [name, tensor] : content.tensors)
    if (!tensor.isfinite().all().item<bool>())
      throw std::runtime_error("iteration " + std::to_string(iteration()) + ": " + name +
                               " is not finite and is not saved");
  write_tensors(out, content);
}

void Loop::save(const std::string& file, const std::string& identity) const {
  NewFile out(file);
  write(out, identity);
  out.put_in_place();
}

bool Loop::resume(const std::string& file, const std::string& identity) {
  if (!std::filesystem::exists(file)) return false;
  const TensorFile content = load_tensors(file);
  const auto found = content.metadata.find("identity");
  if (found == content.metadata.end()) throw FileError(file + ": is no checkpoint: its metadata lack \"identity\"");
  if (const auto difference = identity_difference(found->second, identity); !difference.empty())
    throw ConfigError(file + ": is a checkpoint of another run: " + difference +
                      "; remove it or train under another name");
  if (adversary_) {
    const TensorMap state = with_prefix(content.tensors, adversary_prefix);
    check_state(player_, content.tensors, file);
    load_state(*adversary_, state, file);
  }
  load_state(player_, content.tensors, file);
  if (player_.stage().feed()) {
    const auto position = content.metadata.find("data_position");
    player_.stage().feed()->seek(position == content.metadata.end() ? "" : position->second);
  }
  return true;
}

}  // namespace mds
