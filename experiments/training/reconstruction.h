// Passes pictures through both halves of an autoencoder.
#pragma once

#include "pipeline/encode.h"

namespace mds {

// uint8 from uint8, N x 3 x S x S of the networks' size; decodes the means of the posteriors.
inline Tensor reconstructed(const Network& encoder, const Network& decoder, const Tensor& pictures_u8) {
  return decode_latents(decoder, posterior(encode_pictures(encoder, pictures_u8)).mode());
}

}  // namespace mds
