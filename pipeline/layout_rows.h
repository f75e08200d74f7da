// Layouts as tensors, and as the conditioning of a grounded UNet.
#pragma once

#include <vector>

#include "blocks/block.h"
#include "spec/layout.h"

namespace mds {

// A layout a row, each with the same number of slots for boxes. All are undefined where nothing has a layout.
struct LayoutRows {
  Tensor boxes_NB4{};    // float32
  Tensor phrases_NBC{};  // embedded texts
  Tensor mask_NB{};      // float32: 1 for a box, 0 for an empty slot, whose box and phrase are zeros

  static void for_each(auto& self, auto&& visit) {
    visit("boxes", self.boxes_NB4);
    visit("phrases", self.phrases_NBC);
    visit("box_mask", self.mask_NB);
  }
  bool defined() const { return boxes_NB4.defined(); }
};

// phrases_PC: one embedded text for each box, in the order of rows and of boxes in a row. ConfigError where a layout
// has more boxes than there are slots.
LayoutRows layout_rows(const std::vector<PictureLayout>& layouts, const Tensor& phrases_PC, int64_t slots);

LayoutRows selected(LayoutRows rows, const Tensor& chosen_N);  // int64; undefined where the rows are

// The same with more, empty slots. ConfigError where there are fewer slots than the rows have.
LayoutRows with_slots(LayoutRows rows, int64_t slots);

void put(Conditioning& conditioning, const LayoutRows& rows);

// ConfigError where a UNet of so many slots cannot draw the layout.
void check_slots(const PictureLayout& layout, int64_t slots);

// How many of a sampler's steps read a layout: the nearest number to that share of them, at least one unless it is 0.
int64_t grounded_steps(double share, int64_t steps);

}  // namespace mds
