// Parts of model folders as prepared networks. Their packed weights are kept in files that later processes map: they
// need not be read, checked, converted and packed again, and what they take of memory is shared.
//
// A packed file is a safetensors file of the tensors that the layers keep, in their order, each at a multiple of 64
// bytes. Its metadata say which weights it was packed from and for what; it is of use for nothing else, and where it
// does not fit or is damaged, it is made anew.
#pragma once

#include "pipeline/lora.h"

namespace mds {

struct PartLoading {
  Placement placement{};
  PackedFiles packed{};
  Loras loras{};  // merged into the weights
};

// load_part() and prepare(), with the same results whether the weights are packed or mapped. Packed weights are not
// kept of a part that LoRAs change, as their weights may differ from picture to picture. Errors: those of load_part; a
// packed file that cannot be read or written is told of, and is none.
NetworkPtr load_prepared(const std::string& folder, const std::string& part, Plan plan, const PartLoading& loading);

}  // namespace mds
