#include "app/sweep_pictures.h"

#include "data/resize.h"
#include "pipeline/image.h"

namespace mds {
namespace {

constexpr int64_t pictures_kept = 6;
constexpr size_t bytes_a_picture = 2500;

}  // namespace

void record_pictures(Store& store, const Lease& lease, int64_t iteration, const Tensor& pictures, const std::vector<std::string>& captions) {
  for (int64_t i = 0; i < std::min(pictures_kept, pictures.size(0)); ++i)
    store.add_picture(lease, {.iteration = iteration, .mime = std::string(thumbnail_mime),
                              .bytes = encode_thumbnail(to_image(pictures[i]), bytes_a_picture), .prompt = captions[size_t(i)], .seed = i});
}

}  // namespace mds
