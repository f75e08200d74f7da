// CLIP's image towers as scores and distances use them: pictures of any size to embeddings (Radford et al., 2021,
// arXiv 2103.00020; open_clip's evaluation transform).
#pragma once

#include <optional>

#include "pipeline/encode.h"
#include "pipeline/weight_names.h"

namespace mds {

// How a picture fills the tower's square. crop: the shorter side takes its size, then the centre is cut out, as CLIP
// scores are defined; squash: both sides take it, as CMMD is (Jayasumana et al., 2024, arXiv 2401.09603).
enum class ClipFit : uint8_t { crop, squash };
template <>
struct EnumNames<ClipFit> {
  static constexpr std::array names{"crop", "squash"};
};

// uint8 N x 3 x H x W to float32 N x 3 x size x size of whole levels, 0..255, by PIL's antialiased bicubic. Each
// picture's pixels are the same whatever the others are. ConfigError for another type or rank, an empty side, and a
// picture so narrow that a side would grow beyond max_image_side.
Tensor clip_pixels(const Tensor& pictures_u8, int64_t size, ClipFit fit);

// Where the two halves of a CLIP are.
struct ClipSource {
  std::string weights;  // a model folder; or another library's whole CLIP: a file, or a folder with one
  std::string image{};  // network of the image tower, such as clip-vit-b-32; a model folder's card has its own
  std::string text{};   // of the text tower; empty: text_half_of(image)
  std::optional<Layout> layout{};  // of a file's names; without it as they look
};
// "clip-vit-b-32" -> "clip-vit-b-32-text"; both sizes of pictures share one text tower.
std::string text_half_of(const std::string& image_network);

// Whether weights are a model folder, which its card describes.
bool is_model_folder(const std::string& weights);

// A network with its half of a whole CLIP in float32; a file of half precision is widened. FileError names what does
// not fit: another layout, other shapes, positions of another size of pictures, or a configuration beside the file that
// tells of another activation.
NetworkPtr load_clip_tower(const NetworkSpec& spec, const ClipSource& source);

class ClipImages {
 public:
  explicit ClipImages(const ClipSource& source, ClipFit fit = ClipFit::crop);

  // float32 N x width(), rows of length 1, on the CPU, from uint8 N x 3 x H x W. In batches of bounded memory; what
  // else is in a batch changes a value by its last digits at most. std::runtime_error where one is not finite.
  Tensor embed(const Tensor& pictures_u8) const;
  int64_t width() const { return spec_.projection; }
  int64_t size() const { return spec_.size; }

 private:
  ImageTowerSpec spec_;
  ImageNormalisation normalisation_;
  ClipFit fit_;
  NetworkPtr tower_;
};

}  // namespace mds
