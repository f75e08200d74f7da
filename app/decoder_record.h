// A narrow decoder in the store, under the shipped one that it is with every width over some divisor.
#pragma once

#include <string>

#include "networks/autoencoder.h"
#include "search/store/store.h"

namespace mds {

// Stores the decoder as NAME-1/DIVISOR with the shipped NAME as its parent, whatever the size of its pictures. Returns
// its hash; empty, and nothing is stored, where it is no shipped one's.
std::string record_decoder(Store& store, const DecoderSpec& decoder, const std::string& generator);

}  // namespace mds
