// Stores thumbnails of what a run draws.
#include <filesystem>

#include "data/resize.h"
#include "experiments/training/picture_parts.h"
#include "pipeline/image.h"

namespace mds {
namespace {

constexpr int64_t pictures_kept = 6;
constexpr size_t bytes_a_picture = 2500;
constexpr int64_t sample_columns = 8;

}  // namespace

void record_pictures(Database& database, const Lease& lease, int64_t iteration, const Drawn& drawn) {
  for (int64_t i = 0; i < std::min(pictures_kept, drawn.pictures.size(0)); ++i)
    add_picture(database, lease,
                {.iteration = iteration,
                 .mime = std::string(thumbnail_mime),
                 .bytes = encode_thumbnail(to_image(drawn.pictures[i]), bytes_a_picture),
                 .prompt = drawn.captions[size_t(i)],
                 .seed = int64_t(drawn.seeds[size_t(i)])});
}

bool save_grid(const std::string& file, const Tensor& pictures) {
  std::vector<Image> images;
  for (int64_t i = 0; i < pictures.size(0); ++i) images.push_back(to_image(pictures[i]));
  save_png(file, tile(images, sample_columns));
  return true;
}

}  // namespace mds
