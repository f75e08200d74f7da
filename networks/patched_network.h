// A network's file that changes another network.
#pragma once

#include <string>

#include "networks/network_spec.h"
#include "spec/describe.h"

namespace mds {

struct PatchedNetwork {
  std::string base;
  Json patch = Json::array();
  static void describe(auto& self, auto&& field) {
    field("base", self.base, "network that is changed: a shipped name, or a file beside this one");
    field("patch", self.patch, "changes of base: operations of RFC 6902, such as {\"op\", \"path\", \"value\"}");
  }
};

// The base written out with all its defaults, so that an operation may name any field of it, with one operation after
// another applied. ConfigError names the operation that does not fit.
Json patched(const NetworkSpec& base, const PatchedNetwork& patched, const Place& place);

}  // namespace mds
