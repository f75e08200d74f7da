#include "data/fashion_mnist.h"

#include <array>
#include <memory>

#include "data/archive.h"

namespace mds {
namespace {

constexpr std::array<const char*, 10> classes = {"t-shirt", "trousers", "pullover", "dress", "coat",
                                                 "sandal",  "shirt",    "sneaker",  "bag",   "ankle boot"};
constexpr size_t side = 28, picture_bytes = side * side;

uint32_t number(const std::string& bytes, size_t offset) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes.at(offset + i));
  return value;
}

// The IDX format: 0, 0, 8 (bytes), the number of dimensions, each dimension (4 bytes, big-endian), then the values.
std::string read_idx(const std::string& file, const std::vector<uint32_t>& item) {
  const std::string bytes = read_gzip(file);
  const size_t header = 8 + 4 * item.size();
  bool good = bytes.size() >= header && number(bytes, 0) == 0x800 + 1 + item.size();
  size_t size = good ? number(bytes, 4) : 0;
  for (size_t i = 0; i < item.size() && good; ++i) {
    good = number(bytes, 8 + 4 * i) == item[i];
    size *= item[i];
  }
  if (!good || bytes.size() != header + size)
    throw FileError(file + ": is no IDX file of Fashion-MNIST, or is cut off");
  return bytes.substr(header);
}

Image grey_picture(const std::string& pixels, size_t index) {
  Image image = make_image({int64_t(side), int64_t(side)});
  for (size_t i = 0; i < image.rgb.size(); ++i) image.rgb[i] = uint8_t(pixels[index * picture_bytes + i / 3]);
  return image;
}

void add_split(const std::string& stem, const std::string& split, Collection& collection) {
  const auto pixels = std::make_shared<std::string>(read_idx(stem + "-images-idx3-ubyte.gz", {side, side}));
  const std::string labels = read_idx(stem + "-labels-idx1-ubyte.gz", {});
  if (pixels->size() != labels.size() * picture_bytes) throw FileError(stem + ": has not one label for each picture");
  for (size_t i = 0; i < labels.size(); ++i) {
    const auto label = static_cast<unsigned char>(labels[i]);
    if (label >= classes.size())
      throw FileError(stem + ": label " + std::to_string(i) + " is " + std::to_string(label) + "; allowed: 0 to 9");
    const std::string id = split + "_" + std::to_string(i);
    collection.candidates.push_back({{.file = id, .caption = classes[label], .split = split, .group = id, .id = id},
                                     [pixels, i] { return grey_picture(*pixels, i); }});
  }
}

}  // namespace

Collection collect_fashion_mnist(const std::string& folder) {
  require({{folder, "dataset-fashion-mnist"}});
  Collection collection;
  add_split(folder + "/train", "train", collection);
  add_split(folder + "/t10k", "held_out", collection);
  return collection;
}

}  // namespace mds
