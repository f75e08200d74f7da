// Text to pictures with everything a model folder holds: tokenizer, text encoders, UNet, schedule and decoder.
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
  std::string negative{};       // what guidance leads away from; empty: no text
  int64_t batch = 1;            // pictures sampled together
  TileOptions tiles{};          // of the decoder
};

// Told while pictures are drawn.
struct DrawListener {
  std::function<void(size_t i, const Tensor& picture)> picture;  // the i-th, uint8 3 x height x width
  std::function<void(int64_t)> evaluated = {};  // pictures x steps that are done, after each step of a batch
  CutListener cut = {};                         // texts longer than the context, once for every 64 pictures
};

// What a card's UNet is told of the chosen rows of texts: their states and, where it reads them, pooled text and the
// sizes of a picture that was never cut nor resized.
Conditioning told(const ModelCard& card, const TextRows& rows, const Tensor& chosen_N);

// The rows of texts that guidance needs of each picture: its own, row 0 (what guidance leads away from), or both, one
// after the other.
Tensor guided_rows(const Tensor& chosen_N, const SamplerConfig& config);

// The guided output of a UNet told such rows, both of a picture in one call. How a matrix product rounds depends on its
// number of rows: on the CPU, where one picture keeps every core busy, each is evaluated on its own. The network must
// outlive the denoiser.
Denoiser guided_each(const Network& unet, Conditioning told, const SamplerConfig& config);

class Generator {
 public:
  // Reads the card alone; parts are loaded by draw(). UNet and decoder keep their weights and compute in `dtype`, the
  // text encoders and the latents between two steps stay float32. ConfigError names the part that the card lacks, or
  // the two parts that do not fit each other.
  explicit Generator(const std::string& folder, at::ScalarType dtype = at::kFloat);

  // Pictures of another size from now on; an extent of 0 stays the model's own. ConfigError: see with_size.
  void resize(Extent pixels);

  const ModelCard& card() const { return card_; }
  Extent size() const { return card_.vae_decoder->extent(); }  // of a picture, in pixels
  SamplerConfig defaults() const;

  // The model must be able to sample and to decode like this; ConfigError otherwise.
  void check(const SamplerConfig& sampler, const TileOptions& tiles) const;

  // One picture a prompt, in order. A picture depends on its prompt, its seed and the negative prompt alone: on the CPU
  // to the byte, as a network sees one picture a call there; on other devices but for the rounding of its batch.
  // Text encoders, UNet and decoder are in memory one after another. The encoders come back for every 64 pictures; UNet
  // and decoder for a batch of pictures, or for so many batches that loading takes a small share of the time.
  // ConfigError: see check(), and where prompts and seeds are not as many; FileError: see load_part.
  void draw(const DrawRequest& request, const SamplerConfig& sampler, const DrawListener& listener) const;

 private:
  // Encoded texts, and the row of each picture's among them.
  struct Texts {
    TextRows rows;
    Tensor chosen_N;
  };
  // Pictures that one loading of UNet and decoder draws: a part of a request, from its picture `first` on.
  struct Round {
    DrawRequest request;
    Texts texts;
    size_t first;
    const SamplerConfig& sampler;
    const DrawListener& listener;
  };

  void check_parts() const;
  Texts texts_of(const DrawRequest& request, const DrawListener& listener) const;
  Tensor latents(const Network& unet, const Round& round) const;
  size_t draw_round(const Round& round) const;  // returns how many pictures the next one should have

  std::string folder_;
  at::ScalarType dtype_;
  ModelCard card_;
  std::vector<TextEncoderConfig> texts_;
  Diffusion diffusion_;
};

}  // namespace mds
