// The parts of a model's card that are not networks, read from a foreign library's configuration files.
#pragma once

#include <functional>

#include "pipeline/convert.h"

namespace mds {

using Note = std::function<void(const std::string&)>;

// The scale of latents for the UNet: the factor in the autoencoder's configuration (null: there is none).
LatentScale latent_scale(const ModelCard& card, const Json& autoencoder_config, const Note& note);

// A text tower that was converted, and the layout of its file.
struct FoundText {
  TextTowerSpec tower;
  Layout layout;
};
// One tower with its tokenizer; or two, as in SD-XL, whose penultimate states the UNet reads. Returns the file of the
// tokenizers' merges, empty where there is none. ConfigError for a pad token that is not supported.
std::string describe_texts(ModelCard& card, const std::vector<FoundText>& texts, const ConvertRequest& request,
                           const Note& note);

// The means and deviations of preprocessor_config.json, or CLIP's.
ImageNormalisation find_normalisation(const ConvertRequest& request);

}  // namespace mds
