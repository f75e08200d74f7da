// A network's weights by path: out of the network, and into it from a file's tensors.
#pragma once

#include <string>
#include <string_view>

#include "networks/network.h"
#include "pipeline/tensor_file.h"

namespace mds {

// As they are, sharing storage.
TensorMap weights_of(const Network& network);

// Copies tensors into a network's weights, converting each on its own and letting it go: one that nobody else holds
// takes memory no longer than its own copy does. `source` opens error messages; tensors that are missing, extra,
// misshapen or not floating are a FileError that lists the first ten by name, and nothing is copied; so are those that
// are not finite, and they alone are not.
void load_weights(Network& network, TensorMap tensors, const std::string& source);

bool is_finite(const Tensor& tensor);

// The same for a network that is run and not trained: its weights become the tensors themselves, without a copy where
// type, device and layout allow it, else converted one by one to the floating type `dtype`.
void adopt_weights(Network& network, TensorMap tensors, at::ScalarType dtype, const std::string& source);

// FileError with the first ten of `problems`, or nothing where there are none.
void complain(const std::string& source, const std::vector<std::string>& problems);

// PyTorch counts in each batch norm how many batches it saw; nothing computes with that.
bool counts_batches(std::string_view name);

std::string sizes_text(at::IntArrayRef sizes);  // "[320, 4, 3, 3]"

}  // namespace mds
