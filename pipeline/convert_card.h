// The parts of a model's card that are not networks, read from a foreign library's configuration files.
#pragma once

#include "pipeline/convert_tokenizer.h"

namespace mds {

// The scale of latents for the UNet: the factor in the autoencoder's configuration (null: there is none).
LatentScale latent_scale(const ModelCard& card, const Json& autoencoder_config, const Note& note);

// One tower with its tokenizer; or two, as in SD-XL, whose penultimate states the UNet reads. `has_merges`: whether the
// model has a tokenizer at all. ConfigError for a pad token that is not supported.
void describe_texts(ModelCard& card, const std::vector<FoundText>& texts, const ConvertRequest& request,
                    bool has_merges);

// The means and deviations of preprocessor_config.json, or CLIP's.
ImageNormalisation find_normalisation(const ConvertRequest& request);

}  // namespace mds
