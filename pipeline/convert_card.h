// What a model's card says besides its networks, out of a foreign library's configuration files.
#pragma once

#include <functional>

#include "pipeline/convert.h"

namespace mds {

using Note = std::function<void(const std::string&)>;

// Schedule and prediction of scheduler/scheduler_config.json in `folder`, or Stable Diffusion's. ConfigError for a
// schedule or prediction that we do not have.
void describe_sampling(ModelCard& card, const ConvertRequest& request, const Note& note);

// Latents as the UNet sees them: the autoencoder's configuration says by what they are multiplied (null: not there).
LatentScale latent_scale(const ModelCard& card, const Json& autoencoder_config, const Note& note);

// A text tower that was converted, and the layout it came in.
struct FoundText {
  TextTowerSpec tower;
  Layout layout;
};
// One tower with its tokenizer; or, as in SD-XL, two whose penultimate states the UNet reads. Returns the file of the
// tokenizers' merges, empty where there is none. ConfigError for a pad token that we do not have.
std::string describe_texts(ModelCard& card, const std::vector<FoundText>& texts, const ConvertRequest& request,
                           const Note& note);

// preprocessor_config.json's means and deviations, or CLIP's.
ImageNormalisation find_normalisation(const ConvertRequest& request);

}  // namespace mds
