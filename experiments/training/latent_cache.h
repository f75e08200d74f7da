// Cached latents of a data set, computed on first use; and the writing of model folders that can draw.
#pragma once

#include "experiments/listener.h"
#include "trainer/latents.h"

namespace mds {

inline constexpr int64_t least_held_out = 2;  // pairs that an evaluation needs

struct LatentRequest {
  LatentData data;
  int64_t held_out;     // pairs that must be held out, at least
  Placement placement;  // of the encoders
};

// Opens a file of cached latents, a folder of sharded ones, or the cache of a data set. Caches are in out/cache, named
// by the content of the data and of the encoders. ConfigError, before anything is encoded, where fewer pairs are held
// out.
LatentSourcePtr open_latents(const LatentRequest& request, Listener& listener);

// The same where nothing has to be encoded; null for the name of a data set.
LatentSourcePtr open_if_encoded(const std::string& latents);

struct TrainedUNet {
  ModelCard card;  // describes the UNet only
  TensorMap weights;
};

// The licences that a UNet trained on these latents inherits: those of the data, of the model folders that it was
// trained from and of the networks around it, which are in its folder too.
std::string inherited_license(const LatentSource& latents, const EncoderFolders& encoders,
                              const std::vector<std::string>& folders);

// Writes a self-contained model folder: the UNet, with the decoder and text encoder of the latents that it was trained
// on. ConfigError as in check_encoders.
void save_generator(const std::string& folder, const TrainedUNet& unet, const LatentSource& latents,
                    const EncoderFolders& encoders);

}  // namespace mds
