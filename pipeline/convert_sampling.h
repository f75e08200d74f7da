// Noise schedule, prediction and sampler of a card, read from a diffusers scheduler's configuration or, for a single
// file, from the marks that its authors put among the weights.
#pragma once

#include "pipeline/convert_card.h"

namespace mds {

// From scheduler/scheduler_config.json in the request's folder, else Stable Diffusion's. Absent keys have the defaults
// of the scheduler's class (diffusers 0.42.1). What our samplers have not is named in a note. A file that holds the
// tensors v_pred or ztsnr predicts v, or has a schedule whose last timestep is noise alone, as ComfyUI reads them.
// ConfigError for a schedule or prediction that is not supported, among them EDM's and flow matching.
void describe_sampling(ModelCard& card, const ConvertRequest& request, const TensorMap& unet_file, const Note& note);

}  // namespace mds
