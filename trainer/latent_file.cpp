#include "trainer/latent_file.h"

#include <ATen/ATen.h>

#include "pipeline/encode.h"

namespace mds {
namespace {

// The tensor in a file that has one of these two names.
struct Found {
  Tensor moments, latents;
  const Tensor& any() const { return moments.defined() ? moments : latents; }
};

Found found_in(const std::string& file, const Shape& crop) {
  const TensorMap tensors = load_tensors(file).tensors;
  Found found;
  if (tensors.contains("moments"))
    found.moments = tensors.at("moments");
  else if (tensors.contains("latents"))
    found.latents = tensors.at("latents");
  else
    throw FileError(file + ": holds neither \"moments\" nor \"latents\"");
  const Tensor& any = found.any();
  const int64_t channels = found.moments.defined() ? 2 * crop.channels : crop.channels;
  if (!any.is_floating_point() || any.dim() != 4 || any.size(1) != channels || any.size(2) < crop.height ||
      any.size(3) < crop.width)
    throw ConfigError(c10::str(file, ": latents are ", any.sizes(), "; the decoder reads N x ", channels, " x ",
                               crop.height, " x ", crop.width, ", or a crop of larger ones"));
  if (const auto held_out = tensors.find("held_out"); held_out != tensors.end() && found.moments.defined())
    found.moments = found.moments.index_select(0, held_out->second.logical_not().nonzero().flatten());
  if (any.size(0) == 0) throw ConfigError(file + ": every latent is held out; nothing to train on");
  return found;
}

}  // namespace

Tensor random_crop(const Tensor& maps_NCHW, int64_t height, int64_t width, at::Generator random) {
  const int64_t rows = maps_NCHW.size(2) - height, columns = maps_NCHW.size(3) - width;
  if (rows == 0 && columns == 0) return maps_NCHW;
  const auto upto = [&](int64_t room) { return at::randint(room + 1, {1}, random, at::kLong).item<int64_t>(); };
  return maps_NCHW.narrow(2, upto(rows), height).narrow(3, upto(columns), width);
}

LatentFile::LatentFile(const std::string& file, const Shape& crop, const LoopConfig& loop)
    : crop_(crop), batches_(0, loop.batch, loop.seed) {
  const Found found = found_in(file, crop);
  moments_ = found.moments;
  latents_ = found.latents;
  batches_ = Batches(found.any().size(0), loop.batch, loop.seed);
}

Tensor LatentFile::next(const Turn& turn) {
  const Tensor chosen = batches_.at(turn.iteration);
  const Tensor maps = (moments_.defined() ? moments_ : latents_).index_select(0, chosen);
  const Tensor crop = random_crop(maps, crop_.height, crop_.width, turn.random);
  if (!moments_.defined()) return crop.to(at::kFloat);
  const Posterior latent = posterior(crop);
  return latent.sample(at::randn(latent.mean.sizes(), turn.random));
}

}  // namespace mds
