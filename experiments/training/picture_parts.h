// The functions that need picture files and a tokenizer. A core build has neither: there, core_build.cpp implements
// them with an error that says what to use instead, or without effect where the result is optional.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "experiments/training/latent_cache.h"
#include "experiments/training/stages.h"
#include "search/store/store.h"
#include "trainer/captioned_latents.h"
#include "trainer/evaluate.h"

namespace mds {

// The file of cached latents of a data set or folder, named by its content and the encoders'; computed on first use.
// ConfigError, before anything is encoded, where fewer pairs are held out than the request needs.
std::string cached_latents(const LatentRequest& request, Listener& listener);

// A file of prompts through the text encoder that conditions the UNet. Errors of load_prompts and TextEncoder.
EncodedCaptions encoded_captions(const std::string& file, const EncoderFolders& encoders, const Placement& placement);

std::unique_ptr<StageRun> open_picture_stage(const AutoencoderConfig& config, const LoopConfig& loop,
                                             Listener& listener);
std::unique_ptr<StageRun> open_picture_stage(const TextImageConfig& config, const LoopConfig& loop, Listener& listener);

// Stores thumbnails of the first few pictures in the database.
void record_pictures(Database& database, const Lease& lease, int64_t iteration, const Drawn& drawn);

// Writes all pictures as one PNG; returns false where it cannot write pictures.
bool save_grid(const std::string& file, const Tensor& pictures);

}  // namespace mds
