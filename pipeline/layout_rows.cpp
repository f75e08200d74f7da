#include "pipeline/layout_rows.h"

#include <ATen/ATen.h>

#include <cmath>

namespace mds {

void check_slots(const Layout& layout, int64_t slots) {
  if (layout.empty()) return;
  if (slots == 0)
    throw ConfigError(
        "the model's UNet reads no layout (its unet.boxes is 0); boxes need one that was trained with them");
  if (int64_t(layout.size()) > slots)
    throw ConfigError("the layout has " + std::to_string(layout.size()) + " boxes; allowed: at most " +
                      std::to_string(slots) + ", the slots of the model's UNet");
}

void add_layouts(Conditioning& rows, const std::vector<Layout>& layouts, const Tensor& phrases_PC, int64_t slots) {
  const auto n = int64_t(layouts.size());
  rows.boxes_NB4 = at::zeros({n, slots, 4});
  rows.phrases_NBC = at::zeros({n, slots, phrases_PC.size(1)});
  rows.box_mask_NB = at::zeros({n, slots});
  int64_t phrase = 0;
  for (int64_t i = 0; i < n; ++i) {
    check_slots(layouts[size_t(i)], slots);
    int64_t slot = 0;
    for (const PlacedPhrase& each : layouts[size_t(i)]) {
      rows.boxes_NB4[i][slot].copy_(at::tensor(each.box, at::kFloat));
      rows.phrases_NBC[i][slot].copy_(phrases_PC[phrase++]);
      rows.box_mask_NB[i][slot++] = 1;
    }
  }
}

int64_t grounded_steps(double share, int64_t steps) {
  return share == 0 ? 0 : std::max<int64_t>(1, std::llround(share * double(steps)));
}

}  // namespace mds
