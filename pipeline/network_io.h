// What each kind of network takes and gives, by the names that diffusers and transformers use. The single list of them:
// `mdsearch forward`, exporters and checks against other libraries read it.
#pragma once

#include <string>
#include <vector>

#include "networks/network_spec.h"
#include "pipeline/weights.h"

namespace mds {

// Whether an input is of bytes, and of which sizes: those of NetworkInput, or any height and width, which are resized
// as TensorFlow 1 does, FID's own way.
enum class PictureInput : uint8_t { none, sized, resized };

struct NetworkInput {
  std::string name;
  std::vector<int64_t> sizes;      // of one sample
  int64_t tokens = 0;              // int64 ids below this number; 0: float32
  Tensor Conditioning::* field{};  // nullptr: the network's main input, which comes first
  PictureInput pictures = PictureInput::none;
};
std::vector<NetworkInput> inputs_of(const NetworkSpec& spec);

// The network at the size of its main input among the tensors, where it can have several: UNets, autoencoders and
// LPIPS's.
NetworkSpec sized_for(const NetworkSpec& spec, const TensorMap& tensors);

// The named outputs of a plan, in the order they are computed but for `last_hidden_state`, which leads; `distance` of
// LPIPS's.
std::vector<std::string> outputs_of(const Plan& plan);

// The inputs of a network out of a file's tensors, in the order of inputs_of: one batch, N samples in each. A timestep
// may be one number for all samples; timesteps and time_ids may be integers. `source` opens error messages; a tensor
// that is missing, unexpected, misshapen, of another type, not finite or no token of the vocabulary is a FileError.
// Pictures come out as float32 levels of 0 to 255 at the network's size.
std::vector<Tensor> inputs_from(const TensorMap& tensors, const NetworkSpec& spec, const std::string& source);

// One pass over tensors in the order of inputs_of: the outputs in the order of outputs_of. A text tower's end token is
// the largest id of a text, the first where it repeats. `observer` as in Network::forward.
std::vector<Tensor> run_network(const Network& network, const NetworkSpec& spec, const std::vector<Tensor>& inputs,
                                const Observer& observer = {});

}  // namespace mds
