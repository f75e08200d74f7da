// Converts models of other libraries into model folders: finds the parts in a folder or file, decides which network
// each is, and writes card and weights, whole or not at all. Weights stay in mapped files until they are written.
#pragma once

#include <functional>
#include <optional>

#include "pipeline/model.h"
#include "pipeline/weight_names.h"

namespace mds {

struct ChosenNetwork {
  std::string name;
  NetworkSpec spec;
};

struct ConvertRequest {
  Layout from = Layout::diffusers;
  std::string in{}, out{};                 // a library's folder or a file; a new folder
  std::vector<std::string> parts{};        // fields of the card; empty: all that exist
  std::vector<ChosenNetwork> networks{};   // in the order of the parts; others are inferred
  Extent pixels{};                         // picture size; 0: from the library's configuration or the network
  at::ScalarType dtype = at::kFloat;       // of the written weights
  std::optional<Prediction> prediction{};  // where no scheduler's configuration says it
  std::string merges{};                    // file of the tokenizer's merges, where the library's folder has none
  std::string command{};                   // for the provenance
};

struct ConvertedPart {
  std::string part, network, file;
  int64_t parameters = 0;
};

using Note = std::function<void(const std::string&)>;

// `note` receives what a user should know: assumptions where the source does not say. FileError: something is missing,
// damaged or does not fit; ConfigError: a configuration has something that our networks do not support.
std::vector<ConvertedPart> convert(const ConvertRequest& request, const Note& note);

}  // namespace mds
