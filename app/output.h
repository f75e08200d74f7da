// No command writes over what it reads.
#pragma once

#include <string>
#include <vector>

namespace mds {

// UsageError where the file or folder `out` is one of the inputs, under whatever name (links are followed), or lies in
// an input that is a folder. Names that are empty or of nothing on the disk are no inputs.
void refuse_input_as_output(const std::string& flag, const std::string& out, const std::vector<std::string>& inputs);

}  // namespace mds
