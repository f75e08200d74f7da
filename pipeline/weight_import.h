// Weights between our names and those of other libraries, tensor by tensor and without copies where none is needed.
#pragma once

#include "pipeline/tensor_file.h"
#include "pipeline/weight_names.h"

namespace mds {

// Where a plan's weights are in a file: the dialect and the prefix under which most of them are found.
struct NameMatch {
  const Dialect* dialect = nullptr;
  std::string prefix;
  std::vector<ForeignWeight> names;
  size_t score = 0;
};
// FileError, opened by `source`, where no name is found: it says which layout the file looks like. ConfigError where no
// dialect of the layout has names for the plan.
NameMatch match_names(const Plan& plan, Layout layout, const TensorMap& file, const std::string& source);

// What keeps a file from being these weights: missing, misshapen, not floating, or of the part and not used.
std::vector<std::string> problems(const NameMatch& match, const TensorMap& file);

// A plan's weights by our paths, out of a file in another library's layout; parts of a larger file are taken out by
// their prefix. Views of the file's tensors. FileError lists the first ten problems by name.
TensorMap import_weights(const Plan& plan, Layout layout, const TensorMap& file, const std::string& source);

// The same whatever the layout: the one that the file's names look like, our own where they look like none.
TensorMap import_weights(const Plan& plan, const TensorMap& file, const std::string& source);

// The way back: our weights under the names of the layout's first dialect, without prefix.
TensorMap export_weights(const Plan& plan, Layout layout, const TensorMap& weights);

}  // namespace mds
