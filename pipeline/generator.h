// Text to pictures with everything a model folder holds: tokenizer, text encoder, UNet, schedule and decoder.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "pipeline/sampler.h"
#include "pipeline/text_encoder.h"

namespace mds {

struct DrawRequest {
  std::vector<std::string> prompts;
  std::vector<uint64_t> seeds;  // one a prompt
};

class Generator {
 public:
  // ConfigError names the part that the folder lacks, or the two parts that do not fit each other.
  explicit Generator(const std::string& folder);

  const ModelCard& card() const { return card_; }
  int64_t size() const { return card_.vae_decoder->size(); }
  SamplerConfig defaults() const { return {.steps = card_.steps, .guidance = card_.guidance}; }

  // One picture a prompt, uint8 N x 3 x size x size, in one batch. A picture depends on its prompt and seed alone.
  // `done` hears of each timestep, as it ends, how many there were.
  Tensor draw(const DrawRequest& request, const SamplerConfig& sampler,
              const std::function<void(int64_t)>& done = {}) const;

 private:
  void check(const std::string& file) const;

  ModelCard card_;
  TextEncoder text_;
  NetworkPtr unet_, decoder_;
  Diffusion diffusion_;
  Tensor empty_text_;
};

}  // namespace mds
