// The inputs and outputs of each kind of network, with the names of diffusers and transformers. `mdsearch forward`,
// exporters and checks against other libraries all read this one list.
#pragma once

#include <string>
#include <vector>

#include "networks/network_spec.h"
#include "pipeline/weights.h"

namespace mds {

// Whether an input is a picture of bytes, and in which sizes: that of NetworkInput, or any, which is then resized as
// TensorFlow 1 does, the way FID is defined.
enum class PictureInput : uint8_t { none, sized, resized };

struct NetworkInput {
  std::string name;
  std::vector<int64_t> sizes;      // of one sample
  int64_t tokens = 0;              // int64 ids below this number; 0: float32
  Tensor Conditioning::* field{};  // nullptr: the network's main input, which comes first
  PictureInput pictures = PictureInput::none;
  std::string control{};  // the step to whose output the input is added; empty: none
};
std::vector<NetworkInput> inputs_of(const NetworkSpec& spec);

// The network with the size of its main input in the tensors, for networks that can have several sizes: UNets,
// autoencoders and LPIPS.
NetworkSpec sized_for(const NetworkSpec& spec, const TensorMap& tensors);

// The named outputs of a plan in the order of computation, except that `last_hidden_state` comes first; for LPIPS,
// `distance`.
std::vector<std::string> outputs_of(const Plan& plan);

// A network's inputs from the tensors of a file, in the order of inputs_of: one batch, with N samples in each. A
// timestep may be one number for all samples; timesteps and time_ids may be integers. `source` begins error messages;
// FileError for a tensor that is missing, unexpected, not finite, of another shape or type, or not a token of the
// vocabulary. Pictures become float32 levels of 0 to 255 at the network's size.
std::vector<Tensor> inputs_from(const TensorMap& tensors, const NetworkSpec& spec, const std::string& source);

// What a file adds inside a network: tensors "added.PATH" to the output of that step, "skip.PATH" to the skip that it
// pushes. They are removed from `tensors`. FileError, beginning with `source`, where the plan has no such step or its
// map has another shape.
Controls take_controls(TensorMap& tensors, const Plan& plan, const std::string& source);

// Tensors in the order of inputs_of, and what is added inside.
struct NetworkBatch {
  NetworkBatch(std::vector<Tensor> tensors, Controls added = {})
      : inputs(std::move(tensors)), controls(std::move(added)) {}
  std::vector<Tensor> inputs;
  Controls controls;
  std::shared_ptr<TextProducts> text_products{};  // of Conditioning
};

// One pass; returns outputs in the order of outputs_of. The end token of a text is its largest id, the first one where
// it repeats. `observer` as in Network::forward.
std::vector<Tensor> run_network(const Network& network, const NetworkSpec& spec, const NetworkBatch& batch,
                                const Observer& observer = {});

}  // namespace mds
