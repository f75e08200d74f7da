#include "metrics/box_overlap.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "data/parallel.h"
#include "metrics/clip_score.h"

namespace mds {
namespace {

double area(const Box& box) { return std::max(0.0, box[2] - box[0]) * std::max(0.0, box[3] - box[1]); }

// At least one pixel.
Tensor cut(const Tensor& picture_1CHW, const Box& box) {
  const auto slice = [](const Tensor& x, int64_t dim, double from, double to) {
    const auto pixel = [side = x.size(dim)](double share) { return int64_t(std::llround(share * double(side))); };
    const int64_t first = std::min(pixel(from), x.size(dim) - 1);
    return x.slice(dim, first, std::max(pixel(to), first + 1));
  };
  return slice(slice(picture_1CHW, 2, box[1], box[3]), 3, box[0], box[2]).contiguous();
}

// Of each phrase with each window: phrases x windows.
Tensor cosines(const Extractor& extractor, const Tensor& picture_1CHW, const PictureLayout& layout,
               const std::vector<Box>& windows) {
  std::vector<Tensor> prepared(windows.size());
  parallel_for(int64_t(windows.size()),
               [&](int64_t i) { prepared[size_t(i)] = extractor.prepared(cut(picture_1CHW, windows[size_t(i)])); });
  std::vector<std::string> phrases;
  for (const auto& placed : layout) phrases.push_back(placed.phrase);
  return unit_rows("phrases", extractor.text_features(phrases))
      .matmul(unit_rows("windows", extractor.features(at::stack(prepared))).t());
}

}  // namespace

double intersection_over_union(const Box& a, const Box& b) {
  const double shared = area({std::max(a[0], b[0]), std::max(a[1], b[1]), std::min(a[2], b[2]), std::min(a[3], b[3])});
  return shared / (area(a) + area(b) - shared);
}

std::vector<Box> windows_of(ImageSize size) {
  constexpr int64_t places = 16;
  const double shorter = double(std::min(size.width, size.height));
  const double right = double(size.width) / shorter, bottom = double(size.height) / shorter;  // in shorter sides
  std::vector<Box> windows;
  for (const double side : {0.25, 0.3, 0.36, 0.43, 0.52, 0.62, 0.75})
    for (int64_t y = 0; double(y) / places + side <= bottom; ++y)
      for (int64_t x = 0; double(x) / places + side <= right; ++x) {
        const double left = double(x) / places, top = double(y) / places;
        windows.push_back({left / right, top / bottom, (left + side) / right, (top + side) / bottom});
      }
  return windows;
}

std::vector<Box> windows_of_phrases(const Extractor& extractor, const Tensor& picture_1CHW,
                                    const PictureLayout& layout) {
  const std::vector<Box> windows = windows_of({picture_1CHW.size(3), picture_1CHW.size(2)});
  const Tensor best_K = cosines(extractor, picture_1CHW, layout, windows).argmax(1);
  std::vector<Box> found;
  for (int64_t i = 0; i < best_K.numel(); ++i) found.push_back(windows[size_t(best_K[i].item<int64_t>())]);
  return found;
}

double box_overlap(const Extractor& extractor, const Tensor& picture_1CHW, const PictureLayout& layout) {
  const std::vector<Box> found = windows_of_phrases(extractor, picture_1CHW, layout);
  double sum = 0;
  for (size_t i = 0; i < layout.size(); ++i) sum += intersection_over_union(found[i], layout[i].box);
  return sum / double(layout.size());
}

double box_binding(const Extractor& extractor, const Tensor& picture_1CHW, const PictureLayout& layout) {
  std::vector<Box> boxes;
  for (const auto& placed : layout) boxes.push_back(placed.box);
  const Tensor cosines_KK = cosines(extractor, picture_1CHW, layout, boxes);
  return cosines_KK.diag().ge(cosines_KK.amax(0)).to(at::kDouble).mean().item<double>();
}

}  // namespace mds
