// A network's weights by path: read from the network, and loaded into it from the tensors of a file.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "networks/network.h"
#include "pipeline/tensor_file.h"

namespace mds {

// The weights themselves, sharing storage.
TensorMap weights_of(const Network& network);

// What a weight becomes before it is loaded, by its path; the same tensor where it stays as it is.
using WeightChange = std::function<Tensor(const std::string& name, const Tensor& weight)>;

// Copies tensors into a network's weights. Each is converted on its own and released, so that a tensor that nobody else
// holds takes memory no longer than its copy. `source` begins error messages. FileError lists the first ten tensors
// that are missing, extra, misshapen or not floating, and nothing is copied then; or the first ten that are not finite,
// which alone are not copied then.
void load_weights(Network& network, TensorMap tensors, const std::string& source, const WeightChange& change = {});

// Checks names, sizes and types alone, which reads no values: FileError lists the first ten that do not fit the plan.
void check_fit(const Plan& plan, const TensorMap& tensors, const std::string& source);

bool is_finite(const Tensor& tensor);

// The same for a network that is only run: the tensors become its weights without a copy where type, device and layout
// allow it; otherwise each is converted.
void adopt_weights(Network& network, TensorMap tensors, const std::string& source, const WeightChange& change = {});

// Throws a FileError with the first ten of `problems`; does nothing where there are none.
void complain(const std::string& source, const std::vector<std::string>& problems);

// Why a tensor's type is not one of weights, which are F64, F32, F16 and BF16; empty where it is. F8 is none: files
// that have it scale their weights each in its own way.
std::string wrong_type(const Tensor& tensor);

// PyTorch stores in each batch norm how many batches it has seen; no computation uses that number.
bool counts_batches(std::string_view name);

std::string sizes_text(at::IntArrayRef sizes);  // "[320, 4, 3, 3]"

}  // namespace mds
