// Records a narrow decoder in the store as the child of the shipped decoder from which it was narrowed.
#pragma once

#include <string>

#include "networks/autoencoder.h"
#include "search/store/store.h"

namespace mds {

// Stores the decoder as NAME-1/DIVISOR with the shipped NAME as its parent, for any picture size. Returns its hash;
// stores nothing and returns "" where it is not a narrowed shipped one.
std::string record_decoder(Database& database, const DecoderSpec& decoder, const std::string& generator);

}  // namespace mds
