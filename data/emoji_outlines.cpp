#include "data/emoji_outlines.h"

#include <algorithm>

#include "spec/bootstrap.h"

namespace mds {

Image outlined(const Image& image, const CannyThresholds& edges) {
  const Image found = canny_edges(image, edges);
  Image lines = make_image({image.width, image.height});
  for (int64_t y = 0; y < image.height; ++y)
    for (int64_t x = 0; x < image.width; ++x) {
      if (found.rgb[size_t((y * image.width + x) * 3)] == 0) continue;
      for (int64_t v = y; v < std::min(y + 2, image.height); ++v)
        for (int64_t u = x; u < std::min(x + 2, image.width); ++u)
          std::fill_n(lines.rgb.begin() + (v * image.width + u) * 3, 3, uint8_t(0));
    }
  return lines;
}

Collection collect_emoji_outlines(const OutlineOptions& options, const EmojiOptions& emoji) {
  Collection all = collect_emoji(emoji);
  auto& candidates = all.candidates;
  std::erase_if(candidates, [](const CollectedPair& one) { return one.pair.split != "train"; });
  Random random(options.seed);
  const size_t count = std::min(size_t(options.pictures), candidates.size());
  for (size_t i = 0; i < count; ++i)
    std::swap(candidates[i], candidates[i + size_t(random.below(int64_t(candidates.size() - i)))]);
  candidates.resize(count);
  for (auto& [pair, draw] : candidates)
    draw = [plain = std::move(draw), edges = options.edges] { return outlined(plain(), edges); };
  return all;
}

}  // namespace mds
