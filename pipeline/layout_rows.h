// Layouts as the conditioning of a grounded UNet.
#pragma once

#include <vector>

#include "blocks/block.h"
#include "spec/layout.h"

namespace mds {

// The boxes, phrases and masks of one layout a row, on the CPU: the i-th row has layouts[i], and its empty slots, up to
// `slots`, are zeros. phrases_PC: one embedded text for each box, in the order of rows and of boxes in a row.
// ConfigError where a layout has more boxes than there are slots.
void add_layouts(Conditioning& rows, const std::vector<Layout>& layouts, const Tensor& phrases_PC, int64_t slots);

// ConfigError where a UNet of so many slots cannot draw the layout.
void check_slots(const Layout& layout, int64_t slots);

// How many of a sampler's steps read a layout: the nearest number to that share of them, at least one unless it is 0.
int64_t grounded_steps(double share, int64_t steps);

}  // namespace mds
