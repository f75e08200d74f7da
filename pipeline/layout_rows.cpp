#include "pipeline/layout_rows.h"

#include <ATen/ATen.h>

#include <cmath>

namespace mds {

void check_slots(const PictureLayout& layout, int64_t slots) {
  if (layout.empty()) return;
  if (slots == 0)
    throw ConfigError(
        "the model's UNet reads no layout (its unet.boxes is 0); boxes need one that was trained with them");
  if (int64_t(layout.size()) > slots)
    throw ConfigError("the layout has " + std::to_string(layout.size()) + " boxes; allowed: at most " +
                      std::to_string(slots) + ", the slots of the model's UNet");
}

LayoutRows layout_rows(const std::vector<PictureLayout>& layouts, const Tensor& phrases_PC, int64_t slots) {
  const auto n = int64_t(layouts.size());
  LayoutRows rows{.boxes_NB4 = at::zeros({n, slots, 4}),
                  .phrases_NBC = at::zeros({n, slots, phrases_PC.size(1)}, phrases_PC.scalar_type()),
                  .mask_NB = at::zeros({n, slots})};
  int64_t phrase = 0;
  for (int64_t i = 0; i < n; ++i) {
    check_slots(layouts[size_t(i)], slots);
    int64_t slot = 0;
    for (const PlacedPhrase& each : layouts[size_t(i)]) {
      rows.boxes_NB4[i][slot].copy_(at::tensor(each.box, at::kFloat));
      rows.phrases_NBC[i][slot].copy_(phrases_PC[phrase++]);
      rows.mask_NB[i][slot++] = 1;
    }
  }
  return rows;
}

LayoutRows selected(LayoutRows rows, const Tensor& chosen_N) {
  LayoutRows::for_each(rows, [&](const char*, Tensor& tensor) {
    if (tensor.defined()) tensor = tensor.index_select(0, chosen_N);
  });
  return rows;
}

LayoutRows with_slots(LayoutRows rows, int64_t slots) {
  const int64_t own = rows.mask_NB.size(1);
  if (own > slots)
    throw ConfigError("the layouts have up to " + std::to_string(own) + " boxes; the network has " +
                      std::to_string(slots) + " slots");
  rows.boxes_NB4 = at::constant_pad_nd(rows.boxes_NB4, {0, 0, 0, slots - own});
  rows.phrases_NBC = at::constant_pad_nd(rows.phrases_NBC, {0, 0, 0, slots - own});
  rows.mask_NB = at::constant_pad_nd(rows.mask_NB, {0, slots - own});
  return rows;
}

void put(Conditioning& conditioning, const LayoutRows& rows) {
  conditioning.boxes_NB4 = rows.boxes_NB4;
  conditioning.phrases_NBC = rows.phrases_NBC;
  conditioning.box_mask_NB = rows.mask_NB;
}

int64_t grounded_steps(double share, int64_t steps) {
  return share == 0 ? 0 : std::max<int64_t>(1, std::llround(share * double(steps)));
}

}  // namespace mds
