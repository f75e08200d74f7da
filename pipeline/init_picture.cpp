#include "pipeline/init_picture.h"

#include <ATen/ATen.h>

#include "networks/found_file.h"
#include "networks/memory.h"
#include "networks/network_spec.h"
#include "pipeline/encode.h"

namespace mds {
namespace {

std::string sides(int64_t width, int64_t height) { return std::to_string(width) + "x" + std::to_string(height); }

std::string hash_of(const Tensor& x) {
  if (!x.defined()) return "";
  const Tensor values = x.contiguous();
  return sha256({static_cast<const char*>(values.const_data_ptr()), values.nbytes()});
}

// bool 1 x H x W of a uint8 picture 3 x H x W, by its luma as PIL rounds it.
Tensor whites(const Tensor& picture_CHW) {
  const Tensor weights = at::tensor({19595, 38470, 7471}, at::kInt).view({3, 1, 1});
  const Tensor luma = (picture_CHW.to(at::kInt) * weights).sum(0, /*keepdim=*/true) + 0x8000;
  return luma.bitwise_right_shift(16) >= 128;
}

Tensor load_mask(const InitFiles& files, const Image& picture, Extent pixels) {
  const Image mask = load_image(files.mask);
  if (mask.width != picture.width || mask.height != picture.height)
    throw ConfigError(files.mask + ": the mask is " + sides(mask.width, mask.height) + " pixels; allowed: those of " +
                      files.picture + ", " + sides(picture.width, picture.height));
  const Tensor drawn = whites(sized_picture(mask, pixels, files.mask)).unsqueeze(0);
  if (!drawn.any().item<bool>())
    throw ConfigError(files.mask + ": the mask has no white pixel, so nothing would be drawn anew");
  return drawn;
}

// The folder that a trained model's card names for its autoencoder, where that is there; else empty.
std::string trained_with(const ModelCard& card) {
  const Json* value = &card.provenance.config;
  for (const char* key : {"stage", "encoders", "autoencoder"}) {
    if (!value->is_object() || !value->contains(key)) return "";
    value = &value->at(key);
  }
  const std::string found = value->is_string() ? found_file(value->get<std::string>()) : "";
  return is_there(found + "/model.json") ? found : "";
}

std::string encoder_folder(const std::string& folder, const ModelCard& card, const std::string& asked) {
  if (!asked.empty()) return found_file(asked);
  if (card.vae_encoder) return folder;
  const std::string found = trained_with(card);
  if (found.empty())
    throw ConfigError(folder +
                      "/model.json: has no vae_encoder, which a picture to begin with needs; name the folder "
                      "of the model's autoencoder with `encoder`");
  return found;
}

}  // namespace

InitPicture load_init(const InitFiles& files, Extent pixels, const Notice& told) {
  const Image picture = load_image(files.picture);
  InitPicture init{.picture_1CHW = sized_picture(picture, pixels, files.picture, told).unsqueeze(0),
                   .drawn_11HW = {},
                   .encoder = files.encoder,
                   .strength = files.strength.value_or(files.mask.empty() ? usual_strength : 1)};
  if (!files.mask.empty()) init.drawn_11HW = load_mask(files, picture, pixels);
  init.hash = sha256(hash_of(init.picture_1CHW) + hash_of(init.drawn_11HW) +
                     (init.encoder.empty() ? "" : model_hash(found_file(init.encoder))));
  return init;
}

EncoderPart find_encoder(const std::string& folder, const ModelCard& card, const std::string& asked) {
  const std::string found = encoder_folder(folder, card, asked);
  const ModelCard of_encoder = load_card(found, {"vae_encoder"});
  const auto fail = [&](const std::string& why) {
    throw ConfigError(found + "/model.json: vae_encoder does not encode for " + folder + ": " + why);
  };
  if (of_encoder.latent_scale && *of_encoder.latent_scale != *card.latent_scale)
    fail("its latent_scale is another one");
  EncoderPart part{found, std::get<EncoderSpec>(with_size(*of_encoder.vae_encoder, card.vae_decoder->extent()))};
  const Shape moments = make_plan(part.spec).steps.back().out, wanted = make_plan(*card.unet).input;
  if (moments != Shape::map(2 * wanted.channels, wanted.extent()))
    fail("it writes mean and deviation of " + to_string(Shape::map(moments.channels / 2, moments.extent())) +
         ", the UNet reads " + to_string(wanted));
  return part;
}

InitLatents encode_init(const InitPicture& init, const EncoderPart& encoder, const LatentScale& scale,
                        const PartLoading& loading) {
  const Plan plan = make_plan(encoder.spec);
  const Extent pixels{init.picture_1CHW.size(2), init.picture_1CHW.size(3)};
  if (pixels != plan.input.extent())
    throw ConfigError("the picture to begin with is " + to_string(pixels) + " pixels; the model draws " +
                      to_string(plan.input.extent()));
  if (loading.placement.device.is_cpu()) require_pass(plan, {.weights = false});
  const NetworkPtr network = load_prepared(encoder.folder, "vae_encoder", plan, loading);
  const Tensor latents = to_unet(scale, posterior(encode_pictures(*network, init.picture_1CHW)).mode());
  InitLatents result{.latents = latents, .drawn = {}, .strength = init.strength};
  if (!init.drawn_11HW.defined()) return result;
  result.drawn = at::upsample_nearest2d(init.drawn_11HW.to(at::kFloat), {latents.size(2), latents.size(3)}) > 0.5;
  if (!result.drawn.any().item<bool>())
    throw ConfigError("the mask's white is too small: of " + std::to_string(pixels.width / latents.size(3)) +
                      " pixels a latent's side, it holds the upper left one of none, so nothing would be drawn anew");
  return result;
}

}  // namespace mds
