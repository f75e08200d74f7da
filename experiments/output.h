// Makes sure that no command overwrites its own input.
#pragma once

#include <string>
#include <vector>

namespace mds {

// RequestError where the file or folder `out` is one of the inputs, even under another name (links are followed), or
// lies in an input folder. Empty names and names of nothing on the disk do not count as inputs.
void refuse_input_as_output(const std::string& flag, const std::string& out, const std::vector<std::string>& inputs);

}  // namespace mds
