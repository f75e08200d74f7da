// Maps weights between our names and those of other libraries, tensor by tensor, without copies where none is needed.
#pragma once

#include "pipeline/tensor_file.h"
#include "pipeline/weight_names.h"

namespace mds {

// Where a plan's weights are in a file: the dialect, and the prefix under which most of them are.
struct NameMatch {
  const Dialect* dialect = nullptr;
  std::string prefix;
  std::vector<ForeignWeight> names;
  size_t score = 0;
};
// FileError, beginning with `source`, where no name is found; it says which layout the file seems to have. ConfigError
// where no dialect of the layout has names for the plan.
NameMatch match_names(const Plan& plan, Layout layout, const TensorMap& file, const std::string& source);

// Why a file is not these weights: missing, of another shape, not floating, or tensors of the part that are not used.
std::vector<std::string> problems(const NameMatch& match, const TensorMap& file);

// A plan's weights by our paths, from a file in another library's layout; parts of a larger file are found by their
// prefix. The results are views of the file's tensors. FileError lists the first ten problems by name.
TensorMap import_weights(const Plan& plan, Layout layout, const TensorMap& file, const std::string& source);

// The same for any layout: the one that the file's names look like, or our own where they look like none.
TensorMap import_weights(const Plan& plan, const TensorMap& file, const std::string& source);

// The reverse: our weights under the names of the layout's first dialect, without prefix.
TensorMap export_weights(const Plan& plan, Layout layout, const TensorMap& weights);

}  // namespace mds
