// A block that can run: the forward pass of one plan step over its layers.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <string>

#include "blocks/block_spec.h"
#include "blocks/layer_modules.h"

namespace mds {

// Keys and values that a network made of one text, by the layers that made them. While steps share it, they are
// computed only in the first.
using TextProducts = std::map<const void*, std::array<Tensor, 2>>;

// Maps N x C x H x W that a control adds in a network, by the path of the step: to its output, or only to the skip that
// it pushes. One row may stand for all of a batch.
struct Controls {
  std::map<std::string, Tensor> outputs{}, skips{};
  bool empty() const { return outputs.empty() && skips.empty(); }
  void for_each(auto&& visit) {
    for (auto* maps : {&outputs, &skips})
      for (auto& [path, map] : *maps) visit(map);
  }
};

// The inputs of a network besides the main one.
struct Conditioning {
  Tensor timesteps_N{};
  Tensor time_NE{};         // the network computes it from the timesteps and, in SD-XL, the two fields below
  Tensor text_NSC{};        // token states of the text encoder
  Tensor text_end_N{};      // int64: position of the end token, for pooled text embeddings
  Tensor text_embeds_NP{};  // pooled text, added to the time embedding (SD-XL)
  Tensor time_ids_NI{};     // also added to it: original height and width, crop top and left, target height and width
  Tensor boxes_NB4{};    // x0, y0, x1, y1 of a layout's boxes in 0..1; undefined: grounded stacks do as without boxes
  Tensor phrases_NBC{};  // embedded text of each box
  Tensor box_mask_NB{};  // 1 for a box, 0 for an empty slot
  Tensor layout_NBC{};   // the network computes it from the three above
  std::shared_ptr<TextProducts> text_products{};  // null: nothing is kept; only for passes without gradients
  Controls controls{};

  // Visits every tensor but the controls with its name, in the order above.
  static void for_each(auto& self, auto&& visit) {
    visit("timesteps_N", self.timesteps_N);
    visit("time_NE", self.time_NE);
    visit("text_NSC", self.text_NSC);
    visit("text_end_N", self.text_end_N);
    visit("text_embeds_NP", self.text_embeds_NP);
    visit("time_ids_NI", self.time_ids_NI);
    visit("boxes_NB4", self.boxes_NB4);
    visit("phrases_NBC", self.phrases_NBC);
    visit("box_mask_NB", self.box_mask_NB);
    visit("layout_NBC", self.layout_NBC);
  }
};

class Block {
 public:
  virtual ~Block() = default;
  // x and skip are N x C x H x W or N x T x C, as the site says; skip is undefined unless the step joins one.
  virtual Tensor forward(const Tensor& x, const Tensor& skip, const Conditioning& conditioning) const = 0;
};

// Throws c10::Error where a field of the conditioning is missing or has other sizes than the block needs.
void check_conditioning(const char* field, const Tensor& given, at::IntArrayRef wanted);

// The forward pass of a block over layers that were made from layers(block, site).
std::unique_ptr<Block> make_block(const BlockSpec& block, const Site& site, const LayerMap& layers);

// The forward pass of one kind of block. Each kind defines its own: a specialisation for its spec.
template <class Spec>
std::unique_ptr<Block> make_module(const Spec& spec, const Site& site, const LayerMap& layers);

}  // namespace mds
