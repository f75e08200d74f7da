// Text to pictures with all parts of a model folder: tokenizer, text encoders, UNet, schedule and decoder.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "pipeline/adapter.h"
#include "pipeline/drawer.h"
#include "pipeline/init_picture.h"
#include "pipeline/text_encoder.h"
#include "spec/layout.h"

namespace mds {

struct DrawRequest {
  std::vector<std::string> prompts;
  std::vector<uint64_t> seeds;           // one per prompt
  std::string negative{};                // what guidance steers away from; empty: no text
  int64_t batch = 1;                     // pictures sampled together
  TileOptions tiles{};                   // for the decoder
  std::vector<PictureLayout> layouts{};  // one per prompt; none: no picture has boxes
  double grounding_steps = 1;            // the share of the steps, the first ones, in which layouts are read
  std::vector<AdapterUse> adapters{};
  std::optional<InitPicture> init{};  // what all pictures begin with; none: noise alone

  double strength() const { return init ? init->strength : 1; }
};

// Callbacks while pictures are drawn.
struct DrawListener {
  std::function<void(size_t i, const Tensor& picture)> picture;  // picture i, uint8 3 x height x width
  std::function<void(int64_t)> evaluated = {};  // finished pictures x steps, after each step of a batch
  CutListener cut = {};                         // texts longer than the context; called once per 64 pictures
  std::function<void(const std::string& sentence)> told = {};  // of packed files; see PackedFiles
};

// The conditioning of a card's UNet, one row per text: its states and, where the UNet reads them, pooled text and the
// sizes of a picture that was neither cropped nor resized.
Conditioning conditioning_of(const ModelCard& card, const TextRows& texts);

class Generator {
 public:
  // Reads only the card; draw() loads the parts. UNet and decoder have their weights and compute in the placement's
  // type; the text encoders, and the latents between two steps, stay float32. ConfigError names the part that the card
  // lacks, or two parts that do not fit each other.
  explicit Generator(const std::string& folder, const PartLoading& loading = {});

  // Sets another size for the next pictures; an extent of 0 means the model's own. ConfigError: see with_size.
  void resize(Extent pixels);

  // Merges LoRAs into the weights of the next pictures.
  void use(Loras loras) { loading_.loras = std::move(loras); }

  const ModelCard& card() const { return card_; }
  Extent size() const { return card_.vae_decoder->extent(); }  // of a picture, in pixels
  SamplerConfig defaults() const { return sampler_of(card_); }

  // ConfigError where the model cannot sample or decode in this way.
  void check(const SamplerConfig& sampler, const TileOptions& tiles) const;
  // ConfigError where the model cannot draw these layouts.
  void check(const std::vector<PictureLayout>& layouts) const;
  // The same for a picture to begin with, with this sampler; FileError where its encoder's weights do not fit.
  void check(const InitPicture& init, const SamplerConfig& sampler) const;

  // Draws one picture per prompt, in order. A picture depends only on its prompt, its seed and the negative prompt: on
  // the CPU to the byte, because the network gets one picture per call there; elsewhere up to rounding by its batch.
  // Text encoders, UNet and decoder are loaded one after another: the encoders once per 64 pictures, UNet and decoder
  // once per batch, or per so many batches that loading takes a small share of the time. ConfigError: see check(), and
  // where there are not as many seeds or layouts as prompts, and those of load_controls; FileError: see load_part.
  void draw(const DrawRequest& request, const SamplerConfig& sampler, const DrawListener& listener) const;

 private:
  // The pictures drawn with one loading of UNet and decoder: a part of a request, beginning with its picture `first`.
  struct Round {
    DrawRequest request;
    PictureTexts texts;
    size_t first;
    const Drawer& drawer;
    const DrawListener& listener;
  };

  void check_parts() const;
  PartLoading loading(const Placement& placement, const DrawListener& listener) const;
  PictureTexts texts_of(const DrawRequest& request, const SamplerConfig& sampler, const DrawListener& listener) const;
  InitLatents init_latents(const DrawRequest& request, const DrawListener& listener) const;
  Tensor latents(const Network& unet, const Round& round, const LoadedControls& controls) const;
  size_t draw_round(const Round& round) const;  // returns the best size of the next round

  std::string folder_;
  PartLoading loading_;
  ModelCard card_;
  std::vector<TextEncoderConfig> texts_;
  Diffusion diffusion_;
};

}  // namespace mds
