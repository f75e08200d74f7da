#include "data/resize.h"

#include <torch/types.h>

#include "data/parallel.h"
#include "pipeline/resizer.h"
#include "spec/error.h"

namespace mds {
namespace {

void check_size(int64_t size) {
  if (size < 1 || size > max_image_side)
    throw ConfigError("picture size is " + std::to_string(size) + "; allowed: 1 to " + std::to_string(max_image_side));
}

}  // namespace

Tensor to_tensor(const Image& image, int64_t size) {
  check_size(size);
  const Tensor square = picture_tensor(centre_square(image));
  if (square.size(2) == size) return square;
  return resized(square.unsqueeze(0), {size, size}, Resizer::bicubic)[0].to(torch::kUInt8);
}

namespace {

// The picture of each pair comes from image_of(i).
template <class ImageOf>
Pictures decoded(const std::vector<Pair>& pairs, int64_t size, const ImageOf& image_of) {
  check_size(size);
  Pictures result;
  const auto images = torch::empty({int64_t(pairs.size()), 3, size, size}, torch::kUInt8);
  std::vector<std::string> failures(pairs.size());
  parallel_for(int64_t(pairs.size()), [&](int64_t i) {
    try {
      images[i].copy_(to_tensor(image_of(size_t(i)), size));
    } catch (const FileError& error) {
      failures[size_t(i)] = std::string(error.what()).substr(pairs[size_t(i)].file.size() + 2);
    }
  });
  std::vector<int64_t> usable;
  for (size_t i = 0; i < pairs.size(); ++i) {
    if (failures[i].empty()) {
      usable.push_back(int64_t(i));
      result.pairs.push_back(pairs[i]);
    } else {
      result.skipped.skips.push_back({pairs[i].file, failures[i]});
    }
  }
  result.images = usable.size() == pairs.size() ? images : images.index_select(0, torch::tensor(usable, torch::kLong));
  return result;
}

}  // namespace

Pictures load_pictures(const std::vector<Pair>& pairs, int64_t size) {
  Pictures result = decoded(pairs, size, [&](size_t i) { return load_image(pairs[i].file); });
  if (result.pairs.empty()) throw FileError("none of the pictures can be decoded. " + summary(result.skipped));
  return result;
}

Pictures decode_samples(const std::vector<EncodedPicture>& samples, int64_t size) {
  std::vector<Pair> pairs;
  for (const auto& sample : samples)
    pairs.push_back(
        {.file = sample.name, .caption = sample.caption, .split = sample.split, .group = sample.id, .id = sample.id});
  return decoded(pairs, size, [&](size_t i) {
    const auto& [name, id, caption, bytes, split] = samples[i];
    return bytes.empty() ? load_image(name) : decode_image(bytes, name);
  });
}

}  // namespace mds
