// Networks at the size of picture that was asked for.
#pragma once

#include "search/named_network.h"
#include "spec/shape.h"

namespace mds {

// The network for pictures of that size; an extent of 0 is its own. RequestError for a size that it cannot have.
NetworkSpec with_asked_size(const NetworkSpec& spec, Extent pixels);

// The network NAME at the requested size, which becomes part of its name: "mobilediffusion-256px".
NamedNetwork load_named(const std::string& name, Extent pixels, const std::string& database = default_database);

}  // namespace mds
