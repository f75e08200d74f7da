// CLIP's image towers for scores and distances: pictures of any size to embeddings (Radford et al., 2021, arXiv
// 2103.00020; open_clip's evaluation transform).
#pragma once

#include <optional>

#include "pipeline/encode.h"
#include "pipeline/weight_names.h"

namespace mds {

// How a picture is fitted to the tower's square. crop: the shorter side is resized to it and the centre is cut out, as
// defined for CLIP scores; squash: both sides are resized, as for CMMD (Jayasumana et al., 2024, arXiv 2401.09603).
enum class ClipFit : uint8_t { crop, squash };
template <>
struct EnumNames<ClipFit> {
  static constexpr std::array names{"crop", "squash"};
};

// uint8 N x 3 x H x W to float32 N x 3 x size x size of whole levels, 0..255, by PIL's antialiased bicubic. A picture's
// pixels do not depend on the others. ConfigError for another type or rank, an empty side, and a picture so narrow that
// a side would grow beyond max_image_side.
Tensor clip_pixels(const Tensor& pictures_u8, int64_t size, ClipFit fit);

// Where the two halves of a CLIP are stored.
struct ClipSource {
  std::string weights;             // a model folder; or another library's whole CLIP: its file or folder
  std::string image{};             // the image tower's network, such as clip-vit-b-32; not for a model folder
  std::string text{};              // the text tower's network; empty: text_half_of(image)
  std::optional<Layout> layout{};  // of the file's names; absent: recognised from them
};
// "clip-vit-b-32" -> "clip-vit-b-32-text"; networks that differ only in picture size share the text tower.
std::string text_half_of(const std::string& image_network);

// Whether the weights are a model folder, whose card describes them.
bool is_model_folder(const std::string& weights);

// Builds a network with its half of a whole CLIP; a file of half precision is widened. FileError names what
// does not fit: another layout, other shapes, positions for another size of pictures, or a configuration beside the
// file that says another activation.
NetworkPtr load_clip_tower(const NetworkSpec& spec, const ClipSource& source, const Placement& placement = {});

class ClipImages {
 public:
  explicit ClipImages(const ClipSource& source, ClipFit fit = ClipFit::crop, const Placement& placement = {});

  // float32 N x width(), rows of length 1, on the CPU, from uint8 N x 3 x H x W. Runs in batches of bounded memory; the
  // other pictures of a batch change at most the last digits. std::runtime_error where a value is not finite.
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
