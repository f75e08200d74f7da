// Models of other libraries into model folders: finds the parts in a folder or file, the network each is, and writes
// card and weights, whole or not at all. Weights stay in their mapped files until they are written, tensor by tensor.
#pragma once

#include <functional>
#include <optional>

#include "pipeline/model.h"
#include "pipeline/weight_names.h"

namespace mds {

struct ConvertRequest {
  Layout from = Layout::diffusers;
  std::string in{}, out{};                 // a folder of the library, or a file; a folder that is not there yet
  std::vector<std::string> parts{};        // fields of the card; empty: all that there are
  std::vector<std::string> networks{};     // NAMEs, in the order of the parts they are for; the rest is inferred
  Extent pixels{};                         // of the pictures; 0: as the library's configuration or the network says
  at::ScalarType dtype = at::kFloat;       // of the written weights
  std::optional<Prediction> prediction{};  // where no scheduler's configuration tells it
  std::string merges{};                    // file of the tokenizer's merges, where the library's folder has none
  std::string command{};                   // for the provenance
};

struct ConvertedPart {
  std::string part, network, file;
  int64_t parameters = 0;
};

// `note` receives what a user should know: assumptions where the source does not say. FileError names what is missing,
// damaged or does not fit; ConfigError what a configuration holds that we cannot follow.
std::vector<ConvertedPart> convert(const ConvertRequest& request, const std::function<void(const std::string&)>& note);

}  // namespace mds
