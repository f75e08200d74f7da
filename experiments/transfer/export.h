// Writes a network with trained or random weights for other programs.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "experiments/transfer/weight_type.h"
#include "pipeline/export.h"
#include "pipeline/lora.h"
#include "search/named_network.h"

namespace mds {

struct ExportRequest {
  std::string name;                 // of a network, or with `model` of one of its parts
  std::string model;                // folder whose trained weights are taken; or, without it,
  std::optional<uint64_t> seed{};   // of random weights
  std::vector<LoraChoice> loras{};  // merged into the model's weights
  std::string out;                  // file to write
  std::string database = default_database;
  ExportFormat format = ExportFormat::safetensors;
  WeightType dtype = WeightType::fp32;
  Extent pixels{};  // picture size; 0: the network's own
};

// Returns the files that it wrote. RequestError for fields that contradict each other, for an output in a model folder
// or over an input, and for a name that is neither a part of the model nor a network; MemoryError before a pass that
// does not fit into memory.
std::vector<std::string> export_network(const ExportRequest& request);

}  // namespace mds
