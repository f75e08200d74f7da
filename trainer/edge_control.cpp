#include "trainer/edge_control.h"

#include <ATen/ATen.h>
#include <torch/types.h>

#include "networks/freeze.h"
#include "pipeline/edges.h"
#include "pipeline/encode.h"
#include "spec/sha256.h"

namespace mds {
namespace {

constexpr uint64_t adapter_seed = 7, hint_seed = 8;  // so that they do not begin with a UNet's values

NetworkPtr seeded(const Plan& plan, const LoopConfig& loop, uint64_t seed) {
  auto network = make_network(plan, loop.placement);
  initialise(*network, loop.seed + seed);
  return network;
}

// With the weights of the start where it has such.
NetworkPtr copy_of(const ControlNetSpec& spec, const AdditionInputs& inputs) {
  const NetworkPtr copy = seeded(make_plan(spec), inputs.loop, adapter_seed);
  const NetworkPtr unet = inputs.start.unet(inputs.loop.placement);
  const auto weights = state_of(*unet);
  const torch::NoGradGuard no_grad;
  for (auto& weight : state_of(*copy))
    if (const auto* same = weights.find(weight.key())) weight.value().copy_(*same);
  return copy;
}

}  // namespace

AdapterSpec adapter_of(const AdapterTuning& tuning, const UNetSpec& unet) {
  AdapterSpec spec = adapter_for(unet, tuning.reduction);
  spec.channels = tuning.channels;
  return spec;
}

HintSpec hint_of(const ControlNetTuning& tuning, const UNetSpec& unet) {
  HintSpec spec = hint_for(unet);
  spec.widths = tuning.hint_widths;
  spec.channels = tuning.channels;
  return spec;
}

LatentEdges::LatentEdges(LatentDecoder decoder, const CannyThresholds& thresholds, int64_t channels)
    : decoder_(std::move(decoder)), thresholds_(thresholds), channels_(channels) {
  freeze(*decoder_.network);
  decoder_.network->prepare();
}

Tensor LatentEdges::found(const Tensor& moments) const {
  const torch::NoGradGuard no_grad;
  const Tensor pictures = decode_latents(*decoder_.network, posterior(moments).mode());
  return (edge_controls(pictures, thresholds_).select(1, 0) * 255).to(at::kByte);
}

Tensor LatentEdges::of(const Tensor& moments) {
  const Tensor rows = moments.contiguous();
  std::vector<std::string> keys;
  std::vector<int64_t> fresh;
  for (int64_t i = 0; i < rows.size(0); ++i) {
    const Tensor row = rows[i];
    keys.push_back(sha256({static_cast<const char*>(row.const_data_ptr()), row.nbytes()}));
    if (!kept_.contains(keys.back())) fresh.push_back(i);
  }
  std::map<std::string, Tensor> own;
  if (!fresh.empty()) {
    const Tensor edges = found(rows.index_select(0, at::tensor(fresh)));
    for (size_t i = 0; i < fresh.size(); ++i) own[keys[size_t(fresh[i])]] = edges[int64_t(i)].clone();
  }
  std::vector<Tensor> all;
  for (const auto& key : keys) all.push_back(own.contains(key) ? own.at(key) : kept_.at(key));
  for (auto& [key, edges] : own) {
    if (kept_bytes_ + int64_t(edges.nbytes()) > most_kept_bytes) break;
    kept_bytes_ += int64_t(edges.nbytes());
    kept_.emplace(key, edges);
  }
  return at::stack(all).unsqueeze(1).expand({-1, channels_, -1, -1}).to(at::kFloat) / 255;
}

EdgeFeed::EdgeFeed(const AdditionInputs& inputs, const CannyThresholds& thresholds, int64_t channels)
    : autoencoder_(inputs.data.encoders.autoencoder),
      batch_(inputs.loop.batch),
      reader_(inputs.latents.reader(inputs.loop.batch, inputs.loop.seed)),
      edges_(
          [&] {
            LatentDecoder decoder = latent_decoder(inputs.latents, inputs.data.encoders, inputs.loop.placement);
            decoded_ = decoder.network->plan().steps.back().out.extent();
            return decoder;
          }(),
          thresholds, channels) {}

void EdgeFeed::check(Extent read, const std::string& place) const {
  if (read == decoded_) return;
  throw ConfigError(place + " reads pictures of " + to_string(read) + ", " + std::to_string(pixels_a_latent) +
                    " a latent, and " + autoencoder_ + " decodes to " + to_string(decoded_) +
                    "; needed: an autoencoder of factor " + std::to_string(pixels_a_latent));
}

Tensor EdgeFeed::of(const Turn& turn) {
  const auto [first, count] = share_of(turn, batch_);
  return among_zeros(edges_.of(reader_->batch(turn.iteration, first, count).moments), first, batch_);
}

AdapterAddition::AdapterAddition(const AdapterTuning& tuning, const AdditionInputs& inputs)
    : spec_(adapter_of(tuning, inputs.start.spec())),
      unet_(make_plan(inputs.start.spec())),
      adapter_(seeded(make_plan(spec_), inputs.loop, adapter_seed)),
      edges_(inputs, tuning.edges, tuning.channels) {
  edges_.check(extent_of(spec_), "stage.adapter");
}

void AdapterAddition::join(const TuneBatch& batch, const Tensor&, UNetInputs& inputs) const {
  inputs.controls = controls_of(*adapter_, batch.control_NCHW, unet_);
}

ControlNetAddition::ControlNetAddition(const ControlNetTuning& tuning, const AdditionInputs& inputs)
    : spec_{inputs.start.spec()},
      hint_spec_(hint_of(tuning, inputs.start.spec())),
      control_{
          .network = copy_of(spec_, inputs), .hint = {}, .targets = control_targets(make_plan(inputs.start.spec()))},
      hint_(seeded(make_plan(hint_spec_), inputs.loop, hint_seed)),
      edges_(inputs, tuning.edges, tuning.channels) {
  edges_.check(extent_of(hint_spec_), "stage.controlnet");
}

TensorMap ControlNetAddition::weights() const {
  TensorMap weights = trained_weights(*control_.network, "controlnet.");
  weights.merge(trained_weights(*hint_, "hint."));
  return weights;
}

void ControlNetAddition::join(const TuneBatch& batch, const Tensor& x_NCHW, UNetInputs& inputs) const {
  RunningControl running = control_;
  running.hint.outputs["conv_in"] = hint_->forward(batch.control_NCHW);
  Conditioning conditioning;
  conditioning.timesteps_N = inputs.t_N;
  conditioning.text_NSC = inputs.text_NSC;
  inputs.controls = controls_at({.running = {running}}, x_NCHW, conditioning);
}

void ControlNetAddition::describe(ModelCard& card) const {
  card.controlnet = spec_;
  card.hint = hint_spec_;
}

void ControlNetAddition::save(const std::string& folder, const TensorMap& weights, const ModelCard&) const {
  for (const char* part : {"controlnet", "hint"}) save_addition(folder, part, weights);
}

}  // namespace mds
