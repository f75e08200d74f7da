// What a tuning adds to a model whose UNet stays as it is: its weights, what it reads of a batch, what it adds in a
// pass, and the files that hold it.
#pragma once

#include "trainer/latent_feed.h"
#include "trainer/loop.h"
#include "trainer/predecessor.h"

namespace mds {

struct TuneBatch : LatentBatch {
  Tensor control_NCHW{};  // float32 in 0..1; undefined where nothing reads one
  LayoutRows layouts{};   // undefined where nothing reads them

  static void for_each(auto& self, auto&& visit) {
    LatentBatch::for_each(self, visit);
    visit("control", self.control_NCHW);
    LayoutRows::for_each(self.layouts, visit);
  }
};

class Addition {
 public:
  virtual ~Addition() = default;
  virtual TensorMap weights() const = 0;  // by name, float32
  // Reads what it needs of the turn's pictures. Of examples outside the turn's share only the randomness is used.
  virtual void draw(const Turn& /*turn*/, TuneBatch& /*batch*/) {}
  // What it adds in a pass for noisy latents x_NCHW.
  virtual void join(const TuneBatch& /*batch*/, const Tensor& /*x_NCHW*/, UNetInputs& /*inputs*/) const {}
  virtual void describe(ModelCard& card) const = 0;  // fills in the fields of the card of what is added
  virtual void save(const std::string& folder, const TensorMap& weights, const ModelCard& card) const = 0;
};

// What additions are made from.
struct AdditionInputs {
  const Predecessor& start;
  const LoopConfig& loop;
  const LatentSource& latents;  // outlives the addition
  const LatentData& data;       // names it in messages
};

// The weights of a network by name with a prefix, and how a part of a folder is written from them.
void save_addition(const std::string& folder, const std::string& part, const TensorMap& weights);

}  // namespace mds
